"""Maps kept in the home folder, so that the next visit sees the same picture at once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.library.session_folders import cache_dir_for
from core.policy import get_policy
from core.utils.array_files import SUFFIX, pack_arrays, unpack_arrays
from core.utils.files import write_atomic

if TYPE_CHECKING:  # loads tables
    from core.library.points import Points

_MAX_CACHED = 24  # maps; those not looked at for longest go first


@dataclass(frozen=True, eq=False)
class CachedLayout:
    """Places of points by their keys. places: (n, dims). later: (n,) which were placed beside others afterwards.

    states: (n,) of what each was then (`Points.states`), "" where nobody noted it: such a point counts as the same.
    """

    keys: tuple[str, ...]
    places: NDArray[np.float32]
    later: NDArray[np.bool_]
    states: tuple[str, ...] = ()

    def rows_of(self, keys: Sequence[str], states: Sequence[str]) -> NDArray[np.int64]:
        """(n,) where each point is, -1 where it is not, or has changed since."""
        rows = {key: row for row, key in enumerate(self.keys)}
        then = self.states or ("",) * len(self.keys)
        found = ((rows.get(key, -1), state) for key, state in zip(keys, states, strict=True))
        return np.array([row if row >= 0 and then[row] in ("", state) else -1 for row, state in found], np.int64)


def layout_cache_file(points: Points, method: str, dims: int) -> Path | None:
    """Where the map of such points is kept, or would be: by their library, encoder, and whether videos are whole.

    Not by filters: what they leave over keeps its places. None for points of no library, and where strangers put their
    texts among them.
    """
    if points.library is None or (points.texts and not get_policy().may_write_shared):
        return None
    of = "items" if np.isnan(points.start_s).all() else "frames"
    named = json.dumps([str(points.library), points.index.encoder_id, of, method, dims])
    digest = hashlib.blake2b(named.encode(), digest_size=16).hexdigest()
    return cache_dir_for(points.library) / "maps" / f"{digest}{SUFFIX}"


def load_cached_layout(file: Path, dims: int) -> CachedLayout | None:
    """The map of a file; None where there is none, or it is damaged."""
    try:
        arrays, about = unpack_arrays(file.read_bytes())
        keys = tuple(str(key) for key in json.loads(about["keys"]))
        places, later = arrays["places"], arrays["later"]
        states = tuple(str(state) for state in json.loads(about.get("states", "[]")))
        sound = len(states) in (0, len(keys)) and places.shape == (len(keys), dims) and later.shape == (len(keys),)
    except (OSError, DataError, KeyError, ValueError, TypeError, RecursionError):
        return None
    if not sound:
        return None
    with contextlib.suppress(OSError):
        os.utime(file)  # looked at now
    return CachedLayout(keys, places, later > 0, states)


def store_layout(file: Path, made: CachedLayout) -> None:
    """Keeps a map, and no more than a few besides. Where nothing can be written the map is only not kept."""
    arrays = {"places": made.places, "later": made.later.astype(np.float32)}
    with contextlib.suppress(OSError):
        write_atomic(file, pack_arrays(arrays, {"keys": json.dumps(made.keys), "states": json.dumps(made.states)}))
        newest_first = sorted(file.parent.glob(f"*{SUFFIX}"), key=lambda entry: entry.stat().st_mtime, reverse=True)
        for old in newest_first[_MAX_CACHED:]:
            old.unlink(missing_ok=True)
