"""Items in named groups as a page in one file, see `core.share.page`: classes, what could go, a feed."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.classify import NONE
from core.library.schema import Item
from core.policy import without_folders
from core.progress import OnProgress
from core.share.page import page, text
from core.share.pictures import pictures_of
from core.share.report import card, facts_of
from core.timecode import timecode

if TYPE_CHECKING:
    from core.classify_items import Told
    from core.cleaning import Finding

MOST_IN_GROUPS = 400  # pictures of a page, shared by its groups; and groups
_SIDE = 240  # pixels of pictures
_READ_CLASSES = (
    "Each group holds what was told to be of a class, the surest first, after what a person said; the percentage is "
    "its probability among these classes. “Fits”, 0 to 1, estimates how probable it is that the class describes the "
    "picture at all: below {threshold:.2f} it is none of these."
)
_READ_FINDINGS = (
    "These files were ticked as what could go, in groups by the reason. No file was moved, changed or deleted by that. "
    "A cosine, -1 to 1, tells how near a file is to the one that is named, or to its neighbours: 1 is the same picture."
)


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
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> str:
    """The groups as HTML, up to `MOST_IN_GROUPS`, each with its first items: as many on the page, shared evenly.

    library, encoder: their names. Raises Cancelled.
    """
    groups = sheet.groups[:MOST_IN_GROUPS]
    room = _room([len(group.shown) for group in groups])
    firsts = [group.shown[:most] for group, most in zip(groups, room, strict=True)]
    pictures = [(each.item, each.time_s) for first in firsts for each in first]
    found = pictures_of(pictures, side=_SIDE, on_progress=on_progress, cancel=cancel)
    uris = iter(found)
    body = []
    for group, first in zip(groups, firsts, strict=True):
        count = f"{len(group.shown):,}" + (f", the first {len(first):,}" if len(first) < len(group.shown) else "")
        cards = "".join(_card(each, next(uris)) for each in first)
        body.append(f'<h3><bdi>{text(group.title)}</bdi> · {count}</h3><div class="grid">{cards}</div>')
    facts = facts_of(library, encoder)
    if len(groups) < len(sheet.groups):
        facts["Groups"] = f"the first {len(groups):,} of {len(sheet.groups):,}"
    if None in found:
        facts["Without a picture"] = f"{found.count(None):,}: they cannot be read, or the page has no room for more"
    return page(
        title=sheet.title, about=sheet.about, facts=facts, body="\n".join(body) or "<p><b>There is nothing.</b></p>"
    )


def classes_sheet(
    told: Sequence[Told], names: Sequence[str], *, library: str, threshold: float, by_person: Collection[str] = ()
) -> Sheet:
    """Items told into classes, a group for each class in the order of `names`, then what is in none of them.

    names: as numbered in the answers. threshold: of “fits”, 0 to 1. by_person: ids of the items whose class a person
    said; they come first. Answers without an item (texts) are left out.
    """
    found: dict[str, list[Shown]] = {name: [] for name in names}
    for each in sorted(told, key=lambda each: (each.id not in by_person, -each.probability)):
        if each.item is not None:
            group = found.setdefault(each.label, [])
            if each.id in by_person:
                group.append(Shown(each.item, "said by a person"))
                continue
            nearest = f"nearest: {names[int(each.probabilities.argmax())]} " if each.label == NONE else ""
            said = f"{nearest}{each.probability:.0%} · fits {each.fits:.2f}"
            group.append(Shown(each.item, said, each.probability))
    none = {NONE: found.pop(NONE, [])}
    groups = [Group(name, shown) for name, shown in (found | none).items() if shown]
    return Sheet(f"Classes of {library}", _READ_CLASSES.format(threshold=threshold), groups)


def findings_sheet(findings: Sequence[Finding], *, library: str) -> Sheet:
    """Files that could go, a group for each kind of reason."""
    found: dict[str, list[Shown]] = defaultdict(list)
    for each in findings:
        why = without_folders(each.why)
        copy_of = Path(each.best).name
        kind, detail = (why.removesuffix(copy_of), copy_of) if each.best else why.partition(": ")[::2]
        said = [detail, "" if each.cosine is None else f"cosine {each.cosine:.3f}"]
        found[_sentence(kind.strip())].append(Shown(each.item, " · ".join(filter(None, said)), time_s=each.time_s))
    return Sheet(f"To clean up in {library}", _READ_FINDINGS, [Group(why, shown) for why, shown in found.items()])


# inside


def _room(sizes: Sequence[int]) -> list[int]:
    """How many of each group are shown: all where there is room, and what small groups leave goes to the large ones."""
    room, left = [0] * len(sizes), MOST_IN_GROUPS
    for done, number in enumerate(sorted(range(len(sizes)), key=lambda number: sizes[number])):
        room[number] = min(sizes[number], max(1, left // (len(sizes) - done)))
        left -= room[number]
    return room


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _card(shown: Shown, uri: str | None) -> str:
    bar = "" if shown.share is None else f'<span class="bar"><i style="width:{100 * shown.share:.0f}%"></i></span>'
    said = " · ".join(filter(None, [shown.said, "" if shown.time_s is None else f"at {timecode(shown.time_s)}"]))
    return card(Path(shown.item.path).name, uri, bar + (f"<small>{text(said)}</small>" if said else ""))
