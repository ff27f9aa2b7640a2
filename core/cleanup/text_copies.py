"""Copies among documents: the same file, or nearly the same words.

A document is a set of shingles, runs of five words; the Jaccard index of two sets is estimated from the 256 smallest
hashes of each (Broder 1997, "On the resemblance and containment of documents"). So each document is read once, whatever
its length, and only documents that share some of these hashes are compared. Vectors would not do: two invoices are
neighbors, and are not copies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

import pyarrow as pa
import pyarrow.compute as pc

from core.library.schema import Item, Passage
from core.library.store import Library
from core.media.modalities import list_text_kinds
from core.progress import SILENT, Task

NEARLY_SAME = 0.8  # share of runs of words: a document of 500 words in which some ten were changed, or fewer

_AT_ONCE = 64  # documents whose passages are in memory
_WORDS = 5  # of a run
_SKETCH = 256  # hashes of a document
_COMMON = 50  # documents with one hash, from which each is compared with the first of them alone


@dataclass(frozen=True, slots=True)
class TextCopies:
    """Documents with the same words.

    Attributes
    ----------
    items : tuple of Item
        The longest first; each was compared with it.
    shared : tuple of float
        For each the share of runs of five words that it and the first have in common, 0 to 1.
    is_exact : bool
        Whether the files are byte-identical.
    """

    items: tuple[Item, ...]
    shared: tuple[float, ...]
    is_exact: bool


def find_text_copies(library: Library, *, task: Task = SILENT) -> list[TextCopies]:
    """Groups of documents of a library that are copies of one another, the longest of each first.

    Raises
    ------
    Cancelled
    """
    items = library.items()
    is_text = pc.is_in(items["kind"], value_set=pa.array(list_text_kinds()))
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), is_text)).to_pylist()
    documents = [Item.from_row(row) for row in rows]
    stage, sketches = task.stage("compare", "texts"), dict[str, frozenset[int]]()
    lengths: dict[str, int] = {}
    for first in range(0, len(documents), _AT_ONCE):
        task.check("Stopped before the copies were found.")
        batch = [item.id for item in documents[first : first + _AT_ONCE]]
        stored = library.passages(batch)
        for item_id in batch:
            passages = stored.get(item_id, [])
            sketches[item_id], lengths[item_id] = make_sketch(passages), passages[-1].end if passages else 0
        stage.report(first + len(batch), len(documents))
    documents.sort(key=lambda item: (-lengths[item.id], item.path))
    return list(_group(documents, sketches))


def make_sketch(passages: Iterable[Passage]) -> frozenset[int]:
    """The smallest hashes of the runs of words of a document; fewer words than a run are one."""
    hashes: set[int] = set()
    for passage in passages:
        words = passage.text.casefold().split()
        runs = (words[start : start + _WORDS] for start in range(max(1, len(words) - _WORDS + 1)))
        hashes.update(int.from_bytes(blake2b(" ".join(run).encode(), digest_size=8).digest(), "big") for run in runs)
        if len(hashes) > 4 * _SKETCH:
            hashes = set(sorted(hashes)[:_SKETCH])
    return frozenset(sorted(hashes)[:_SKETCH])


def estimate_shared(one: frozenset[int], other: frozenset[int]) -> float:
    """The estimated share of runs that two documents have in common, 0 to 1."""
    smallest = sorted(one | other)[:_SKETCH]
    return sum(number in one and number in other for number in smallest) / len(smallest) if smallest else 0.0


def _group(documents: Sequence[Item], sketches: dict[str, frozenset[int]]) -> Iterable[TextCopies]:
    """documents: the best first. Each belongs to the first one that it is a copy of."""
    near = _find_near(documents, sketches)
    taken: set[str] = set()
    for best in documents:
        if best.id in taken:
            continue
        own = [(item, share) for item, share in near.get(best.id, ()) if item.id not in taken]
        if own:
            taken |= {best.id, *(item.id for item, _ in own)}
            is_exact = best.content_hash is not None and all(item.content_hash == best.content_hash for item, _ in own)
            yield TextCopies((best, *(item for item, _ in own)), (1.0, *(share for _, share in own)), is_exact)


def _find_near(documents: Sequence[Item], sketches: dict[str, frozenset[int]]) -> dict[str, list[tuple[Item, float]]]:
    """For each document those behind it that are copies of it, with the share that they have in common."""
    owners: dict[int, list[int]] = defaultdict(list)
    for number, item in enumerate(documents):
        for value in sketches[item.id]:
            owners[value].append(number)
    same: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(documents):
        same[item.content_hash or item.id].append(number)
    pairs = {pair for group in owners.values() for pair in combinations(group[:_COMMON], 2)}
    pairs |= {(group[0], other) for group in [*owners.values(), *same.values()] for other in group[1:]}
    near: dict[str, list[tuple[Item, float]]] = defaultdict(list)
    for first, second in sorted(pairs):
        one, other = documents[first], documents[second]
        is_same = one.content_hash is not None and one.content_hash == other.content_hash
        share = 1.0 if is_same else estimate_shared(sketches[one.id], sketches[other.id])
        if share >= NEARLY_SAME:
            near[one.id].append((other, share))
    return near
