"""The libraries that a visitor can choose from, opened once for everybody, and one that only this visit sees."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from core import Encoder, Item, Library
from core.library.registry import libraries_folder, list_libraries, temporary_library

VISIT = ":visit"  # no library can be called so; the key of the visit's own library; stands in no link


@st.cache_resource(show_spinner=False, max_entries=8)
def _opened(path: str, made: int) -> Library:
    return Library(path)


def get_library(key: str) -> Library:
    """The library of a key of `library_choices`. Raises LibraryError where it is damaged or gone."""
    if key == VISIT:
        return st.session_state["visit_library"][0]
    path = library_choices()[key]
    mark = path / "library.json"
    return _opened(str(path), mark.stat().st_mtime_ns if mark.is_file() else 0)


def library_choices() -> dict[str, Path]:
    """Key -> directory. The key stands in links: a name for a library in the home folder, else its path."""
    choices = {library_key(path): path for path in list_libraries()}
    if "visit_library" in st.session_state:
        choices[VISIT] = st.session_state["visit_library"][0].path
    return choices


def library_key(path: Path) -> str:
    """How a link names the library in this directory."""
    return path.name if path.parent == libraries_folder() else str(path)


def library_title(key: str) -> str:
    """How the picker shows a library."""
    return "Only for this visit" if key == VISIT else Path(key).name


def start_visit_library() -> str:
    """A library that only this visitor sees and that goes when the visit ends; returns its key."""
    if "visit_library" not in st.session_state:
        st.session_state["visit_library"] = temporary_library("This visit")
    return VISIT


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """What is true of a library now. searchable: pictures with vectors of the encoder in use."""

    ok: int
    failed: int
    missing: int
    searchable: int


def library_facts(library: Library, encoder: Encoder | None) -> LibraryFacts:
    """Counts of a library, read from its tables."""
    counts = library.counts()
    entries = library.encoders() if encoder else []
    searchable = sum(entry.vectors for entry in entries if encoder and entry.id == encoder.id)
    return LibraryFacts(counts["ok"], counts["failed"], counts["missing"], searchable)


def some_items(library: Library, encoder: Encoder, count: int) -> list[Item]:
    """A few searchable pictures, the same ones until the library changes."""
    items = library.index(encoder).items
    rows = np.random.default_rng(len(items)).permutation(len(items))[:count]
    return [Item.from_row(row) for row in items.take(np.sort(rows)).to_pylist()]


def folders(paths: Iterable[str]) -> dict[str, int]:
    """Folder -> how many of these files lie in it or below; every folder from the common one downwards."""
    direct = Counter(os.path.dirname(path) for path in paths)
    if not direct:
        return {}
    root = os.path.commonpath(direct)
    below: Counter[str] = Counter()
    for folder, count in direct.items():
        while True:
            below[folder] += count
            if folder == root:
                break
            folder = os.path.dirname(folder)
    return dict(sorted(below.items()))


def top_folders(paths: Iterable[str]) -> list[str]:
    """The folders to look through again, so that each of these files is seen: none lies within another."""
    tops: list[str] = []
    for folder in sorted({os.path.dirname(path) for path in paths}):
        if not any(folder.startswith(top.rstrip(os.sep) + os.sep) for top in tops) and os.path.isdir(folder):
            tops.append(folder)
    return tops
