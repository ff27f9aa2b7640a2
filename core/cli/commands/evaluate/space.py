"""`eval axis`, `pixels` and `dimensions`: properties of the embedding space."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command, add_images, counts, get_encoder
from core.progress import Task


def add(tree: Any) -> None:
    """Adds these commands to `eval`."""
    text = "an axis between two phrases against how many people the captions mention: Spearman's rank correlation"
    parser = add_command(tree, "axis", text, axis)
    parser.add_argument("--captions", type=Path, required=True, metavar="CSV", help="columns image, caption")
    parser.add_argument("--low", default="empty landscape", metavar="PHRASE", help="default: empty landscape")
    parser.add_argument("--high", default="crowd of people", metavar="PHRASE", help="default: crowd of people")
    add_images(parser)
    text = "raw pixels against embeddings: what their distances say, and how well classifiers learn from them"
    parser = add_command(tree, "pixels", text, pixels)
    parser.add_argument("--labels", type=Path, required=True, metavar="CSV", help="columns image, label")
    parser.add_argument(
        "--side", type=int, default=64, metavar="N", help="side of the pictures in pixels (default: 64)"
    )
    add_images(parser)
    text = "how many dimensions are enough: neighbors, captions and classes kept, bytes, and time of a query"
    parser = add_command(tree, "dimensions", text, dimensions, show_dimensions)
    parser.add_argument("--captions", type=Path, metavar="CSV", help="columns image, caption")
    parser.add_argument("--labels", type=Path, metavar="CSV", help="columns image, label")
    text = "column image: measure on these; default: those with captions, or labels, or all"
    parser.add_argument("--only", type=Path, metavar="CSV", help=text)
    text = "column image: fit the principal components to these; default: to those measured on"
    parser.add_argument("--learn-from", type=Path, metavar="CSV", help=text)
    text = "fit to one half of the pictures, measure on the other"
    parser.add_argument("--held-out", action="store_true", help=text)
    parser.add_argument("--dims", type=counts, metavar="N,N", help="default: 2, 4, 8 and so on, and all")
    add_images(parser)


def axis(options: Options, task: Task) -> dict[str, Any]:
    """`eval axis`."""
    from core.evaluation.axis import evaluate_axis

    encoder = get_encoder(options, task)
    report = evaluate_axis(encoder, options.images, options.captions, options.low, options.high, task=task)
    return asdict(report)


def pixels(options: Options, task: Task) -> dict[str, Any]:
    """`eval pixels`."""
    from core.evaluation.pixels import evaluate_pixels

    encoder = get_encoder(options, task)
    return asdict(evaluate_pixels(encoder, options.images, options.labels, side=options.side, task=task))


def dimensions(options: Options, task: Task) -> dict[str, Any]:
    """`eval dimensions`."""
    from core.evaluation.dimensions import evaluate_dimensions

    encoder = get_encoder(options, task)
    report = evaluate_dimensions(
        encoder, options.images, captions=options.captions, labels=options.labels, only=options.only,
        learn_from=options.learn_from, held_out=options.held_out, dims=options.dims, task=task,
    )  # fmt: skip
    return asdict(report)


def show_dimensions(report: dict[str, Any]) -> None:
    """Prints a line for each way to store vectors, and how many dimensions are enough."""
    print(f"{report['pool']:,} pictures, components learned from {report['learned_from']:,}")
    print(f"{'method':<9}{'stored':<8}{'dims':>5}{'neighbors':>12}{'captions':>10}{'classes':>9}{'bytes':>7}{'ms':>8}")
    for row in report["points"]:
        shares = (f"{'':>8}" if row[name] is None else f"{row[name]:8.3f}" for name in ("recall", "accuracy"))
        print(
            f"{row['method']:<9}{row['precision']:<8}{row['dim']:>5}"
            f"{row['overlap']:>12.3f}  {'  '.join(shares)}"
            f"{row['bytes']:>7,}{row['query_ms']:>8.2f}"
        )
    for name, row in report["enough"].items():
        print(f"95 % of {name} with {row['dim']} dimensions (PCA, fp32)")
    if report["intrinsic"] is not None:
        print(f"The vectors fill about {report['intrinsic']:.0f} dimensions locally.")
