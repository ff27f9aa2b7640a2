"""Results as HTML for notebooks: a heading, and a small picture with a few words for each.

A result that shows itself has `to_card`, or `_repr_html_` that calls `show_cards`. All that comes from outside is
escaped, there are no scripts, and pictures are inside, limited in number and bytes: notebooks are sent around.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Protocol

from core.errors import MediaError
from core.library.schema import Item

MOST_CARDS = 24
_SIDE = 160  # pixels
_MOST_BYTES = 1_000_000  # of all pictures in one output
_MOST_CHARACTERS = 200  # of a line of a card
_MOST_IN_LINE = 1_000  # characters of a sentence

_GRID = "display:flex;flex-wrap:wrap;gap:10px;align-items:flex-start"
_CARD = f"width:{_SIDE}px;margin:0"
_TEXT = "font-size:12px;line-height:1.35;overflow-wrap:anywhere"
_BLANK = (
    f"width:{_SIDE}px;height:90px;display:flex;align-items:center;justify-content:center;font-size:12px;"
    "border:1px dashed rgba(128,128,128,.6);box-sizing:border-box"
)


@dataclass(frozen=True, slots=True)
class Card:
    """What a result shows of itself.

    Parameters
    ----------
    title : str
    note : str
        A second line.
    item : Item, optional
        Whose picture is shown; None for a result of words alone.
    time_s : float, optional
        The second of a video, or the place in a document.
    """

    title: str
    note: str = ""
    item: Item | None = None
    time_s: float | None = None


class HasCard(Protocol):
    """A result that shows itself as a card."""

    def to_card(self) -> Card: ...


class Shown:
    """Some results, to be shown by a notebook.

    Parameters
    ----------
    html : str
    text : str
        What a terminal shows.
    """

    def __init__(self, html: str, text: str) -> None:
        self._html, self._text = html, text

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


def show(results: Sequence[HasCard], *, heading: str = "") -> Shown:
    """A list of hits, moments, sightings or predictions, as a notebook shows it.

    Parameters
    ----------
    results : sequence
        Such as what `core.search.locate` and `classify_library` return.
    heading : str

    Returns
    -------
    Shown
        The first 24 with their pictures, and how many more there are.
    """
    cards = [result.to_card() for result in results[:MOST_CARDS]]
    heading = heading or f"{len(results):,} result{'' if len(results) == 1 else 's'}"
    return Shown(show_cards(cards, heading=heading, total=len(results)), heading)


def show_cards(cards: Sequence[Card], *, heading: str, total: int | None = None) -> str:
    """Cards as HTML.

    Parameters
    ----------
    cards : sequence of Card
        At most 24 are shown.
    heading : str
    total : int, optional
        How many there are, if not all are given.

    Returns
    -------
    str
        A fragment without scripts. A picture that cannot be read leaves a box that says so.
    """
    shown, left, figures = cards[:MOST_CARDS], _MOST_BYTES, []
    for card in shown:
        picture = "" if card.item is None else _draw(card, left)
        left -= len(picture)
        figures.append(f'<figure style="{_CARD}">{picture}{_caption(card)}</figure>')
    more = (len(cards) if total is None else total) - len(shown)
    rest = f'<p style="{_TEXT}">and {more:,} more</p>' if more > 0 else ""
    return f'<div><p><b>{_clip(heading)}</b></p><div style="{_GRID}">{"".join(figures)}</div>{rest}</div>'


def show_lines(lines: Sequence[str], *, heading: str) -> str:
    """Sentences as HTML, numbered; at most 24.

    Parameters
    ----------
    lines : sequence of str
    heading : str

    Returns
    -------
    str
    """
    rows = "".join(f"<li>{_clip(line, _MOST_IN_LINE)}</li>" for line in lines[:MOST_CARDS])
    return f"<div><p><b>{_clip(heading)}</b></p><ol>{rows}</ol></div>"


def card_of_item(item: Item, note: str = "", *, time_s: float | None = None) -> Card:
    """The card of a file of a library: its name, and what there is to say of it."""
    return Card(Path(item.path).name, note, item, time_s)


def _draw(card: Card, left: int) -> str:
    """The picture of a card as an image element, or a box that says why there is none."""
    from core.previews.thumbnails import make_thumbnail

    assert card.item is not None
    try:
        data = make_thumbnail(card.item, side=_SIDE, time_s=card.time_s)
    except (MediaError, OSError) as error:
        return f'<div style="{_BLANK}" title="{_clip(str(error))}">no picture</div>'
    uri = "data:image/webp;base64," + base64.b64encode(data).decode()
    if len(uri) > left:
        return f'<div style="{_BLANK}">left out: too large</div>'
    return f'<img src="{uri}" alt="{_clip(card.title)}" style="max-width:100%;display:block">'


def _caption(card: Card) -> str:
    lines = [f"<b>{_clip(card.title)}</b>", *([_clip(card.note)] if card.note else [])]
    return f'<figcaption style="{_TEXT}">{"<br>".join(lines)}</figcaption>'


def _clip(text: str, most: int = _MOST_CHARACTERS) -> str:
    """On one line, shortened and escaped."""
    line = " ".join(text.split())
    return escape(line if len(line) <= most else line[: most - 1] + "…")
