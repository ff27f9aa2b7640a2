"""Terms as these screens start with them, and as Python writes them."""

from __future__ import annotations

from core import Encoder, Library, Term, format_query
from ui.libraries import some_items


def first_item(library: Library, encoder: Encoder) -> str:
    """A picture of the library to begin with, or else a video, as a picker takes it."""
    found = some_items(library, encoder, 1, "image") or some_items(library, encoder, 1, "video")
    return format_query([Term("item", found[0].id)]) if found else ""


def term_code(term: Term) -> str:
    """A term as Python writes it; what was uploaded stands there as a file."""
    value = term.value if isinstance(term.value, str) else "my.mp4" if term.kind == "clip" else "my.jpg"
    return f"Term({term.kind!r}, {value!r})"
