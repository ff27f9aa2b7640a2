"""The items of a library told into classes (others: `core.gathered`), classes from a table, answers as files.

Numbers instead of classes: `core.value_items`.
"""

from __future__ import annotations

import csv
import itertools
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.classify import NONE, Classifier, ClassName, Predictions, predict_video
from core.encoders.base import Encoder
from core.errors import DataError
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.library.track import Track
from core.policy import get_policy
from core.progress import OnProgress, Progress
from core.search.relevance import LIKELY
from core.utils.tables import csv_text

_CHUNK = 16_384  # pictures at a time


@dataclass(frozen=True)
class Prediction:
    """One answer. what: a path, or a text itself. label: a class, or "none of these". probability: of the best class.

    fits: see `Predictions`. probabilities: (c,), of all classes. item: where it is one of a library.
    """

    source: str
    label: str
    probability: float
    in_class_probability: float
    probabilities: NDArray[np.float32]
    item: Item | None = None

    @property
    def id(self) -> str:
        """What a person's label of it is kept under: the id of the item; of a text the text itself."""
        return self.item.id if self.item else self.source


def make_predictions(
    found: Predictions, whats: Sequence[str], items: Sequence[Item | None], threshold: float
) -> list[Prediction]:
    """The predictions of n items as answers. whats, items: (n,), see `Told`."""
    labels = found.labels(threshold=threshold)
    return [
        Prediction(what, label, float(row.max()), float(fits), row, item)
        for what, label, row, fits, item in zip(
            whats, labels, found.probabilities, found.in_class_probability, items, strict=True
        )
    ]


def classify_library(
    library: Library,
    encoder: Encoder,
    classifier: Classifier,
    *,
    filters: Filters | None = None,
    threshold: float = LIKELY,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> list[Prediction]:
    """Tells the pictures and then the videos of a library into classes, by their stored vectors.

    Ends early, with what there is, when `cancel` is set. Raises LibraryError.
    """
    predictions: list[Prediction] = []
    for items, track in iter_tracks(library, encoder, filters=filters, on_progress=on_progress, cancel=cancel):
        found = predict_video(classifier, track)[0] if track.timed else classifier.predict(track.vectors)
        predictions += make_predictions(found, [item.path for item in items], items, threshold)
    return predictions


def iter_tracks(
    library: Library,
    encoder: Encoder,
    *,
    filters: Filters | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[tuple[list[Item], Track]]:
    """The stored vectors of the items that pass the filters: of many pictures at a time one row each, without seconds,
    and then of each video, alone, its rows. Ends early when `cancel` is set. Raises LibraryError.
    """
    index = library.index(encoder)
    mask = (filters or Filters()).mask(index.items, library)
    parts = _parts(index, np.ones(len(index.items), bool) if mask is None else mask)
    started = time.monotonic()
    for done, numbers in enumerate(parts, start=1):
        if cancel is not None and cancel.is_set():
            return
        track = Track(index.start_s[numbers], index.end_s[numbers], index.vectors(numbers))
        rows = index.items.take(index.item_rows[numbers[:1] if track.timed else numbers])
        yield [Item.from_row(row) for row in rows.to_pylist()], track
        if on_progress:
            on_progress(Progress("classify", done, len(parts), time.monotonic() - started, "parts"))


def read_classes(path: Path) -> list[ClassName]:
    """Classes from a CSV: a name a row, then any number of descriptions; rows of one name belong together.

    What a row named "none of these" describes, each by itself, is what the classes are not. A header that begins with
    `name`, `label` or `class` is passed over. Raises DataError.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file)]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a CSV in UTF-8: {error}.") from error
    if rows and rows[0] and rows[0][0].lower() in ("name", "label", "class"):
        rows = rows[1:]
    found: dict[str, list[str]] = {}
    for name, *descriptions in filter(lambda row: row and row[0], rows):
        found.setdefault(name, []).extend(filter(None, descriptions))
    negative = [ClassName(description, negative=True) for description in dict.fromkeys(found.pop(NONE, []))]
    if not found:
        raise DataError(f"{path} names no classes: write one a row.")
    return [ClassName(name, tuple(dict.fromkeys(descriptions))) for name, descriptions in found.items()] + negative


def predictions_csv(predictions: Sequence[Prediction], names: Sequence[str]) -> str:
    """The answers as CSV with a header: what, label, probability, fits, and the probability of each class."""
    rows = [["what", "label", "probability", "fits", *names]]
    for entry in predictions:
        numbers = (f"{number:.4f}" for number in (entry.probability, entry.in_class_probability, *entry.probabilities))
        rows.append([entry.source, entry.label, *numbers])
    return csv_text(rows)


def write_folders(predictions: Sequence[Prediction], target: BinaryIO) -> list[str]:
    """Writes copies of the files into a zip, a folder for each class; returns the paths that cannot be read.

    `left out.txt` of the zip lists these too. Names that would meet, letter case aside, are numbered.
    """
    left_out: list[str] = []
    taken: set[str] = set()
    folders: dict[str, str] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for entry in predictions:
            if entry.label not in folders:
                letters = (letter if letter.isalnum() or letter in " -_" else "_" for letter in entry.label)
                folders[entry.label] = _free_name("", "".join(letters).strip() or "_", taken)
            try:
                archive.write(entry.source, _free_name(f"{folders[entry.label]}/", Path(entry.source).name, taken))
            except (OSError, ValueError):  # a ValueError: its name cannot be written as UTF-8
                left_out.append(entry.source)
        if left_out:
            listed = "\n".join(map(get_policy().display_path, left_out))
            archive.writestr("left out.txt", listed.encode("utf-8", "backslashreplace"))
    return left_out


def _free_name(folder: str, name: str, taken: set[str]) -> str:
    """The name in a folder ("" or "FOLDER/"), with a number before it where it is taken; it is taken from then on."""
    tries = itertools.chain([folder + name], (f"{folder}{number} {name}" for number in itertools.count(2)))
    free = next(entry for entry in tries if entry.casefold() not in taken)
    taken.add(free.casefold())
    return free


def _parts(index: VectorIndex, cached: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The numbers of the vectors of kept items (items,): of many pictures at a time, and of each video, by time."""
    pictures = np.flatnonzero(cached[index.item_rows] & np.isnan(index.start_s))
    frames = index.in_time[cached[index.item_rows[index.in_time]]]
    videos = np.split(frames, np.flatnonzero(np.diff(index.item_rows[frames])) + 1)
    return [part for part in (*np.split(pictures, range(_CHUNK, len(pictures), _CHUNK)), *videos) if len(part)]
