"""Gives captions the vectors by which words find the pictures that they are of, see `core.encoders.sentences`."""

from __future__ import annotations

from core.encoders.reference_prompts import embed_reference_prompts
from core.encoders.sentences import open_sentence_encoder
from core.library.store import Library
from core.progress import SILENT, Task

_TOGETHER = 512


def embed_captions(library: Library, *, task: Task = SILENT) -> int:
    """Embeds the captions that have no vectors yet; returns how many.

    It waits for no other writer. Once the task is cancelled it ends early, with what is committed.

    Raises
    ------
    LibraryError
        A table cannot be read or written.
    EncoderError
        The sentence encoder cannot be opened.
    """
    encoder = open_sentence_encoder()
    stored = library.stored_captions(encoder)
    if stored is None or not stored.missing:
        return 0
    embed_reference_prompts(encoder, task=Task(task.on_progress))  # the first search needs them
    stage, done = task.stage("embed", "captions"), 0
    for first in range(0, len(stored.missing), _TOGETHER):
        if task.is_cancelled:
            break
        texts = stored.missing[first : first + _TOGETHER]
        library.put_caption_vectors(encoder, texts, encoder.encode_texts(texts))
        done += len(texts)
        stage.report(done, len(stored.missing))
    return done
