"""`summarize`: the sentences, pictures or chapters that stand for texts, pictures or a video."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.options import Options, add_command, get_encoder
from core.cli.output import one_line
from core.encoders import Encoder
from core.errors import DataError
from core.media.modalities import TEXT, VIDEO, find_modalities
from core.progress import Task
from core.utils.timecode import format_timecode, format_timespan

if TYPE_CHECKING:
    from core.library import Library
    from core.summarize import CollectionSummary, TextSummary, VideoSummary

_FPS = 2.0  # of a video that is in no library: borders of chapters are within a quarter of a second
_FORMATS = ".md (Markdown), .html (one file with pictures); of a video also .ffmeta, .txt (YouTube), .vtt (WebVTT)"


def add(tree: Any) -> None:
    """Adds `summarize`."""
    text = "boil down texts to sentences, pictures to a few that cover them, a video to chapters"
    parser = add_command(tree, "summarize", text, summarize, show_summary)
    text = "texts; pictures or a folder of them; or one video (default: the pictures of the library)"
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help=text)
    parser.add_argument("--library", metavar="DIR", help="has the vectors of the files: nothing is embedded")
    parser.add_argument("--encoder", metavar="NAME", help="default: the encoder of the library")
    parser.add_argument("--k", type=int, default=5, metavar="N", help="how many at most (default: 5)")
    parser.add_argument("--output", type=Path, metavar="FILE", help=f"by its ending: {_FORMATS}")


def summarize(options: Options, task: Task) -> dict[str, Any]:
    """`summarize`."""
    from core.share.summaries import check_format

    if options.k < 1:
        raise DataError("A summary has one sentence, picture or chapter at least: give --k 1 or more.")
    kind = _find_kind(options.paths)
    if options.output is not None:
        check_format(options.output, is_video=kind == VIDEO.name)
    return {TEXT.name: _texts, VIDEO.name: _video}.get(kind, _collection)(options, task)


def _find_kind(paths: Sequence[Path]) -> str:
    """What is summarized: texts, one video, or a collection of whatever kinds. Raises DataError."""
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise DataError(f"{missing} does not exist: name files or folders that do.")
    kinds = {"" if path.is_dir() else _get_kind(path) for path in paths}
    if kinds == {TEXT.name} or (kinds == {VIDEO.name} and len(paths) == 1):
        return kinds.pop()
    return ""


def _get_kind(path: Path) -> str:
    kinds = find_modalities(path)
    if not kinds:
        raise DataError(f"{path} is no picture, video or text: name one that is.")
    return kinds[0].name


def _texts(options: Options, task: Task) -> dict[str, Any]:
    from core.share.summaries import write_text_summary
    from core.summarize import read_sentences, summarize_texts

    sentences = [
        sentence
        for number, path in enumerate(options.paths)
        for sentence in read_sentences(path, document=number, task=task)
    ]
    summary: TextSummary = summarize_texts(sentences, count=options.k, task=task)
    result = [
        {"path": str(options.paths[one.document]), "text": one.text, "start": one.start, **_place(one.place)}
        for one in summary.sentences
    ]
    output = _write(options, lambda path: write_text_summary(path, summary, names=[p.name for p in options.paths]))
    return {"sentences": result, "count": summary.count, "covered": round(summary.covered, 4)} | output


def _place(place: Any) -> dict[str, Any]:
    found = {key: getattr(place, key) for key in ("page", "line", "heading", "start_s", "end_s")}
    return {key: value for key, value in found.items() if value is not None}


def _collection(options: Options, task: Task) -> dict[str, Any]:
    from core.share.summaries import write_collection_summary
    from core.summarize import summarize_collection, summarize_pictures

    with _open_library(options, task) as (library, encoder):
        ids = _find_items(library, options.paths) if options.library and options.paths else None
        summary: CollectionSummary = summarize_collection(library, encoder, ids, count=options.k, task=task)
        if summary.pictures is None and summary.videos is not None:  # videos as wholes stand for others
            whole = summarize_pictures(library, encoder, ids, count=options.k, task=task)
            summary = replace(summary, pictures=whole)
        name = library.name if options.library else ", ".join(path.name or str(path) for path in options.paths)
        output = _write(
            options,
            lambda path: write_collection_summary(path, summary, library=name, encoder=encoder.name, task=task),
        )
    return _describe(summary) | output


def _describe(summary: CollectionSummary) -> dict[str, Any]:
    """Each part with its count and what it covers; of the first part also as the whole's."""
    parts: dict[str, tuple[list[dict[str, Any]], int, float]] = {}
    if summary.pictures is not None:
        chosen = [
            {"path": one.item.path, "name": one.name, "stands_for": one.stands_for} for one in summary.pictures.pictures
        ]
        parts["pictures"] = chosen, summary.pictures.count, summary.pictures.covered
    if summary.videos is not None:
        frames = [
            {"path": one.item.path, "at_s": one.at_s, "share": round(one.share, 4)} for one in summary.videos.frames
        ]
        parts["frames"] = frames, summary.videos.count, summary.videos.covered
    if summary.texts is not None:
        sentences = [
            {"path": summary.documents[one.document].path, "text": one.text, "start": one.start, **_place(one.place)}
            for one in summary.texts.sentences
        ]
        parts["sentences"] = sentences, summary.texts.count, summary.texts.covered
    first = next(iter(parts))
    result: dict[str, Any] = {name: rows for name, (rows, _, _) in parts.items()}
    for name, (_, count, covered) in parts.items():
        prefix = "" if name == first else f"{name}_"
        result |= {f"{prefix}count": count, f"{prefix}covered": round(covered, 4)}
    return result


