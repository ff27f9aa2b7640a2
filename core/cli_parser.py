"""Commands: index, search, classify, cluster, recommend, eval and others. `--json` prints one JSON object only."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NoReturn

from core import __version__
from core import cli_commands as commands
from core.cli_app import add_app
from core.cli_cluster import cluster, show_clusters
from core.cli_health import add_health
from core.cli_options import CLASSES, POOLING, POOLINGS, add_command, add_encoder
from core.cli_parser_measure import add_benchmarks, add_evaluations
from core.cli_recommend import add_recommend
from core.cli_share import (
    REPORT,
    add_dataset_options,
    add_sharing,
    index_paths,
    search_with_page,
    show_hits_and_page,
    show_index_paths,
)
from core.cli_show import show_classified, show_figures, show_places
from core.search.relevance import LIKELY


def command_parser() -> argparse.ArgumentParser:
    """Of all commands; `run` and `show` of what it parses are the command and how its result is printed."""
    prog = "semblance" if Path(sys.argv[0]).name == "semblance" else "python -m core"
    parser = _Parser(prog=prog, description=__doc__)
    parser.add_argument("--version", action="version", version=f"Semblance {__version__}")
    tree = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_index(tree)
    _add_search(tree)
    _add_locate(tree)
    _add_classify(tree)
    _add_cluster(tree)
    add_recommend(tree)
    add_sharing(tree)
    add_evaluations(tree.add_parser("eval", help="measure quality on your own files"))
    add_benchmarks(tree.add_parser("bench", help="measure speed on this machine"))
    sample = add_command(tree, "sample", "build the sample library", commands.sample, show_figures)
    add_encoder(sample)
    add_health(tree)
    add_app(tree)
    return parser


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _add_index(tree: Any) -> None:
    text = "bring a library up to date with folders of photos and videos"
    index = add_command(tree, "index", text, index_paths, show_index_paths)
    text = "a folder (with all below it) or a file; or a data set: hf:owner/name of the hub, or hf:./folder"
    index.add_argument("paths", nargs="+", metavar="PATH", help=text)
    index.add_argument("--library", required=True, metavar="DIR", help="made if it is not there")
    index.add_argument("--fps", type=float, metavar="F", help="frames of a video per second of it (default: 1)")
    index.add_argument(
        "--sample", choices=("rate", "keyframes", "scenes"),
        help="which frames: at an even rate (default), keyframes only (fast, at most F per second), one a scene; "
        "without --fps and --sample, videos that are in the library stay as they were sampled",
    )  # fmt: skip
    add_dataset_options(index)
    add_encoder(index)


def _add_search(tree: Any) -> None:
    text = "search a library by words, pictures and clips"
    search = add_command(tree, "search", text, search_with_page, show_hits_and_page)
    search.add_argument("query", nargs="?", metavar="QUERY", help='for instance "2:beach + ./photo.jpg - people"')
    search.add_argument("--library", required=True, metavar="DIR")
    search.add_argument("--kind", choices=("image", "video"), help="default: both; video: one hit for each moment")
    search.add_argument("--image", action="append", default=[], metavar="FILE", help="one more term; may be repeated")
    search.add_argument("--clip", action="append", default=[], metavar="FILE", help="a video as a term; the same")
    search.add_argument("--pool", choices=POOLINGS, default="max", help=f"with --kind video: {POOLING}")
    search.add_argument("--top", type=int, default=20, metavar="K")
    search.add_argument("--all", action="store_true", help="show hits past the line where likely matches end too")
    search.add_argument("--encoder", metavar="NAME", help="default: the one that the library was indexed with")
    search.add_argument("--duplicates", action="store_true", help="do not fold near-duplicates into one hit")
    search.add_argument("--report", type=Path, metavar="HTML", help=REPORT)
    search.add_argument("--no-templates", dest="templates", action="store_false", help="embed the words as they are")


def _add_locate(tree: Any) -> None:
    text = "find the videos that show a picture, and when"
    locate = add_command(tree, "locate", text, commands.locate, show_places)
    locate.add_argument("picture", metavar="PICTURE", help="a file, item:ID, or item:ID@SECONDS of a video")
    locate.add_argument("--library", required=True, metavar="DIR")
    locate.add_argument("--encoder", metavar="NAME", help="default: the one that the library was indexed with")


def _add_classify(tree: Any) -> None:
    text = "tell pictures, videos or texts into classes that are only named, or described, or learned, or their number"
    classify = add_command(tree, "classify", text, commands.classify, show_classified)
    text = "a file or folder; with --text a text, or - for the lines of stdin"
    classify.add_argument("items", nargs="+", metavar="FILE", help=text)
    classes = classify.add_mutually_exclusive_group(required=True)
    classes.add_argument("--labels", metavar="A,B,C", help="names of the classes")
    classes.add_argument("--labels-file", type=Path, metavar="CSV", help=CLASSES)
    classes.add_argument("--head", metavar="FILE", help="a saved head, or the name of one that is kept")
    classify.add_argument("--text", action="store_true", help="the arguments are texts, each one item")
    text = 'what fits its best class less is "none of these" (default: 0.4; 0 switches that off)'
    classify.add_argument("--threshold", type=float, default=LIKELY, metavar="T", help=text)
    add_encoder(classify)


def _add_cluster(tree: Any) -> None:
    text = "group a library: clusters with names, outliers, duplicates"
    parser = add_command(tree, "cluster", text, cluster, show_clusters)
    parser.add_argument("--library", required=True, metavar="DIR")
    parser.add_argument("--k", type=int, metavar="N", help="clusters (default: as many as fit best)")
    parser.add_argument("--method", choices=("kmeans", "hdbscan", "agglomerative"), default="kmeans")
    parser.add_argument("--report", type=Path, metavar="HTML", help=REPORT)
    parser.add_argument("--outliers", type=int, default=20, metavar="N", help="how many at most (default: 20)")
    parser.add_argument("--encoder", metavar="NAME", help="default: the one that the library was indexed with")
