"""One module for each command: its options (`add`), what it does, and how its result is printed.

The functions that run a command return what `--json` prints.
"""
