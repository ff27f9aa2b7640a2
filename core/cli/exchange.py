"""`export`, `import`, pages of results, and data sets of a hub. Each command returns what `--json` prints."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.commands import get_encoder, index, index_report, search
from core.cli.options import add_command
from core.cli.output import one_line, show_hits, show_index
from core.encoders import DEFAULT_ENCODER, open_encoder
from core.errors import DataError, LibraryError
from core.library.schema import Item
from core.library.store import Library
from core.policy import get_policy
from core.progress import OnProgress
from core.share.vector_formats import export_formats, import_formats

Options = argparse.Namespace
REPORT = "save the result as a page in one file, with pictures, that opens without a server"


def add_sharing(tree: Any) -> None:
    """Adds `export` and `import`."""
    parser = add_command(
        tree, "export", "a library's vectors and what is known of them, as a file", export, show_export
    )
    parser.add_argument("--library", required=True, metavar="DIR")
    titles = ", ".join(f"{suffix} ({format.title})" for suffix, format in export_formats().items())
    parser.add_argument("--out", required=True, metavar="FILE", help=f"its ending selects the format: {titles}")
    parser.add_argument("--encoder", metavar="NAME", help="whose vectors; default: the one that it was indexed with")
    parser.add_argument("--kind", choices=("image", "video"), help="only these")
    parser.add_argument("--folder", metavar="DIR", help="only what lies in it or below")
    parser.add_argument("--label", metavar="LABEL", help="only what has this label")
    parser.add_argument("--sprite", action="store_true", help="with .zip: small pictures too")
    parser = add_command(tree, "import", "vectors that were made elsewhere, into a library", import_file, show_import)
    parser.add_argument("file", metavar="FILE", help=f"{' or '.join(import_formats())} with paths and vectors")
    parser.add_argument("--library", required=True, metavar="DIR", help="made if it is not there")
    parser.add_argument("--name", metavar="NAME", help="what the vectors are called (default: as the file)")
    parser.add_argument("--root", metavar="DIR", help="the folder that relative paths start from (default: the file's)")


def add_dataset_options(index: argparse.ArgumentParser) -> None:
    """The options of `index` that are for data sets."""
    index.add_argument("--split", metavar="S", help="of a data set (default: train, or else its first)")
    index.add_argument("--limit", type=int, metavar="N", help="of a data set: the first N rows")
    predictions = "of a data set, where names and types do not tell"
    index.add_argument("--image-column", metavar="NAME", help=f"which column holds pictures, {predictions}")
    index.add_argument("--caption-column", metavar="NAME", help=f"which holds captions, {predictions}")
    index.add_argument(
        "--label-column",
        action="append",
        default=[],
        metavar="NAME",
        help=f"which holds labels, {predictions}; may be repeated",
    )


def export(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`export`."""
    from core.library.filters import Filters
    from core.share.vector_export import export_vectors

    library = Library(options.library)
    filters = Filters(kind=options.kind, folder=options.folder, label=options.label)
    encoder_id = _stored(library, options.encoder)
    report = export_vectors(
        library, encoder_id, options.out, filters=filters, sprite=options.sprite,
        redact=get_policy().display_path, on_progress=bar,
    )  # fmt: skip
    return asdict(report)


