"""`eval sets`: names and captions of several sets of pictures at once."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command, add_images, get_encoder
from core.cli.output import one_line
from core.progress import Task


def add(tree: Any) -> None:
    """Adds this command to `eval`."""
    text = "several sets at once: names in words (accuracy in each set), captions (recall among all pictures)"
    parser = add_command(tree, "sets", text, sets, show_sets)
    text = 'columns image, text, kind ("label" or "caption"), set'
    parser.add_argument("--texts", type=Path, required=True, metavar="CSV", help=text)
    text = "column image: measure on these pictures alone; the names to choose from stay all of a set"
    parser.add_argument("--only", type=Path, metavar="CSV", help=text)
    add_images(parser)


def sets(options: Options, task: Task) -> dict[str, Any]:
    """`eval sets`."""
    from core.evaluation.sets import evaluate_sets

    encoder = get_encoder(options, task)
    return asdict(evaluate_sets(encoder, options.images, options.texts, only=options.only, task=task))


def show_sets(report: dict[str, Any]) -> None:
    """Prints a line per set, then the mean over the sets of names."""
    print(f"{'set':<28}{'pictures':>9}{'texts':>7}{'top-1':>8}{'R@1':>8}{'R@5':>8}{'R@10':>8}")
    for row in report["sets"]:
        recall = row["recall"] or {}
        figures = [row["top1"], *(recall.get(k) for k in ("r1", "r5", "r10"))]
        cells = "".join(f"{'' if figure is None else format(figure, '.3f'):>8}" for figure in figures)
        print(f"{one_line(row['name']):<28}{row['pictures']:>9,}{row['texts']:>7,}{cells}")
    if report["mean_top1"] is not None:
        print(f"mean top-1 {report['mean_top1']:.3f} · {report['pictures']:,} pictures · {report['encoder']}")
