"""From candidate pairs to groups of copies: checks pairs coarsely, then exactly, several at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.cleanup.copy_check import may_be_copies
from core.cleanup.point_images import PointImages
from core.progress import SILENT, Task

_THREADS = 4
_BATCH = 64
_SHARPER = 1.25  # least ratio of sharpness that counts; compression alone causes smaller ones
_REASONS = (
    "a video shows it too",
    "the most pixels",
    "the sharpest of this size",
    "the largest file of this size",
    "the others are as good",
)

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pair(NamedTuple):
    """Two points that may be copies. still: whether both are photos, for which a coarse check exists."""

    one: int
    other: int
    still: bool


class Group(NamedTuple):
    """Two or more points that are copies, the best first; reason: why it is the best."""

    numbers: list[int]
    reason: str


def verify_pairs(shown: PointImages, pairs: Sequence[Pair], *, task: Task = SILENT) -> list[Group]:
    """Groups whose members were each compared with the first, the best copy. Raises Cancelled."""

    def check() -> None:
        task.check("Stopped before the copies were found.")

    with ThreadPoolExecutor(_THREADS, "copies") as pool:

        def run(name: str, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[tuple[Item, Result]]:
            def run_one(item: Item) -> Result:
                check()
                return work(item)

            remaining, done = iter(items), 0
            stage = task.stage(name, "pictures")
            while batch := list(islice(remaining, _BATCH)):
                yield from zip(batch, pool.map(run_one, batch), strict=True)
                done += len(batch)
                stage.report(done, len(items))

        stills = sorted({number for pair in pairs if pair.still for number in pair[:2]})
        thumbprints = dict(run("look", shown.get_thumbprint, stills))

        def may_match(pair: Pair) -> bool:
            one, other = thumbprints.get(pair.one), thumbprints.get(pair.other)
            return not pair.still or (one is not None and other is not None and may_be_copies(one, other))

        candidates = _sort_by_component([pair for pair, is_likely in run("compare", may_match, pairs) if is_likely])
        verified = run("verify", lambda pair: shown.are_copies(*pair[:2]), candidates)
        compared = {pair[:2]: is_copy for pair, is_copy in verified}
    components = _find_components(pair for pair, is_copy in compared.items() if is_copy)
    return [group for numbers in components for group in _group_around_best(shown, numbers, compared, check)]


def _find_components(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Connected components of a graph from its edges: members ascending, components by their first members."""
    edges = np.array(list(pairs), np.int64).reshape(-1, 2)
    if not len(edges):
        return []
    numbers, ends = np.unique(edges, return_inverse=True)
    graph = coo_array((np.ones(len(edges), bool), tuple(ends.reshape(-1, 2).T)), shape=(len(numbers), len(numbers)))
    count, component = connected_components(graph, directed=False)
    order = np.argsort(component, kind="stable")
    starts = np.searchsorted(component[order], np.arange(1, count))
    return [members.tolist() for members in np.split(numbers[order], starts)]


def _sort_by_component(pairs: Sequence[Pair]) -> list[Pair]:
    """Sorts pairs by component, so that each file is decoded about once."""
    components = _find_components(pair[:2] for pair in pairs)
    component_of = {number: place for place, members in enumerate(components) for number in members}
    return sorted(pairs, key=lambda pair: (component_of[pair.one], pair.one))


def _group_around_best(
    shown: PointImages, numbers: Sequence[int], compared: dict[tuple[int, int], bool], check: Callable[[], None]
) -> Iterator[Group]:
    """Splits a component into groups whose members are all copies of the best one."""
    qualities = {}
    for number in numbers:
        check()
        qualities[number] = _get_quality(shown, number)
    remaining = sorted(numbers, key=lambda number: qualities[number], reverse=True)
    while len(remaining) > 1:
        best, *others = remaining
        group, remaining = [best], []
        for other in others:
            check()
            pair = min(best, other), max(best, other)
            if pair not in compared:
                compared[pair] = shown.are_copies(*pair)
            (group if compared[pair] else remaining).append(other)
        if len(group) > 1:
            better = (ours > theirs for ours, theirs in zip(qualities[best], qualities[group[1]], strict=True))
            yield Group(group, next(reason for reason, is_better in zip(_REASONS, better, strict=True) if is_better))


def _get_quality(shown: PointImages, number: int) -> tuple[int, int, int, int, int]:
    """Sort key in the order of `_REASONS`: file before frame, pixels, sharpness in coarse steps, bytes, number."""
    item, picture = shown.get_item(number), shown.get_image(number)
    edges = cv2.Laplacian(cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2GRAY), cv2.CV_32F) if picture else np.zeros(1)
    steps = math.floor(math.log(float(edges.var()) + 1.0) / math.log(_SHARPER))
    return int(not shown.is_frame(number)), (item.width or 0) * (item.height or 0), steps, item.bytes, -number
