"""What agents can ask of a library: each tool is a function of plain values to an `Answer`.

Nothing is written. What is asked for is an item of the library, by its id or path, or words: no tool opens a file that
an agent names. Lists, texts and pictures are limited, as all of it goes into the agent's context.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core.agents.digests import MOST_TEXT, answer_question, describe_item, summarize_items
from core.encoders.base import Encoder
from core.errors import MediaError, QueryError
from core.library.filters import ANY, Filters
from core.library.item_lookup import get_item_names
from core.library.schema import Item
from core.library.store import Library
from core.media.modalities import list_modalities
from core.previews.thumbnails import make_thumbnail
from core.search.images import Hit
from core.search.kinds import search as search_items
from core.search.locate import locate as locate_picture
from core.search.passages.search import PassageHit
from core.search.query import Term, parse_query
from core.search.videos import search_videos

MOST_RESULTS = 50
MOST_PICTURES = 10
_MOST_CHARACTERS = 500  # of a query
_MOST_CLASSES = 50
_MOST_ITEMS = 200  # classified at once
_MOST_ANSWERS = 20  # and sentences, chapters or pictures of a summary
_SIDE = 256  # pixels


@dataclass(frozen=True, slots=True)
class Answer:
    """facts: plain values, as JSON. pictures: WebP, of the first results, in their order."""

    facts: dict[str, Any]
    pictures: list[bytes] = field(default_factory=list)


class LibraryTools:
    """The tools of one library.

    Parameters
    ----------
    library : Library
    encoder : Encoder
        One that has vectors there.
    """

    def __init__(self, library: Library, encoder: Encoder) -> None:
        self._library, self._encoder = library, encoder

    def search(self, query: str, k: int = 10, kind: str = ANY, pictures: int = 4) -> Answer:
        """Items that match words, best first.

        Parameters
        ----------
        query : str
            Words such as "a dog on a beach"; "beach - people" leaves out, `item:ID` is like an item.
        k : int
            Most hits, 1 to 50.
        kind : str
            A kind of item, such as picture, video or text; "any" for all.
        pictures : int
            Thumbnails of the first hits, 0 to 10.

        Raises
        ------
        QueryError
            The query cannot be read, or the kind is unknown.
        """
        kinds = [*(modality.name for modality in list_modalities()), ANY]
        if kind not in kinds:
            raise QueryError(f"Unknown kind {kind!r}: use one of {', '.join(kinds)}.")
        found = search_items(
            self._library, self._encoder, self._parse(query), top_k=_limit(k, MOST_RESULTS),
            filters=Filters(kind=kind),
        )  # fmt: skip
        facts = {
            "hits": [_describe_hit(hit) for hit in found.hits], "likely": found.cutoff if found.judged else None,
            "considered": found.considered,
        }  # fmt: skip
        return self._illustrate(facts, [(hit.item, hit.start_s) for hit in found.hits], pictures)

    def moments(self, query: str, k: int = 10, pictures: int = 4) -> Answer:
        """Moments of videos that match words, best first; parameters as of `search`. Raises QueryError."""
        count = _limit(k, MOST_RESULTS)
        found = search_videos(self._library, self._encoder, self._parse(query), top_k=count)
        ranked = [(moment, video.item) for video in found.hits for moment in video.moments]
        ranked.sort(key=lambda entry: (entry[0].likely, entry[0].relevance, entry[0].score), reverse=True)
        facts = {
            "moments": [
                describe_item(item)
                | {name: round(getattr(moment, name), 2) for name in ("start_s", "end_s", "peak_s")}
                | {"match": round(moment.relevance, 3) if moment.judged else None}
                for moment, item in ranked[:count]
            ],
            "considered": found.considered,
        }
        return self._illustrate(facts, [(item, moment.peak_s) for moment, item in ranked[:count]], pictures)

    def locate(self, item: str, time_s: float | None = None, pictures: int = 4) -> Answer:
        """The videos of the library that show a picture of it, and when.

        Parameters
        ----------
        item : str
            Id or path of a picture or video of the library, as another tool told it.
        time_s : float, optional
            The second of a video whose frame is looked for.
        pictures : int
            0 to 10.

        Raises
        ------
        QueryError
            The item is not in the library.
        """
        item_id = self._find(item)
        term = Term("item", item_id) if time_s is None else Term("frame", f"{item_id}@{float(time_s)}")
        unread: list[str] = []
        found = locate_picture(
            self._library,
            self._encoder,
            term,
            on_unreadable=lambda video, reason: unread.append(f"{video.path}: {reason}"),
        )
        facts = {
            "sightings": [
                describe_item(place.item)
                | {
                    "time_s": round(place.time_s, 2),
                    "likeness": round(place.likeness, 3),
                    "whole": place.is_whole_image,
                }
                for place in found[:MOST_RESULTS]
            ],
            "unread": unread[:MOST_RESULTS],
        }
        return self._illustrate(facts, [(place.item, place.time_s) for place in found], pictures)

    def classify(self, classes: Sequence[str], items: Sequence[str] = ()) -> Answer:
        """Which of some classes, told in words, items belong to, or "none of these".

        Parameters
        ----------
        classes : sequence of str
            2 to 50, such as "cat", "dog".
        items : sequence of str
            Ids or paths, at most 200; none: the whole library, of which the counts and 50 examples are told.

        Raises
        ------
        QueryError
            Too few or too many classes or items, or one that is not in the library.
        """
        from core.classify.predict import classify_library
        from core.classify.zero_shot import ClassName, ZeroShot

        if not 2 <= len(classes) <= _MOST_CLASSES:
            raise QueryError(f"Give 2 to {_MOST_CLASSES} classes, not {len(classes)}.")
        if len(items) > _MOST_ITEMS:
            raise QueryError(f"Give at most {_MOST_ITEMS} items, not {len(items)}; none stand for the whole library.")
        wanted = set(self._find_all(items))
        classifier = ZeroShot.of(self._encoder, [ClassName(_check_words(name)) for name in classes])
        found = classify_library(self._library, self._encoder, classifier)
        found = [entry for entry in found if not wanted or entry.id in wanted]
        counts: dict[str, int] = {}
        for entry in found:
            counts[entry.label] = counts.get(entry.label, 0) + 1
        told = found if wanted else found[:MOST_RESULTS]
        rows = [
            {"path": entry.source, "id": entry.id, "class": entry.label, "fits": round(entry.in_class_probability, 3)}
            for entry in told
        ]
        return Answer({"counts": counts, "items": rows, "classified": len(found)})

    def ask(self, question: str, after: str = "", k: int = 5, pictures: int = 4) -> Answer:
        """The sentences of documents that answer a question, and pictures and moments beside.

        Parameters
        ----------
        question : str
        after : str
            The question before, on which this one may lean.
        k : int
            Most answers, pictures and moments each, 1 to 20.
        pictures : int
            0 to 10.

        Raises
        ------
        QueryError
            The question has no words.
        """
        facts, shown = answer_question(
            self._library, self._encoder, _check_words(question), _check_words(after), _limit(k, _MOST_ANSWERS)
        )
        return self._illustrate(facts, shown, pictures)

    def summarize(self, items: Sequence[str] = (), k: int = 5, pictures: int = 4) -> Answer:
        """Texts as sentences, one video as chapters, pictures as a few that cover them.

        Parameters
        ----------
        items : sequence of str
            Ids or paths of one kind, at most 200; none: the pictures of the library.
        k : int
            Most sentences, chapters or pictures, 1 to 20.
        pictures : int
            0 to 10.

        Raises
        ------
        QueryError, DataError
            Items of several kinds, one that is not in the library, or nothing that can be summarized.
        """
        if len(items) > _MOST_ITEMS:
            raise QueryError(f"Give at most {_MOST_ITEMS} items, not {len(items)}; none stand for all pictures.")
        found = self._library.items_with(self._find_all(items)) if items else []
        facts, shown = summarize_items(self._library, self._encoder, found, _limit(k, _MOST_ANSWERS))
        return self._illustrate(facts, shown, pictures)

    def _parse(self, query: str) -> tuple[Term, ...]:
        terms = parse_query(_check_words(query), files=False)
        if not terms:
            raise QueryError("The query is empty: give words.")
        if any(term.kind == "concept" for term in terms):  # they belong to the home folder, not to this library
            raise QueryError("Concepts are not offered here: give words.")
        return terms

    def _find(self, name: str) -> str:
        return self._find_all([name])[0]

    def _find_all(self, names: Sequence[str]) -> list[str]:
        """The ids of items by their ids or paths. Raises QueryError."""
        known = get_item_names(self._library) if names else {}
        try:
            return [known[name] for name in names]
        except (KeyError, ValueError):
            raise QueryError("This item is not in the library: give an id or a path that another tool told.") from None

    def _illustrate(self, facts: dict[str, Any], shown: Sequence[tuple[Item, float | None]], most: int) -> Answer:
        """An answer with thumbnails of the first items; `pictures_of` says of which, as some files cannot be read."""
        ids, drawn = [], []
        for item, time_s in shown[: max(0, min(most, MOST_PICTURES))]:
            with suppress(MediaError):
                drawn.append(make_thumbnail(item, side=_SIDE, time_s=time_s))
                ids.append(item.id)
        return Answer(facts | {"pictures_of": ids}, drawn)


def _describe_hit(hit: Hit) -> dict[str, Any]:
    facts = describe_item(hit.item) | {"match": round(hit.relevance, 3) if hit.judged else None}
    if isinstance(hit, PassageHit):
        passage = hit.passage
        return facts if passage is None else facts | {"where": passage.where, "text": passage.text[:MOST_TEXT]}
    if hit.segment is not None:
        facts |= {"start_s": round(hit.segment.start, 2), "end_s": round(hit.segment.end, 2)}
    return facts


def _check_words(text: str) -> str:
    if len(text) > _MOST_CHARACTERS:
        raise QueryError(f"That is longer than {_MOST_CHARACTERS} characters: shorten it.")
    return text


def _limit(count: int, most: int) -> int:
    return max(1, min(count, most))
