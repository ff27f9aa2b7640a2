"""The lines of Python behind the page Library: what is in it, and what "Check for changes" does."""

from __future__ import annotations

from core import Encoder, Library
from core.policy import get_policy
from ui.session.libraries import is_session_library, top_folders
from ui.widgets.code_block import opening

_MOST = 5  # folders that are named one by one


def library_lines(library: Library, encoder: Encoder) -> str:
    """What brings a library up to date with its folders, and tells what it holds."""
    named = get_policy().may_see_paths and not is_session_library(library)
    folders = top_folders(library.items()["path"].to_pylist()) if named else []
    what = repr(folders if 0 < len(folders) <= _MOST else ["~/Pictures"])
    return f"""{opening(library, encoder).replace("import Library,", "import Library, ingest,")}
report = ingest(library, encoder, {what})  # reads what is new or changed there, and nothing else
print(f"{{report.added}} added, {{report.updated}} updated, {{report.missing}} missing")
print(f"{{report.items}} items, {{library.size_bytes():,}} bytes on disk")
for item in library.failures():
    print(item.path, item.reason)
"""
