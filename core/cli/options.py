"""What commands share: how one is added, the options that several of them take, and opening the encoder."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from core.cli.output import show_figures
from core.encoders import DEFAULT_ENCODER, Encoder, get_tower_name, is_model_name, open_encoder
from core.errors import LibraryError
from core.library.filters import ANY
from core.media.modalities import list_modalities
from core.progress import Task
from core.search.video_scores import Pooling
from core.utils.files import to_absolute

if TYPE_CHECKING:
    from core.ask import AnswerReader
    from core.library import Library

Options = argparse.Namespace
CLASSES = "one class per row: its name, then descriptions"
REPORT = "save the result as a page: one file, with pictures, that opens without a server"


def add_command(
    tree: Any,
    name: str,
    text: str,
    run: Callable[[Options, Task], dict[str, Any]],
    show: Callable[[dict[str, Any]], None] = show_figures,
) -> argparse.ArgumentParser:
    """Adds a command; `run` is what it does, `show` prints its result for people."""
    parser: argparse.ArgumentParser = tree.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run, show=show)
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout and nothing else")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


def add_library(parser: argparse.ArgumentParser) -> None:
    """The library that a command reads, and the encoder whose vectors it uses."""
    parser.add_argument("--library", required=True, metavar="DIR")
    parser.add_argument("--encoder", metavar="NAME", help="default: the encoder that the library was indexed with")


def add_encoder(parser: argparse.ArgumentParser) -> None:
    """The encoder of a command that opens no library."""
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, metavar="NAME", help=f"default: {DEFAULT_ENCODER}")


def add_kind(parser: argparse.ArgumentParser, text: str) -> None:
    """The kind of items that a command is limited to."""
    parser.add_argument("--kind", choices=[*(modality.name for modality in list_modalities()), ANY], help=text)


def add_images(parser: argparse.ArgumentParser) -> None:
    """The folder of pictures that a command measures on, and the encoder."""
    parser.add_argument("--images", type=Path, required=True, metavar="DIR")
    add_encoder(parser)


def add_pooling(parser: argparse.ArgumentParser, condition: str = "") -> None:
    """How the frames of a video make its score."""
    text = "rank videos by their best frame (max, the default), the mean of their best seconds (top), or of all (mean)"
    parser.add_argument("--pool", choices=get_args(Pooling), default="max", help=condition + text)


def add_reader(parser: argparse.ArgumentParser) -> None:
    """The model that reads passages, if one shall."""
    text = "model of transformers for question answering that points at the words: a folder, or one of the hub's cache"
    parser.add_argument("--reader", metavar="MODEL", help=text)


def get_reader(options: Options) -> AnswerReader | None:
    """The model that the options name; None: sentences are compared."""
    from core.ask import open_reader

    return None if options.reader is None else open_reader(options.reader)


def counts(text: str) -> list[int]:
    """`1,2,4` as numbers."""
    try:
        return sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers like 1,2,4") from None


def get_encoder(options: Options, task: Task, library: Library | None = None) -> Encoder:
    """The encoder that the options name; by default the one that the library was indexed with."""
    entries = [] if library is None else library.encoders()
    names = list(dict.fromkeys(entry.name for entry in entries))
    name = options.encoder
    if name is None:
        name = DEFAULT_ENCODER if DEFAULT_ENCODER in names or not names else names[0]
        _check_is_here(name, library)
    if library is not None:
        from core.library.weights import find_weights

        name = find_weights(library, name)
    encoder = open_encoder(name, on_progress=task.on_progress)
    if library is not None and entries and encoder.id not in {entry.id for entry in entries}:
        has = ", ".join(names)
        raise LibraryError(
            f"{library.path} has no vectors of {encoder.name} as it is installed now (it has: {has}): "
            f"run `python -m core index PHOTOS --library {library.path} --encoder {encoder.name}`."
        )
    return encoder


def _check_is_here(name: str, library: Library | None) -> None:
    """A library may come from somebody else, and name any model: only who asks for a model by its name downloads it."""
    name = get_tower_name(name)
    if library is None or not is_model_name(name) or to_absolute(name).is_dir():
        return
    from core.encoders.hub.files import is_cached

    if not is_cached(name):
        raise LibraryError(
            f"{library.path} has vectors of {name}, a model that is not on this machine: add --encoder {name} to have "
            "it downloaded."
        )
