"""A page in one file, which opens without a server and fetches nothing.

Templates escape all external text (file names, queries, labels); JSON in scripts is escaped too. The
Content-Security-Policy of the page blocks every request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.errors import DataError
from core.utils.files import write_atomic

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Card:
    """A picture with its name, a line of text, and a bar (percent, 0 to 100). uri: see `encode_images`."""

    name: str
    uri: str | None
    text: str = ""
    percent: int | None = None


def render(template: str, **values: Any) -> Markup:
    """A part of a page; values are escaped unless they are `Markup`."""
    return Markup(_environment().get_template(template).render(values))


def render_page(
    *, title: str, about: str, facts: Mapping[str, str], body: Markup, data: Any = None, script: str | None = None
) -> str:
    """A complete page.

    Parameters
    ----------
    title, about : str
        Heading, and how to read the page.
    facts : mapping of str to str
        Names and values below the heading.
    body : Markup
        The content, see `render`.
    data : optional
        Read by the script as JSON from the element `data`.
    script : str, optional
        Name of a file beside the templates.

    Returns
    -------
    str
    """
    own = None if script is None else _read_own(script)
    page = render(
        "page.html", title=title, about=about, facts=facts, body=body, style=_read_own("page.css"),
        data=Markup(escape_script(data)), script=own, allowed=Markup(_get_source(own)),
    )  # fmt: skip
    return str(page)  # Markup would escape text that is appended to it


def write_page(path: Any, content: str) -> None:
    """Writes a page as a file, completely or not at all.

    Parameters
    ----------
    path : path-like
    content : str

    Raises
    ------
    DataError
        The file cannot be written.
    """
    try:
        write_atomic(path, content.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error


def escape_script(value: Any) -> str:
    """JSON for a script element: nothing in it ends the element or opens a comment."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def _get_source(script: str | None) -> str:
    """The only script that the page may run, as its policy names it: by its SHA-256."""
    if script is None:
        return "'none'"
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _read_own(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))
