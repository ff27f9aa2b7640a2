"""`recommend`: what somebody may like who likes these; `eval recommend`: how well a log is foretold."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.cli import commands as cli_commands
from core.cli.options import add_command, add_encoder
from core.cli.output import one_line, show_figures
from core.encoders import DEFAULT_ENCODER
from core.encoders.base import Vectors
from core.errors import DataError, QueryError
from core.progress import OnProgress
from core.utils.files import to_absolute

if TYPE_CHECKING:
    from core.recommend.log_reader import InteractionLog


def add_recommend(tree: Any) -> None:
    """Adds `recommend` to the tree of commands."""
    text = "recommend items of a library to somebody who likes some and dislikes others"
    parser = add_command(tree, "recommend", text, recommend, show_recommendations)
    parser.add_argument("--library", required=True, metavar="DIR")
    text = "path or id of an item; may be repeated"
    parser.add_argument("--like", action="append", default=[], metavar="ITEM", help=text)
    parser.add_argument("--dislike", action="append", default=[], metavar="ITEM", help="the same")
    text = "learn from what others did: columns user, item, and if there time, weight (CSV or Parquet)"
    parser.add_argument("--log", type=Path, metavar="FILE", help=text)
    parser.add_argument("--k", type=int, default=10, metavar="K", help="how many (default: 10)")
    text = "share of behaviour in a score, 0 to 1, where there is a log (default: 0.5)"
    parser.add_argument("--mix", type=float, default=0.5, metavar="S", help=text)
    text = "how unlike each other they are to be, 0 to 1 (default: 0.3)"
    parser.add_argument("--diversity", type=float, default=0.3, metavar="S", help=text)
    text = "share of places for items drawn at random, 0 to 1 (default: 0)"
    parser.add_argument("--exploration", type=float, default=0.0, metavar="S", help=text)
    parser.add_argument("--encoder", metavar="NAME", help="default: the one that the library was indexed with")


def add_eval_recommend(tree: Any) -> None:
    """Adds `recommend` to what `eval` measures."""
    text = "recommendations against what people did next: recall@k and NDCG@k by method, cold items apart"
    parser = add_command(tree, "recommend", text, measure, show_measurements)
    text = "columns user, item, and if there time, weight (CSV or Parquet)"
    parser.add_argument("--log", type=Path, required=True, metavar="FILE", help=text)
    content = parser.add_mutually_exclusive_group()
    content.add_argument("--library", metavar="DIR", help="whose items the log is of; without, no content is measured")
    content.add_argument("--images", type=Path, metavar="DIR", help="the same for a folder of pictures")
    parser.add_argument("--k", type=int, default=10, metavar="K", help="places that count (default: 10)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn at random (default: 0)")
    parser.add_argument("--encoder", metavar="NAME", help=f"default: the library's, or {DEFAULT_ENCODER}")


def add_bench_recommend(tree: Any) -> None:
    """Adds `recommend` to what `bench` times."""
    text = "from a like to the feed that takes it into account"
    parser = add_command(tree, "recommend", text, bench, show_figures)
    parser.add_argument("--items", type=int, default=10_000, metavar="N", help="default: 10,000")
    add_encoder(parser)


def recommend(options: argparse.Namespace, bar: OnProgress) -> dict[str, Any]:
    """`recommend`: what `--json` prints."""
    from core.library import Library
    from core.library.item_lookup import get_item_names
    from core.recommend.feed import recommend as feed_of
    from core.recommend.log_reader import read_log
    from core.recommend.model import learn_from_log

    if options.k < 1:
        raise QueryError("--k: at least 1.")
    if not options.like and options.log is None:
        raise QueryError("Say what is liked (--like ITEM), or give a --log of what others did.")
    library = Library(options.library)
    log = read_log(options.log) if options.log else None
    names = get_item_names(library)
    liked, disliked = ([_item(entry, names) for entry in given] for given in (options.like, options.dislike))
    encoder = cli_commands.get_encoder(library, options.encoder, bar)
    scores = learn_from_log(library, encoder, log, on_progress=bar).scores(liked) if log else None
    feed = feed_of(
        library, encoder, liked, disliked, k=options.k, diversity=options.diversity, exploration=options.exploration,
        behavior=scores, mix=options.mix,
    )  # fmt: skip
    paths = dict(zip(*(library.items()[name].to_pylist() for name in ("id", "path")), strict=True))
    return {
        "items": [
            {
                "path": entry.item.path,
                "score": round(entry.score, 4),
                "because": [paths[item_id] for item_id in entry.because],
                "by": entry.by,
            }
            for entry in feed.recommendations
        ]
    }


def _item(given: str, names: Mapping[str, str]) -> str:
    """The id of what stands on the command line: an id, a path as it is or from here, or the end of one."""
    for name in (given, str(to_absolute(given)), given.replace("\\", "/").removeprefix("./")):
        if name in names:
            return names[name]
    raise QueryError(f"{given!r} is no item of this library, or fits several: give its whole path, or its id.")


def measure(options: argparse.Namespace, bar: OnProgress) -> dict[str, Any]:
    """`eval recommend`: what `--json` prints."""
    from core.evaluation.recommend import evaluate_recommend
    from core.recommend.log_reader import read_log

    if options.k < 1:
        raise QueryError("--k: at least 1.")
    log = read_log(options.log)
    content = None
    if options.library:
        content = _measure_library(log, options, bar)
    elif options.images:
        content = _measure_folder(log.item_names, options, bar)
    report = asdict(evaluate_recommend(log, content, k=options.k, seed=options.seed, on_progress=bar))
    report["without_content"] = None if content is None else int((~content.any(axis=1)).sum())
    return report


def bench(options: argparse.Namespace, bar: OnProgress) -> dict[str, Any]:
    """`bench recommend`: what `--json` prints."""
    from core.benchmarks.recommend import bench_recommend

    return bench_recommend(cli_commands.open_encoder(options.encoder, on_progress=bar), items=options.items)


def _measure_library(log: InteractionLog, options: argparse.Namespace, bar: OnProgress) -> Vectors:
    """(items, dim) of the log's items as a library has them, zeros for what it has not."""
    from core.library import Library
    from core.library.item_lookup import get_item_names
    from core.library.track import get_item_vectors

    library = Library(options.library)
    encoder = cli_commands.get_encoder(library, options.encoder, bar)
    names = get_item_names(library)
    ids = [names.get(name, "") for name in log.item_names]
    if not any(ids):
        raise DataError("Not one item of the log is in this library: the column item has paths, file names or ids.")
    found, vectors = get_item_vectors(library.index(encoder), ids)
    return _place_vectors(ids, dict(zip(found, vectors, strict=True)), encoder.dim)


