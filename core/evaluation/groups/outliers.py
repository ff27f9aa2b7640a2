"""Measures how well outliers are found: foreign pictures, of a folder or drawn here, are planted among photos.

Photos that have company should not be among the outliers: those with at least four others as near as the fourth
neighbor of half of all photos is. Such groups are counted among the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.cleanup.outliers import UNUSUAL, find_outliers
from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.evaluation.datasets import embed_files
from core.evaluation.groups.duplicates import photo_names
from core.progress import SILENT, Task
from core.vectors.neighbors import find_nearest_neighbors

Draw = Callable[[int], tuple[list[str], Vectors]]
"""Kinds and vectors of the pictures that a seed plants."""

_SIZE = (400, 300)
_GROUP = 5  # photos that are alike
_WORDS = "file edit view total open report sum account name date help note save error line search value item".split()


@dataclass(frozen=True, slots=True)
class OutliersReport:
    """Planted pictures that are found, in several draws.

    Attributes
    ----------
    photos, planted : int
    precision : float
        Share of planted pictures among as many first outliers as were planted, 0 to 1, mean of the draws.
    precision_each : tuple of float
        In each draw.
    grouped : float
        Mean number of photos among these that belong to a group of five or more that are alike.
    found_of_kind : dict of str to float
        Share of each kind that is among these, 0 to 1.
    listed, listed_unplanted : float
        Share of all, 0 to 1, that is listed by default with the planted pictures (mean), and without them.
    auc : float
        Of the score, planted against photos, 0 to 1.
    encoder : str
    """

    photos: int
    planted: int
    precision: float
    precision_each: tuple[float, ...]
    grouped: float
    found_of_kind: dict[str, float]
    listed: float
    listed_unplanted: float
    auc: float
    encoder: str


@task_keywords
def evaluate_outliers(
    encoder: Encoder,
    images: Path,
    *,
    foreign: Path | None = None,
    photos: int = 500,
    planted: int = 20,
    draws: int = 10,
    task: Task = SILENT,
) -> OutliersReport:
    """Plants pictures among photos of a folder and searches for outliers, several times.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    foreign : Path, optional
        Folder of the pictures to plant, with a folder for each kind; as many of each kind are drawn. Default: drawings,
        screenshots and noise that are made here.
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
        A folder has too few pictures.
    """
    names = photo_names(images, photos)
    if len(names) <= planted:
        raise DataError(f"{images} has {len(names)} pictures: at least {planted + 1} are needed.")
    own = embed_files(encoder, images, names, task=task).vectors
    draw = _draw_made(encoder, planted) if foreign is None else _draw_foreign(encoder, foreign, planted, task)
    in_group = _find_grouped(own)
    finds: list[tuple[str, bool]] = []  # kind, and whether it is among the first
    listed, aucs, grouped = [], [], []
    for seed in range(draws):
        kinds, vectors = draw(seed)
        outliers = find_outliers(np.concatenate([own, vectors]), top=len(own) + planted, task=task)
        first = {outlier.number for outlier in outliers[:planted]}
        finds += [(kind, number in first) for number, kind in enumerate(kinds, start=len(own))]
        grouped.append(sum(bool(in_group[number]) for number in first if number < len(own)))
        scores = np.zeros(len(outliers))
        scores[[outlier.number for outlier in outliers]] = [outlier.score for outlier in outliers]
        listed.append((scores >= UNUSUAL).mean())
        aucs.append((scores[len(own) :, None] > scores[None, : len(own)]).mean())
    precision = np.array([is_found for _, is_found in finds]).reshape(draws, planted).mean(axis=1)
    unplanted = [outlier.score >= UNUSUAL for outlier in find_outliers(own, top=len(own), task=task)]
    return OutliersReport(
        photos=len(own),
        planted=planted,
        precision=round(float(precision.mean()), 4),
        precision_each=tuple(precision.round(4).tolist()),
        grouped=float(np.mean(grouped)),
        found_of_kind={
            kind: round(float(np.mean([is_found for name, is_found in finds if name == kind])), 4)
            for kind in dict.fromkeys(kind for kind, _ in finds)
        },
        listed=round(float(np.mean(listed)), 4),
        listed_unplanted=round(float(np.mean(unplanted)), 4),
        auc=round(float(np.mean(aucs)), 4),
        encoder=encoder.name,
    )


def _find_grouped(vectors: Vectors) -> NDArray[np.bool_]:
    """(n,) whether a photo has at least four others as near as half of all photos have them."""
    k = min(_GROUP - 1, len(vectors) - 1)
    cosines = find_nearest_neighbors(vectors, k).cosines[:, k - 1]
    return np.asarray(cosines >= np.median(cosines))


def _draw_made(encoder: Encoder, count: int) -> Draw:
    def draw(seed: int) -> tuple[list[str], Vectors]:
        pictures = make_planted_images(count, seed=seed)
        return [kind for kind, _ in pictures], encoder.encode_images([picture for _, picture in pictures])

    return draw


def _draw_foreign(encoder: Encoder, folder: Path, count: int, task: Task) -> Draw:
    """Draws pictures of a folder, of each of its folders in turn. Raises DataError for too few."""
    embedded = embed_files(encoder, folder, photo_names(folder), task=task)
    rows: dict[str, list[int]] = {}
    for name, row in embedded.rows.items():
        rows.setdefault(Path(name).parts[0] if len(Path(name).parts) > 1 else folder.name, []).append(row)
    if count > len(rows) * min(map(len, rows.values())):
        raise DataError(f"{folder} has too few pictures to draw {count}, as many of each of its {len(rows)} folders.")

    def draw(seed: int) -> tuple[list[str], Vectors]:
        rng = np.random.default_rng(seed)
        shuffled = {kind: rng.permutation(own) for kind, own in rows.items()}
        kinds = [list(rows)[number % len(rows)] for number in range(count)]
        chosen = [int(shuffled[kind][number // len(rows)]) for number, kind in enumerate(kinds)]
        return kinds, embedded.vectors[chosen]

    return draw


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
