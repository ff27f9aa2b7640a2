"""Ad-hoc files and texts, embedded once so that they can be classified again instantly."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from core.classify.heads import Head
from core.classify.predict import Prediction, ValuePrediction, make_predictions
from core.classify.zero_shot import Classifier, Predictions, predict_video
from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.errors import DataError, MediaError
from core.library.ingest.batch import Batch, Embedded
from core.library.ingest.reader import ReadFile, read_decoded
from core.library.schema import Item
from core.library.track import Track, embed_parts
from core.media.modalities import get_modality
from core.media.sampling import Sampling
from core.progress import SILENT, Task
from core.search.relevance import LIKELY

_CHUNK = 64  # texts per progress report


@dataclass(frozen=True)
class EmbeddedSet:
    """Embedded files and texts.

    Attributes
    ----------
    sources : tuple of str
        Paths, or the texts themselves.
    tracks : tuple of Track
        Their vectors; a picture or a text has one row without times.
    items : tuple of Item or None
        None for texts.
    failed : tuple of (str, str)
        Path and reason of unreadable files.
    """

    sources: tuple[str, ...]
    tracks: tuple[Track, ...]
    items: tuple[Item | None, ...]
    failed: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def ids(self) -> tuple[str, ...]:
        """See `Prediction.id`."""
        return tuple(item.id if item else source for item, source in zip(self.items, self.sources, strict=True))

    def item_vectors(self, ids: Sequence[str]) -> tuple[list[str], Vectors]:
        """Mean vectors of items, see `core.library.track.get_item_vectors`. Raises DataError if it has none of them."""
        tracks = dict(zip(self.ids, self.tracks, strict=True))
        known = [item_id for item_id in ids if item_id in tracks]
        if not known:
            raise DataError("None of the labeled items is in this set: label some of its items.")
        return known, np.stack([tracks[item_id].mean_vector() for item_id in known])

    def predict(self, classifier: Classifier, *, threshold: float = LIKELY) -> list[Prediction]:
        """Predictions in the order of the items."""
        if not len(self):
            return []
        parts = [predict_video(classifier, track)[0] for track in self.tracks if track.timed]
        still = [track.vectors for track in self.tracks if not track.timed]
        if still:
            parts.append(classifier.predict(np.concatenate(still)))
        order = np.argsort([not track.timed for track in self.tracks], kind="stable")  # of `parts`: videos first
        positions = np.argsort(order)
        predictions = Predictions(
            parts[0].names,
            parts[0].negative,
            np.concatenate([part.probabilities for part in parts])[positions],
            np.concatenate([part.in_class_probability for part in parts])[positions],
            None if parts[0].match is None else np.concatenate([part.match for part in parts])[positions],
        )
        return make_predictions(predictions, self.sources, self.items, threshold)

    def predict_values(self, head: Head) -> list[ValuePrediction]:
        """Predicted numbers in the order of the items. Raises DataError for a head of classes."""
        if not len(self):
            return []
        values = head.values(np.stack([track.mean_vector() for track in self.tracks])).tolist()
        return [ValuePrediction(*row) for row in zip(self.sources, values, self.items, strict=True)]


@task_keywords
def embed_files_set(
    encoder: Encoder, paths: Sequence[Path], *, sampling: Sampling | None = None, task: Task = SILENT
) -> EmbeddedSet:
    """Embeds files of any kind.

    Parameters
    ----------
    encoder : Encoder
    paths : sequence of Path
    sampling : Sampling, optional
        Of videos.
    task : Task, optional
        Ends early with the files embedded so far.

    Returns
    -------
    EmbeddedSet
        Unreadable files are in `failed`.
    """
    embedded: dict[int, tuple[Track, Item]] = {}
    failed: list[tuple[str, str]] = []
    batch = Batch(encoder)

    def add_picture(number: int, read: ReadFile, vector: Embedded) -> None:
        if isinstance(vector, Exception):
            kind = get_modality(read.kind).title
            failed.append((read.file.path, f"The encoder {encoder.name} failed on this {kind} ({vector})."))
        else:
            try:
                embedded[number] = (_single_frame_track(vector[None]), _item(read))
            except OSError as error:
                failed.append((read.file.path, _missing_reason(error)))

    stage = task.stage("embed", "files")
    for number, read in enumerate(read_decoded(paths, encoder, task=task)):
        try:
            if read.reason is not None:
                raise MediaError(read.reason)
            if read.content is not None:
                batch.add(read.content, partial(add_picture, number, read))
            else:
                track = embed_parts(encoder, Path(read.file.path), get_modality(read.kind), sampling, task=task.part())
                if task.is_cancelled:
                    break  # a part does not represent the whole
                embedded[number] = (track, _item(read, duration_s=track.duration_s))
        except MediaError as error:
            failed.append((read.file.path, str(error)))
        except OSError as error:
            failed.append((read.file.path, _missing_reason(error)))
        stage.report(number + 1, len(paths))
    batch.run()
    pairs = [embedded[number] for number in sorted(embedded)]
    tracks, items = tuple(track for track, _ in pairs), tuple(item for _, item in pairs)
    return EmbeddedSet(tuple(item.path for item in items), tracks, items, tuple(failed))


@task_keywords
def embed_texts_set(encoder: Encoder, texts: Sequence[str], *, task: Task = SILENT) -> EmbeddedSet:
    """Embeds texts without prompts.

    Parameters
    ----------
    encoder : Encoder
    texts : sequence of str
    task : Task, optional

    Returns
    -------
    EmbeddedSet
    """
    tracks: list[Track] = []
    for batch in task.track_batches(texts, _CHUNK, "embed", "texts", stopped="Stopped before all texts were embedded."):
        tracks += [_single_frame_track(vector[None]) for vector in encoder.encode_texts(batch)]
    return EmbeddedSet(tuple(texts), tuple(tracks), (None,) * len(texts))


def _missing_reason(error: OSError) -> str:
    return f"The file disappeared while it was read ({error.strerror})."


def _single_frame_track(vectors: Vectors) -> Track:
    none = np.full(len(vectors), np.nan, np.float32)
    return Track(none, none, vectors)


def _item(read: ReadFile, *, duration_s: float | None = None) -> Item:
    """An item without a content hash, so that nothing derived from the file is cached beyond the visit."""
    path = read.file.path
    stat = os.stat(path)
    return Item(
        id=hashlib.blake2b(os.fsencode(path), digest_size=12).hexdigest(),
        path=path,
        kind=read.kind,
        status="ok",
        bytes=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        width=read.facts.width,
        height=read.facts.height,
        duration_s=duration_s,
        taken_at=read.facts.taken_at,
    )
