"""Commands: index, search, classify, cluster, recommend, eval and others. `--json` prints one JSON object only."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NoReturn

from core import __version__
from core.cli import commands
from core.cli import evaluate as measures
from core.cli.app import add_app
from core.cli.cluster import cluster, show_clusters
from core.cli.exchange import (
    REPORT,
    add_dataset_options,
    add_sharing,
    index_paths,
    search_with_page,
    show_hits_and_page,
    show_index_paths,
)
from core.cli.health import add_health
from core.cli.options import CLASSES, POOLING, POOLINGS, add_command, add_encoder, counts
from core.cli.output import show_classified, show_dimensions, show_fewshot, show_figures, show_places
from core.cli.recommend import add_bench_recommend, add_eval_recommend, add_recommend
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


def add_evaluations(evaluate: argparse.ArgumentParser) -> None:
    """Adds what `eval` measures."""
    tree = evaluate.add_subparsers(required=True, metavar="WHAT")
    of_pictures = [*_add_bench_search(tree), *_add_classes(tree), *_add_space(tree), *_add_groups(tree)]
    for entry in of_pictures[1:]:
        entry.add_argument("--images", type=Path, required=True, metavar="DIR")
    for entry in (*of_pictures, *_add_videos(tree)):
        add_encoder(entry)
    tree.choices["retrieval"].set_defaults(encoder=None)  # a library's own
    add_eval_recommend(tree)


def _add_bench_search(tree: Any) -> list[argparse.ArgumentParser]:
    retrieval = add_command(tree, "retrieval", "captions <-> images, recall@k", measures.retrieval, show_figures)
    retrieval.add_argument("--images", type=Path, metavar="DIR")
    retrieval.add_argument("--captions", type=Path, metavar="CSV", help="columns image, caption")
    text = "instead of both: the captions that a library keeps (`index hf:NAME` brings some)"
    retrieval.add_argument("--library", metavar="DIR", help=text)
    text = 'how well "nothing here matches" is told'
    relevance = add_command(tree, "relevance", text, measures.relevance, show_figures)
    relevance.add_argument("--labels", type=Path, required=True, metavar="CSV", help="columns image, label")
    return [retrieval, relevance]


def _add_classes(tree: Any) -> list[argparse.ArgumentParser]:
    zeroshot = add_command(tree, "zeroshot", "class names -> images, accuracy", measures.zeroshot, show_figures)
    zeroshot.add_argument("--labels", type=Path, required=True, metavar="CSV", help="columns image, label")
    zeroshot.add_argument("--templates", choices=("on", "off"), default="on", help="off: the names as they are")
    text = "what labelling brings: accuracy of each method against labelled pictures a class"
    fewshot = add_command(tree, "fewshot", text, measures.fewshot, show_fewshot)
    fewshot.add_argument("--labels", type=Path, metavar="CSV", help="columns image, label; default: the folders' names")
    fewshot.add_argument("--shots", type=counts, default=[1, 2, 4, 8, 16], metavar="N,N", help="default: 1,2,4,8,16")
    for entry in (zeroshot, fewshot):
        entry.add_argument("--classes", type=Path, metavar="CSV", help=f"{CLASSES}; default: the labels that occur")
    text = "how well a number is told from few pictures: R2 and mean absolute error"
    numbers = add_command(tree, "numbers", text, measures.numbers, show_figures)
    numbers.add_argument("--table", type=Path, required=True, metavar="CSV", help="columns image and the number's")
    numbers.add_argument("--column", default="value", metavar="NAME", help="of the number (default: value)")
    numbers.add_argument("--samples", type=counts, default=[16, 64, 256], metavar="N,N", help="default: 16,64,256")
    for entry in (fewshot, numbers):
        entry.add_argument("--repeats", type=int, default=5, metavar="N", help="random draws (default: 5)")
    return [zeroshot, fewshot, numbers]


def _add_space(tree: Any) -> list[argparse.ArgumentParser]:
    text = "an axis of two phrases against how many people the captions mention: Spearman's rank correlation"
    axis = add_command(tree, "axis", text, measures.axis, show_figures)
    axis.add_argument("--captions", type=Path, required=True, metavar="CSV", help="columns image, caption")
    axis.add_argument("--low", default="empty landscape", metavar="PHRASE", help="default: empty landscape")
    axis.add_argument("--high", default="crowd of people", metavar="PHRASE", help="default: crowd of people")
    text = "raw pixels against embeddings: what their distances say, what is learned from them"
    pixels = add_command(tree, "pixels", text, measures.pixels, show_figures)
    pixels.add_argument("--labels", type=Path, required=True, metavar="CSV", help="columns image, label")
    pixels.add_argument("--side", type=int, default=64, metavar="N", help="of the pictures, in pixels (default: 64)")
    text = "how many dimensions are enough: neighbours, captions and classes kept, bytes, and time of a query"
    dimensions = add_command(tree, "dimensions", text, measures.dimensions, show_dimensions)
    dimensions.add_argument("--captions", type=Path, metavar="CSV", help="columns image, caption")
    dimensions.add_argument("--labels", type=Path, metavar="CSV", help="columns image, label")
    text = "column image: measure on these; default: those with captions, or labels, or all"
    dimensions.add_argument("--only", type=Path, metavar="CSV", help=text)
    text = "column image: learn the principal components from these others; default: from those measured on"
    dimensions.add_argument("--learn-from", type=Path, metavar="CSV", help=text)
    text = "learn from one half of the pictures, measure on the other"
    dimensions.add_argument("--held-out", action="store_true", help=text)
    dimensions.add_argument("--dims", type=counts, metavar="N,N", help="default: 2, 4, 8 and so on, and all")
    return [axis, pixels, dimensions]


def _add_groups(tree: Any) -> list[argparse.ArgumentParser]:
    text = "clusters against known groups, by every method, and their names"
    clusters = add_command(tree, "clusters", text, measures.clusters, show_figures)
    text = "columns image, label, and if there is one synonyms: bike|cycling"
    clusters.add_argument("--labels", type=Path, required=True, metavar="CSV", help=text)
    clusters.add_argument("--k", type=int, metavar="N", help="clusters (default: as many as fit best)")
    text = "how well copies are found: resized, recompressed, brightened, cropped, mirrored"
    duplicates = add_command(tree, "duplicates", text, measures.duplicates, show_figures)
    duplicates.add_argument("--count", type=int, default=200, metavar="N", help="photos that are copied (default: 200)")
    text = "how well drawings, screenshots and noise are found among 500 photos"
    return [clusters, duplicates, add_command(tree, "outliers", text, measures.outliers, show_figures)]


def _add_videos(tree: Any) -> list[argparse.ArgumentParser]:
    video = add_command(tree, "video", "captions -> videos, recall@k", measures.video, show_figures)
    video.add_argument("--videos", type=Path, required=True, metavar="DIR")
    video.add_argument("--captions", type=Path, required=True, metavar="CSV", help="columns video, caption")
    video.add_argument("--fps", type=float, default=2.0, metavar="F", help="default: 2")
    video.add_argument("--pool", choices=POOLINGS, default="max", help=POOLING)
    text = "known moments of reels rendered from the sample photos, by words and by pictures"
    moments = add_command(tree, "moments", text, measures.moments, show_figures)
    moments.add_argument("--fps", type=float, default=1.0, metavar="F", help="default: 1")
    return [video, moments]


def add_benchmarks(bench: argparse.ArgumentParser) -> None:
    """Adds what `bench` measures."""
    tree = bench.add_subparsers(required=True, metavar="WHAT")
    images = add_command(tree, "images", "from files to vectors, step by step", measures.bench_images, show_figures)
    images.add_argument("--images", type=Path, required=True, metavar="DIR")
    video = add_command(tree, "video", "the same for videos", measures.bench_video, show_figures)
    video.add_argument("--videos", type=Path, required=True, metavar="DIR")
    video.add_argument("--fps", type=float, default=1.0, metavar="F", help="default: 1")
    searches = add_command(tree, "search", "one exact query", measures.bench_search, show_figures)
    searches.add_argument("--items", type=int, default=100_000, metavar="N")
    searches.add_argument("--library", metavar="DIR", help="time whole searches in this library too")
    text = "items into classes, once both are embedded"
    classify = add_command(tree, "classify", text, measures.bench_classify, show_figures)
    classify.add_argument("--items", type=int, default=10_000, metavar="N")
    classify.add_argument("--classes", type=int, default=1_000, metavar="N")
    text = "neighbours, layouts and clusters, in seconds, and the memory that they take"
    maps = add_command(tree, "map", text, measures.bench_map, show_figures)
    maps.add_argument("--images", type=Path, metavar="DIR", help="pictures of a folder (default: synthetic vectors)")
    maps.add_argument("--count", type=int, metavar="N", help="how many (default: all pictures; 5,000 vectors)")
    for entry in (images, video, searches, classify, maps):
        add_encoder(entry)
    searches.set_defaults(encoder=None)  # a library's own
    add_bench_recommend(tree)
