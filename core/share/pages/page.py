"""A page in one file: it opens without a server and asks no network for anything; what stands in it cannot run.

Everything that comes from outside (names of files, queries, labels) is escaped, in HTML and in the JSON of scripts, and
the page's own Content-Security-Policy lets nothing be fetched.
"""

from __future__ import annotations

import html
import importlib.resources
import json
from collections.abc import Mapping
from typing import Any

from core.utils.files import write_atomic


def render_page(
    *, title: str, about: str, facts: Mapping[str, str], body: str, data: Any = None, script: str | None = None
) -> str:
    """The whole of a page. title, about, facts: plain text. body: HTML, whose text is escaped already (`text`).

    data: what the script reads as JSON from the element `data`. script: the name of a file beside this one.
    """
    rows = "".join(
        f"<div><dt>{escape_text(name)}</dt><dd><bdi>{escape_text(fact)}</bdi></dd></div>"
        for name, fact in facts.items()
    )
    parts = {
        "title": escape_text(title),
        "about": escape_text(about),
        "facts": rows,
        "body": body,
        "style": _read_own("page.css"),
    }
    parts["data"] = "" if script is None else _with_data(data, _read_own(script))
    # split and joined, not replaced one after the other: what is filled in is never looked through again
    pieces = _read_own("page.html").split("@@")
    return "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def write_page(path: Any, content: str) -> None:
    """Writes a page as a file, whole or not at all."""
    write_atomic(path, content.encode("utf-8", "backslashreplace"))


def escape_text(value: object) -> str:
    """Text as HTML that shows it literally, in elements and in attributes."""
    return html.escape(str(value), quote=True)


def escape_script(value: Any) -> str:
    """JSON that can stand in a script element: nothing in it ends the element or opens a comment."""
    found = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return found.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _with_data(data: Any, script: str) -> str:
    return f'<script type="application/json" id="data">{escape_script(data)}</script>\n<script>\n{script}</script>'


def _read_own(name: str) -> str:
    return importlib.resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
