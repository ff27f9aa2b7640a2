"""The command line: index, search, eval, sample, bench. `--json` prints one JSON object on stdout and nothing else."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from core.encoders import DEFAULT_ENCODER, Encoder, open_encoder
from core.errors import LibraryError, QueryError, SemblanceError
from core.progress import Progress
from core.query import PLAIN, Term, parse_query


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Exit code 0; 2 with one line on stderr for an error that the user can cure; 130 if stopped."""
    options = _parser().parse_args(arguments)
    bar = _Bar(quiet=options.quiet)
    try:
        result = options.run(options, bar)
    except SemblanceError as error:
        bar.close()
        print(f"semblance: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        bar.close()
        return 130
    bar.close()
    try:
        if options.json:
            print(json.dumps(result, ensure_ascii=True, default=_plain))
        else:
            options.show(result)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough; what is left would raise again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 130 if result.get("cancelled") else 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Bar:
    """A progress bar on stderr, one for each stage."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet, self.stage, self.bar = quiet, "", None

    def __call__(self, progress: Progress) -> None:
        if self.quiet:
            return
        if progress.stage != self.stage:
            self.close()
            self.stage = progress.stage
            scaled = progress.unit == "bytes"
            self.bar = tqdm(
                total=progress.total, desc=progress.stage, unit=progress.unit.rstrip("s"), unit_scale=scaled,
                file=sys.stderr, leave=False, dynamic_ncols=True,
            )  # fmt: skip
        assert self.bar is not None
        self.bar.total = progress.total
        self.bar.update(progress.done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


# the commands: each returns what --json prints


def _index(options: argparse.Namespace, bar: _Bar) -> dict[str, Any]:
    from core.library import Library, ingest
    from core.library.scan import checked_roots

    checked_roots(options.paths)
    encoder = open_encoder(options.encoder, on_progress=bar)
    library = Library(options.library, create=True)
    cancel = threading.Event()
    previous = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        cancel.set()
        signal.signal(signal.SIGINT, previous)
        print("Stopping after the pictures in hand; Ctrl-C again stops at once.", file=sys.stderr)

    signal.signal(signal.SIGINT, stop)
    try:
        report = asdict(ingest(library, encoder, options.paths, on_progress=bar, cancel=cancel))
    finally:
        signal.signal(signal.SIGINT, previous)
    report["failed"] = [{"path": path, "reason": reason} for path, reason in report["failed"]]
    report["seconds"] = round(report["seconds"], 3)
    return report


def _search(options: argparse.Namespace, bar: _Bar) -> dict[str, Any]:
    from core.library import Library
    from core.search import search

    terms = list(parse_query(options.query)) if options.query else []
    terms += [Term("image", Path(image)) for image in options.image]
    if not terms:
        raise QueryError("The query is empty: type words, or give --image FILE.")
    library = Library(options.library)
    encoder = _encoder_of(library, options.encoder, bar)
    templates = None if options.templates else PLAIN
    result = search(
        library, encoder, terms, top_k=options.top, fold_duplicates=not options.duplicates, templates=templates
    )
    shown = result.hits if options.all else result.hits[: result.cutoff]
    hits = [
        {
            "path": hit.item.path,
            "kind": hit.item.kind,
            "score": round(hit.score, 4),
            "relevance": round(hit.relevance, 4),
            "likely": hit.likely,
        }
        for hit in shown
    ]
    return {"hits": hits, "cutoff": result.cutoff}


def _encoder_of(library: Any, name: str | None, bar: _Bar) -> Encoder:
    """The named encoder, or else the one that the library was indexed with."""
    entries = library.encoders()
    names = list(dict.fromkeys(entry.name for entry in entries))
    if name is None:
        name = DEFAULT_ENCODER if DEFAULT_ENCODER in names or not names else names[0]
    encoder = open_encoder(name, on_progress=bar)
    if entries and encoder.id not in {entry.id for entry in entries}:
        has = ", ".join(names)
        raise LibraryError(
            f"{library.path} has no vectors of {encoder.name} as it is installed now (it has: {has}): "
            f"run `python -m core index PHOTOS --library {library.path} --encoder {encoder.name}`."
        )
    return encoder


def _retrieval(options: argparse.Namespace, bar: _Bar) -> dict[str, Any]:
    from core.evaluate import evaluate_retrieval

    encoder = open_encoder(options.encoder, on_progress=bar)
    return asdict(evaluate_retrieval(encoder, options.images, options.captions, on_progress=bar))


def _zeroshot(options: argparse.Namespace, bar: _Bar) -> dict[str, Any]:
    from core.evaluate import evaluate_zeroshot

    encoder = open_encoder(options.encoder, on_progress=bar)
    return asdict(evaluate_zeroshot(encoder, options.images, options.labels, on_progress=bar))


def _relevance(options: argparse.Namespace, bar: _Bar) -> dict[str, Any]:
    from core.evaluate_relevance import evaluate_relevance

    encoder = open_encoder(options.encoder, on_progress=bar)
    return asdict(evaluate_relevance(encoder, options.images, options.labels, on_progress=bar))


def _sample(options: argparse.Namespace, bar: _Bar) -> dict[str, Any]:
    from core.library.sample import build_sample, sample_path

    report = build_sample(open_encoder(options.encoder, on_progress=bar), on_progress=bar)
    return {"library": str(sample_path()), "items": report.items, "added": report.added, "failed": report.failed}


def _bench_images(options: argparse.Namespace, bar: _Bar) -> dict[str, Any]:
    from core.bench import bench_images

    return bench_images(open_encoder(options.encoder, on_progress=bar), options.images, on_progress=bar)


def _bench_search(options: argparse.Namespace, bar: _Bar) -> dict[str, Any]:
    from core.bench import bench_search
    from core.library import Library

    library = Library(options.library) if options.library else None
    return bench_search(open_encoder(options.encoder, on_progress=bar), items=options.items, library=library)


# for people


def _show_index(report: dict[str, Any]) -> None:
    counts = ", ".join(f"{report[key]:,} {key}" for key in ("added", "updated", "renamed", "unchanged", "missing"))
    print(f"{counts}, {len(report['failed']):,} failed in {report['seconds']:.1f} s")
    print(
        f"The library has {report['items']:,} searchable items, {report['vectors']:,} vectors of {report['encoder']}."
    )
    if report["cancelled"]:
        print("Stopped early; run the same command again to go on.")
    for failure in report["failed"]:
        print(f"  {_one_line(failure['path'])}: {failure['reason']}")


def _show_search(result: dict[str, Any]) -> None:
    if result["cutoff"] == 0:
        print("Nothing here matches." + ("" if result["hits"] else " (--all shows the nearest all the same)"))
    for rank, hit in enumerate(result["hits"], start=1):
        if rank == result["cutoff"] + 1 and result["cutoff"]:
            print("--- likely matches end here ---")
        print(f"{rank:3}  relevance {hit['relevance']:.2f}  cosine {hit['score']:+.3f}  {_one_line(hit['path'])}")


def _one_line(path: str) -> str:
    return path if path.isprintable() else repr(path)


def _show_figures(report: dict[str, Any]) -> None:
    print(json.dumps(report, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


# what may be typed


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    index = _command(commands, "index", "bring a library up to date with folders of photos", _index, _show_index)
    index.add_argument("paths", nargs="+", metavar="PATH", help="a folder (with all below it) or a file")
    index.add_argument("--library", required=True, metavar="DIR", help="made if it is not there")
    index.add_argument("--encoder", default=DEFAULT_ENCODER, metavar="NAME")

    search = _command(commands, "search", "search a library by words and pictures", _search, _show_search)
    search.add_argument("query", nargs="?", metavar="QUERY", help='for instance "2:beach + ./photo.jpg - people"')
    search.add_argument("--library", required=True, metavar="DIR")
    search.add_argument("--image", action="append", default=[], metavar="FILE", help="one more term; may be repeated")
    search.add_argument("--top", type=int, default=20, metavar="K")
    search.add_argument("--all", action="store_true", help="show hits past the line where likely matches end too")
    search.add_argument("--encoder", metavar="NAME", help="default: the one that the library was indexed with")
    search.add_argument("--duplicates", action="store_true", help="do not fold near-duplicates into one hit")
    search.add_argument("--no-templates", dest="templates", action="store_false", help="embed the words as they are")

    evaluate = commands.add_parser("eval", help="measure quality on your own files").add_subparsers(
        required=True, metavar="WHAT"
    )
    retrieval = _command(evaluate, "retrieval", "captions <-> images, recall@k", _retrieval, _show_figures)
    retrieval.add_argument("--captions", type=Path, required=True, metavar="CSV", help="columns image, caption")
    zeroshot = _command(evaluate, "zeroshot", "class names -> images, accuracy", _zeroshot, _show_figures)
    zeroshot.add_argument("--labels", type=Path, required=True, metavar="CSV", help="columns image, label")
    relevance = _command(evaluate, "relevance", 'how well "nothing here matches" is told', _relevance, _show_figures)
    relevance.add_argument("--labels", type=Path, required=True, metavar="CSV", help="columns image, label")
    for each in (retrieval, zeroshot, relevance):
        each.add_argument("--images", type=Path, required=True, metavar="DIR")
        each.add_argument("--encoder", default=DEFAULT_ENCODER, metavar="NAME")

    bench = commands.add_parser("bench", help="measure speed on this machine").add_subparsers(
        required=True, metavar="WHAT"
    )
    images = _command(bench, "images", "from files to vectors, step by step", _bench_images, _show_figures)
    images.add_argument("--images", type=Path, required=True, metavar="DIR")
    searches = _command(bench, "search", "one exact query", _bench_search, _show_figures)
    searches.add_argument("--items", type=int, default=100_000, metavar="N")
    searches.add_argument("--library", metavar="DIR", help="time whole searches in this library too")
    for each in (images, searches):
        each.add_argument("--encoder", default=DEFAULT_ENCODER, metavar="NAME")

    sample = _command(commands, "sample", "build the sample library", _sample, _show_figures)
    sample.add_argument("--encoder", default=DEFAULT_ENCODER, metavar="NAME")
    return parser


def _command(commands: Any, name: str, text: str, run: Any, show: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run, show=show)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser
