"""One space, three kinds: words, pictures and videos in it, the gap between them, and what closing it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.deprecated import renamed_attribute, task_keywords
from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.prompts import embed_texts
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prompts
from core.errors import DataError
from core.library.filters import Filters
from core.library.store import Library
from core.library.track import get_item_vectors
from core.progress import SILENT, Task
from core.search.images import search
from core.search.query import PLAIN, Term
from core.utils.blas_threads import limit_to_one_thread

Kind = Literal["words", "pictures", "videos"]

NEAREST = 10  # pictures of a word that are compared

_CAPTIONS = 2_500
_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Gap:
    """size: distance of the means of words and of pictures (Liang et al. 2022, "Mind the gap"), 0 to 2. center_cosine:
    of the two means. within_words, within_pictures: mean cosine of two of a kind, None where there is one only; across:
    of a word and a picture.
    separability: share of both that the plane half-way between the two means puts on the right side: 0.5 is no gap.
    """

    size: float
    center_cosine: float
    within_words: float | None
    within_pictures: float | None
    across: float
    separability: float
    centre_cosine = renamed_attribute("centre_cosine", "center_cosine")
    told_apart = renamed_attribute("told_apart", "separability")


@dataclass(frozen=True, slots=True)
class ClosedGap:
    """The space with a share of the gap closed, 0 (as it is) to 1 (both means at one place).

    own, others: mean cosine of captions with their own pictures and with others, where captions are known; recall:
    share of captions whose own picture is among the first 1 and 10.
    """

    share: float
    gap: Gap
    own: float | None = None
    cross_modal: float | None = None
    recall_1: float | None = None
    recall_10: float | None = None


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far two askings of one thing agree. first, second: their names. share: of the first items that both found."""

    first: str
    second: str
    share: float


def measure_gap(words: Vectors, pictures: Vectors) -> Gap:
    """The gap between unit rows of words (m, dim) and of pictures (n, dim). Raises DataError where there are none."""
    if not len(words) or not len(pictures):
        raise DataError("The gap lies between words and pictures: it takes some of both.")
    word, picture = words.mean(axis=0), pictures.mean(axis=0)
    normal, middle = word - picture, (word + picture) / 2
    sides = (np.sign((words - middle) @ normal), np.sign((middle - pictures) @ normal))
    right = np.mean([(1.0 + side.mean()) / 2 for side in sides])  # what lies on the plane counts half
    lengths = float(np.linalg.norm(word) * np.linalg.norm(picture))
    return Gap(
        size=float(np.linalg.norm(normal)),
        center_cosine=float(word @ picture) / max(lengths, 1e-12),
        within_words=_within(words),
        within_pictures=_within(pictures),
        across=float(word @ picture),
        separability=float(right),
    )


def close_gap(words: Vectors, pictures: Vectors, share: float) -> tuple[Vectors, Vectors]:
    """Both kinds moved towards the middle between their means by a share of the way, 0 to 1, and normalised again."""
    word, picture = words.mean(axis=0), pictures.mean(axis=0)
    middle = (word + picture) / 2
    return unit_rows(words + share * (middle - word)), unit_rows(pictures + share * (middle - picture))


def measure_closing(
    words: Vectors,
    pictures: Vectors,
    *,
    shares: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    owners: NDArray[np.int64] | None = None,
) -> list[ClosedGap]:
    """What closing the gap does, step by step. owners: (m,) the picture that each of the words describes, if known."""
    found = []
    for share in shares:
        moved_words, moved_pictures = close_gap(words, pictures, share)
        gap = measure_gap(moved_words, moved_pictures)
        if owners is None:
            found.append(ClosedGap(float(share), gap))
            continue
        scores = moved_words @ moved_pictures.T
        own = scores[np.arange(len(words)), owners]
        rest = (scores.sum() - own.sum()) / max(1, scores.size - len(own))
        rank = (scores >= own[:, None]).sum(axis=1)
        recalls = (float((rank <= 1).mean()), float((rank <= NEAREST).mean()))
        found.append(ClosedGap(float(share), gap, float(own.mean()), float(rest), *recalls))
    return found


