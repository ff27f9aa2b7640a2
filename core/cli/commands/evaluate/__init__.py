"""The commands of `eval`, by what they measure."""

from typing import Any

from core.cli.commands.evaluate import answers, classes, formats, groups, recommend, retrieval, sets, space, texts


def add(tree: Any) -> None:
    """Adds `eval`."""
    commands = tree.add_parser("eval", help="measure quality on your own files")
    commands = commands.add_subparsers(required=True, metavar="WHAT")
    for module in (retrieval, classes, sets, space, groups, recommend, formats, texts, answers):
        module.add(commands)
