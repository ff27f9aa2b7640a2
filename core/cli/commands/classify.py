"""`classify`: assigns files or texts to classes, or predicts a number."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.options import CLASSES, Options, add_command, add_encoder, get_encoder
from core.cli.output import one_line, show_failed
from core.encoders import Encoder
from core.errors import DataError, QueryError
from core.media.kinds import is_media_file
from core.progress import Task
from core.search.relevance import LIKELY

if TYPE_CHECKING:
    from core.classify.embedded_set import EmbeddedSet
    from core.classify.heads import NumberHead
    from core.classify.zero_shot import Classifier


def add(tree: Any) -> None:
    """Adds `classify`."""
    text = "classify images, videos or texts (zero-shot or with a trained head), or predict a number"
    parser = add_command(tree, "classify", text, classify, show_classified)
    text = "a file or folder; with --text a text, or - for the lines of stdin"
    parser.add_argument("items", nargs="+", metavar="FILE", help=text)
    classes = parser.add_mutually_exclusive_group(required=True)
    classes.add_argument("--labels", metavar="A,B,C", help="names of the classes")
    classes.add_argument("--labels-file", type=Path, metavar="CSV", help=CLASSES)
    classes.add_argument("--head", metavar="FILE", help="a trained head: its file, or the name of a saved one")
    parser.add_argument("--text", action="store_true", help="the arguments are texts, each one item")
    text = 'items whose best class fits less are "none of these" (default: 0.4; 0 switches this off)'
    parser.add_argument("--threshold", type=float, default=LIKELY, metavar="T", help=text)
    add_encoder(parser)


def classify(options: Options, task: Task) -> dict[str, Any]:
    """`classify`."""
    from core.classify.embedded_set import embed_files_set, embed_texts_set
    from core.classify.heads import NumberHead

    texts = _read_texts(options.items) if options.text else []
    encoder = get_encoder(options, task)
    classifier = _open_classifier(encoder, options)
    unreadable: dict[str, str] = {}
    if options.text:
        items = embed_texts_set(encoder, texts, task=task)
    else:
        files, unreadable = _list_files(options.items)
        items = embed_files_set(encoder, files, task=task)
    key = "text" if options.text else "path"
    if isinstance(classifier, NumberHead):
        results = _predict_values(items, classifier, key)
    else:
        results = _predict_classes(items, classifier, key, options.threshold)
    failed = [*unreadable.items(), *items.failed]
    return {"results": results, "failed": [{"path": path, "reason": reason} for path, reason in failed]}


def _predict_values(items: EmbeddedSet, head: NumberHead, key: str) -> list[dict[str, Any]]:
    return [
        {key: prediction.source, "value": float(f"{prediction.value:.6g}")} for prediction in items.predict_values(head)
    ]


def _predict_classes(items: EmbeddedSet, classifier: Classifier, key: str, threshold: float) -> list[dict[str, Any]]:
    return [
        {
            key: prediction.source,
            "label": prediction.label,
            "probability": round(prediction.probability, 4),
            "fits": round(prediction.in_class_probability, 4),
            "all": {
                name: round(float(share), 4)
                for name, share in zip(classifier.names, prediction.probabilities, strict=True)
            },
        }
        for prediction in items.predict(classifier, threshold=threshold)
    ]


def _open_classifier(encoder: Encoder, options: Options) -> Classifier:
    from core.classify.class_lists import read_classes
    from core.classify.heads import list_heads, load_head
    from core.classify.zero_shot import TEXT_TEMPLATES, ClassName, ZeroShot

    if not 0 <= options.threshold <= 1:
        raise QueryError("--threshold is a probability, from 0 to 1.")
    if options.head:
        return load_head(list_heads(encoder).get(options.head, Path(options.head)), encoder)
    if options.labels_file:
        classes = read_classes(options.labels_file)
    else:
        classes = [ClassName(name) for name in options.labels.split(",") if name.strip()]
    return ZeroShot.of(encoder, classes, templates=TEXT_TEMPLATES if options.text else None)


def _read_texts(arguments: Sequence[str]) -> list[str]:
    """The texts; `-` stands for the lines of stdin."""
    lines = (line for argument in arguments for line in (sys.stdin if argument == "-" else [argument]))
    texts = [line.strip() for line in lines if line.strip()]
    if not texts:
        raise DataError("There are no texts: give some, or lines on stdin with -.")
    return texts


def _list_files(arguments: Sequence[str]) -> tuple[list[Path], dict[str, str]]:
    """The named files and the pictures and videos in named folders; and reasons for those that cannot be read."""
    from core.library.ingest.scan import scan

    files: list[Path] = []
    unreadable: dict[str, str] = {}
    for argument in arguments:
        if Path(argument).is_dir():
            found = scan([argument], target=is_media_file)
            files += map(Path, found.files)
            unreadable |= found.unreadable
        else:
            files.append(Path(argument))
    return files, unreadable


def show_classified(result: dict[str, Any]) -> None:
    """Prints each item with its class, how well it fits, and the next best classes; or with its number."""
    width = max((len(one_line(row["label"])) for row in result["results"] if "label" in row), default=0)
    for row in result["results"]:
        source = one_line(row.get("path") or row["text"])
        if "value" in row:
            print(f"{row['value']:>12.6g}  {source}")
            continue
        ranked = sorted(row["all"].items(), key=lambda pair: pair[1], reverse=True)
        best = ", ".join(f"{one_line(name)} {share:.2f}" for name, share in ranked[:3])
        print(f"{one_line(row['label']):<{width}}  fits {row['fits']:.2f}  {source}  ({best})")
    show_failed(result["failed"])