def _measure_folder(names: Sequence[str], options: argparse.Namespace, bar: OnProgress) -> Vectors:
    """The same for pictures of a folder, by their paths in it."""
    from core.evaluation.datasets import embed_files

    encoder = cli_commands.open_encoder(options.encoder or DEFAULT_ENCODER, on_progress=bar)
    embedded = embed_files(encoder, options.images, names, on_progress=bar)
    return _place_vectors(names, {name: embedded.vectors[row] for name, row in embedded.rows.items()}, encoder.dim)


def _place_vectors(names: Sequence[str], vectors: Mapping[str, Any], dim: int) -> Vectors:
    nothing = np.zeros(dim, np.float32)
    return np.stack([vectors.get(name, nothing) for name in names])


def show_recommendations(result: dict[str, Any]) -> None:
    """A line for each, with the likes that it is there for."""
    for entry in result["items"]:
        why = ", ".join(Path(one_line(path)).name for path in entry["because"])
        print(f"{entry['score']:+.3f}  {one_line(entry['path'])}  ({f'because of {why}' if why else entry['by']})")
    if not result["items"]:
        print("Nothing is left to recommend.")


def show_measurements(report: dict[str, Any]) -> None:
    """A line for each method."""
    print(
        f"{report['interactions']:,} interactions, {report['items']:,} items ({report['cold_items']:,} cold), "
        f"{report['users']:,} people asked for what came later, k = {report['k']}"
    )
    print(f"{'method':<12}{'recall':>8}{'ndcg':>8}{'cold':>8}{'coverage':>10}{'diversity':>11}")
    for entry in report["methods"]:
        figures = (entry["recall"], entry["ndcg"], entry["cold_recall"], entry["coverage"], entry["diversity"])
        predictions = ("-" if figure is None else f"{figure:.3f}" for figure in figures)
        print(
            f"{entry['method']:<12}"
            + "".join(f"{text:>{width}}" for text, width in zip(predictions, (8, 8, 8, 10, 11), strict=True))
        )
