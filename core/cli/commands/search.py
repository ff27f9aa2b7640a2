"""`search`: items or moments of a library that match words, pictures and clips."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from core.cli.options import REPORT, Options, add_command, add_kind, add_library, add_pooling, get_encoder
from core.cli.output import one_line, show_page
from core.encoders import Encoder
from core.errors import LibraryError, QueryError
from core.media.modalities import TEXT, VIDEO, get_modality
from core.progress import Task
from core.search.combine import COMBINATIONS
from core.search.query import PLAIN, Term, parse_query
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    from core.library import Item, Library
    from core.library.schema import Passage
    from core.search.images import Hit
    from core.search.moments import Moment
    from core.search.passages.search import PassageHit

    _Found = tuple[list[dict[str, Any]], bool]  # hits, best first, and whether their matches were measured


def add(tree: Any) -> None:
    """Adds `search`."""
    parser = add_command(tree, "search", "search a library by words, pictures and clips", search, show_hits)
    parser.add_argument("query", nargs="?", metavar="QUERY", help='for instance "2:beach + ./photo.jpg - people"')
    text = (
        "default: all but texts; video: one hit for each moment; text: for each passage; any: all kinds, by their match"
    )
    add_kind(parser, text)
    text = "add a picture to the query; may be repeated"
    parser.add_argument("--image", action="append", default=[], metavar="FILE", help=text)
    text = "add a video to the query; may be repeated"
    parser.add_argument("--clip", action="append", default=[], metavar="FILE", help=text)
    text = "add a document to the query, by the passage that is most typical of it; may be repeated"
    parser.add_argument("--text", action="append", default=[], metavar="FILE", help=text)
    add_pooling(parser, "with --kind video: ")
    text = "several terms: words as one text (joint, the default), or the sum of all vectors (sum)"
    parser.add_argument("--combine", choices=COMBINATIONS, default=COMBINATIONS[0], help=text)
    parser.add_argument("--top", type=int, default=20, metavar="K", help="how many hits (default: 20)")
    parser.add_argument("--all", action="store_true", help="also show hits after doubt begins")
    parser.add_argument("--duplicates", action="store_true", help="do not fold near-duplicates into one hit")
    parser.add_argument("--report", type=Path, metavar="HTML", help=REPORT)
    text = "embed the words as they are, without prompt templates"
    parser.add_argument("--no-templates", dest="templates", action="store_false", help=text)
    add_library(parser)


def search(options: Options, task: Task) -> dict[str, Any]:
    """`search`: one hit per item, or with `--kind video` one per moment, with `--kind text` one per passage."""
    from core.library import Library
    from core.search.passages.document_query import make_document_term

    terms = list(parse_query(options.query)) if options.query else []
    terms += [Term("image", Path(image)) for image in options.image]
    terms += [Term("clip", Path(clip)) for clip in options.clip]
    terms += [make_document_term(Path(text)) for text in options.text]
    if not terms:
        raise QueryError("The query is empty: type words, or give --image FILE or --clip FILE.")
    library = Library(options.library)
    encoder = get_encoder(options, task, library)
    hits, judged = _FINDERS.get(options.kind, _find_items)(library, encoder, terms, options, task)
    cutoff = sum(hit["likely"] for hit in hits)
    shown = hits if options.all or not judged else hits[:cutoff]
    result = {"hits": shown, "cutoff": cutoff, "judged": judged}
    if options.report:
        _write_page(library, encoder.name, result, options, task)
        result["report"] = str(options.report)
    return result


def _find_items(library: Library, encoder: Encoder, terms: list[Term], options: Options, task: Task) -> _Found:
    from core.library.filters import Filters
    from core.library.ingest.captions import embed_captions
    from core.search.captions import can_name
    from core.search.kinds import search as search_items
    from core.search.passages.search import PassageHit
    from core.search.videos import MAX_VIDEOS, search_videos

    templates = None if options.templates else PLAIN
    if can_name(terms):
        with suppress(LibraryError):  # a library that cannot be written is searched by what it has
            embed_captions(library, task=task)
    result = search_items(
        library, encoder, terms, top_k=options.top, filters=Filters(kind=options.kind),
        fold_duplicates=not options.duplicates, templates=templates, combine=options.combine,
    )  # fmt: skip
    moments: dict[str, Moment] = {}
    if any(hit.item.kind == VIDEO.name for hit in result.hits):
        videos = search_videos(
            library, encoder, terms, top_k=MAX_VIDEOS, templates=templates, max_moments=1, combine=options.combine,
            by_subtitles=False,
        )  # fmt: skip
        moments = {video.item.id: video.moments[0] for video in videos.hits}
    hits = [
        _hit(hit, hit.item.path, hit.item.kind)
        | (_place(hit) if isinstance(hit, PassageHit) else _times(moments.get(hit.item.id, hit)))
        for hit in result.hits
    ]
    return hits, result.judged


def _find_texts(library: Library, encoder: Encoder, terms: list[Term], options: Options, _: Task) -> _Found:
    from core.search.passages.search import PassageHit, search_texts

    result = search_texts(library, encoder, terms, top_k=options.top, combine=options.combine)
    passages = [hit for hit in result.hits if isinstance(hit, PassageHit)]
    return [_hit(hit, hit.item.path, hit.item.kind) | _place(hit) for hit in passages], result.judged


def _find_moments(library: Library, encoder: Encoder, terms: list[Term], options: Options, _: Task) -> _Found:
    from core.search.videos import search_videos

    templates = None if options.templates else PLAIN
    result = search_videos(
        library, encoder, terms, top_k=options.top, pooling=options.pool, templates=templates, combine=options.combine
    )
    ranked = [(moment, rank, video.item) for rank, video in enumerate(result.hits, start=1) for moment in video.moments]
    ranked.sort(key=lambda row: (row[0].likely, row[0].relevance, row[0].score), reverse=True)
    hits = [
        _hit(moment, item.path, item.kind)
        | _times(moment)
        | {"video_rank": rank}
        | ({"said": moment.said} if moment.said else {})
        for moment, rank, item in ranked[: max(1, options.top)]
    ]
    return hits, result.judged


def _hit(hit: Any, path: str, kind: str) -> dict[str, Any]:
    scores = {"score": round(hit.score, 4), "relevance": round(hit.relevance, 4), "likely": hit.likely}
    caption = getattr(hit, "caption", None)
    return {"path": path, "kind": kind, **scores} | ({"caption": caption} if caption else {})


def _times(found: Moment | Hit) -> dict[str, float]:
    """Where it is; of an item that is one whole nothing, and a peak of moments only."""
    times = {key: getattr(found, key, None) for key in ("start_s", "end_s", "peak_s")}
    return {key: round(value, 3) for key, value in times.items() if value is not None}


def _place(hit: PassageHit) -> dict[str, Any]:
    """The words of a passage and where they are: characters of the document's text, and what else is known."""
    found = {} if hit.passage is None else asdict(hit.passage)
    place = {key: value for key, value in found.items() if value is not None and key != "item_id"}
    video = {} if hit.video is None else {"video": hit.video.path}
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in place.items()} | video


