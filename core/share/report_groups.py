"""Items in named groups as a page in one file, see `core.share.page`: classes, what could go, a feed."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.classify import NONE
from core.library.schema import Item
from core.policy import policy
from core.progress import OnProgress
from core.share.page import page, text
from core.share.pictures import pictures_of
from core.share.report import card, facts_of
from core.timecode import timecode

if TYPE_CHECKING:
    from core.classify_items import Told
    from core.cleaning import Finding
    from core.recommend.feed import By, Feed

MOST_PICTURES = 400  # of a page, shared by its groups
_SIDE = 240  # pixels of pictures
_READ_CLASSES = (
    "Each group holds what was told to be of a class, the surest first; the percentage is its probability "
    "among these classes. “Fits”, 0 to 1, estimates how probable it is that the class describes the picture at all: "
    "below {threshold:.0%} it is none of these."
)
_READ_FINDINGS = (
    "These files were ticked as what could go, in groups by the reason. No file was moved, changed or deleted by that. "
    "The cosine, -1 to 1, is to the copy to keep: 1 is the same picture."
)
_READ_FEED = (
    "What was recommended for the likes at the end of this page, the first first, each with the likes that it is "
    "nearest to. The number tells how near, and compares within this page only."
)
_WHY: dict[By, str] = {
    "content": "near the likes",
    "both": "near the likes, and others went on to it",
    "behaviour": "others went on to it",
    "popularity": "what others liked most",
    "exploration": "a try, drawn at random",
    "other": "no nearer than unrelated things are",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One item. said: plain text below its name. share: the length of a bar, 0 to 1; None: no bar. time_s: the second
    of a video whose picture is shown."""

    item: Item
    said: str = ""
    share: float | None = None
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Items below a heading, the first ones first."""

    title: str
    shown: Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page shows: its title, how to read it, and its groups; plain text all of it."""

    title: str
    about: str
    groups: Sequence[Group]


def groups_page(
    sheet: Sheet,
    *,
    library: str,
    encoder: str,
    more: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> str:
    """The groups as HTML, each with its first items: `MOST_PICTURES` on the page, shared evenly, one a group at least.

    library, encoder: their names; more: further facts to state. Raises Cancelled.
    """
    room = _room([len(group.shown) for group in sheet.groups])
    firsts = [group.shown[:most] for group, most in zip(sheet.groups, room, strict=True)]
    pictures = [(each.item, each.time_s) for first in firsts for each in first]
    uris = iter(pictures_of(pictures, side=_SIDE, on_progress=on_progress, cancel=cancel))
    body = []
    for group, first in zip(sheet.groups, firsts, strict=True):
        count = f"{len(group.shown):,}" + (f", the first {len(first):,}" if len(first) < len(group.shown) else "")
        cards = "".join(_card(each, next(uris)) for each in first)
        body.append(f'<h3><bdi>{text(group.title)}</bdi> · {count}</h3><div class="grid">{cards}</div>')
    facts = facts_of(library, encoder) | dict(more or {})
    return page(
        title=sheet.title, about=sheet.about, facts=facts, body="\n".join(body) or "<p><b>There is nothing.</b></p>"
    )


def classes_sheet(told: Sequence[Told], names: Sequence[str], *, library: str, threshold: float) -> Sheet:
    """Items told into classes, a group for each class in the order of `names`, then what is in none of them.

    threshold: of “fits”, 0 to 1. Answers without an item (texts) are left out.
    """
    found: dict[str, list[Shown]] = {name: [] for name in names}
    for each in sorted(told, key=lambda each: -each.probability):
        if each.item is not None:
            said = f"{each.probability:.0%} · fits {each.fits:.2f}"
            found.setdefault(each.label, []).append(Shown(each.item, said, each.probability))
    none = {NONE: found.pop(NONE, [])}
    groups = [Group(name, shown) for name, shown in (found | none).items() if shown]
    return Sheet(f"Classes of {library}", _READ_CLASSES.format(threshold=threshold), groups)


def findings_sheet(findings: Sequence[Finding], *, library: str) -> Sheet:
    """Files that could go, a group for each kind of reason."""
    found: dict[str, list[Shown]] = defaultdict(list)
    for each in findings:
        why = policy().without_paths(each.why)
        copy_of = Path(each.best).name
        kind, detail = (why.removesuffix(copy_of), copy_of) if each.best else why.partition(": ")[::2]
        said = [detail, "" if each.cosine is None else f"cosine {each.cosine:.3f}"]
        found[kind.strip().capitalize()].append(Shown(each.item, " · ".join(filter(None, said)), time_s=each.time_s))
    return Sheet(f"To clean up in {library}", _READ_FINDINGS, [Group(why, shown) for why, shown in found.items()])


def feed_sheet(feed: Feed, liked: Sequence[Item], *, library: str) -> Sheet:
    """Recommendations, each with the likes that it is there for; then those likes. liked: the items of `feed.liked`."""
    names = {each.id: Path(each.path).name for each in liked}
    shown = []
    for each in feed.recommendations:
        because = ", ".join(names[other] for other in each.because if other in names)
        why = f"{_WHY[each.by]} · {each.score:.2f}" if each.by not in ("exploration", "popularity") else _WHY[each.by]
        shown.append(
            Shown(each.item, f"because of {because} · {each.score:.2f}" if because else why, None, each.time_s)
        )
    groups = [Group("Recommended", shown)] + ([Group("Liked", [Shown(each) for each in liked])] if liked else [])
    return Sheet(f"Recommended from {library}", _READ_FEED, groups)


# inside


def _room(sizes: Sequence[int]) -> list[int]:
    """How many of each group are shown: all where there is room, and what small groups leave goes to the large ones."""
    room, left = [0] * len(sizes), MOST_PICTURES
    for done, number in enumerate(sorted(range(len(sizes)), key=lambda number: sizes[number])):
        room[number] = min(sizes[number], max(1, left // (len(sizes) - done)))
        left -= room[number]
    return room


def _card(shown: Shown, uri: str | None) -> str:
    bar = "" if shown.share is None else f'<span class="bar"><i style="width:{100 * shown.share:.0f}%"></i></span>'
    said = " · ".join(filter(None, [shown.said, "" if shown.time_s is None else f"at {timecode(shown.time_s)}"]))
    return card(Path(shown.item.path).name, uri, bar + (f"<small>{text(said)}</small>" if said else ""))
