"""Search, sort and measure your own files. COMMAND --help explains a command; --json prints one JSON object only."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from core import __version__
from core.cli.commands import (
    adapt,
    app,
    ask,
    bench,
    calibrate,
    classify,
    cluster,
    evaluate,
    exchange,
    health,
    index,
    locate,
    recommend,
    sample,
    search,
)

_COMMANDS = (
    index,
    search,
    ask,
    locate,
    classify,
    adapt,
    calibrate,
    cluster,
    recommend,
    exchange,
    evaluate,
    bench,
    sample,
    health,
    app,
)


def command_parser() -> argparse.ArgumentParser:
    """The parser of all commands. `run` and `show` of its result are the command, and what prints its result."""
    prog = "semblance" if Path(sys.argv[0]).name == "semblance" else "python -m core"
    parser = _Parser(prog=prog, description=__doc__)
    parser.add_argument("--version", action="version", version=f"Semblance {__version__}")
    tree = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(tree)
    return parser


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")