def _write_page(library: Library, encoder: str, result: dict[str, Any], options: Options, task: Task) -> None:
    from core.library.schema import Item
    from core.share.pages.page import write_page
    from core.share.pages.search import Answer, search_page

    items = {row["path"]: Item.from_row(row) for row in library.items().to_pylist()}
    answers = [
        Answer(
            items[hit["path"]],
            hit["score"],
            hit["relevance"],
            hit["likely"],
            (hit["start_s"], hit["end_s"], hit.get("peak_s", hit["start_s"]))
            if "start_s" in hit and "text" not in hit
            else None,
            result["judged"],
            passage=_get_passage(items[hit["path"]], hit) if "text" in hit else None,
            caption=hit.get("caption"),
        )
        for hit in result["hits"]
    ]
    files = [f"like {Path(name).name}" for name in (*options.image, *options.clip, *options.text)]
    query = " + ".join([*([f"“{options.query}”"] if options.query else []), *files])
    write_page(options.report, search_page(answers, query=query, library=library.name, encoder=encoder, task=task))


def _get_passage(item: Item, hit: dict[str, Any]) -> Passage:
    from core.library.schema import Passage

    return Passage(item.id, **{key: hit[key] for key in Passage.__dataclass_fields__ if key in hit})


def show_hits(result: dict[str, Any]) -> None:
    """Prints hits by rank with their scores and seconds, and where doubt begins, if that was judged."""
    if result["judged"] and result["cutoff"] == 0:
        print("Nothing here matches." + ("" if result["hits"] else " (--all shows the nearest all the same)"))
    for rank, hit in enumerate(result["hits"], start=1):
        if result["judged"] and rank == result["cutoff"] + 1 > 1:
            print("--- less certain from here ---")
        times = _say_place(hit) if "text" in hit else ""
        if "start_s" in hit and "text" not in hit:
            describe = get_modality(hit["kind"]).describe
            times = f"  {describe(hit['start_s'])}-{describe(hit['end_s'])}"
            times += f" (best at {describe(hit['peak_s'])})" if "peak_s" in hit and "said" not in hit else ""
            times += f"  {_excerpt(hit['said'])}" if "said" in hit else ""
        times += f"  its caption: {_excerpt(hit['caption'])}" if "caption" in hit else ""
        match = f"relevance {hit['relevance']:.2f}  " if result["judged"] else ""
        print(f"{rank:3}  {match}cosine {hit['score']:+.3f}  {one_line(hit['path'])}{times}")
    show_page(result)


def _say_place(hit: dict[str, Any]) -> str:
    """Where a passage is, and how it begins."""
    if "start_s" in hit:
        place = f"{format_timecode(hit['start_s'])}-{format_timecode(hit['end_s'])}"
    else:
        place = next((f"{name} {hit[name]}" for name in ("page", "line") if name in hit), "")
    return f"  {place}  {_excerpt(hit['text'])}"


def _excerpt(text: str) -> str:
    return one_line(shorten(text, _EXCERPT, placeholder=" ..."))


_EXCERPT = 100  # characters of a passage that are printed
_FINDERS = {VIDEO.name: _find_moments, TEXT.name: _find_texts}
