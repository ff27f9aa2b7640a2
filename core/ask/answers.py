"""A question to a library: the sentences that answer it, and the pictures and moments that fit."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.ask.evidence import Evidence, weigh_passages
from core.ask.follow_up import leans_on_last
from core.ask.match import match_follow_up, match_passage, share_sentences
from core.ask.reader import AnswerReader, Reading
from core.ask.reading import read_passages
from core.ask.reply import Answer, Reply
from core.encoders.base import Encoder
from core.encoders.precomputed import supports_text
from core.encoders.sentences import open_sentence_encoder
from core.errors import QueryError
from core.library.filters import ANY, Filters
from core.library.schema import Item
from core.library.store import Library
from core.media.modalities import PICTURE, TEXT, VIDEO
from core.media.modality import Modality
from core.progress import SILENT, Task
from core.search.images import Hit
from core.search.kinds import search
from core.search.moments import Moment
from core.search.passages.match import measure_generality
from core.search.passages.search import PassageHit, search_texts
from core.search.query import Term
from core.search.relevance import LIKELY
from core.search.videos import search_videos

_CANDIDATES = 20  # passages that are read; 1 question of 100 has its answer behind them
_MOST_IN_PASSAGE = 3  # answers
_READ_BY_MODEL = 10  # passages, as a model takes a tenth of a second for each


def ask(
    library: Library,
    encoder: Encoder,
    question: str,
    *,
    after: str = "",
    k: int = 5,
    filters: Filters | None = None,
    reader: AnswerReader | None = None,
    task: Task = SILENT,
) -> Reply:
    """Answers a question from the texts of a library, and shows what else fits.

    Parameters
    ----------
    library : Library
    encoder : Encoder
        Of the library; it finds pictures and moments.
    question : str
    after : str
        The question before. Where this one leans on it (`leans_on_last`), both count.
    k : int
        Most answers, pictures and moments, at least 1 each.
    filters : Filters, optional
        Their kind limits what is asked: "text" leaves pictures and moments out.
    reader : AnswerReader, optional
        Chooses the words that answer, in place of the comparison of sentences.
    task : Task, optional

    Returns
    -------
    Reply

    Raises
    ------
    QueryError
        The question has no words.
    LibraryError
        The library cannot be read.
    EncoderError
        An encoder cannot be opened.
    Cancelled
        It was stopped.
    """
    started = time.perf_counter()
    question = " ".join(question.split())
    if not any(letter.isalnum() for letter in question):
        raise QueryError("The question is empty: type one, such as: When was the bridge built?")
    k, filters = max(1, int(k)), filters or Filters()
    after = after if leans_on_last(question) else ""
    terms = [Term("text", f"{after} {question}".strip())]
    texts = search_texts(library, encoder, terms, top_k=_CANDIDATES, filters=filters) if _asks(filters, TEXT) else None
    task.check("Stopped.")
    hits = [hit for hit in (texts.hits if texts else ()) if isinstance(hit, PassageHit) and _has_words(hit)]
    matches, answers = _find_answers(library, question, after, hits, reader)
    task.check("Stopped.")
    best = max(matches, default=0.0)
    return Reply(
        question=question,
        after=after,
        found=best >= LIKELY and bool(answers),
        match=best,
        answers=tuple(answers[:k]),
        pictures=_find_pictures(library, encoder, terms, k, filters),
        moments=_find_moments(library, encoder, terms, k, filters),
        considered=texts.considered if texts else 0,
        seconds=time.perf_counter() - started,
    )


def _find_answers(
    library: Library, question: str, after: str, hits: Sequence[PassageHit], reader: AnswerReader | None
) -> tuple[list[float], list[Answer]]:
    """The match of each passage, and all answers, best first."""
    if not hits:
        return [], []
    size = len(library.index(open_sentence_encoder()))
    own = [hit.passage for hit in hits if hit.passage is not None]
    passages = [passage.text for passage in own]
    read = read_passages(passages, [passage.heading or "" for passage in own])
    found = weigh_passages(question, read)
    matches = _match(question, found, size)
    whole = f"{after} {question}".strip()
    if after:
        joined = _match(whole, weigh_passages(whole, read), size)
        matches = [match_follow_up(alone, both) for alone, both in zip(matches, joined, strict=True)]
    if reader is None:
        readings = [_read_sentences(evidence) for evidence in found]
    else:
        readings = _read_by_model(reader, whole, passages, matches)
    answers = [
        answer
        for hit, evidence, match, words in zip(hits, found, matches, readings, strict=True)
        for answer in _answer(hit, evidence, match, words)
    ]
    return matches, list(_drop_repeated(sorted(answers, key=lambda answer: -answer.match)))


def _has_words(hit: PassageHit) -> bool:
    """A passage without a letter or digit, such as one of invisible characters, has no words for the encoder."""
    return hit.passage is not None and any(letter.isalnum() for letter in hit.passage.text)


def _match(question: str, found: Sequence[Evidence], passages: int) -> list[float]:
    """The probability that each passage answers. passages: how many the library has."""
    generality = measure_generality(open_sentence_encoder().encode_texts([question])[0])
    return [match_passage(evidence, generality=generality, passages=passages) for evidence in found]


def _read_sentences(evidence: Evidence) -> list[Reading]:
    shares = share_sentences(evidence)
    return [Reading(start, end, float(share)) for (start, end), share in zip(evidence.sentences, shares, strict=True)]


def _read_by_model(
    reader: AnswerReader, question: str, passages: Sequence[str], matches: Sequence[float]
) -> list[list[Reading]]:
    """What a model reads in the best passages; nothing in the others."""
    best = sorted(range(len(passages)), key=lambda number: -matches[number])[:_READ_BY_MODEL]
    read: list[list[Reading]] = [[] for _ in passages]
    for number, readings in zip(best, reader.read(question, [passages[number] for number in best]), strict=True):
        read[number] = readings
    return read


def _answer(hit: PassageHit, evidence: Evidence, match: float, readings: Sequence[Reading]) -> list[Answer]:
    """The best few answers of a passage."""
    assert hit.passage is not None
    best: dict[tuple[int, int], Answer] = {}
    for reading in sorted(readings, key=lambda reading: -reading.share):
        start, end = _find_sentence(evidence.sentences, reading)
        is_part = (start, end) != (reading.start, reading.end)
        words = hit.passage.text[reading.start : reading.end] if is_part else ""
        answer = Answer(hit, start, end, match * reading.share, words)
        best.setdefault((start, end), answer)
    return list(best.values())[:_MOST_IN_PASSAGE]


def _find_sentence(sentences: Sequence[tuple[int, int]], reading: Reading) -> tuple[int, int]:
    """From the sentence in which a reading begins to that in which it ends."""
    touched = [span for span in sentences if span[0] < reading.end and span[1] > reading.start]
    return (touched[0][0], touched[-1][1]) if touched else (reading.start, reading.end)


def _drop_repeated(answers: Iterable[Answer]) -> Iterable[Answer]:
    """Without sentences that a passage shares with the one before, and copies of documents."""
    seen: set[str] = set()
    for answer in answers:
        if answer.sentence.casefold() not in seen:
            seen.add(answer.sentence.casefold())
            yield answer


def _asks(filters: Filters, kind: Modality) -> bool:
    return filters.kind in (None, ANY, kind.name)


def _find_pictures(
    library: Library, encoder: Encoder, terms: Sequence[Term], k: int, filters: Filters
) -> tuple[Hit, ...]:
    if not _asks(filters, PICTURE) or not supports_text(encoder):
        return ()
    result = search(library, encoder, terms, top_k=k, filters=replace(filters, kind=PICTURE.name))
    return tuple(hit for hit in result.hits if hit.is_certain)


def _find_moments(
    library: Library, encoder: Encoder, terms: Sequence[Term], k: int, filters: Filters
) -> tuple[tuple[Item, Moment], ...]:
    if not _asks(filters, VIDEO) or not supports_text(encoder):
        return ()
    result = search_videos(library, encoder, terms, top_k=k, filters=filters, max_moments=1)
    return tuple((hit.item, hit.moments[0]) for hit in result.hits if hit.is_certain)
