"""Points: the vectors that maps, clusters, outliers and duplicates work on, with the item of each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.prompts import embed_texts
from core.errors import DataError
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.library.track import track_of
from core.media.modalities import VIDEO, get_modality, list_text_kinds

Unit = Literal["items", "frames"]

_WITHIN_S = 0.01  # past its beginning, so that rounded seconds still lie within the frame


@dataclass(frozen=True, eq=False)
class Points:
    """n points of one library under one encoder.

    Attributes
    ----------
    vectors
        (n, dim) unit rows.
    item_rows
        (n,) the row of each in `index.items`, -1 for a text.
    start_s
        (n,) the start of a segment, of a video's frame in seconds; NaN for whole items and texts.
    texts
        The texts of the last rows.
    considered
        How many points there would be without a limit.
    library
        The library's directory.
    end_s
        (n,) the end of a segment, as `start_s`; None where it is not known.
    """

    index: VectorIndex
    vectors: Vectors
    item_rows: NDArray[np.int64]
    start_s: NDArray[np.float32]
    texts: tuple[str, ...] = ()
    considered: int = 0
    library: Path | None = None
    end_s: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def first_text(self) -> int:
        """The number of the first text, which is the number of points that are not texts."""
        return len(self) - len(self.texts)

    @property
    def shown_s(self) -> list[float | None]:
        """(n,) the second of a video at which a frame is seen as it was embedded: the middle of its segment, as the
        start may still show what came before. Of other segments the start; None for whole items and texts."""
        middles = self.start_s if self.end_s is None else (self.start_s + self.end_s) / 2
        kinds = self._item_kinds() + ["text"] * len(self.texts)
        places = zip(kinds, self.start_s.tolist(), middles.tolist(), strict=True)
        found = [middle if kind == VIDEO.name else start for kind, start, middle in places]
        return [None if np.isnan(second) else second for second in found]

    @property
    def names(self) -> list[str]:
        """(n,) the file name of each without folders; for a text the text itself."""
        return [Path(str(path)).name for path in self.column("path")[: self.first_text]] + list(self.texts)

    @property
    def keys(self) -> list[str]:
        """A key for each point: the item's id, for a frame with `@SECONDS` as in `item:` terms, or `text:...`."""
        ids = self.index.items["id"].take(self.item_rows[self.item_rows >= 0]).to_pylist()
        seconds = self.start_s[: len(ids)]
        pairs = zip(ids, seconds, strict=True)
        found = [entry if np.isnan(at) else f"{entry}@{at + _WITHIN_S:.2f}" for entry, at in pairs]
        return found + [f"text:{text}" for text in self.texts]

    @property
    def states(self) -> list[str]:
        """(n,) a short digest of each vector, which changes with the file or a video's sampling; "" for texts, which
        their keys identify."""
        found = [hashlib.blake2b(row.tobytes(), digest_size=8).hexdigest() for row in self.vectors[: self.first_text]]
        return found + [""] * len(self.texts)

    @property
    def kinds(self) -> list[str]:
        """(n,) the kind of each item: "image", "video", ...; what a part of it is called, such as "frame"; "text"."""
        found = self._item_kinds()
        parts = {kind: get_modality(kind).segment or kind for kind in set(found)}
        found = [kind if np.isnan(at) else parts[kind] for kind, at in zip(found, self.start_s, strict=False)]
        return found + ["text"] * len(self.texts)

    @property
    def stills(self) -> NDArray[np.bool_]:
        """(n,) which are items of a kind without segments, such as pictures."""
        found = self._item_kinds()
        still = {kind: not get_modality(kind).is_segmented for kind in set(found)}
        return np.array([still[kind] for kind in found] + [False] * len(self.texts), bool)

    @property
    def from_text(self) -> NDArray[np.bool_]:
        """(n,) which were embedded as text: texts, and items such as documents. All others lie apart from them."""
        found, textual = self._item_kinds(), {*list_text_kinds()}
        return np.array([kind in textual for kind in found] + [True] * len(self.texts), bool)

    def keep(self, mask: NDArray[np.bool_]) -> Points:
        """The points of an (n,) mask, without texts."""
        rows = np.flatnonzero(mask & (self.item_rows >= 0))
        end_s = None if self.end_s is None else self.end_s[rows]
        return replace(
            self, vectors=self.vectors[rows], item_rows=self.item_rows[rows], start_s=self.start_s[rows], texts=(),
            end_s=end_s,
        )  # fmt: skip

    def with_texts(self, texts: Sequence[str], vectors: Vectors) -> Points:
        """The points and texts (m) as further ones, of vectors (m, dim)."""
        no_time = np.full(len(texts), np.nan, np.float32)
        return replace(
            self,
            vectors=np.concatenate([self.vectors, vectors]),
            item_rows=np.append(self.item_rows, np.full(len(texts), -1)),
            start_s=np.append(self.start_s, no_time),
            end_s=None if self.end_s is None else np.append(self.end_s, no_time),
            texts=(*self.texts, *texts),
            considered=self.considered + len(texts),
        )

    def _item_kinds(self) -> list[str]:
        return self.index.items["kind"].take(self.item_rows[self.item_rows >= 0]).to_pylist()  # type: ignore

    def items(self, numbers: Sequence[int] | NDArray[np.int64]) -> list[Item]:
        """The items of some points, in their order; none of them may be a text."""
        rows = self.index.items.take(self.item_rows[np.asarray(numbers, np.int64)])
        return [Item.from_row(row) for row in rows.to_pylist()]

    def column(self, name: str) -> list[object]:
        """(n,) a column of the `items` table for each point, None for texts: path, width, taken_at and so on."""
        own = self.index.items[name].take(self.item_rows[self.item_rows >= 0]).to_pylist()
        return own + [None] * len(self.texts)

    @property
    def centered(self) -> Vectors:
        """(n, dim) unit rows with the modality gap closed: from texts and pictures, the mean of each is subtracted
        (Liang et al. 2022, "Mind the gap"). The vectors themselves if there are no texts, or nothing else."""
        word = self.from_text
        if not word.any() or word.all():
            return self.vectors
        moved = self.vectors.copy()
        for kind in (word, ~word):
            moved[kind] -= moved[kind].mean(axis=0)
        return unit_rows(moved)


