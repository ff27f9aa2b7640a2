"""`eval recommend`: recommendations against what people did next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.cli.options import Options, add_command, get_encoder
from core.encoders import DEFAULT_ENCODER
from core.encoders.base import Vectors
from core.errors import DataError, QueryError
from core.progress import Task

if TYPE_CHECKING:
    from core.recommend.log_reader import InteractionLog


def add(tree: Any) -> None:
    """Adds `recommend` to what `eval` measures."""
    text = "recommendations against what people did next: recall@k and NDCG@k by method, cold items separately"
    parser = add_command(tree, "recommend", text, evaluate, show_measurements)
    text = "columns user, item, optionally time and weight (CSV or Parquet)"
    parser.add_argument("--log", type=Path, required=True, metavar="FILE", help=text)
    content = parser.add_mutually_exclusive_group()
    text = "the library that has the items of the log; without it, methods that use content are not measured"
    content.add_argument("--library", metavar="DIR", help=text)
    content.add_argument("--images", type=Path, metavar="DIR", help="the same, for a folder of pictures")
    parser.add_argument("--k", type=int, default=10, metavar="K", help="places that count (default: 10)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of random draws (default: 0)")
    text = f"default: the encoder of the library, otherwise {DEFAULT_ENCODER}"
    parser.add_argument("--encoder", metavar="NAME", help=text)


def evaluate(options: Options, task: Task) -> dict[str, Any]:
    """`eval recommend`."""
    from core.evaluation.recommend import evaluate_recommend
    from core.recommend.log_reader import read_log

    if options.k < 1:
        raise QueryError("--k: at least 1.")
    log = read_log(options.log)
    content = None
    if options.library:
        content = _embed_library(log, options, task)
    elif options.images:
        content = _embed_folder(log.item_names, options, task)
    report = asdict(evaluate_recommend(log, content, k=options.k, seed=options.seed, task=task))
    report["without_content"] = None if content is None else int((~content.any(axis=1)).sum())
    return report


def _embed_library(log: InteractionLog, options: Options, task: Task) -> Vectors:
    """(items, dim) the library's vectors of the log's items; zeros for items that it does not have."""
    from core.library import Library
    from core.library.item_lookup import get_item_names
    from core.library.track import get_item_vectors

    library = Library(options.library)
    encoder = get_encoder(options, task, library)
    names = get_item_names(library)
    ids = [names.get(name, "") for name in log.item_names]
    if not any(ids):
        raise DataError("No item of the log is in this library: the column item must have paths, file names or ids.")
    found, vectors = get_item_vectors(library.index(encoder), ids)
    return _place_vectors(ids, dict(zip(found, vectors, strict=True)), encoder.dim)


def _embed_folder(names: Sequence[str], options: Options, task: Task) -> Vectors:
    """(items, dim) the same for pictures of a folder, by their paths in it."""
    from core.evaluation.datasets import embed_files

    encoder = get_encoder(options, task)
    embedded = embed_files(encoder, options.images, names, task=task)
    return _place_vectors(names, {name: embedded.vectors[row] for name, row in embedded.rows.items()}, encoder.dim)


def _place_vectors(names: Sequence[str], vectors: Mapping[str, Any], dim: int) -> Vectors:
    nothing = np.zeros(dim, np.float32)
    return np.stack([vectors.get(name, nothing) for name in names])


def show_measurements(report: dict[str, Any]) -> None:
    """Prints a line for each method."""
    print(
        f"{report['interactions']:,} interactions, {report['items']:,} items ({report['cold_items']:,} cold), "
        f"{report['users']:,} people asked for what came later, k = {report['k']}"
    )
    print(f"{'method':<12}{'recall':>8}{'ndcg':>8}{'cold':>8}{'coverage':>10}{'diversity':>11}")
    for row in report["methods"]:
        figures = (row["recall"], row["ndcg"], row["cold_recall"], row["coverage"], row["diversity"])
        texts = ("-" if figure is None else f"{figure:.3f}" for figure in figures)
        print(
            f"{row['method']:<12}"
            + "".join(f"{text:>{width}}" for text, width in zip(texts, (8, 8, 8, 10, 11), strict=True))
        )
