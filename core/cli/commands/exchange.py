"""`export` and `import`: vectors of a library as a file, and vectors from a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.cli.options import Options, add_command, add_kind, add_library
from core.cli.output import one_line
from core.encoders import DEFAULT_ENCODER
from core.errors import LibraryError
from core.library.store import Library
from core.policy import get_policy
from core.progress import Task
from core.share.vector_formats import export_formats, import_formats, open_vectors


def add(tree: Any) -> None:
    """Adds `export` and `import`."""
    text = "write the vectors of a library, with paths, labels and captions, to a file"
    parser = add_command(tree, "export", text, export, show_export)
    add_library(parser)
    formats = ", ".join(f"{suffix} ({format.title})" for suffix, format in export_formats().items())
    parser.add_argument("--out", required=True, metavar="FILE", help=f"the suffix selects the format: {formats}")
    add_kind(parser, "only items of this kind")
    parser.add_argument("--folder", metavar="DIR", help="only items in this folder or below it")
    parser.add_argument("--label", metavar="LABEL", help="only items with this label")
    parser.add_argument("--sprite", action="store_true", help="with .zip: add small pictures")
    text = "read vectors that were made elsewhere into a library"
    parser = add_command(tree, "import", text, import_file, show_import)
    parser.add_argument("file", metavar="FILE", help=f"{' or '.join(import_formats())}, with paths and vectors")
    parser.add_argument("--library", required=True, metavar="DIR", help="created if it does not exist")
    parser.add_argument("--name", metavar="NAME", help="name of the vectors (default: the name of the file)")
    text = "the folder that relative paths start from (default: the folder of the file)"
    parser.add_argument("--root", metavar="DIR", help=text)


def export(options: Options, task: Task) -> dict[str, Any]:
    """`export`."""
    from core.library.filters import Filters
    from core.share.vector_export import export_vectors

    library = Library(options.library)
    filters = Filters(kind=options.kind, folder=options.folder, label=options.label)
    encoder_id = _find_encoder_id(library, options.encoder)
    report = export_vectors(
        library, encoder_id, options.out, filters=filters, sprite=options.sprite,
        redact=get_policy().display_path, task=task,
    )  # fmt: skip
    return asdict(report)


def _find_encoder_id(library: Library, name: str | None) -> str:
    """The id of an encoder whose vectors the library has; the encoder need not be installed."""
    entries = library.encoders()
    names = (name,) if name is not None else (DEFAULT_ENCODER, *(entry.name for entry in entries))
    ids = (entry.id for target in names for entry in entries if target in (entry.name, entry.id))
    encoder_id = next(ids, None)
    if encoder_id is None:
        has = ", ".join(entry.name for entry in entries) or "none"
        raise LibraryError(f"{library.path} has no vectors of {name or DEFAULT_ENCODER} (it has: {has}).")
    return encoder_id


def import_file(options: Options, task: Task) -> dict[str, Any]:
    """`import`."""
    from core.share.vector_import import import_vectors

    open_vectors(options.file, limits=get_policy())  # a file that cannot be read creates no library
    library = Library(options.library, create=True)
    new_files = get_policy().may_see_paths
    found = import_vectors(
        library, options.file, name=options.name, root=options.root, new_files=new_files, limits=get_policy(), task=task
    )
    report = asdict(found)
    report["left_out"] = [{"path": path, "reason": reason} for path, reason in report["left_out"]]
    return report | {"seconds": round(report["seconds"], 3)}


def show_export(report: dict[str, Any]) -> None:
    """Prints where the file is and what it holds."""
    size = f"{report['bytes'] / 1e6:,.1f} MB"
    print(f"{report['vectors']:,} vectors of {report['dim']} numbers ({report['encoder']}): {report['path']}, {size}")


def show_import(report: dict[str, Any]) -> None:
    """Prints what was imported, and the rows that were left out."""
    print(
        f"{report['vectors']:,} vectors of {report['items']:,} items, {report['added']:,} of them new to the library, "
        f"as {report['encoder']}"
    )
    if report["labels"] or report["captions"]:
        print(f"{report['labels']:,} labels and {report['captions']:,} captions came with them.")
    for row in report["left_out"]:
        print(f"  {one_line(row['path'])}: {row['reason']}")
