"""What the commands have in common: how one is added, and options that several of them take."""

from __future__ import annotations

import argparse
from typing import Any

from core.encoders import DEFAULT_ENCODER

POOLINGS = ("max", "top", "mean")
POOLING = "rank videos by their best frame (default), the mean of their best seconds, or the mean of all"
CLASSES = "a class a row: its name, then descriptions"


def add_command(tree: Any, name: str, text: str, run: Any, show: Any) -> argparse.ArgumentParser:
    """A command of the tree; `run` and `show` are what it does and how its result is printed."""
    parser: argparse.ArgumentParser = tree.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run, show=show)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


def add_encoder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, metavar="NAME")


def counts(text: str) -> list[int]:
    """`1,2,4` as numbers."""
    try:
        return sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers like 1,2,4") from None
