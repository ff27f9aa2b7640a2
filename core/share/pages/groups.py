"""Items in named groups as a page in one file, see `core.share.pages.page`: classes, what could go, a feed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.classify.zero_shot import NONE
from core.deprecated import task_keywords
from core.library.schema import Item
from core.policy import redact_folders
from core.progress import SILENT, Task
from core.share.pages.page import Card, render, render_page
from core.share.pages.search import get_page_facts
from core.share.pages.thumbnails import encode_images
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    from core.classify.predict import Prediction
    from core.cleanup.findings import Finding

MOST_IN_GROUPS = 400  # pictures of a page, shared by its groups; and groups
_SIDE = 240  # pixels of pictures
_READ_CLASSES = (
    "Each group holds the pictures of one class: those that a person labeled first, then the most probable. The "
    "percentage is the probability among these classes. “Fits”, 0 to 1, estimates how probable it is that the class "
    "describes the picture at all: below {threshold:.2f} it is none of these."
)
_READ_FINDINGS = (
    "These files were ticked as what could go, in groups by the reason. No file was moved, changed or deleted by that. "
    "A cosine, -1 to 1, tells how near a file is to the one that is named, or to its neighbours: 1 is the same picture."
)


@dataclass(frozen=True, slots=True)
class GroupItem:
    """One item. said: plain text below its name. share: the length of a bar, 0 to 1; None: no bar. time_s: the second
    of a video whose picture is shown."""

    item: Item
    caption: str = ""
    share: float | None = None
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Items below a heading, the first ones first."""

    title: str
    items: Sequence[GroupItem]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page shows: its title, how to read it, and its groups; plain text all of it."""

    title: str
    about: str
    groups: Sequence[Group]


@task_keywords
def groups_page(sheet: Sheet, *, library: str, encoder: str, task: Task = SILENT) -> str:
    """The groups as HTML, up to `MOST_IN_GROUPS`, each with its first items: as many on the page, shared evenly.

    library, encoder: their names. Raises Cancelled.
    """
    groups = sheet.groups[:MOST_IN_GROUPS]
    room = _allocate([len(group.items) for group in groups])
    firsts = [group.items[:most] for group, most in zip(groups, room, strict=True)]
    pictures = [(entry.item, entry.time_s) for first in firsts for entry in first]
    found = encode_images(pictures, side=_SIDE, task=task)
    uris = iter(found)
    parts = []
    for group, first in zip(groups, firsts, strict=True):
        count = f"{len(group.items):,}" + (f", the first {len(first):,}" if len(first) < len(group.items) else "")
        cards = [_make_card(entry, next(uris)) for entry in first]
        parts.append({"title": group.title, "count": count, "cards": cards})
    facts = get_page_facts(library, encoder)
    if len(groups) < len(sheet.groups):
        facts["Groups"] = f"the first {len(groups):,} of {len(sheet.groups):,}"
    if None in found:
        facts["Without a picture"] = f"{found.count(None):,}: they cannot be read, or the page has no room for more"
    return render_page(title=sheet.title, about=sheet.about, facts=facts, body=render("groups.html", groups=parts))


def make_classes_sheet(
    predictions: Sequence[Prediction],
    names: Sequence[str],
    *,
    library: str,
    threshold: float,
    by_person: Collection[str] = (),
) -> Sheet:
    """Items told into classes, a group for each class in the order of `names`, then what is in none of them.

    names: as numbered in the answers. threshold: of “fits”, 0 to 1. by_person: ids of the items whose class a person
    said; they come first. Answers without an item (texts) are left out.
    """
    found: dict[str, list[GroupItem]] = {name: [] for name in names}
    for entry in sorted(predictions, key=lambda value: (value.id not in by_person, -value.probability)):
        if entry.item is not None:
            group = found.setdefault(entry.label, [])
            if entry.id in by_person:
                group.append(GroupItem(entry.item, "said by a person"))
                continue
            nearest = f"nearest: {names[int(entry.probabilities.argmax())]} " if entry.label == NONE else ""
            said = f"{nearest}{entry.probability:.0%} · fits {entry.in_class_probability:.2f}"
            group.append(GroupItem(entry.item, said, entry.probability))
    none = {NONE: found.pop(NONE, [])}
    groups = [Group(name, shown) for name, shown in (found | none).items() if shown]
    return Sheet(f"Classes of {library}", _READ_CLASSES.format(threshold=threshold), groups)


def make_findings_sheet(findings: Sequence[Finding], *, library: str) -> Sheet:
    """Files that could go, a group for each kind of reason."""
    found: dict[str, list[GroupItem]] = defaultdict(list)
    for finding in findings:
        why = redact_folders(finding.why)
        copy_of = Path(finding.best).name
        kind, detail = (why.removesuffix(copy_of), copy_of) if finding.best else why.partition(": ")[::2]
        said = [detail, "" if finding.cosine is None else f"cosine {finding.cosine:.3f}"]
        found[_sentence(kind.strip())].append(
            GroupItem(finding.item, " · ".join(filter(None, said)), time_s=finding.time_s)
        )
    return Sheet(f"To clean up in {library}", _READ_FINDINGS, [Group(why, shown) for why, shown in found.items()])


# inside


def _allocate(sizes: Sequence[int]) -> list[int]:
    """How many of each group are shown: all where there is room, and what small groups leave goes to the large ones."""
    room, left = [0] * len(sizes), MOST_IN_GROUPS
    for done, number in enumerate(sorted(range(len(sizes)), key=lambda number: sizes[number])):
        room[number] = min(sizes[number], max(1, left // (len(sizes) - done)))
        left -= room[number]
    return room


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _make_card(entry: GroupItem, uri: str | None) -> Card:
    when = "" if entry.time_s is None else f"at {format_timecode(entry.time_s)}"
    text = " · ".join(filter(None, [entry.caption, when]))
    return Card(Path(entry.item.path).name, uri, text, None if entry.share is None else round(100 * entry.share))
