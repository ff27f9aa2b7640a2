"""Predictions as files: a CSV, or copies of the items in a folder for each class."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from core.classify.predict import Prediction
from core.errors import MediaError
from core.library.handout import check_handed_out
from core.utils.tables import Redact, csv_text


def predictions_csv(predictions: Sequence[Prediction], names: Sequence[str], *, redact: Redact) -> str:
    """Predictions as CSV with the columns what, label, probability, fits, and one for each class."""
    rows = [["what", "label", "probability", "fits", *names]]
    for entry in predictions:
        numbers = (f"{number:.4f}" for number in (entry.probability, entry.in_class_probability, *entry.probabilities))
        rows.append([entry.source, entry.label, *numbers])
    return csv_text(rows, redact=redact)


def write_folders(predictions: Sequence[Prediction], target: BinaryIO, *, redact: Redact) -> list[str]:
    """Writes copies of the files into a zip, one folder per class; returns the paths that cannot be read.

    `left out.txt` in the zip lists these too. Names that are equal, ignoring case, are numbered.
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
                if entry.item is not None:
                    check_handed_out(entry.item)
                archive.write(entry.source, _free_name(f"{folders[entry.label]}/", Path(entry.source).name, taken))
            except (OSError, ValueError, MediaError):  # ValueError: the name cannot be written as UTF-8
                left_out.append(entry.source)
        if left_out:
            listed = "\n".join(map(redact, left_out))
            archive.writestr("left out.txt", listed.encode("utf-8", "backslashreplace"))
    return left_out


def _free_name(folder: str, name: str, taken: set[str]) -> str:
    """The name in a folder ("" or "FOLDER/"), numbered if it is taken; adds it to `taken`."""
    tries = itertools.chain([folder + name], (f"{folder}{number} {name}" for number in itertools.count(2)))
    free = next(entry for entry in tries if entry.casefold() not in taken)
    taken.add(free.casefold())
    return free
