"""Which part of a picture matches a query: each part is shown alone, or covered. Works with any encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.encoders.prompts import embed_texts
from core.encoders.reference_prompts import embed_reference_prompts
from core.errors import QueryError
from core.library.public.handout import check_handed_out
from core.library.store import Library
from core.media.isolated import open_isolated, read_still
from core.media.modalities import get_modality
from core.progress import SILENT, Task
from core.search.query import Term, parse_frame

Way = Literal["alone", "covered"]

_GRAY = (127, 127, 127)
_UNCHANGED = 1e-5  # largest difference of a cosine from 1 by rounding
_ORDINARY = 0.25  # share of rivals with as much variation between parts, from which a query does not stand out

_THINGS = (  # that many people have photos of, and that rarely fill one
    "a dog", "a cat", "a bird", "a horse", "a person", "a bicycle", "a boat", "an airplane", "a flower", "a cup",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Saliency:
    """Which part of a picture matches a query.

    Attributes
    ----------
    way : {"alone", "covered"}
    picture : PIL.Image.Image
        The encoder's input, reduced in size.
    score : float
        Cosine of the whole picture.
    values : array of float32, shape (rows, columns)
        The higher, the better a part matches. "alone": mean cosine of the pieces that contain it, shown on gray.
        "covered": mean drop of the cosine when it is covered; below 0, the query fits better without it.
    looked_at : array of bool, shape (rows, columns)
        Whether the encoder looks at a part; elsewhere values are the lowest of the others.
    matched : float or None
        Share of other queries whose values vary as much between parts, 0 to 1; None without other queries.
    """

    way: Way
    picture: Image.Image
    score: float
    values: NDArray[np.float32]
    looked_at: NDArray[np.bool_]
    matched: float | None = None

    @property
    def stands_out(self) -> bool:
        """Whether values vary more between parts than those of most queries.

        Measured with "alone": true for 45 of 52 things in a photo by its captions, and for 15 of 42 not mentioned.
        """
        return self.matched is None or self.matched < _ORDINARY

    @property
    def peak(self) -> tuple[int, int]:
        """Row and column of the best match, where the encoder looks."""
        row, column = np.unravel_index(int(np.where(self.looked_at, self.values, -np.inf).argmax()), self.values.shape)
        return int(row), int(column)


def find_clear_thing(encoder: Encoder, pictures: Vectors) -> str:
    """The everyday thing that one of some pictures shows most clearly: an example to look for in it.

    Clear is a cosine many standard deviations above those of the reference prompts with that picture. The word that
    fits most pictures is none to look for: often it is a texture or a scene, which is in every part.

    Parameters
    ----------
    encoder : Encoder
    pictures : array of float32, shape (n, dim)
        Unit rows.

    Returns
    -------
    str
        "" without pictures.
    """
    if not len(pictures):
        return ""
    usual = pictures @ embed_reference_prompts(encoder).T
    cosines = pictures @ embed_texts(encoder, _THINGS).T
    clear = (cosines - usual.mean(axis=1, keepdims=True)) / (usual.std(axis=1, keepdims=True) + 1e-6)
    return _THINGS[int(clear.max(axis=0).argmax())]


@task_keywords
def compute_saliency(
    encoder: Encoder,
    image: Image.Image,
    query: NDArray[np.float32],
    *,
    cells: int = 8,
    way: Way = "alone",
    rivals: Vectors | None = None,
    task: Task = SILENT,
) -> Saliency:
    """How well each part of a picture matches a query. Uses only `encode_images` of the encoder.

    "covered" is occlusion [1]_: a gray patch of three eighths of the longer side moves over the picture. "alone" is the
    opposite: a piece of half the longer side is shown on gray. It finds the correct one of two pictures side by side
    more often, since an encoder that sees several things at once divides its vector among them.

    Parameters
    ----------
    encoder : Encoder
    image : PIL.Image.Image
    query : array of float32, shape (dim,)
        Unit vector.
    cells : int
        Squares along the longer side.
    way : {"alone", "covered"}
    rivals : array of float32, shape (n, dim), optional
        Unit rows of other queries, such as the reference prompts, to compare the variation between parts with.
    task : Task, optional

    Returns
    -------
    Saliency

    Raises
    ------
    Cancelled

    References
    ----------
    .. [1] Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks"
    """
    image = image.convert("RGB")
    image.thumbnail((2 * encoder.min_side, 2 * encoder.min_side))
    rows, columns = _layout(image.size, cells)
    parts = _parts(rows, columns, cells, way)
    queries = query[None] if rivals is None else np.concatenate([query[None], rivals])
    whole = encoder.encode_images([image])[0] @ queries.T
    looked_at = get_field_of_view(encoder, image.size, rows, columns)
    scores: list[Vectors] = []
    stopped = "Stopped before all parts of the picture were looked at."
    for batch in task.track_batches(parts, encoder.batch_size, "look", "parts", stopped=stopped):
        scores.append(_mask_parts(encoder, image, rows, columns, batch, way) @ queries.T)
    cosines = np.concatenate(scores)
    values = _arrange(parts, cosines if way == "alone" else whole - cosines, rows, columns)
    variation, own = np.ptp(values[looked_at], axis=0), values[..., 0].copy()
    own[~looked_at] = own[looked_at].min()
    matched = None if rivals is None else float((variation[1:] >= variation[0]).mean())
    return Saliency(way, image, float(whole[0]), own, looked_at, matched)


def count_steps(size: tuple[int, int], cells: int, way: Way) -> int:
    """Number of changed pictures that `compute_saliency` embeds.

    Parameters
    ----------
    size : (int, int)
        Width and height of the picture.
    cells : int
    way : {"alone", "covered"}
        As of `compute_saliency`.

    Returns
    -------
    int
    """
    return len(_parts(*_layout(size, cells), cells, way))


def load_image(library: Library, term: Term, *, time_s: float = 0.0, min_side: int | None = None) -> Image.Image:
    """The picture of a query term; of a video or a clip, the frame at a second.

    Parameters
    ----------
    library : Library
    term : Term
    time_s : float
        Second of a video or a clip.
    min_side : int, optional
        Pixels, see `core.media.open_image`.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    QueryError
        The term is words, or its item does not exist.
    MediaError
        The file cannot be read.
    """
    if term.kind in ("image", "clip"):
        source = term.value if isinstance(term.value, bytes) else Path(term.value)
        if term.kind == "image":
            return open_isolated(source, min_side=min_side)
        return read_still(source, time_s, min_side=min_side)
    item_id, at_s = parse_frame(str(term.value)) if term.kind == "frame" else (str(term.value), time_s)
    item = None if term.is_word else library.item(item_id)
    if item is None:
        raise QueryError("Choose a picture, not words." if term.is_word else "This item is not in the library.")
    check_handed_out(item)
    return get_modality(item.kind).draw(Path(item.path), [at_s], min_side or 0)[0]


def get_field_of_view(encoder: Encoder, size: tuple[int, int], rows: int, columns: int) -> NDArray[np.bool_]:
    """Which parts of a picture of this size (width, height) an encoder looks at: (rows, columns) bool.

    Many encoders see only the center square. This is measured on noise: a border that can be covered without a change
    of the vector is not looked at.
    """
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8))
    heights, widths = range(1, (rows + 1) // 2), range(1, (columns + 1) // 2)
    borders = [(0, 0, size, columns) for size in heights] + [(rows - size, 0, rows, columns) for size in heights]
    borders += [(0, 0, rows, size) for size in widths] + [(0, columns - size, rows, columns) for size in widths]
    looked_at = np.ones((rows, columns), bool)
    if borders:
        whole = encoder.encode_images([noise])[0]
        for first in range(0, len(borders), encoder.batch_size):
            batch = borders[first : first + encoder.batch_size]
            cosines = _mask_parts(encoder, noise, rows, columns, batch, "covered") @ whole
            for (top, left, bottom, right), cosine in zip(batch, cosines, strict=True):
                if cosine > 1.0 - _UNCHANGED:
                    looked_at[top:bottom, left:right] = False
    return looked_at


def _layout(size: tuple[int, int], cells: int) -> tuple[int, int]:
    """Rows and columns of squares, `cells` along the longer side."""
    columns, rows = (max(1, round(cells * side / max(size))) for side in size)
    return rows, columns


def _parts(rows: int, columns: int, cells: int, way: Way) -> list[tuple[int, int, int, int]]:
    """The parts to show alone or to cover: (top, left, bottom, right) in squares."""
    side = max(1, round(cells / 2 if way == "alone" else cells * 3 / 8))
    overhang = 0 if way == "alone" else side - 1  # patches extend over the borders, which are then covered as often
    height, width = min(side, rows), min(side, columns)
    return [
        (max(0, top), max(0, left), min(top + height, rows), min(left + width, columns))
        for top in range(-overhang, rows - height + overhang + 1)
        for left in range(-overhang, columns - width + overhang + 1)
        if top + height > 0 and left + width > 0 and top < rows and left < columns
    ]


def _arrange(
    parts: Sequence[tuple[int, int, int, int]], scores: Vectors, rows: int, columns: int
) -> NDArray[np.float32]:
    """For each square the mean score of the parts that contain it: (rows, columns, m) from scores (parts, m)."""
    sums, counts = np.zeros((rows, columns, scores.shape[1]), np.float32), np.zeros((rows, columns, 1), np.float32)
    for (top, left, bottom, right), score in zip(parts, scores, strict=True):
        sums[top:bottom, left:right] += score
        counts[top:bottom, left:right] += 1
    return sums / counts


def _mask_parts(
    encoder: Encoder,
    image: Image.Image,
    rows: int,
    columns: int,
    parts: Sequence[tuple[int, int, int, int]],
    way: Way,
) -> Vectors:
    """Vectors of a picture with each part (top, left, bottom, right, in squares) covered or alone."""
    width, height = image.width / columns, image.height / rows  # of a square
    pictures = []
    for top, left, bottom, right in parts:
        box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
        changed = image.copy() if way == "covered" else Image.new("RGB", image.size, _GRAY)
        changed.paste(_GRAY if way == "covered" else image.crop(box), box)
        pictures.append(changed)
    return encoder.encode_images(pictures)
