"""The libraries that a visitor can choose from, opened once for all visitors, and a library of this visit only."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core import Encoder, Item, Library
from core.library.public.home_secret import hide
from core.library.registry import libraries_folder, list_libraries
from core.library.schema import Kind
from core.library.store.manifest import MANIFEST_NAME
from core.media.modalities import PICTURE, VIDEO, get_modality, list_modalities
from core.media.modality import Modality
from core.policy import get_policy, set_rules
from ui.server.state import once_each
from ui.session.state import get_state
from ui.session.visit import get_visit
from ui.text import counted_kind

set_rules(get_policy)
VISIT = ":visit"  # key of the visit's own library: not a valid library name, and never in a link


@dataclass(slots=True)
class VisitLibrary:
    """The library that only this session sees; None until it is made."""

    library: Library | None = None


def _own_library() -> Library:
    library = get_state(VisitLibrary).library
    assert library is not None
    return library


@once_each(most=8)
def _open(path: str, modified_ns: int) -> Library:
    return Library(path)


def get_library(key: str) -> Library:
    """The library of a key of `library_choices`. Raises LibraryError if it is damaged or missing."""
    if key == VISIT:
        return _own_library()
    path = library_choices()[key]
    manifest = path / MANIFEST_NAME
    return _open(str(path), manifest.stat().st_mtime_ns if manifest.is_file() else 0)


def library_choices() -> dict[str, Path]:
    """Key -> directory. The key, used in links, is the name of a library in the home folder, else the path."""
    choices = {library_key(path): path for path in list_libraries()}
    if own := get_state(VisitLibrary).library:
        choices[VISIT] = own.path
    return choices


def library_key(path: Path) -> str:
    """The key of the library in this directory."""
    if path.parent == libraries_folder():
        return path.name
    if get_policy().may_see_paths:
        return str(path)
    return f"{path.name}:{hide(str(path), size=4)}"  # no name has a colon


def library_title(key: str) -> str:
    """Title of a library in the picker."""
    if key == VISIT:
        return "Only for this visit"
    return Path(key).name if get_policy().may_see_paths else key.partition(":")[0]


def start_visit_library() -> str:
    """Starts a library that only this visitor sees and that is removed when the visit ends; returns its key."""
    state = get_state(VisitLibrary)
    if state.library is None:
        state.library = get_visit().library("This visit")
    return VISIT


def leave_visit_library() -> None:
    """Removes the library of this visit and its uploads."""
    get_visit().leave(_own_library())
    get_state(VisitLibrary).library = None


def is_session_library(library: Library) -> bool:
    """Whether a library is the one of this visit."""
    return get_state(VisitLibrary).library is library


def may_change(library: Library) -> bool:
    """Whether the visitor may change a library and its labels; in public mode, only that of the visit."""
    return get_policy().may_write_shared or is_session_library(library)


@dataclass(frozen=True, slots=True)
class Amount:
    """Numbers of files by kind. As text "23 pictures, 3 videos"; false if there are none."""

    counts: Mapping[str, int]

    def __bool__(self) -> bool:
        return any(self.counts.values())

    def __str__(self) -> str:
        return ", ".join(counted_kind(modality, self.counts[modality.name]) for modality in self.kinds) or "nothing"

    def __sub__(self, other: Amount) -> Amount:
        return Amount({name: count - other.counts.get(name, 0) for name, count in self.counts.items()})

    @property
    def kinds(self) -> list[Modality]:
        """The kinds of which there are any, pictures and videos first."""
        names = dict.fromkeys([*(modality.name for modality in list_modalities()), *self.counts])
        return [get_modality(name) for name in names if self.counts.get(name)]

    @property
    def others(self) -> list[Modality]:
        """The kinds beside pictures and videos of which there are any."""
        return [modality for modality in self.kinds if modality not in (PICTURE, VIDEO)]

    @property
    def pictures(self) -> int:
        """Number of pictures."""
        return self.counts.get(PICTURE.name, 0)

    @property
    def videos(self) -> int:
        """Number of videos."""
        return self.counts.get(VIDEO.name, 0)


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """Current counts of a library.

    here: readable files that are still in place. searchable: those with vectors of the encoder in use. video_seconds:
    total length of the videos. damaged: files that are readable only in part.
    """

    here: Amount
    searchable: Amount
    failed: int
    missing: int
    video_seconds: float
    damaged: int

    @property
    def waiting(self) -> Amount:
        """Files without vectors of the encoder in use."""
        return self.here - self.searchable


_facts: WeakKeyDictionary[Library, dict[str, tuple[tuple[int, int], LibraryFacts]]] = WeakKeyDictionary()


def library_facts(library: Library, encoder: Encoder) -> LibraryFacts:
    """Counts of a library's files, from its tables once for each of their versions."""
    known, versions = _facts.setdefault(library, {}), library.versions(encoder.id)
    if encoder.id not in known or known[encoder.id][0] != versions:
        known[encoder.id] = versions, _count_files(library, encoder)
    return known[encoder.id][1]


def _count_files(library: Library, encoder: Encoder) -> LibraryFacts:
    items = library.items().select(["id", "kind", "status", "reason", "duration_s"])
    counts = Counter(items["status"].to_pylist())
    here = items.filter(pc.equal(items["status"], "ok"))
    embedded = pc.is_in(here["id"], value_set=pa.array(list(library.vector_ids(encoder.id)), pa.string()))
    return LibraryFacts(
        here=_amount(here),
        searchable=_amount(here.filter(embedded)),
        failed=counts["failed"],
        missing=counts["missing"],
        video_seconds=float(pc.sum(here.filter(pc.equal(here["kind"], VIDEO.name))["duration_s"]).as_py() or 0.0),
        damaged=len(here) - here["reason"].null_count,
    )


def count_amount(library: Library) -> Amount:
    """Readable files in place, with or without vectors."""
    items = library.items().select(["kind", "status"])
    return _amount(items.filter(pc.equal(items["status"], "ok")))


def damaged_items(library: Library) -> list[Item]:
    """Files that are readable only in part; each has its reason."""
    items = library.items()
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), pc.is_valid(items["reason"])))
    return [Item.from_row(row) for row in rows.to_pylist()]


def _amount(items: pa.Table) -> Amount:
    return Amount({entry["values"]: entry["counts"] for entry in pc.value_counts(items["kind"]).to_pylist()})


def sample_items(library: Library, encoder: Encoder, count: int, kind: Kind) -> list[Item]:
    """Some searchable items of a kind, the same ones until the library changes."""
    items = library.index(encoder).items
    items = items.filter(pc.equal(items["kind"], kind))
    rows = np.random.default_rng(len(items)).permutation(len(items))[:count]
    return [Item.from_row(row) for row in items.take(np.sort(rows)).to_pylist()]


def top_folders(paths: Iterable[str]) -> list[str]:
    """Existing folders that contain all of these files; none lies within another."""
    tops: list[str] = []
    for folder in sorted({os.path.dirname(path) for path in paths}):
        if not any(folder.startswith(top.rstrip(os.sep) + os.sep) for top in tops) and os.path.isdir(folder):
            tops.append(folder)
    return tops
