"""`bench`: speed on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command, add_encoder, add_images, get_encoder
from core.media.sampling import Sampling
from core.progress import Task


def add(tree: Any) -> None:
    """Adds `bench` and what it measures."""
    tree = tree.add_parser("bench", help="measure speed on this machine").add_subparsers(required=True, metavar="WHAT")
    add_images(add_command(tree, "images", "from picture files to vectors, step by step", bench_images))
    parser = add_command(tree, "video", "from video files to vectors, step by step", bench_video)
    parser.add_argument("--videos", type=Path, required=True, metavar="DIR")
    parser.add_argument("--fps", type=float, default=1.0, metavar="F", help="frames per second (default: 1)")
    add_encoder(parser)
    parser = add_command(tree, "search", "one exact query", bench_search)
    parser.add_argument("--items", type=int, default=100_000, metavar="N", help="vectors (default: 100,000)")
    parser.add_argument("--library", metavar="DIR", help="also time whole searches in this library")
    parser.add_argument("--encoder", metavar="NAME", help="default: the encoder of the library")
    parser = add_command(tree, "classify", "zero-shot classes of embedded items", bench_classify)
    parser.add_argument("--items", type=int, default=10_000, metavar="N", help="default: 10,000")
    parser.add_argument("--classes", type=int, default=1_000, metavar="N", help="default: 1,000")
    add_encoder(parser)
    text = "neighbors, layouts and clusters: seconds, and the memory that they take"
    parser = add_command(tree, "map", text, bench_map)
    parser.add_argument("--images", type=Path, metavar="DIR", help="pictures of a folder (default: synthetic vectors)")
    parser.add_argument("--count", type=int, metavar="N", help="how many (default: all pictures; 5,000 vectors)")
    add_encoder(parser)
    text = "from a like to the feed that takes it into account"
    parser = add_command(tree, "recommend", text, bench_recommend)
    parser.add_argument("--items", type=int, default=10_000, metavar="N", help="default: 10,000")
    add_encoder(parser)


def bench_images(options: Options, task: Task) -> dict[str, Any]:
    """`bench images`."""
    from core.benchmarks import pipeline

    return pipeline.bench_images(get_encoder(options, task), options.images, task=task)


def bench_video(options: Options, task: Task) -> dict[str, Any]:
    """`bench video`."""
    from core.benchmarks import pipeline

    sampling = Sampling(options.fps)
    return pipeline.bench_video(get_encoder(options, task), options.videos, sampling, task=task)


def bench_search(options: Options, task: Task) -> dict[str, Any]:
    """`bench search`."""
    from core.benchmarks import pipeline
    from core.library import Library

    if not options.library:
        return pipeline.bench_search(get_encoder(options, task), items=options.items)
    library = Library(options.library)
    return pipeline.bench_search(get_encoder(options, task, library), items=options.items, library=library)


def bench_classify(options: Options, task: Task) -> dict[str, Any]:
    """`bench classify`."""
    from core.benchmarks import pipeline

    return pipeline.bench_classify(get_encoder(options, task), items=options.items, classes=options.classes)


def bench_map(options: Options, task: Task) -> dict[str, Any]:
    """`bench map`."""
    from core.benchmarks.map import bench_map as run

    return run(get_encoder(options, task), images=options.images, count=options.count, task=task)


def bench_recommend(options: Options, task: Task) -> dict[str, Any]:
    """`bench recommend`."""
    from core.benchmarks.recommend import bench_recommend as run

    return run(get_encoder(options, task), items=options.items)
