"""Measures how well outliers are found: drawings, screenshots and noise are planted among photos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.cleanup.outliers import find_outliers
from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import DataError
from core.evaluation.datasets import embed_files
from core.evaluation.duplicates import photo_names
from core.progress import SILENT, Task

_FIRST = 30
_SIZE = (400, 300)
_WORDS = "file edit view total open report sum account name date help note save error line search value item".split()


@dataclass(frozen=True, slots=True)
class OutliersReport:
    """Planted pictures that are found, in several draws.

    found: mean number within the `first` outliers; found_each: in each draw; found_of_kind: share of each kind, 0 to 1.
    auc: of the score, planted against photos, 0 to 1.
    """

    photos: int
    planted: int
    first: int
    found: float
    found_each: tuple[int, ...]
    found_of_kind: dict[str, float]
    auc: float
    encoder: str


@task_keywords
def evaluate_outliers(
    encoder: Encoder, images: Path, *, photos: int = 500, planted: int = 20, draws: int = 5, task: Task = SILENT
) -> OutliersReport:
    """Plants pictures among photos of a folder and searches for outliers, several times.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    photos : int
        Most photos, a fixed random choice.
    planted : int
        Pictures planted in each draw.
    draws : int
    task : Task, optional

    Returns
    -------
    OutliersReport

    Raises
    ------
    DataError
        The folder has too few pictures.
    """
    names = photo_names(images, photos)
    if len(names) <= planted:
        raise DataError(f"{images} has {len(names)} pictures: at least {planted + 1} are needed.")
    embedded = embed_files(encoder, images, names, task=task)
    count = len(embedded.vectors)
    finds: list[tuple[str, bool]] = []  # kind, and whether it is within the first
    aucs = []
    for seed in range(draws):
        pictures = make_planted_images(planted, seed=seed)
        vectors = np.concatenate([embedded.vectors, encoder.encode_images([picture for _, picture in pictures])])
        outliers = find_outliers(vectors, top=len(vectors))
        first = {outlier.number for outlier in outliers[:_FIRST]}
        finds += [(kind, number in first) for number, (kind, _) in enumerate(pictures, start=count)]
        scores = np.zeros(len(vectors))
        scores[[outlier.number for outlier in outliers]] = [outlier.score for outlier in outliers]
        aucs.append(float((scores[count:, None] > scores[None, :count]).mean()))
    found = np.array([is_found for _, is_found in finds]).reshape(draws, planted).sum(axis=1)
    kinds = dict.fromkeys(kind for kind, _ in finds)
    return OutliersReport(
        photos=count,
        planted=planted,
        first=_FIRST,
        found=float(found.mean()),
        found_each=tuple(found.tolist()),
        found_of_kind={
            kind: round(float(np.mean([is_found for own, is_found in finds if own == kind])), 4) for kind in kinds
        },
        auc=round(float(np.mean(aucs)), 4),
        encoder=encoder.name,
    )


def make_planted_images(count: int, *, seed: int = 0) -> list[tuple[str, Image.Image]]:
    """Drawings, screenshots and noise in turn, all different, with their kinds."""
    rng = np.random.default_rng(seed)
    makers: dict[str, Callable[[np.random.Generator], Image.Image]] = {
        "drawing": _make_drawing, "screenshot": _make_screenshot, "noise": _make_noise,
    }  # fmt: skip
    kinds = list(makers)
    return [(kind, makers[kind](rng)) for kind in (kinds[number % len(kinds)] for number in range(count))]


def _make_drawing(rng: np.random.Generator) -> Image.Image:
    """Lines and outlines on paper."""
    picture = Image.new("RGB", _SIZE, "white" if rng.random() < 0.7 else _random_color(rng, 200, 255))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(6, 16))):
        color, width = _random_color(rng, 0, 160), int(rng.integers(2, 7))
        x, y = (int(rng.integers(0, side)) for side in _SIZE)
        box = (x, y, x + int(rng.integers(20, 150)), y + int(rng.integers(20, 120)))
        shape = rng.integers(4)
        if shape == 0:
            pen.ellipse(box, outline=color, width=width)
        elif shape == 1:
            pen.rectangle(box, outline=color, width=width)
        elif shape == 2:
            pen.polygon([tuple(map(int, point)) for point in rng.integers(0, 300, (3, 2))], outline=color, width=width)
        else:
            pen.line([tuple(map(int, point)) for point in rng.integers(0, 400, (6, 2))], fill=color, width=width)
    return picture


def _make_screenshot(rng: np.random.Generator) -> Image.Image:
    """Windows with title bars and lines of text."""
    dark = bool(rng.random() < 0.4)
    picture = Image.new("RGB", (640, 480), _random_color(rng, 20, 60) if dark else _random_color(rng, 190, 240))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 4))):
        left, top = int(rng.integers(0, 200)), int(rng.integers(0, 140))
        right, bottom = left + int(rng.integers(260, 420)), top + int(rng.integers(200, 320))
        pen.rectangle((left, top, right, bottom), fill=(30, 30, 34) if dark else "white", outline="grey")
        pen.rectangle((left, top, right, top + 24), fill=_random_color(rng, 40, 200))
        font = ImageFont.load_default(int(rng.integers(11, 18)))
        for line in range(top + 32, bottom - 20, 20):
            text = " ".join(rng.choice(_WORDS, int(rng.integers(2, 7))))[: (right - left) // 9]
            pen.text((left + 10, line), text, fill="lightgrey" if dark else "black", font=font)
    return picture


def _make_noise(rng: np.random.Generator) -> Image.Image:
    """Grains of any size, gray or colored, or stripes."""
    width, height = _SIZE
    if rng.random() < 0.25:
        stripes = rng.integers(0, 256, (1, width // 4, 3)).astype(np.uint8)
        return Image.fromarray(stripes).resize(_SIZE, Image.Resampling.NEAREST)
    grain = int(rng.choice([1, 1, 2, 4, 8]))
    shape = (height // grain, width // grain, int(rng.choice([1, 3])))
    grains = np.repeat(rng.integers(0, 256, shape), 3 // shape[2], axis=2).astype(np.uint8)
    return Image.fromarray(grains).resize(_SIZE, Image.Resampling.NEAREST)


def _random_color(rng: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(low, high, 3))
    return red, green, blue
