"""The commands on libraries and files (those that measure: `cli_measure`). Each returns what `--json` prints."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.encoders import DEFAULT_ENCODER, Encoder, open_encoder
from core.errors import DataError, LibraryError, QueryError
from core.media.kinds import is_media_path
from core.media.sampling import Sampling
from core.progress import OnProgress
from core.search.query import PLAIN, Term, parse_query

if TYPE_CHECKING:
    from core.classify.embedded_set import EmbeddedSet
    from core.classify.heads import Head
    from core.classify.zero_shot import Classifier
    from core.library import IngestReport, Item, Library
    from core.search.moments import Moment

Options = argparse.Namespace


def index(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`index`: brings a library up to date. Ctrl-C stops it soon, a second one at once."""
    from core.library import Library, ingest
    from core.library.ingest.scan import check_roots

    sampling = _sampling(options)
    check_roots(options.paths)
    encoder = open_encoder(options.encoder, on_progress=bar)
    library = Library(options.library, create=True)
    cancel = threading.Event()
    previous = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        cancel.set()
        signal.signal(signal.SIGINT, previous)
        print("Stopping after the files in hand; Ctrl-C again stops at once.", file=sys.stderr)

    signal.signal(signal.SIGINT, stop)
    try:
        return index_report(ingest(library, encoder, options.paths, sampling, on_progress=bar, cancel=cancel))
    finally:
        signal.signal(signal.SIGINT, previous)


def index_report(result: IngestReport) -> dict[str, Any]:
    """What an index run did, as `--json` prints it."""
    report = asdict(result)
    report["failed"] = [{"path": path, "reason": reason} for path, reason in report["failed"]]
    report["seconds"], report["video_seconds"] = round(report["seconds"], 3), round(report["video_seconds"], 1)
    return report