@limit_to_one_thread()
def measure_kept_neighbors(words: Vectors, pictures: Vectors, share: float) -> float:
    """Share of the 10 nearest pictures of a word that stay, on average, when so much of the gap is closed."""
    spaces = (close_gap(words, pictures, entry) for entry in (0.0, share))
    before, after = (_nearest(texts @ shown.T).tolist() for texts, shown in spaces)
    return float(np.mean([_shared(one, other) for one, other in zip(before, after, strict=True)]))


@task_keywords
def measure_caption_closing(
    library: Library, encoder: Encoder, captions: Sequence[tuple[str, str]], *, task: Task = SILENT
) -> list[ClosedGap]:
    """`closing` of captions, (item id, caption), with their own pictures: a sample of 2,500 of them.

    Raises DataError where fewer than two of these items have vectors, and Cancelled.
    """
    index = library.index(encoder)
    ids, vectors = get_item_vectors(index, list(dict.fromkeys(item_id for item_id, _ in captions)))
    if len(ids) < 2:
        raise DataError("It takes captions of at least two pictures of this library: check the names in the CSV.")
    rows = {item_id: row for row, item_id in enumerate(ids)}
    known = [pair for pair in captions if pair[0] in rows]
    if len(known) > _CAPTIONS:
        chosen = np.sort(np.random.default_rng(0).choice(len(known), _CAPTIONS, replace=False))
        known = [known[number] for number in chosen]
    texts, stopped = [caption for _, caption in known], "Stopped before all captions were read."
    batches = task.track_batches(texts, _AT_ONCE, "read", "captions", stopped=stopped)
    read = [embed_texts(encoder, batch, templates=PLAIN) for batch in batches]
    return measure_closing(np.concatenate(read), vectors, owners=np.array([rows[item_id] for item_id, _ in known]))


@limit_to_one_thread()
def find_fitting_words(encoder: Encoder, pictures: Vectors, count: int) -> tuple[str, ...]:
    """Up to `count` neutral prompts that fit unit rows of pictures (n, dim): those that come first for most of them,
    once the gap is closed, so that none wins by lying in the pictures' direction alone."""
    words = embed_reference_prompts(encoder)
    if not len(pictures):
        return ()
    moved, shown = close_gap(words, pictures, 1.0)
    first = np.bincount((shown @ moved.T).argmax(axis=1), minlength=len(words))
    order = np.argsort(-first, kind="stable")[:count]
    return tuple(get_reference_prompts()[row] for row in order if first[row])


def measure_agreement(
    library: Library, encoder: Encoder, request: dict[str, Term], *, top_k: int = 20, filters: Filters | None = None
) -> tuple[dict[str, list[str]], list[Overlap]]:
    """One thing asked as a word, a picture, a clip: the ids of the first items of each asking (by name), and for each
    two askings the share of their first items that both found. Items that are asked with are among nobody's answers.

    Raises QueryError (see `embed_query`) and LibraryError.
    """
    own = {str(term.value).partition("@")[0] for term in request.values() if term.kind in ("item", "frame")}
    answers = {}
    for name, term in request.items():
        hits = search(library, encoder, [term], top_k=top_k + len(own), filters=filters).hits
        answers[name] = [hit.item.id for hit in hits if hit.item.id not in own][:top_k]
    names = list(answers)
    pairs = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    return answers, [Overlap(one, other, _shared(answers[one], answers[other])) for one, other in pairs]


def _within(vectors: Vectors) -> float | None:
    """Mean cosine of two different rows: of unit rows with the sum s, those of all pairs sum to |s|^2 - n."""
    count = len(vectors)
    return float(((vectors.sum(axis=0) ** 2).sum() - count) / (count * (count - 1))) if count > 1 else None


def _nearest(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """(m, 10) the columns of the largest of each row, all of fewer."""
    count = min(NEAREST, scores.shape[1])
    return np.argpartition(-scores, count - 1, axis=1)[:, :count]


def _shared(one: Sequence[object], other: Sequence[object]) -> float:
    most = min(len(one), len(other))
    return len(set(one) & set(other)) / most if most else 0.0
