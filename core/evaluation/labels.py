"""Measures whether labels ever make classes worse: zero-shot, labels alone and both, by labels per class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.classify.training import ClassKind, fit_classes
from core.classify.validation import SHOTS
from core.classify.zero_shot import ClassName, ZeroShot, get_class_numbers
from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, require_one_each, unique
from core.evaluation.sets import read_label_sets
from core.progress import SILENT, Task

LEAST_TEST = 3  # pictures of each class that are measured on
_TEST_SHARE = 0.3
_METHODS: tuple[ClassKind, ...] = ("probe", "blend")
_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class LabelsCell:
    """Accuracy on held-out pictures of one set with so many labels per class, mean of the draws.

    Attributes
    ----------
    set : str
    shots : int
        Labels per class.
    zeroshot, probe, blend : float
        0 to 1.
    error : float
        Standard error, over the draws, of the difference of the blend and the better of the others.
    worse : bool
        Whether the blend is worse than the better of the others by more than 0.01 and more than that error.
    """

    set: str
    shots: int
    zeroshot: float
    probe: float
    blend: float
    error: float
    worse: bool


@dataclass(frozen=True, slots=True)
class LabelsReport:
    """`mean_*`: over the cells. skipped: (image, reason)."""

    images: int
    repeats: int
    cells: tuple[LabelsCell, ...]
    mean_zeroshot: float
    mean_probe: float
    mean_blend: float
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


def evaluate_labels(
    encoder: Encoder,
    images: Path,
    *,
    texts: Path | None = None,
    sets: Sequence[str] = (),
    labels: Path | None = None,
    shots: Sequence[int] = SHOTS,
    repeats: int = 20,
    task: Task = SILENT,
) -> LabelsReport:
    """Accuracy of zero-shot, of heads from labels alone, and of blends, in each set and by labels per class.

    Each draw holds out 30 % of each class, at least three pictures, and learns from some of the others. There are as
    many labels per class as leave three of every class to measure. All methods see the same draws.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    texts : Path, optional
        Table with the columns image, text, kind and set, see `core.evaluation.sets`. Rows of the kind "label" count.
    sets : sequence of str
        Of that table; by default all.
    labels : Path, optional
        Instead: a table with the columns image and label, which is one set.
    shots : sequence of int
        Labels per class.
    repeats : int
        Draws.
    task : Task, optional

    Returns
    -------
    LabelsReport

    Raises
    ------
    DataError
        There are neither texts nor labels, a table cannot be read, or no set has enough pictures of each class.
    """
    if repeats < 2 or not shots or min(shots) < 1:
        raise DataError("Choose at least 2 repeats, and at least 1 label per class.")
    rows = _read_sets(texts, sets, labels)
    embedded = embed_files(encoder, images, unique(image for pairs in rows.values() for image in pairs), task=task)
    cells: list[LabelsCell] = []
    stopped = "Stopped before all sets were measured."
    for name, pairs in task.track(list(rows.items()), "learn", "sets", stopped=stopped):
        known = {image: label for image, label in pairs.items() if image in embedded.rows}
        vectors = embedded.vectors[[embedded.rows[image] for image in known]]
        cells += measure_set(encoder, name, vectors, list(known.values()), shots=shots, repeats=repeats)
    if not cells:
        raise DataError(f"No set has {LEAST_TEST + min(shots)} pictures of each of two classes: choose others.")
    return LabelsReport(
        images=len(embedded.rows),
        repeats=repeats,
        cells=tuple(cells),
        mean_zeroshot=round(float(np.mean([cell.zeroshot for cell in cells])), 4),
        mean_probe=round(float(np.mean([cell.probe for cell in cells])), 4),
        mean_blend=round(float(np.mean([cell.blend for cell in cells])), 4),
        encoder=encoder.name,
        skipped=tuple(embedded.skipped.items()),
    )


def measure_set(
    encoder: Encoder, name: str, vectors: Vectors, labels: Sequence[str], *, shots: Sequence[int], repeats: int
) -> list[LabelsCell]:
    """The cells of one set. vectors: (n, dim) unit rows. labels: (n,). None for fewer than two classes."""
    names = sorted(set(labels))
    if len(names) < 2:
        return []
    zero_shot = ZeroShot.of(encoder, [ClassName(label) for label in names])
    truth = get_class_numbers(labels, names)
    least = int(np.bincount(truth).min())
    best = zero_shot.predict(vectors).best
    cells = []
    for count in sorted(shot for shot in set(shots) if least - shot >= LEAST_TEST):
        draws = []
        for train, test in draw_splits(truth, count, repeats):
            learned = [labels[row] for row in train]
            heads = [fit_classes(encoder, kind, vectors[train], learned, zero_shot=zero_shot) for kind in _METHODS]
            predicted = [best[test], *(head.probabilities(vectors[test]).argmax(axis=1) for head in heads)]
            draws.append([float((numbers == truth[test]).mean()) for numbers in predicted])
        cells.append(_summarize(name, count, np.array(draws)))
    return cells


def draw_splits(
    truth: NDArray[np.int64], count: int, repeats: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to learn from, `count` of each class, and other rows to measure on, for each draw; deterministic."""
    rng = np.random.default_rng(0)
    for _ in range(repeats):
        train, test = [], []
        for number in np.unique(truth):
            rows = rng.permutation(np.flatnonzero(truth == number))
            held_out = max(LEAST_TEST, min(round(_TEST_SHARE * len(rows)), len(rows) - count))
            test.append(rows[:held_out])
            train.append(rows[held_out : held_out + count])
        yield np.concatenate(train), np.concatenate(test)


def _summarize(name: str, count: int, draws: NDArray[np.float64]) -> LabelsCell:
    """draws: (repeats, 3) accuracies of zero-shot, probe and blend."""
    zeroshot, probe, blend = draws.mean(axis=0)
    lead = draws[:, 2] - draws[:, 0 if zeroshot >= probe else 1]
    error = float(lead.std(ddof=1) / np.sqrt(len(draws)))
    worse = bool(lead.mean() < -max(_TOLERANCE, error))
    zeroshot, probe, blend, error = (round(float(figure), 4) for figure in (zeroshot, probe, blend, error))
    return LabelsCell(name, count, zeroshot, probe, blend, error, worse)


def _read_sets(texts: Path | None, sets: Sequence[str], labels: Path | None) -> Mapping[str, dict[str, str]]:
    """{set: {image: label}}."""
    if (texts is None) == (labels is None):
        raise DataError("Give either a table of sets (texts) or a table with the columns image and label (labels).")
    if labels is not None:
        return {labels.stem: require_one_each(read_pairs(labels, "image", "label"), labels)}
    assert texts is not None
    found = read_label_sets(texts)
    unknown = [name for name in sets if name not in found]
    if unknown:
        raise DataError(f"{texts} has no set {unknown[0]!r} with labels: it has {', '.join(found)}.")
    return {name: found[name] for name in sets or found}