def search(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`search`: one hit an item, or with `--kind video` one a moment."""
    from core.library import Library

    terms = list(parse_query(options.query)) if options.query else []
    terms += [Term("image", Path(image)) for image in options.image]
    terms += [Term("clip", Path(clip)) for clip in options.clip]
    if not terms:
        raise QueryError("The query is empty: type words, or give --image FILE or --clip FILE.")
    library = Library(options.library)
    encoder = get_encoder(library, options.encoder, bar)
    found = _moments if options.kind == "video" else _items
    hits = found(library, encoder, terms, options)
    cutoff = sum(hit["likely"] for hit in hits)
    return {"hits": hits if options.all else hits[:cutoff], "cutoff": cutoff}


def locate(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`locate`: the videos that show a picture, and when."""
    from core.library import Library
    from core.search.locate import locate as places_of

    of_library = options.picture.startswith("item:")
    picture = parse_query(options.picture)[0] if of_library else Term("image", Path(options.picture))
    library = Library(options.library)
    encoder = get_encoder(library, options.encoder, bar)
    found = places_of(library, encoder, picture, on_unreadable=_report_unreadable, on_progress=bar)
    return {
        "hits": [
            {
                "path": entry.item.path,
                "time_s": round(entry.time_s, 3),
                "likeness": round(entry.likeness, 4),
                "whole": entry.is_whole_image,
            }
            for entry in found
        ]
    }


def _report_unreadable(item: Item, reason: str) -> None:
    print(f"semblance: {item.path!r} may show it and cannot be read: {reason}", file=sys.stderr)


def classify(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`classify`: files, folders or texts into classes that are named, described, or learned (a head), or their number
    where the head predicts one."""
    from core.classify.embedded_set import embed_files_set, embed_texts_set
    from core.classify.heads import NumberHead

    texts = _texts(options.items) if options.text else []
    encoder = open_encoder(options.encoder, on_progress=bar)
    classifier = _classifier(encoder, options)
    unreadable: dict[str, str] = {}
    if options.text:
        embedded_set = embed_texts_set(encoder, texts, on_progress=bar)
    else:
        files, unreadable = _files(options.items)
        embedded_set = embed_files_set(encoder, files, on_progress=bar)
    if isinstance(classifier, NumberHead):
        results = _predict_values(embedded_set, classifier, options)
    else:
        results = _predict_classes(embedded_set, classifier, options)
    failed = [*unreadable.items(), *embedded_set.failed]
    return {"results": results, "failed": [{"path": path, "reason": reason} for path, reason in failed]}


def _predict_values(embedded_set: EmbeddedSet, head: Head, options: Options) -> list[dict[str, Any]]:
    what = "text" if options.text else "path"
    return [{what: entry.source, "value": float(f"{entry.value:.6g}")} for entry in embedded_set.predict_values(head)]


def _predict_classes(embedded_set: EmbeddedSet, classifier: Classifier, options: Options) -> list[dict[str, Any]]:
    return [
        {
            "text" if options.text else "path": entry.source,
            "label": entry.label,
            "probability": round(entry.probability, 4),
            "fits": round(entry.in_class_probability, 4),
            "all": dict(zip(classifier.names, (round(float(share), 4) for share in entry.probabilities), strict=True)),
        }
        for entry in embedded_set.predict(classifier, threshold=options.threshold)
    ]


def _classifier(encoder: Encoder, options: Options) -> Classifier:
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


def _texts(arguments: Sequence[str]) -> list[str]:
    """The texts themselves; `-` stands for the lines of stdin."""
    lines = (line for argument in arguments for line in (sys.stdin if argument == "-" else [argument]))
    texts = [line.strip() for line in lines if line.strip()]
    if not texts:
        raise DataError("There are no texts: give some, or lines on stdin with -.")
    return texts


def _files(arguments: Sequence[str]) -> tuple[list[Path], dict[str, str]]:
    """The files, and the pictures and videos below the folders; and of those that cannot be had the reasons."""
    from core.library.ingest.scan import scan

    files: list[Path] = []
    unreadable: dict[str, str] = {}
    for argument in arguments:
        if Path(argument).is_dir():
            found = scan([argument], target=is_media_path)
            files += map(Path, found.files)
            unreadable |= found.unreadable
        else:
            files.append(Path(argument))
    return files, unreadable


def _items(library: Library, encoder: Encoder, terms: list[Term], options: Options) -> list[dict[str, Any]]:
    from core.library.filters import Filters
    from core.search.images import search as search_items
    from core.search.videos import MAX_VIDEOS, search_videos

    templates = None if options.templates else PLAIN
    result = search_items(
        library, encoder, terms, top_k=options.top, filters=Filters(kind=options.kind),
        fold_duplicates=not options.duplicates, templates=templates,
    )  # fmt: skip
    moments: dict[str, Moment] = {}
    if any(hit.item.kind == "video" for hit in result.hits):
        videos = search_videos(library, encoder, terms, top_k=MAX_VIDEOS, templates=templates, max_moments=1)
        moments = {video.item.id: video.moments[0] for video in videos.hits}
    return [_hit(hit, hit.item.path, hit.item.kind) | _times(moments.get(hit.item.id)) for hit in result.hits]


def _moments(library: Library, encoder: Encoder, terms: list[Term], options: Options) -> list[dict[str, Any]]:
    from core.search.videos import search_videos

    templates = None if options.templates else PLAIN
    result = search_videos(library, encoder, terms, top_k=options.top, pooling=options.pool, templates=templates)
    ranked = [(moment, rank, video.item) for rank, video in enumerate(result.hits, start=1) for moment in video.moments]
    ranked.sort(key=lambda entry: (entry[0].likely, entry[0].relevance, entry[0].score), reverse=True)
    return [
        _hit(moment, item.path, item.kind) | _times(moment) | {"video_rank": rank}
        for moment, rank, item in ranked[: max(1, options.top)]
    ]


def _hit(hit: Any, path: str, kind: str) -> dict[str, Any]:
    scores = {"score": round(hit.score, 4), "relevance": round(hit.relevance, 4), "likely": hit.likely}
    return {"path": path, "kind": kind, **scores}


def _times(moment: Moment | None) -> dict[str, float]:
    return {key: round(getattr(moment, key), 3) for key in ("start_s", "end_s", "peak_s")} if moment else {}


def get_encoder(library: Library, name: str | None, bar: OnProgress) -> Encoder:
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


def _sampling(options: Options, fps: float = 1.0) -> Sampling | None:
    """None where nothing was said: videos then stay as they were sampled."""
    if options.fps is None and options.sample is None:
        return None
    return Sampling(fps if options.fps is None else options.fps, options.sample or "rate")


def sample(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`sample`: builds the sample library."""
    from core.library.samples.library import build_sample, sample_path

    report = build_sample(open_encoder(options.encoder, on_progress=bar), on_progress=bar)
    return {"library": str(sample_path()), "items": report.items, "added": report.added, "failed": report.failed}
