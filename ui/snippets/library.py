"""Python code for the page Library: its contents, and "Check for changes"."""

from __future__ import annotations

from core import Encoder, Library
from core.policy import get_policy
from ui.session.libraries import is_session_library, top_folders
from ui.widgets.code_block import opening

_MOST = 5  # folders that are listed


def library_lines(library: Library, encoder: Encoder) -> str:
    """Code that updates a library from its folders and lists what it holds."""
    shows_paths = get_policy().may_see_paths and not is_session_library(library)
    folders = top_folders(library.items()["path"].to_pylist()) if shows_paths else []
    roots = repr(folders if 0 < len(folders) <= _MOST else ["~/Pictures"])
    return f"""{opening(library, encoder).replace("import Library,", "import Library, ingest,")}
report = ingest(library, encoder, {roots})  # reads only new and changed files
print(f"{{report.added}} added, {{report.updated}} updated, {{report.missing}} missing")
print(f"{{report.items}} items, {{library.size_bytes():,}} bytes on disk")
for item in library.failures():
    print(item.path, item.reason)
"""
