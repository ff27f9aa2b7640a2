"""Measures whether an axis between two phrases sorts pictures as people would, by what captions mention."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, unique
from core.geometry.axis import axis_values, embed_ends
from core.progress import SILENT, Task

SEVERAL = frozenset(
    "people persons men women boys girls children kids babies toddlers teenagers ladies guys adults friends couple "
    "crowd crowds group groups team teams audience band family players students workers soldiers performers dancers "
    "riders runners cyclists skiers climbers".split()
)
ONE = frozenset(
    "person man woman boy girl child kid baby toddler teenager lady guy adult someone player worker dancer rider "
    "runner cyclist biker skier snowboarder skateboarder surfer swimmer climber".split()
)


@dataclass(frozen=True, slots=True)
class AxisReport:
    """Spearman rank correlations, -1 to 1, of positions on the axis with a proxy for the number of people in a picture:
    the mean number of words for people in its captions, of words for several people only, and of all such words.

    by_pictures_..., by_words_...: see `core.geometry.axis_values`.
    """

    images: int
    low: str
    high: str
    by_pictures_several: float
    by_pictures_any: float
    by_words_several: float
    by_words_any: float
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


@task_keywords
def evaluate_axis(
    encoder: Encoder, images: Path, captions: Path, low: str, high: str, *, task: Task = SILENT
) -> AxisReport:
    """Measures an axis on pictures with captions.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    captions : Path
        CSV with the columns image, caption.
    low, high : str
        Phrases of the ends, see `core.geometry.embed_ends`.
    task : Task, optional

    Returns
    -------
    AxisReport

    Raises
    ------
    DataError
        A file cannot be read, or the captions mention as many people everywhere.
    QueryError
        The phrases are empty or equal.
    """
    ends = embed_ends(encoder, low, high)
    pairs = read_pairs(captions, "image", "caption")
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    captions_of: dict[str, list[str]] = {name: [] for name in embedded.rows}
    for name, caption in pairs:
        if name in captions_of:
            captions_of[name].append(caption)
    several, anybody = find_mentions(captions_of, SEVERAL), find_mentions(captions_of, SEVERAL | ONE)
    by_pictures = axis_values(embedded.vectors, ends, by="pictures")
    by_words = axis_values(embedded.vectors, ends, by="words")
    return AxisReport(
        images=len(captions_of),
        low=low,
        high=high,
        by_pictures_several=compute_rank_correlation(by_pictures, several),
        by_pictures_any=compute_rank_correlation(by_pictures, anybody),
        by_words_several=compute_rank_correlation(by_words, several),
        by_words_any=compute_rank_correlation(by_words, anybody),
        encoder=encoder.name,
        skipped=tuple(embedded.skipped.items()),
    )


def find_mentions(captions: Mapping[str, Sequence[str]], words: frozenset[str]) -> NDArray[np.float64]:
    """Mean number of these words in the captions of each picture, (n,)."""
    counts = [[sum(word in words for word in _words(text)) for text in texts] for texts in captions.values()]
    return np.array([np.mean(picture_counts) for picture_counts in counts])


def compute_rank_correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Spearman's rank correlation to four decimals, with mean ranks for ties. Raises DataError for constant values."""
    from scipy.stats import spearmanr

    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        raise DataError("There is nothing to rank: at least three pictures with different captions are needed.")
    return round(float(spearmanr(one, other).statistic), 4)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())
