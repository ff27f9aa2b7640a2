"""`adapt`: adapts an encoder to the captions or labels of a library; `adapted`: the encoders that were made so."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.examples import add_examples, read_captions, read_labels
from core.cli.options import Options, add_command, add_library, get_encoder
from core.cli.output import one_line
from core.errors import DataError
from core.progress import Task


def add(tree: Any) -> None:
    """Adds `adapt` and `adapted`."""
    text = "adapt the encoder of a library to its captions or labels: an encoder of its own, without decoding anything"
    parser = add_command(tree, "adapt", text, adapt, show_adapted)
    add_library(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    add_examples(source)
    text = "of the adapted encoder (default: that of the task or the library); an earlier one of this name is replaced"
    parser.add_argument("--name", metavar="NAME", help=text)
    text = "list the adapted encoders; or export, import or remove one"
    parser = add_command(tree, "adapted", text, manage, show_managed)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--export", metavar="NAME", help="write its file to --out")
    action.add_argument("--import", dest="take", type=Path, metavar="FILE", help="read the file of one")
    action.add_argument("--remove", metavar="NAME", help="delete it; libraries keep their vectors until you drop them")
    parser.add_argument("--out", type=Path, metavar="FILE", help="for --export (default: NAME.safetensors)")


def adapt(options: Options, task: Task) -> dict[str, Any]:
    """`adapt`."""
    from core.adapt import adapt_library, store_adapted
    from core.library import Library

    library = Library(options.library)
    encoder = get_encoder(options, task, library)
    labels = captions = None
    if options.labels is not None:
        labels = read_labels(library, options.labels)
    else:
        captions = read_captions(library, encoder, options.captions)
    title = options.name or options.labels or library.name
    found = adapt_library(library, encoder, title, labels=labels, captions=captions, task=task)
    adapted = store_adapted(library, encoder, found.adapter, task=task)
    report = {key: value for key, value in vars(found).items() if key not in ("adapter", "gains", "others")}
    return {"encoder": adapted.name, "id": adapted.id, "base": encoder.name} | report | {
        "vectors": library.vector_count(adapted.id),
        "adapted": [asdict(figure) for figure in found.gains],
        "others": [asdict(figure) for figure in found.others],
    }  # fmt: skip


def show_adapted(report: dict[str, Any]) -> None:
    """Prints what was adapted, and each figure before and after."""
    print(
        f"{one_line(report['encoder'])}, made of {one_line(report['base'])}: {report['pictures']:,} pictures with "
        f"{report['source']}, {report['steps']} steps, {report['seconds']:.1f} s; {report['vectors']:,} vectors stored"
    )
    for title, figures in (("What was adapted", report["adapted"]), ("What was not", report["others"])):
        if figures:
            print(f"{title}:")
        for row in figures:
            change = f"{row['before']:.3f} -> {row['after']:.3f} ({row['after'] - row['before']:+.3f})"
            print(f"  {one_line(row['of'])}, {row['measure']}: {change}  of {row['count']:,}")
    if not report["adapted"]:
        print("No class has two pictures, so that nothing could be held out to measure on.")
    print(f"Search with --encoder {one_line(report['encoder'])!r}; undo with: adapted --remove NAME")


def manage(options: Options, task: Task) -> dict[str, Any]:
    """`adapted`."""
    from core.encoders.adapted import (
        adapter_bytes,
        adapter_names,
        import_adapter,
        load_adapter,
        remove_adapter,
    )
    from core.utils.array_files import SUFFIX
    from core.utils.files import write_atomic

    if options.take is not None:
        return {"imported": import_adapter(options.take).name}
    if options.remove is not None:
        remove_adapter(load_adapter(options.remove).name)
        return {"removed": options.remove}
    if options.export is not None:
        adapter = load_adapter(options.export)
        path = options.out or Path(f"{adapter.title}{SUFFIX}")
        try:
            write_atomic(path, adapter_bytes(adapter))
        except OSError as error:
            raise DataError(f"{path} cannot be written ({error.strerror}).") from error
        return {"exported": adapter.name, "path": str(path)}
    return {"adapted": [_describe(name) for name in adapter_names()]}


def _describe(name: str) -> dict[str, str]:
    from core.encoders.adapted import load_adapter
    from core.errors import EncoderError

    try:
        adapter = load_adapter(name)
    except EncoderError as error:
        return {"encoder": name, "damaged": str(error)}
    return {"encoder": name, "base": adapter.encoder_name, "about": adapter.about}


def show_managed(report: dict[str, Any]) -> None:
    """Prints the adapted encoders, or what was done."""
    if "adapted" not in report:
        print(", ".join(f"{key}: {one_line(value)}" for key, value in report.items()))
        return
    for row in report["adapted"]:
        print(f"{one_line(row['encoder'])}  {row.get('damaged') or one_line(row['base'] + ': ' + row['about'])}")
    if not report["adapted"]:
        print("There are no adapted encoders yet: see adapt --help.")