@contextmanager
def _open_library(options: Options, task: Task) -> Iterator[tuple[Library, Encoder]]:
    """The library of the options, or one of the files that lasts as long as the command."""
    from core.library import Library, ingest

    if options.library:
        library = Library(options.library)
        yield library, get_encoder(options, task, library)
        return
    if not options.paths:
        raise DataError("There is nothing to summarize: name files or a folder, or give --library DIR.")
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder) / "library", create=True)
        encoder = get_encoder(options, task, library)
        report = ingest(library, encoder, options.paths, task=task)
        if not report.items:  # a folder of texts alone
            ingest(library, encoder, options.paths, texts=True, task=task)
        task.check("Stopped before the summary was made.")
        yield library, encoder


def _find_items(library: Library, paths: Sequence[Path]) -> list[str]:
    """The ids of the items at or below paths. Raises DataError."""
    from core.library.ingest.scan import is_within
    from core.utils.files import to_absolute

    roots = [str(to_absolute(path)) for path in paths]
    rows = library.items().select(["id", "path"]).to_pylist()
    found = [row["id"] for row in rows if any(row["path"] == root or is_within(row["path"], root) for root in roots)]
    if not found:
        raise DataError(f"{library.path} has no file of {', '.join(roots)}: index them first, or leave out --library.")
    return found


def _video(options: Options, task: Task) -> dict[str, Any]:
    from core.library import Library, embed_video, track_of
    from core.media.sampling import Sampling
    from core.share.summaries import write_video_summary
    from core.summarize import read_stored_subtitles, read_subtitles_beside, summarize_video

    path, chance = options.paths[0], None
    library = Library(options.library) if options.library else None
    encoder = get_encoder(options, task, library)
    if library is None:
        track = embed_video(encoder, path, Sampling(_FPS), task=task)
        task.check("Stopped before the summary was made.")
        sentences = read_subtitles_beside(path, task=task)
    else:
        index, video_id = library.index(encoder), _find_items(library, [path])[0]
        track, chance = track_of(index, video_id), index.baseline_cosine
        sentences = read_stored_subtitles(library, video_id)
    summary: VideoSummary = summarize_video(
        track, encoder, count=options.k, sentences=sentences, chance=chance, task=task
    )
    output = _write(options, lambda target: write_video_summary(target, summary, source=path, task=task))
    chapters = [
        {"start_s": one.start_s, "end_s": round(one.end_s, 3), "title": one.title, "keyframe_s": one.keyframe_s}
        for one in summary.chapters
    ]
    return {"chapters": chapters, "keyframes_s": summary.keyframes_s, "covered": round(summary.covered, 4)} | output


def _write(options: Options, write: Any) -> dict[str, str]:
    if options.output is None:
        return {}
    write(options.output)
    return {"output": str(options.output)}


def show_summary(result: dict[str, Any]) -> None:
    """Prints a line for each sentence, picture or chapter, and how much they cover."""
    for one in result.get("sentences", ()):
        print(f"- {one_line(one['text'])}")
    for one in result.get("pictures", ()):
        print(f"{one['stands_for']:7,}  {one_line(one['name'] or ''):<24}  {one_line(one['path'])}")
    for one in result.get("frames", ()):
        print(f"{format_timecode(one['at_s']):>17}  {one_line(one['path'])}")
    for one in result.get("chapters", ()):
        print(f"{format_timespan(one['start_s'], one['end_s']):>17}  {one_line(one['title'])}")
    print(f"Covers {result['covered']:.2f}.")
    for name in ("frames", "sentences"):
        if f"{name}_covered" in result:
            print(f"The {name} cover {result[f'{name}_covered']:.2f} of theirs.")
    if "output" in result:
        print(f"Saved: {one_line(result['output'])}")
