"""Items into classes: those of a library, files, and texts. Each answer says how sure it is and whether it fits."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.classify import Classifier, ClassName, Predictions, predict_video
from core.encoders.base import Encoder
from core.errors import DataError, MediaError
from core.export import as_text
from core.filters import Filters
from core.library.batch import Batch, Embedded
from core.library.index import VectorIndex
from core.library.reader import read_ahead, read_file
from core.library.scan import FoundFile
from core.library.schema import Item
from core.library.store import Library
from core.media.sampling import Sampling
from core.progress import OnProgress, Progress
from core.relevance import LIKELY
from core.track import embed_video, track_of


@dataclass(frozen=True)
class Told:
    """One answer. what: a path, or a text itself. label: a class, or "none of these". probability: of that class.

    fits: see `Predictions`. probabilities: (c,), of all classes. item: where it is one of a library.
    """

    what: str
    label: str
    probability: float
    fits: float
    probabilities: NDArray[np.float32]
    item: Item | None = None


def classify_library(
    library: Library,
    encoder: Encoder,
    classifier: Classifier,
    *,
    filters: Filters | None = None,
    threshold: float = LIKELY,
) -> list[Told]:
    """Tells the pictures and videos of a library into classes, by their stored vectors. Raises LibraryError."""
    index = library.index(encoder)
    filters = filters or Filters()
    mask = filters.mask(index.items, library.labels() if filters.label else ())
    kept = np.ones(len(index.items), bool) if mask is None else mask
    is_video = ~np.isnan(index.start_s)
    pictures = np.flatnonzero(kept[index.item_rows] & ~is_video)
    found = classifier.predict(index.vectors(pictures))
    told = _told(found, _items(index, index.item_rows[pictures]), threshold)
    videos = np.unique(index.item_rows[kept[index.item_rows] & is_video])
    for item in _items(index, videos):
        whole, _ = predict_video(classifier, track_of(index, item.id))
        told += _told(whole, [item], threshold)
    return told


def classify_files(
    encoder: Encoder,
    classifier: Classifier,
    paths: Sequence[Path],
    *,
    sampling: Sampling | None = None,
    threshold: float = LIKELY,
    on_progress: OnProgress | None = None,
) -> tuple[list[Told], list[tuple[str, str]]]:
    """(answers in the order of the files, (path, reason) of those that cannot be read)."""
    told: dict[int, Told] = {}
    failed: list[tuple[str, str]] = []
    batch = Batch(encoder)

    def take(place: int, path: str, vector: Embedded) -> None:
        if isinstance(vector, Exception):
            failed.append((path, f"The encoder {encoder.name} failed on this picture ({vector})."))
        else:
            told[place] = _told(classifier.predict(vector[None]), [path], threshold)[0]

    started = time.monotonic()
    files = [FoundFile(str(path), 0, 0) for path in paths]
    read = partial(read_file, min_side=encoder.min_side, wants_pixels=lambda _: True)
    for place, each in enumerate(read_ahead(files, read, ahead=encoder.batch_size, cancel=None)):
        path = each.file.path
        try:
            if each.reason is not None:
                raise MediaError(each.reason)
            if each.image is not None:
                batch.add(each.image, partial(take, place, path))
            else:
                whole, _ = predict_video(classifier, embed_video(encoder, Path(path), sampling))
                told[place] = _told(whole, [path], threshold)[0]
        except MediaError as error:
            failed.append((path, str(error)))
        if on_progress:
            on_progress(Progress("classify", place + 1, len(files), time.monotonic() - started, "files"))
    batch.run()
    return [told[place] for place in sorted(told)], failed


def classify_texts(
    encoder: Encoder, classifier: Classifier, texts: Sequence[str], *, threshold: float = LIKELY
) -> list[Told]:
    """Tells texts into classes (see `core.classify.TEXT_TEMPLATES` for the templates that suit them)."""
    return _told(classifier.predict(encoder.encode_texts(texts)), list(texts), threshold)


def read_classes(path: Path) -> list[ClassName]:
    """Classes from a CSV: a name a row, then any number of descriptions; rows of one name belong together.

    A header that begins with `name`, `label` or `class` is passed over. Raises DataError.
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
    if not found:
        raise DataError(f"{path} names no classes: write one a row.")
    return [ClassName(name, tuple(dict.fromkeys(descriptions))) for name, descriptions in found.items()]


def told_csv(told: Sequence[Told], names: Sequence[str]) -> str:
    """The answers as CSV with a header: what, label, probability, fits, and the probability of each class."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["what", "label", "probability", "fits", *map(as_text, names)])
    for each in told:
        numbers = (f"{number:.4f}" for number in (each.probability, each.fits, *each.probabilities))
        writer.writerow([as_text(each.what), as_text(each.label), *numbers])
    return buffer.getvalue()


def write_folders(told: Sequence[Told], target: BinaryIO) -> list[str]:
    """Writes copies of the files into a zip, a folder for each class; returns the paths that cannot be read."""
    left_out: list[str] = []
    taken: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for each in told:
            folder = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in each.label).strip()
            name = f"{folder or '_'}/{Path(each.what).name}"
            while name in taken:
                name = f"{folder or '_'}/{len(taken)} {Path(each.what).name}"
            taken.add(name)
            try:
                archive.write(each.what, name)
            except OSError:
                left_out.append(each.what)
    return left_out


def _items(index: VectorIndex, rows: NDArray[np.int64]) -> list[Item]:
    return [Item.from_row(row) for row in index.items.take(rows).to_pylist()]


def _told(found: Predictions, items: Sequence[Item | str], threshold: float) -> list[Told]:
    labels = found.labels(threshold=threshold)
    return [
        Told(
            item.path if isinstance(item, Item) else item,
            label,
            float(row.max()),
            float(fits),
            row,
            item if isinstance(item, Item) else None,
        )
        for item, label, row, fits in zip(items, labels, found.probabilities, found.fits, strict=True)
    ]
