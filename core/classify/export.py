"""Predictions as files: a CSV, or copies of the items in one folder per class."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from core.classify.predict import Prediction
from core.errors import MediaError
from core.library.public.handout import add_to_zip, check_handed_out
from core.media.places import Unsure
from core.utils.tables import Redact, csv_text


def predictions_csv(predictions: Sequence[Prediction], names: Sequence[str], *, redact: Redact) -> str:
    """Predictions as CSV.

    Parameters
    ----------
    predictions : sequence of Prediction
    names : sequence of str
        The classes.
    redact : callable
        Hides parts of paths, see `core.policy`.

    Returns
    -------
    str
        With the columns what, label, probability, fits, and one per class.
    """
    rows = [["what", "label", "probability", "fits", *names]]
    for prediction in predictions:
        numbers = (prediction.probability, prediction.in_class_probability, *prediction.probabilities)
        rows.append([prediction.source, prediction.label, *(f"{number:.4f}" for number in numbers)])
    return csv_text(rows, redact=redact)


def write_folders(predictions: Sequence[Prediction], target: BinaryIO, *, redact: Redact) -> list[str]:
    """Writes copies of the files into a zip, one folder per class.

    `left out.txt` in the zip lists unreadable files. Names that are equal when case is ignored are numbered.

    Parameters
    ----------
    predictions : sequence of Prediction
    target : binary file
    redact : callable
        Hides parts of the paths in `left out.txt`.

    Returns
    -------
    list of str
        Paths of unreadable files.
    """
    unreadable: list[str] = []
    reasons: list[str] = []
    used_names: set[str] = set()
    folders: dict[str, str] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for prediction in predictions:
            label, path = prediction.label, prediction.source
            if label not in folders:
                letters = (letter if letter.isalnum() or letter in " -_" else "_" for letter in label)
                folders[label] = _free_name("", "".join(letters).strip() or "_", used_names)
            try:
                if prediction.item is not None:
                    check_handed_out(prediction.item)
                add_to_zip(archive, path, _free_name(f"{folders[label]}/", Path(path).name, used_names))
            except (OSError, ValueError, MediaError) as error:  # ValueError: the name cannot be written as UTF-8
                unreadable.append(path)
                reasons.append(f": {error}" if isinstance(error, Unsure) else "")
        if unreadable:
            paths = "\n".join(redact(path) + reason for path, reason in zip(unreadable, reasons, strict=True))
            archive.writestr("left out.txt", paths.encode("utf-8", "backslashreplace"))
    return unreadable


def _free_name(folder: str, name: str, used_names: set[str]) -> str:
    """The name in a folder ("" or "FOLDER/"), numbered if it is used; adds it to `used_names`."""
    candidates = itertools.chain([folder + name], (f"{folder}{number} {name}" for number in itertools.count(2)))
    free = next(candidate for candidate in candidates if candidate.casefold() not in used_names)
    used_names.add(free.casefold())
    return free
