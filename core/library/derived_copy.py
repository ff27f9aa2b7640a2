"""A second copy of a library's vectors, computed from those of an encoder: no picture is decoded again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.encoders.derived import DerivedEncoder
from core.library.store import Library
from core.progress import SILENT, Task

_STOPPED = "Stopped: what is stored by now stays, and the next run goes on from there."


def store_derived(library: Library, derived: DerivedEncoder, *, at_once: int = 2_000, task: Task = SILENT) -> None:
    """Stores the vectors of a derived encoder beside those of its base. Dropping them undoes it.

    What has such vectors already is not stored again, unless it was sampled otherwise since. Vectors of an earlier
    encoder of the same name go at the end. at_once: items per commit.

    Raises LibraryError, and Cancelled (what is stored by then stays, and the next run goes on).
    """
    base = derived.base
    with library.writing():
        library.remove_vectors(derived, _outdated(library, derived))
        there = library.vector_ids(derived.id)
        known = library.vector_ids(base.id)
        ids = [entry for entry in library.items()["id"].to_pylist() if entry in known and entry not in there]
        for batch in task.track_batches(ids, at_once, "store", "items", stopped=_STOPPED):
            sample = library.item_vectors(base.id, batch)
            rows = [row for group in sample.values() for row in group]
            mapped = derived.map_images(np.stack([row.vector for row in rows]).astype(np.float32))
            pairs = zip(rows, mapped, strict=True)
            library.add_vectors(derived, [replace(row, vector=vector) for row, vector in pairs])
        library.drop_superseded(derived)


def _outdated(library: Library, derived: DerivedEncoder) -> list[str]:
    """Videos whose vectors of the base are of other frames than the derived ones."""
    now = library.samplings(derived.base.id)
    return [entry for entry, sampling in library.samplings(derived.id).items() if now.get(entry, sampling) != sampling]
