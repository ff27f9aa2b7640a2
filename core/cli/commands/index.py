"""`index`: brings a library up to date with folders, files and data sets. `reembed`: gives it newer weights."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from core.cli.options import Options, add_command, add_encoder, get_encoder
from core.cli.output import one_line, show_failed
from core.encoders import Encoder, open_encoder
from core.errors import DataError, LibraryError
from core.media.sampling import Sampling
from core.policy import get_policy
from core.progress import Task
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    from core.library import IngestReport, Library


def add(tree: Any) -> None:
    """Adds `index` and `reembed`."""
    text = "bring a library up to date with folders of photos, videos and texts"
    parser = add_command(tree, "index", text, index, show_index)
    text = "a folder (with everything below it) or a file; or a data set: hf:owner/name of the hub, or hf:./folder"
    parser.add_argument("paths", nargs="+", metavar="PATH", help=text)
    parser.add_argument("--library", required=True, metavar="DIR", help="created if it does not exist")
    parser.add_argument("--fps", type=float, metavar="F", help="frames per second of a video (default: 1)")
    parser.add_argument(
        "--sample", choices=get_args(get_type_hints(Sampling)["by"]),
        help="which frames: at an even rate (default), keyframes only (fast, at most F per second), or one per scene; "
        "without --fps and --sample, videos of the library stay as they were sampled",
    )  # fmt: skip
    parser.add_argument(
        "--texts", action=argparse.BooleanOptionalAction, default=None,
        help="read texts too (PDF, Word, EPUB, HTML, Markdown, subtitles, ...), with captions beside pictures; "
        "by default only below paths where the library has texts",
    )  # fmt: skip
    _add_dataset_options(parser)
    add_encoder(parser)
    text = "embed a library of earlier weights again with the newest ones; until all is done, it is searched as before"
    parser = add_command(tree, "reembed", text, reembed_library, show_index)
    parser.add_argument("--library", required=True, metavar="DIR")
    add_encoder(parser)


def _add_dataset_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--split", metavar="S", help="data sets: the split (default: train, otherwise the first)")
    parser.add_argument("--limit", type=int, metavar="N", help="data sets: the first N rows")
    text = "data sets: the column of {}, if names and types do not say"
    parser.add_argument("--image-column", metavar="NAME", help=text.format("pictures"))
    parser.add_argument("--caption-column", metavar="NAME", help=text.format("captions"))
    text = text.format("labels") + "; may be repeated"
    parser.add_argument("--label-column", action="append", default=[], metavar="NAME", help=text)


def index(options: Options, task: Task) -> dict[str, Any]:
    """`index`: folders and files first, then data sets (hf:NAME)."""
    from core.share.hf_datasets.columns import Columns
    from core.share.hf_datasets.ingest import index_dataset, list_dataset_names, open_dataset

    names = list_dataset_names(options.paths)
    paths = [path for path in options.paths if not path.startswith("hf:")]
    if not names and (options.split is not None or options.limit is not None):
        raise DataError("--split and --limit are for data sets: name one, for instance hf:owner/name.")
    report: dict[str, Any] = _index_files(paths, options, task) if paths else {}
    if not names:
        return report
    columns = Columns(options.image_column, options.caption_column, tuple(options.label_column) or None)
    opened = [open_dataset(name, options.split) for name in names]  # a missing one creates no library
    encoder, library = _open(options, task)
    datasets = []
    for dataset in opened:
        result, about = index_dataset(
            library, encoder, dataset, limit=options.limit, columns=columns, limits=get_policy(), task=task
        )
        report = _make_report(result)
        datasets.append(asdict(about) | {"refused": [{"row": row, "reason": why} for row, why in about.refused]})
    return report | {"datasets": datasets}


def _index_files(paths: list[str], options: Options, task: Task) -> dict[str, Any]:
    from core.library import ingest
    from core.library.ingest.known import find_outdated
    from core.library.ingest.scan import check_roots

    sampling = None  # videos stay as they were sampled
    if options.fps is not None or options.sample is not None:
        sampling = Sampling(1.0 if options.fps is None else options.fps, options.sample or "rate")
    roots = check_roots(paths)
    encoder, library = _open(options, task)
    if outdated := find_outdated(library, roots):
        print(outdated, file=sys.stderr)
    with _stop_on_interrupt() as cancel:
        stoppable = Task(task.on_progress, cancel)
        return _make_report(ingest(library, encoder, paths, sampling, texts=options.texts, task=stoppable))


def _open(options: Options, task: Task) -> tuple[Encoder, Library]:
    """The encoder, with the weights that the library has, and the library; neither is made where the other fails."""
    from core.library import Library, find_weights

    encoder = get_encoder(options, task)
    library = Library(options.library, create=True)
    name = find_weights(library, options.encoder)
    if name != options.encoder:
        count = len(library.list_to_reembed(encoder))
        print(
            f"This library was made with earlier weights, which are used for new files too. To embed its {count:,} "
            f"items again with better ones: `python -m core reembed --library {options.library}`.",
            file=sys.stderr,
        )
        encoder = open_encoder(name, on_progress=task.on_progress)
    return encoder, library


def reembed_library(options: Options, task: Task) -> dict[str, Any]:
    """`reembed`."""
    from core.library import Library, reembed

    library, encoder = Library(options.library), get_encoder(options, task)
    if not library.list_superseded(encoder) and not library.vector_count(encoder.id):
        raise LibraryError(f"{library.path} has no vectors of {encoder.name}: index files with it first.")
    with _stop_on_interrupt() as cancel:
        report = _make_report(reembed(library, encoder, task=Task(task.on_progress, cancel)))
    return report | {"waiting": len(library.list_to_reembed(encoder))}


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """The first Ctrl-C sets the event, the second one ends the program."""
    cancel, previous = threading.Event(), signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        cancel.set()
        signal.signal(signal.SIGINT, previous)
        print("Stopping after the current files; Ctrl-C again stops at once.", file=sys.stderr)

    signal.signal(signal.SIGINT, stop)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, previous)


def _make_report(result: IngestReport) -> dict[str, Any]:
    report = asdict(result)
    report["failed"] = [{"path": path, "reason": reason} for path, reason in report["failed"]]
    report["seconds"], report["video_seconds"] = round(report["seconds"], 3), round(report["video_seconds"], 1)
    return report


def show_index(report: dict[str, Any]) -> None:
    """Prints the counts of the run, what each data set gave, and the files that failed."""
    from core.library.ingest.texts import count_passed_over

    for dataset in report.get("datasets", []):
        print(
            f"{one_line(dataset['name'])}, {one_line(dataset['split'])}: {dataset['rows']:,} rows, "
            f"{dataset['pictures']:,} pictures, {dataset['labels']:,} labels, {dataset['captions']:,} captions; "
            f"kept in {one_line(dataset['folder'])}"
        )
        for refused in dataset["refused"][:20]:
            print(f"  {refused['row']}: {refused['reason']}")
    counts = ", ".join(f"{report[key]:,} {key}" for key in ("added", "updated", "renamed", "unchanged", "missing"))
    counts += f", {report['redecoded']:,} decoded again" if report["redecoded"] else ""
    video = f" ({format_timecode(report['video_seconds'])} of video)" if report["video_seconds"] else ""
    print(f"{counts}, {len(report['failed']):,} failed in {report['seconds']:.1f} s{video}")
    print(
        f"The library has {report['items']:,} searchable items, {report['vectors']:,} vectors of {report['encoder']}."
    )
    if others := report["passed_over"]:
        print(f"Not looked into: {', '.join(f'{count:,} {one_line(ending)}' for ending, count in others.items())}")
    if texts := count_passed_over(report["passed_over"]):
        print(f"{texts:,} of these can be read: run the same command with --texts.")
    if waiting := report.get("waiting"):
        print(f"{waiting:,} items have earlier vectors only: until they are embedded, search uses those of all items.")
    if report["cancelled"]:
        print("Stopped early; run the same command again to go on.")
    show_failed(report["failed"])
