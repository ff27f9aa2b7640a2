"""The command line: index, search, locate, eval, bench, sample. `--json` prints one JSON object, nothing else."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from core import cli_commands as commands
from core.cli_show import plain, show_figures, show_hits, show_index, show_places
from core.encoders import DEFAULT_ENCODER
from core.errors import SemblanceError
from core.progress import Progress

_POOLINGS = ("max", "top", "mean")
_POOLING = "rank videos by their best frame (default), the mean of their best seconds, or the mean of all"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Exit code 0; 2 with one line on stderr for an error that the user can cure; 130 if stopped."""
    options = _parser().parse_args(arguments)
    bar = _Bar(quiet=options.quiet)
    try:
        result = options.run(options, bar)
    except SemblanceError as error:
        bar.close()
        print(f"semblance: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        bar.close()
        return 130
    bar.close()
    try:
        if options.json:
            print(json.dumps(result, ensure_ascii=True, default=plain))
        else:
            options.show(result)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough; what is left would raise again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 130 if result.get("cancelled") else 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Bar:
    """A progress bar on stderr, one for each stage."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet, self.stage, self.bar = quiet, "", None

    def __call__(self, progress: Progress) -> None:
        if self.quiet:
            return
        if progress.stage != self.stage:
            self.close()
            self.stage = progress.stage
            scaled = progress.unit == "bytes"
            self.bar = tqdm(
                total=progress.total, desc=progress.stage, unit=progress.unit.rstrip("s"), unit_scale=scaled,
                file=sys.stderr, leave=False, dynamic_ncols=True,
            )  # fmt: skip
        assert self.bar is not None
        self.bar.total = progress.total
        self.bar.update(progress.done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


# what may be typed


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description=__doc__)
    tree = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_index(tree)
    _add_search(tree)
    _add_locate(tree)
    _add_evaluations(tree.add_parser("eval", help="measure quality on your own files"))
    _add_benchmarks(tree.add_parser("bench", help="measure speed on this machine"))
    sample = _command(tree, "sample", "build the sample library", commands.sample, show_figures)
    _add_encoder(sample)
    return parser


def _add_index(tree: Any) -> None:
    text = "bring a library up to date with folders of photos and videos"
    index = _command(tree, "index", text, commands.index, show_index)
    index.add_argument("paths", nargs="+", metavar="PATH", help="a folder (with all below it) or a file")
    index.add_argument("--library", required=True, metavar="DIR", help="made if it is not there")
    index.add_argument("--fps", type=float, metavar="F", help="frames of a video per second of it (default: 1)")
    index.add_argument(
        "--sample", choices=("rate", "keyframes", "scenes"),
        help="which frames: at an even rate (default), keyframes only (fast, at most F per second), one a scene; "
        "without --fps and --sample, videos that are in the library stay as they were sampled",
    )  # fmt: skip
    _add_encoder(index)


def _add_search(tree: Any) -> None:
    text = "search a library by words, pictures and clips"
    search = _command(tree, "search", text, commands.search, show_hits)
    search.add_argument("query", nargs="?", metavar="QUERY", help='for instance "2:beach + ./photo.jpg - people"')
    search.add_argument("--library", required=True, metavar="DIR")
    search.add_argument("--kind", choices=("image", "video"), help="default: both; video: one hit for each moment")
    search.add_argument("--image", action="append", default=[], metavar="FILE", help="one more term; may be repeated")
    search.add_argument("--clip", action="append", default=[], metavar="FILE", help="a video as a term; the same")
    search.add_argument("--pool", choices=_POOLINGS, default="max", help=f"with --kind video: {_POOLING}")
    search.add_argument("--top", type=int, default=20, metavar="K")
    search.add_argument("--all", action="store_true", help="show hits past the line where likely matches end too")
    search.add_argument("--encoder", metavar="NAME", help="default: the one that the library was indexed with")
    search.add_argument("--duplicates", action="store_true", help="do not fold near-duplicates into one hit")
    search.add_argument("--no-templates", dest="templates", action="store_false", help="embed the words as they are")


def _add_locate(tree: Any) -> None:
    text = "find the videos that show a picture, and when"
    locate = _command(tree, "locate", text, commands.locate, show_places)
    locate.add_argument("picture", metavar="PICTURE", help="a file, item:ID, or item:ID@SECONDS of a video")
    locate.add_argument("--library", required=True, metavar="DIR")
    locate.add_argument("--encoder", metavar="NAME", help="default: the one that the library was indexed with")


def _add_evaluations(evaluate: argparse.ArgumentParser) -> None:
    tree = evaluate.add_subparsers(required=True, metavar="WHAT")
    retrieval = _command(tree, "retrieval", "captions <-> images, recall@k", commands.retrieval, show_figures)
    retrieval.add_argument("--captions", type=Path, required=True, metavar="CSV", help="columns image, caption")
    zeroshot = _command(tree, "zeroshot", "class names -> images, accuracy", commands.zeroshot, show_figures)
    zeroshot.add_argument("--labels", type=Path, required=True, metavar="CSV", help="columns image, label")
    text = 'how well "nothing here matches" is told'
    relevance = _command(tree, "relevance", text, commands.relevance, show_figures)
    relevance.add_argument("--labels", type=Path, required=True, metavar="CSV", help="columns image, label")
    for each in (retrieval, zeroshot, relevance):
        each.add_argument("--images", type=Path, required=True, metavar="DIR")
    video = _command(tree, "video", "captions -> videos, recall@k", commands.video, show_figures)
    video.add_argument("--videos", type=Path, required=True, metavar="DIR")
    video.add_argument("--captions", type=Path, required=True, metavar="CSV", help="columns video, caption")
    video.add_argument("--fps", type=float, default=2.0, metavar="F", help="default: 2")
    video.add_argument("--pool", choices=_POOLINGS, default="max", help=_POOLING)
    text = "known moments of reels rendered from the sample photos, by words and by pictures"
    moments = _command(tree, "moments", text, commands.moments, show_figures)
    moments.add_argument("--fps", type=float, default=1.0, metavar="F", help="default: 1")
    for each in (retrieval, zeroshot, relevance, video, moments):
        _add_encoder(each)


def _add_benchmarks(bench: argparse.ArgumentParser) -> None:
    tree = bench.add_subparsers(required=True, metavar="WHAT")
    images = _command(tree, "images", "from files to vectors, step by step", commands.bench_images, show_figures)
    images.add_argument("--images", type=Path, required=True, metavar="DIR")
    video = _command(tree, "video", "the same for videos", commands.bench_video, show_figures)
    video.add_argument("--videos", type=Path, required=True, metavar="DIR")
    video.add_argument("--fps", type=float, default=1.0, metavar="F", help="default: 1")
    searches = _command(tree, "search", "one exact query", commands.bench_search, show_figures)
    searches.add_argument("--items", type=int, default=100_000, metavar="N")
    searches.add_argument("--library", metavar="DIR", help="time whole searches in this library too")
    for each in (images, video, searches):
        _add_encoder(each)


def _add_encoder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, metavar="NAME")


def _command(tree: Any, name: str, text: str, run: Any, show: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = tree.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run, show=show)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser
