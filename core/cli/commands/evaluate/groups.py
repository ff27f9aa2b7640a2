"""`eval clusters`, `duplicates` and `outliers`: how well known groups, copies and strangers are found."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command, add_images, get_encoder
from core.progress import Task


def add(tree: Any) -> None:
    """Adds these commands to `eval`."""
    parser = add_command(tree, "clusters", "clusters against known groups, by every method, and their names", clusters)
    text = "columns image, label, and optionally synonyms: bike|cycling"
    parser.add_argument("--labels", type=Path, required=True, metavar="CSV", help=text)
    text = "columns image, caption: judges the names by captions (default: by the labels)"
    parser.add_argument("--captions", type=Path, metavar="CSV", help=text)
    parser.add_argument("--k", type=int, metavar="N", help="number of clusters (default: as many as fit best)")
    add_images(parser)
    text = "how well copies are found: resized, recompressed, brightened, cropped, mirrored"
    parser = add_command(tree, "duplicates", text, duplicates)
    parser.add_argument("--count", type=int, default=200, metavar="N", help="photos that are copied (default: 200)")
    add_images(parser)
    text = "how well foreign pictures are found among photos: of a folder, or drawings, screenshots and noise"
    parser = add_command(tree, "outliers", text, outliers)
    text = "pictures to plant, with a folder for each kind (default: they are made)"
    parser.add_argument("--foreign", type=Path, metavar="DIR", help=text)
    add_images(parser)


def clusters(options: Options, task: Task) -> dict[str, Any]:
    """`eval clusters`."""
    from core.evaluation.groups.clusters import evaluate_clusters

    encoder = get_encoder(options, task)
    report = evaluate_clusters(
        encoder, options.images, options.labels, captions=options.captions, k=options.k, task=task
    )
    return asdict(report)


def duplicates(options: Options, task: Task) -> dict[str, Any]:
    """`eval duplicates`."""
    from core.evaluation.groups.duplicates import evaluate_duplicates

    encoder = get_encoder(options, task)
    return asdict(evaluate_duplicates(encoder, options.images, count=options.count, task=task))


def outliers(options: Options, task: Task) -> dict[str, Any]:
    """`eval outliers`."""
    from core.evaluation.groups.outliers import evaluate_outliers

    encoder = get_encoder(options, task)
    return asdict(evaluate_outliers(encoder, options.images, foreign=options.foreign, task=task))