def import_file(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`import`."""
    from core.share.vector_formats import open_vectors
    from core.share.vector_import import import_vectors

    open_vectors(options.file)  # what cannot be read makes no library
    library = Library(options.library, create=True)
    new_files = get_policy().may_see_paths
    found = import_vectors(
        library, options.file, name=options.name, root=options.root, new_files=new_files, on_progress=bar
    )
    report = asdict(found)
    report["left_out"] = [{"path": path, "reason": reason} for path, reason in report["left_out"]]
    return report | {"seconds": round(report["seconds"], 3)}


def index_paths(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`index`: folders and files, and data sets (hf:NAME)."""
    from core.share.hf_datasets.columns import Columns
    from core.share.hf_datasets.ingest import index_dataset, list_dataset_names, open_dataset

    names = list_dataset_names(options.paths)
    options.paths = [path for path in options.paths if not path.startswith("hf:")]
    if not names and (options.split is not None or options.limit is not None):
        raise DataError("--split and --limit are for data sets: name one, for instance hf:owner/name.")
    report: dict[str, Any] = index(options, bar) if options.paths else {}
    if not names:
        return report
    columns = Columns(options.image_column, options.caption_column, tuple(options.label_column) or None)
    opened = [open_dataset(name, options.split) for name in names]  # what is not there makes no library
    encoder = open_encoder(options.encoder, on_progress=bar)
    library = Library(options.library, create=True)
    predictions = []
    for entry in opened:
        result, about = index_dataset(
            library, encoder, entry, limit=options.limit, columns=columns, limits=get_policy(), on_progress=bar
        )
        report = index_report(result)
        predictions.append(asdict(about) | {"refused": [{"row": row, "reason": why} for row, why in about.refused]})
    return report | {"datasets": predictions}


def show_index_paths(report: dict[str, Any]) -> None:
    """What an index run did, and what data sets gave."""
    for entry in report.get("datasets", []):
        print(
            f"{one_line(entry['name'])}, {one_line(entry['split'])}: {entry['rows']:,} rows, "
            f"{entry['pictures']:,} pictures, {entry['labels']:,} labels, {entry['captions']:,} captions; "
            f"kept in {one_line(entry['folder'])}"
        )
        for refused in entry["refused"][:20]:
            print(f"  {refused['row']}: {refused['reason']}")
    show_index(report)


def search_with_page(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`search`, and with `--report` its page too."""
    result = search(options, bar)
    return result | _search_page(options, result, bar) if options.report else result


def _search_page(options: Options, result: dict[str, Any], bar: OnProgress) -> dict[str, Any]:
    from core.share.pages.page import write_page
    from core.share.pages.search import Answer, search_page

    library = Library(options.library)
    items = {row["path"]: Item.from_row(row) for row in library.items().to_pylist()}
    answers = [
        Answer(
            items[hit["path"]],
            hit["score"],
            hit["relevance"],
            hit["likely"],
            (hit["start_s"], hit["end_s"], hit["peak_s"]) if "start_s" in hit else None,
        )
        for hit in result["hits"]
    ]
    files = [f"like {Path(entry).name}" for entry in (*options.image, *options.clip)]
    query = " + ".join([*([f"“{options.query}”"] if options.query else []), *files])
    encoder = get_encoder(library, options.encoder, bar).name
    content = search_page(answers, query=query, library=library.name, encoder=encoder, on_progress=bar)
    write_page(options.report, content)
    return {"report": str(options.report)}


def show_hits_and_page(result: dict[str, Any]) -> None:
    """Hits, and where their page is."""
    show_hits(result)
    if "report" in result:
        print(f"Saved as a page: {one_line(result['report'])}")


def show_export(report: dict[str, Any]) -> None:
    """Where the file is and what is in it."""
    size = f"{report['bytes'] / 1e6:,.1f} MB"
    print(f"{report['vectors']:,} vectors of {report['dim']} numbers ({report['encoder']}): {report['path']}, {size}")


def show_import(report: dict[str, Any]) -> None:
    """What came in, and what did not."""
    print(
        f"{report['vectors']:,} vectors of {report['items']:,} items, {report['added']:,} of them new to the library, "
        f"as {report['encoder']}"
    )
    if report["labels"] or report["captions"]:
        print(f"{report['labels']:,} labels and {report['captions']:,} captions came with them.")
    for entry in report["left_out"]:
        print(f"  {one_line(entry['path'])}: {entry['reason']}")


def _stored(library: Library, name: str | None) -> str:
    """The id of an encoder that has vectors in a library; it need not be installed."""
    entries = library.encoders()
    target = (name,) if name is not None else (DEFAULT_ENCODER, *(entry.name for entry in entries))
    found = next((entry.id for value in target for entry in entries if value in (entry.name, entry.id)), None)
    if found is None:
        has = ", ".join(entry.name for entry in entries) or "none"
        raise LibraryError(f"{library.path} has no vectors of {name or DEFAULT_ENCODER} (it has: {has}).")
    return found
