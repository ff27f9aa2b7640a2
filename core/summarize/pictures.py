"""A few pictures that stand for a folder, a month, a cluster, a selection or a search result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.cleanup.image_quality import BLURRED, load_cached_qualities
from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.explore.cluster_naming import name_clusters
from core.explore.clustering import Clusters, compute_centers
from core.library.filters import Filters
from core.library.points import Points, load_points
from core.library.schema import Item
from core.library.store import Library
from core.previews.notebook import card_of_item, show_cards
from core.progress import SILENT, Task
from core.summarize.covering import Cover, choose_cover

_LEAST_NAMED = 3  # members of a group: what is said of fewer was often wrong


@dataclass(frozen=True, slots=True)
class ChosenPicture:
    """One picture of a summary.

    Attributes
    ----------
    item : Item
        A picture; a video where only videos are summarized.
    name : str or None
        What most of those that it stands for show; None where no word fits.
    stands_for : int
        How many items it is the nearest of all chosen to, itself included.
    """

    item: Item
    name: str | None
    stands_for: int


@dataclass(frozen=True, slots=True)
class PictureSummary:
    """Pictures that cover others.

    Attributes
    ----------
    pictures : tuple of ChosenPicture
        In the order of how many each stands for.
    count : int
        Items that are summarized.
    covered : float
        How near these are to the chosen one, 0 (as any two items of the library) to 1 (the same), see
        `core.summarize.covering.compute_covered`.
    """

    pictures: tuple[ChosenPicture, ...]
    count: int
    covered: float

    def _repr_html_(self) -> str:
        cards = [
            card_of_item(one.item, " · ".join(filter(None, (one.name, f"stands for {one.stands_for:,}"))))
            for one in self.pictures
        ]
        return show_cards(cards, heading=f"{len(cards):,} of {self.count:,}, covering {self.covered:.0%}")


def summarize_pictures(
    library: Library,
    encoder: Encoder,
    item_ids: Sequence[str] | None = None,
    *,
    count: int = 5,
    filters: Filters | None = None,
    task: Task = SILENT,
) -> PictureSummary:
    """The pictures that cover a part of a library. Copies count once; blurred ones are avoided if they were measured.

    Parameters
    ----------
    library, encoder
        Whose vectors.
    item_ids : sequence of str, optional
        Which items, such as a selection. Default: all. Of these, the pictures are summarized; videos, as wholes, where
        there is no picture.
    count : int
        Most pictures, at least 1.
    filters : Filters, optional
        A folder, a month, a label.
    task : Task, optional

    Raises
    ------
    DataError
        None of these has a vector.
    Cancelled
    """
    points = _select(load_points(library, encoder, filters=filters), item_ids)
    calibration, chance = points.index.thresholds, points.index.baseline_cosine
    cover = choose_cover(
        points.vectors, max(1, count), same=calibration.near_duplicate, avoid=_find_blurred(points), chance=chance,
        task=task,
    )  # fmt: skip
    names = name_groups(encoder, points.vectors, cover, library=library, task=task)
    sizes = np.bincount(cover.nearest, minlength=len(cover.numbers))
    items = points.items(cover.numbers)
    chosen = [ChosenPicture(*row) for row in zip(items, names, sizes.tolist(), strict=True)]
    chosen.sort(key=lambda picture: -picture.stands_for)
    return PictureSummary(tuple(chosen), len(points), cover.covered)


def name_groups(
    encoder: Encoder, vectors: Vectors, cover: Cover, *, library: Library | None = None, task: Task = SILENT
) -> list[str | None]:
    """What most members of each group of a cover show, in words; None where none fits. Raises Cancelled."""
    words = library.label_names() if library else ()
    clusters = Clusters(cover.nearest, compute_centers(vectors, cover.nearest), "kmeans", None)
    names = name_clusters(encoder, vectors, clusters, words=words, task=task)
    return [
        name.name if size >= _LEAST_NAMED else None for name, size in zip(names, clusters.sizes.tolist(), strict=True)
    ]


def _select(points: Points, item_ids: Sequence[str] | None) -> Points:
    """The points of the pictures among some items, or of videos where there is no picture."""
    seen = points.index.is_seen
    wanted = np.ones(len(points), bool) if seen is None else seen[points.item_rows]
    if item_ids is not None:
        wanted = wanted & np.isin(np.array(points.column("id")), list(item_ids))
    if not wanted.any():
        raise DataError("None of these is a picture or a video with a vector of this encoder: index them first.")
    return points.keep(wanted & points.stills if (wanted & points.stills).any() else wanted)


def _find_blurred(points: Points) -> NDArray[np.bool_]:
    """(n,) which are known to be blurred: only what was measured before, as on the page Clean up."""
    known = load_cached_qualities()
    contents = points.column("content_hash")
    return np.array([known[key][0] < BLURRED if (key := str(content)) in known else False for content in contents])
