"""Moments of videos that are found by what is said in them: the passages of subtitles beside a video."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.encoders.base import Encoder
from core.library.index import VectorIndex
from core.library.store import Library
from core.library.subtitles import match_stored_subtitles
from core.search.moments import Moment
from core.search.passages.search import PassageHit, search_texts
from core.search.query import Term

_MOST = 100  # of all videos together
_DOUBTFUL = 0.15  # least match


def find_spoken(
    library: Library, encoder: Encoder, index: VectorIndex, terms: Sequence[Term], videos: Collection[str]
) -> dict[str, list[Moment]]:
    """The moments at which subtitles say what a query asks, best first, by the ids of their videos.

    Only those that are likely or in doubt: unlike the frames of a video, a sentence that has nothing to do with the
    query shows nothing of what the video is about.

    Parameters
    ----------
    library : Library
    encoder : Encoder
        Of the library.
    index : VectorIndex
        Of this encoder.
    terms : sequence of Term
        The query; one that holds more than words finds no moments.
    videos : collection of str
        The ids of those that are searched.
    """
    if not all(term.kind == "text" for term in terms):
        return {}
    wanted = set(videos)
    beside = {text: video for text, video in match_stored_subtitles(index.items).items() if video.id in wanted}
    if not beside:
        return {}
    result = search_texts(library, encoder, terms, top_k=_MOST, among=beside.keys())
    found: dict[str, list[Moment]] = {}
    for hit in result.hits:
        if hit.relevance >= _DOUBTFUL and isinstance(hit, PassageHit) and (moment := _make_moment(hit)):
            found.setdefault(beside[hit.item.id].id, []).append(moment)
    return found


def _make_moment(hit: PassageHit) -> Moment | None:
    passage = hit.passage
    if passage is None or passage.start_s is None or passage.end_s is None:
        return None
    middle = (passage.start_s + passage.end_s) / 2
    return Moment(passage.start_s, passage.end_s, middle, hit.score, hit.relevance, hit.likely, said=passage.text)
