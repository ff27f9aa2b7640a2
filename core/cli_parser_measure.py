"""Commands that measure: `eval` for quality, on files of your own, and `bench` for speed, on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import cli_measure as measures
from core.cli_options import CLASSES, POOLING, POOLINGS, add_command, add_encoder, counts
from core.cli_recommend import add_bench_recommend, add_eval_recommend
from core.cli_show import show_dimensions, show_fewshot, show_figures


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
