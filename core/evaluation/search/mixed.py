"""Measures the search of pictures and texts at once, and of captions by pictures.

Cosines of texts with texts and of texts with pictures cannot be compared, so the match has to do better than they.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.evaluation.datasets import embed_files, read_pairs, unique
from core.evaluation.search.texts import make_passage_library, put_documents, read_question_set
from core.library.filters import ANY, Filters
from core.library.schema import Item, VectorRow
from core.library.store import Library
from core.media.modalities import PICTURE
from core.progress import SILENT, Task
from core.search.kinds import search
from core.search.passages.search import search_texts
from core.search.query import PLAIN, Term
from core.vectors.ranking_metrics import Recall, compute_best_rank, compute_recall

_MOST_HITS = 1_000


@dataclass(frozen=True, slots=True)
class MixedReport:
    """How queries find the one right item among pictures and passages together.

    match, cosine: mean reciprocal rank by the match and by the cosine of the encoder's vectors. by_kind: (match,
    cosine) for queries whose right item is a picture, and a text. captions: recall of the own captions of pictures, by
    the search of texts; captions_cosine: by the cosine.
    """

    pictures: int
    passages: int
    queries: int
    match: float
    cosine: float
    by_kind: dict[str, tuple[float, float]]
    captions: Recall
    captions_cosine: Recall
    encoder: str


def evaluate_mixed(
    encoder: Encoder, folder: Path, images: Path, captions: Path, *, each: int = 50, task: Task = SILENT
) -> MixedReport:
    """Searches pictures and passages at once.

    Parameters
    ----------
    encoder : Encoder
    folder : Path
        Passages and questions, see `core.evaluation.search.texts.read_question_set`.
    images : Path
        Folder.
    captions : Path
        CSV with the columns image, caption.
    each : int
        Queries with a passage as their right item, evenly chosen questions, and as many with a picture, captions.
    task : Task, optional

    Returns
    -------
    MixedReport

    Raises
    ------
    DataError
        A file cannot be read.
    """
    data = read_question_set(folder)
    pairs = read_pairs(captions, "image", "caption")
    pictures = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    pairs = [(name, caption) for name, caption in pairs if name in pictures.rows]
    questions = [data.questions[number] for number in _spread(len(data.questions), each)]
    firsts = list({pictures.rows[name]: caption for name, caption in reversed(pairs)}.items())
    captioned = [firsts[number] for number in _spread(len(firsts), each)]
    texts = [entry.text for entry in questions] + [caption for _, caption in captioned]
    count = len(data.passages)
    right = np.array([entry.passage for entry in questions] + [count + row for row, _ in captioned])
    own = right[:, None] == np.arange(count + len(pictures.vectors))
    cosines = encoder.encode_texts(texts) @ np.concatenate([encoder.encode_texts(data.passages), pictures.vectors]).T
    with make_passage_library(encoder, data.passages, task=task) as library:
        with library.writing():
            _put_pictures(library, encoder, pictures.vectors, first=count)
        matches = np.stack([_search(library, encoder, text, own.shape[1]) for text in texts])
    by_match, by_cosine = (_reciprocal_ranks(scores, own) for scores in (matches, cosines))
    is_text = right < count
    recalls = _find_captions(encoder, pictures.vectors, [(pictures.rows[name], text) for name, text in pairs], task)
    return MixedReport(
        pictures=len(pictures.vectors),
        passages=count,
        queries=len(texts),
        match=_mean(by_match),
        cosine=_mean(by_cosine),
        by_kind={
            "picture": (_mean(by_match[~is_text]), _mean(by_cosine[~is_text])),
            "text": (_mean(by_match[is_text]), _mean(by_cosine[is_text])),
        },
        captions=recalls[0],
        captions_cosine=recalls[1],
        encoder=encoder.name,
    )


def _find_captions(
    encoder: Encoder, pictures: NDArray[np.float32], pairs: Sequence[tuple[int, str]], task: Task
) -> tuple[Recall, Recall]:
    """Recall of the captions of pictures, of which each may have several: by the search of texts, and by cosine."""
    captions = [text for _, text in pairs]
    own = np.arange(len(pictures))[:, None] == np.array([row for row, _ in pairs])[None]
    found = np.zeros(own.shape)
    with make_passage_library(encoder, [], task=task) as library:
        with library.writing():
            put_documents(library, encoder, captions, task=task)
            _put_pictures(library, encoder, pictures, first=len(captions))
        for row in range(len(pictures)):
            term = Term("item", f"picture{len(captions) + row}")
            for rank, hit in enumerate(search_texts(library, encoder, [term]).hits):
                found[row, int(Path(hit.item.path).name)] = 1 / (1 + rank)
    cosines = pictures @ encoder.encode_texts(captions).T
    return compute_recall(compute_best_rank(found, own)), compute_recall(compute_best_rank(cosines, own))


def _put_pictures(library: Library, encoder: Encoder, vectors: NDArray[np.float32], *, first: int) -> None:
    """Adds pictures that have no files, named by numbers from `first`. The caller holds the library for writing."""
    ids = [f"picture{first + row}" for row in range(len(vectors))]
    library.add_vectors(encoder, [VectorRow(item_id, vector) for item_id, vector in zip(ids, vectors, strict=True)])
    library.put_items([Item(item_id, f"/{first + row}", PICTURE.name, "ok", 0, 0) for row, item_id in enumerate(ids)])


def _search(library: Library, encoder: Encoder, text: str, items: int) -> NDArray[np.float64]:
    """(items,) how early each is found by words; 0: not at all."""
    found = np.zeros(items)
    result = search(
        library, encoder, [Term("text", text)], top_k=_MOST_HITS, filters=Filters(kind=ANY), templates=PLAIN,
        fold_duplicates=False,
    )  # fmt: skip
    for rank, hit in enumerate(result.hits):
        found[int(Path(hit.item.path).name)] = 1 / (1 + rank)
    return found


def _reciprocal_ranks(scores: NDArray[np.floating], own: NDArray[np.bool_]) -> NDArray[np.float64]:
    return 1 / (1 + compute_best_rank(scores, own))


def _mean(values: NDArray[np.float64]) -> float:
    return round(float(values.mean()), 4)


def _spread(count: int, wanted: int) -> NDArray[np.int64]:
    """Up to `wanted` numbers, spread evenly over range(count)."""
    return np.unique(np.linspace(0, count - 1, min(count, wanted)).astype(np.int64))
