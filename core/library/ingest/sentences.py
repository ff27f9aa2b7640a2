"""Gives passages the vectors by which texts find them, see `core.encoders.sentences`.

Their words are in the library, so no document is opened. A document gets all of its vectors in one commit; one that was
left without is found by the next run.
"""

from __future__ import annotations

from core.encoders.reference_prompts import embed_reference_prompts
from core.encoders.sentences import open_sentence_encoder
from core.library.schema import Passage, VectorRow
from core.library.store import Library
from core.progress import SILENT, Task

_TOGETHER = 512  # passages in memory at once, unless one document has more


def embed_passages(library: Library, *, task: Task = SILENT) -> None:
    """Embeds the passages of documents that have no sentence vectors yet, and makes the index of their words.

    The caller holds the library for writing. Once the task is cancelled it ends early, with what is committed.

    Raises
    ------
    LibraryError
        A table cannot be read or written.
    EncoderError
        The sentence encoder cannot be opened.
    """
    documents = library.passage_ids()
    if not documents:
        return
    library.index_words()
    embed_reference_prompts(open_sentence_encoder(), task=Task(task.on_progress))  # the first search needs them
    missing = sorted(documents - library.vector_ids(open_sentence_encoder().id))
    stage, waiting = task.stage("embed", "texts"), list[Passage]()
    for done, item_id in enumerate(missing, 1):
        if task.is_cancelled:
            break
        waiting += library.passages([item_id]).get(item_id, [])
        if len(waiting) >= _TOGETHER:
            _store(library, waiting)
            waiting = []
            stage.report(done, len(missing))
    _store(library, waiting)


def _store(library: Library, passages: list[Passage]) -> None:
    encoder = open_sentence_encoder()
    vectors = encoder.encode_texts([passage.text for passage in passages])
    rows = zip(passages, vectors, strict=True)
    library.add_vectors(encoder, [VectorRow(passage.item_id, vector, passage.segment) for passage, vector in rows])
