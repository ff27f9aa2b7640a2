"""Which part of a picture answers a query: shown alone, or covered, one after another. For any encoder."""

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
from core.errors import QueryError
from core.library.handout import check_handed_out
from core.library.store import Library
from core.media.isolated import open_isolated, read_still
from core.media.modalities import get_modality
from core.progress import SILENT, Task
from core.search.query import Term, parse_frame

Way = Literal["alone", "covered"]

_GREY = (127, 127, 127)
_UNCHANGED = 1e-5  # how far a cosine may lie from 1 by rounding alone
_ORDINARY = 0.25  # share of rivals that differ as much from part to part, from which on a query does not stand out


@dataclass(frozen=True, eq=False)
class Saliency:
    """Which part of a picture answers. picture: what was shown to the encoder, shrunk. score: cosine of the whole one.

    values: (rows, columns), the higher, the better that part answers. By "alone": the mean cosine of the pieces around
    it, each shown with all else grey. By "covered": how much the cosine of the whole falls where it is covered, on
    average over the patches that reach it; below 0, the query fits better without. looked_at: (rows, columns) whether
    the encoder looks there at all; elsewhere values are the lowest of the others. matched: share of other queries whose
    values differ as much from part to part as these, 0 to 1; None where there were none to compare with.
    """

    way: Way
    picture: Image.Image
    score: float
    values: NDArray[np.float32]
    looked_at: NDArray[np.bool_]
    matched: float | None = None

    @property
    def stands_out(self) -> bool:
        """Whether some part answers better than others by more than most queries differ from part to part. Shown alone,
        45 of 52 things did that captions say are in a photo, and 15 of 42 that they do not mention."""
        return self.matched is None or self.matched < _ORDINARY

    @property
    def peak(self) -> tuple[int, int]:
        """(row, column) of what answers best, where the encoder looks."""
        row, column = np.unravel_index(int(np.where(self.looked_at, self.values, -np.inf).argmax()), self.values.shape)
        return int(row), int(column)


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
    """Lays a picture out in squares, `cells` of them along its longer side, and tells how well each answers a query.

    "covered" is occlusion (Zeiler and Fergus 2014): a grey patch of three eighths of the longer side moves over the
    picture. "alone" is its opposite: a piece of half the longer side stays, all else is grey. It finds the right one
    of two pictures side by side more often, since an encoder that sees several things at once has to divide its vector
    among them. Both take nothing of an encoder but `encode_images`. query: (dim,) unit. rivals: (n, dim) unit rows of
    other queries, such as the neutral prompts, that tell how much any query differs from part to part. Raises
    Cancelled.
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
    found = np.concatenate(scores)
    values = _arrange(parts, found if way == "alone" else whole - found, rows, columns)
    differ, own = np.ptp(values[looked_at], axis=0), values[..., 0].copy()
    own[~looked_at] = own[looked_at].min()
    matched = None if rivals is None else float((differ[1:] >= differ[0]).mean())
    return Saliency(way, image, float(whole[0]), own, looked_at, matched)


def count_steps(size: tuple[int, int], cells: int, way: Way) -> int:
    """How many changed pictures `compute_saliency` embeds for a picture of this size (width, height)."""
    return len(_parts(*_layout(size, cells), cells, way))


def load_image(library: Library, term: Term, *, time_s: float = 0.0, min_side: int | None = None) -> Image.Image:
    """The picture that a term of a query shows: of a video or a clip what is on the screen at a second.

    min_side: see `open_image`. Raises QueryError for words and for items that are not there, and MediaError.
    """
    if term.kind in ("image", "clip"):
        source = term.value if isinstance(term.value, bytes) else Path(term.value)
        return (
            open_isolated(source, min_side=min_side)
            if term.kind == "image"
            else read_still(source, time_s, min_side=min_side)
        )
    item_id, at_s = parse_frame(str(term.value)) if term.kind == "frame" else (str(term.value), time_s)
    item = None if term.is_word else library.item(item_id)
    if item is None:
        raise QueryError("Words show no picture: choose one." if term.is_word else "This item is not in the library.")
    check_handed_out(item)
    return get_modality(item.kind).draw(Path(item.path), [at_s], min_side or 0)[0]


def get_field_of_view(encoder: Encoder, size: tuple[int, int], rows: int, columns: int) -> NDArray[np.bool_]:
    """(rows, columns) whether an encoder looks at that part of a picture of this size (width, height).

    Many take the middle square and cut off the rims. It is measured, on noise, which looks like nothing anywhere: a rim
    that can be covered while the vector stays what it is, is not looked at.
    """
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8))
    heights, widths = range(1, (rows + 1) // 2), range(1, (columns + 1) // 2)
    rims = [(0, 0, many, columns) for many in heights] + [(rows - many, 0, rows, columns) for many in heights]
    rims += [(0, 0, rows, many) for many in widths] + [(0, columns - many, rows, columns) for many in widths]
    looked_at = np.ones((rows, columns), bool)
    if rims:
        whole = encoder.encode_images([noise])[0]
        for first in range(0, len(rims), encoder.batch_size):
            sample = rims[first : first + encoder.batch_size]
            for (top, left, bottom, right), cosine in zip(
                sample, _mask_parts(encoder, noise, rows, columns, sample, "covered") @ whole, strict=True
            ):
                if cosine > 1.0 - _UNCHANGED:
                    looked_at[top:bottom, left:right] = False
    return looked_at


def _layout(size: tuple[int, int], cells: int) -> tuple[int, int]:
    """(rows, columns) of squares, `cells` along the longer side."""
    columns, rows = (max(1, round(cells * side / max(size))) for side in size)
    return rows, columns


def _parts(rows: int, columns: int, cells: int, way: Way) -> list[tuple[int, int, int, int]]:
    """What is shown alone or covered, one after another: (top, left, bottom, right) in squares."""
    side = max(1, round(cells / 2 if way == "alone" else cells * 3 / 8))
    beyond = 0 if way == "alone" else side - 1  # patches reach over the rims, so that these are covered as often
    down, across = min(side, rows), min(side, columns)
    return [
        (max(0, top), max(0, left), min(top + down, rows), min(left + across, columns))
        for top in range(-beyond, rows - down + beyond + 1)
        for left in range(-beyond, columns - across + beyond + 1)
        if top + down > 0 and left + across > 0 and top < rows and left < columns
    ]


def _arrange(
    parts: Sequence[tuple[int, int, int, int]], scores: Vectors, rows: int, columns: int
) -> NDArray[np.float32]:
    """(rows, columns, m) for each square the mean of the scores (parts, m) of the parts that hold it."""
    sums, counts = np.zeros((rows, columns, scores.shape[1]), np.float32), np.zeros((rows, columns, 1), np.float32)
    for (top, left, bottom, right), found in zip(parts, scores, strict=True):
        sums[top:bottom, left:right] += found
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
    """The vectors of a picture with each of some parts (top, left, bottom, right, in squares) covered or alone."""
    across, down = image.width / columns, image.height / rows
    pictures = []
    for top, left, bottom, right in parts:
        box = (round(left * across), round(top * down), round(right * across), round(bottom * down))
        changed = image.copy() if way == "covered" else Image.new("RGB", image.size, _GREY)
        changed.paste(_GREY if way == "covered" else image.crop(box), box)
        pictures.append(changed)
    return encoder.encode_images(pictures)
