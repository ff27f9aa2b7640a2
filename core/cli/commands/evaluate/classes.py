"""`eval zeroshot`, `fewshot`, `labels` and `numbers`: how well classes and numbers are predicted."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import CLASSES, Options, add_command, add_images, counts, get_encoder
from core.cli.output import one_line
from core.progress import Task
from core.search.query import PLAIN


def add(tree: Any) -> None:
    """Adds these commands to `eval`."""
    zeroshot_parser = add_command(tree, "zeroshot", "class names -> images, accuracy", zeroshot)
    zeroshot_parser.add_argument("--labels", type=Path, required=True, metavar="CSV", help="columns image, label")
    text = "off: embed the names as they are (default: on)"
    zeroshot_parser.add_argument("--templates", choices=("on", "off"), default="on", help=text)
    text = "what labeling brings: accuracy of each method by number of labeled pictures per class"
    fewshot_parser = add_command(tree, "fewshot", text, fewshot, show_fewshot)
    text = "columns image, label; default: the names of the folders"
    fewshot_parser.add_argument("--labels", type=Path, metavar="CSV", help=text)
    text = "default: 1,2,4,8,16"
    fewshot_parser.add_argument("--shots", type=counts, default=[1, 2, 4, 8, 16], metavar="N,N", help=text)
    for parser in (zeroshot_parser, fewshot_parser):
        parser.add_argument("--classes", type=Path, metavar="CSV", help=f"{CLASSES}; default: the labels that occur")
    text = "whether labels ever make it worse: zero-shot, labels alone (probe) and both (blend) in several sets"
    labels_parser = add_command(tree, "labels", text, labels, show_labels)
    text = 'columns image, text, kind ("label"), set'
    labels_parser.add_argument("--texts", type=Path, metavar="CSV", help=text)
    text = "of that table; default: all"
    labels_parser.add_argument("--sets", type=_names, default=[], metavar="NAME,NAME", help=text)
    labels_parser.add_argument("--labels", type=Path, metavar="CSV", help="instead: one set, columns image, label")
    text = "labels per class, where they leave three pictures to measure (default: 1,2,4,8,16)"
    labels_parser.add_argument("--shots", type=counts, default=[1, 2, 4, 8, 16], metavar="N,N", help=text)
    labels_parser.add_argument("--repeats", type=int, default=20, metavar="N", help="random draws (default: 20)")
    add_images(labels_parser)
    text = "how well a number is predicted from few pictures: R2 and mean absolute error"
    numbers_parser = add_command(tree, "numbers", text, numbers)
    text = "columns image and that of the number"
    numbers_parser.add_argument("--table", type=Path, required=True, metavar="CSV", help=text)
    numbers_parser.add_argument("--column", default="value", metavar="NAME", help="of the number (default: value)")
    text = "default: 16,64,256"
    numbers_parser.add_argument("--samples", type=counts, default=[16, 64, 256], metavar="N,N", help=text)
    for parser in (fewshot_parser, numbers_parser):
        parser.add_argument("--repeats", type=int, default=5, metavar="N", help="random draws (default: 5)")
    for parser in (zeroshot_parser, fewshot_parser, numbers_parser):
        add_images(parser)


def _names(text: str) -> list[str]:
    return text.split(",")


def zeroshot(options: Options, task: Task) -> dict[str, Any]:
    """`eval zeroshot`."""
    from core.classify.class_lists import read_classes
    from core.evaluation.search.retrieval import evaluate_zeroshot

    classes = read_classes(options.classes) if options.classes else None
    templates = None if options.templates == "on" else PLAIN
    encoder = get_encoder(options, task)
    report = evaluate_zeroshot(encoder, options.images, options.labels, classes=classes, templates=templates, task=task)
    return asdict(report) | {"templates": options.templates}


def fewshot(options: Options, task: Task) -> dict[str, Any]:
    """`eval fewshot`."""
    from core.classify.class_lists import read_classes
    from core.evaluation.fewshot import evaluate_fewshot

    classes = read_classes(options.classes) if options.classes else None
    encoder = get_encoder(options, task)
    report = evaluate_fewshot(
        encoder, options.images, options.labels, classes=classes, shots=options.shots, repeats=options.repeats,
        task=task,
    )  # fmt: skip
    return asdict(report)


def show_fewshot(report: dict[str, Any]) -> None:
    """Prints accuracy by method and number of labeled pictures per class, as a table."""
    print(f"{report['images']:,} pictures of {report['classes']:,} classes, {report['repeats']} repeats")
    print(f"zero-shot {report['zeroshot']:.3f} (without templates {report['zeroshot_no_templates']:.3f})")
    for method, points in report["methods"].items():
        print(f"{method:<9}", *(f"{shots:>3}: {point['mean']:.3f}" for shots, point in points.items()), sep="  ")
    for method, gain in report["gain"].items():
        if gain is not None:
            print(f"Labeling as many again would add about {gain:+.3f} to the {method}.")


def labels(options: Options, task: Task) -> dict[str, Any]:
    """`eval labels`."""
    from core.evaluation.labels import evaluate_labels

    encoder = get_encoder(options, task)
    report = evaluate_labels(
        encoder, options.images, texts=options.texts, sets=options.sets, labels=options.labels, shots=options.shots,
        repeats=options.repeats, task=task,
    )  # fmt: skip
    return asdict(report)


def show_labels(report: dict[str, Any]) -> None:
    """Prints a line per set and number of labels, then the means."""
    print(f"{'set':<28}{'labels':>7}{'zero-shot':>11}{'probe':>8}{'blend':>8}{'error':>8}")
    for cell in report["cells"]:
        figures = f"{cell['zeroshot']:>11.3f}{cell['probe']:>8.3f}{cell['blend']:>8.3f}{cell['error']:>8.3f}"
        print(f"{one_line(cell['set']):<28}{cell['shots']:>7}{figures}{'  worse' if cell['worse'] else ''}")
    means = f"{report['mean_zeroshot']:>11.3f}{report['mean_probe']:>8.3f}{report['mean_blend']:>8.3f}"
    print(f"{'mean':<35}{means}  {report['repeats']} draws, {report['images']:,} pictures, {report['encoder']}")


def numbers(options: Options, task: Task) -> dict[str, Any]:
    """`eval numbers`."""
    from core.evaluation.regression import evaluate_numbers

    encoder = get_encoder(options, task)
    report = evaluate_numbers(
        encoder, options.images, options.table, options.column, samples=options.samples, repeats=options.repeats,
        task=task,
    )  # fmt: skip
    return asdict(report)