def load_points(
    library: Library,
    encoder: Encoder,
    *,
    unit: Unit = "items",
    filters: Filters | None = None,
    texts: Sequence[str] = (),
    limit: int | None = None,
) -> Points:
    """The points of a library.

    Parameters
    ----------
    library, encoder
        Whose vectors.
    unit
        "items": one point per item (of a video its mean over time). "frames": one per frame or other segment.
    filters
        Which items.
    texts
        Further points, embedded as they are.
    limit
        At most so many points of the library, a fixed random sample.

    Raises
    ------
    DataError
        If no point is left.
    LibraryError
        If the library cannot be read.
    """
    if unit not in get_args(Unit):
        raise DataError(f"Points are made of {' or '.join(get_args(Unit))}, not of {unit!r}.")
    index = library.index(encoder)
    mask = (filters or Filters()).mask(index.items, library)
    passes = np.ones(len(index.items), bool) if mask is None else mask
    numbers = np.flatnonzero(passes[index.item_rows])
    if unit == "items":  # the first vector of each stands for it, until whole videos are averaged
        numbers = numbers[np.unique(index.item_rows[numbers], return_index=True)[1]]
    considered = len(numbers)
    if limit is not None and considered > limit:
        numbers = np.sort(np.random.default_rng(0).choice(numbers, max(1, limit), replace=False))
    texts = tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if not len(numbers) and not texts:
        raise DataError("There is nothing here to lay out: index files with this encoder, or loosen the filters.")
    vectors, start_s, end_s = index.vectors(numbers), index.start_s[numbers], index.end_s[numbers]
    if unit == "items":
        vectors = _average_videos(index, numbers, vectors)
        start_s = end_s = np.full(len(numbers), np.nan, np.float32)
    item_rows = index.item_rows[numbers]
    points = Points(index, vectors, item_rows, start_s, (), considered, library.path, end_s)
    return points.with_texts(texts, embed_texts(encoder, texts)) if texts else points


def _average_videos(index: VectorIndex, numbers: NDArray[np.int64], vectors: Vectors) -> Vectors:
    """The vectors with those of videos replaced by their means over time."""
    ids = index.items["id"]
    for row in np.flatnonzero(index.has_segment[numbers]):
        vectors[row] = track_of(index, ids[int(index.item_rows[numbers[row]])].as_py()).mean_vector()
    return vectors
