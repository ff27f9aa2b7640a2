"""Items in named groups as a page in one file, see `core.share.pages.page`: classes, files to clean up, a feed."""

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
from core.search.match_text import format_match
from core.share.pages.page import Card, render, render_page
from core.share.pages.search import get_page_facts
from core.share.pages.thumbnails import encode_images
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    from core.classify.predict import Prediction
    from core.cleanup.findings import Finding

MOST_IN_GROUPS = 400  # most pictures of a page, shared by its groups, and most groups
_SIDE = 240  # pixels of pictures
_READ_CLASSES = (
    "Each group holds the pictures of one class: those labeled by a person first, then by their match. The match is "
    "the estimated probability that the class describes the picture: below {threshold} it is none of these. The share "
    "is that of the class among these classes."
)
_READ_FINDINGS = (
    "Files selected for clean-up, grouped by reason. No file was moved, changed or deleted. The cosine, -1 to 1, is "
    "the similarity of a file to the named one, or to its neighbors: 1 is the same picture."
)


@dataclass(frozen=True, slots=True)
class GroupItem:
    """One item of a group.

    Attributes
    ----------
    item : Item
    caption : str
        Plain text below the name.
    share : float or None
        Length of a bar, 0 to 1; None: no bar.
    time_s : float or None
        Second of a video whose picture is shown.
    """

    item: Item
    caption: str = ""
    share: float | None = None
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Items below a heading, in their order. title: plain text."""

    title: str
    items: Sequence[GroupItem]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Content of a page as plain text: its title, how to read it, and its groups."""

    title: str
    about: str
    groups: Sequence[Group]


@task_keywords
def groups_page(sheet: Sheet, *, library: str, encoder: str, task: Task = SILENT) -> str:
    """Groups of items as HTML: up to `MOST_IN_GROUPS` groups, which share as many items.

    Parameters
    ----------
    sheet : Sheet
    library, encoder : str
        Their names.
    task : Task, optional

    Returns
    -------
    str

    Raises
    ------
    Cancelled
    """
    groups = sheet.groups[:MOST_IN_GROUPS]
    shares = _allocate([len(group.items) for group in groups])
    firsts = [group.items[:most] for group, most in zip(groups, shares, strict=True)]
    pictures = [(entry.item, entry.time_s) for first in firsts for entry in first]
    images = encode_images(pictures, side=_SIDE, task=task)
    uris = iter(images)
    parts = []
    for group, first in zip(groups, firsts, strict=True):
        count = f"{len(group.items):,}" + (f", the first {len(first):,}" if len(first) < len(group.items) else "")
        cards = [_make_card(entry, next(uris)) for entry in first]
        parts.append({"title": group.title, "count": count, "cards": cards})
    facts = get_page_facts(library, encoder)
    if len(groups) < len(sheet.groups):
        facts["Groups"] = f"the first {len(groups):,} of {len(sheet.groups):,}"
    if None in images:
        facts["Without a picture"] = f"{images.count(None):,}: unreadable, or the page is full"
    return render_page(title=sheet.title, about=sheet.about, facts=facts, body=render("groups.html", groups=parts))


def make_classes_sheet(
    predictions: Sequence[Prediction],
    names: Sequence[str],
    *,
    library: str,
    threshold: float,
    by_person: Collection[str] = (),
) -> Sheet:
    """Classified items as groups: one per class in the order of `names`, then "none of these".

    Parameters
    ----------
    predictions : sequence of Prediction
        Those without an item (texts) are left out.
    names : sequence of str
        Classes, in the order of the probabilities.
    library : str
        Its name.
    threshold : float
        Least match of a member, 0 to 1.
    by_person : collection of str
        Ids of items whose class a person chose; they come first.

    Returns
    -------
    Sheet
    """
    by_class: dict[str, list[GroupItem]] = {name: [] for name in names}
    for prediction in sorted(predictions, key=lambda own: (own.id not in by_person, -own.match)):
        if prediction.item is None:
            continue
        group = by_class.setdefault(prediction.label, [])
        if prediction.id in by_person:
            group.append(GroupItem(prediction.item, "labeled by a person"))
            continue
        nearest = f"nearest: {names[int(prediction.probabilities.argmax())]} " if prediction.label == NONE else ""
        caption = f"{nearest}{format_match(prediction.match)} · share {round(100 * prediction.probability)} %"
        group.append(GroupItem(prediction.item, caption, prediction.match))
    none = {NONE: by_class.pop(NONE, [])}
    groups = [Group(name, items) for name, items in (by_class | none).items() if items]
    return Sheet(f"Classes of {library}", _READ_CLASSES.format(threshold=f"{100 * threshold:.0f} %"), groups)


def make_findings_sheet(findings: Sequence[Finding], *, library: str) -> Sheet:
    """Files to clean up as groups, one per reason.

    Parameters
    ----------
    findings : sequence of Finding
    library : str
        Its name.

    Returns
    -------
    Sheet
    """
    by_reason: dict[str, list[GroupItem]] = defaultdict(list)
    for finding in findings:
        why = redact_folders(finding.why)
        copy_of = Path(finding.best).name
        reason, detail = (why.removesuffix(copy_of), copy_of) if finding.best else why.partition(": ")[::2]
        caption = [detail, "" if finding.cosine is None else f"cosine {finding.cosine:.3f}"]
        item = GroupItem(finding.item, " · ".join(filter(None, caption)), time_s=finding.time_s)
        by_reason[_capitalize(reason.strip())].append(item)
    groups = [Group(reason, items) for reason, items in by_reason.items()]
    return Sheet(f"To clean up in {library}", _READ_FINDINGS, groups)


def _allocate(sizes: Sequence[int]) -> list[int]:
    """Number of items shown of each group: equal shares, of which small groups leave the rest to large ones."""
    shares, available = [0] * len(sizes), MOST_IN_GROUPS
    for done, number in enumerate(sorted(range(len(sizes)), key=lambda number: sizes[number])):
        shares[number] = min(sizes[number], max(1, available // (len(sizes) - done)))
        available -= shares[number]
    return shares


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _make_card(item: GroupItem, uri: str | None) -> Card:
    when = "" if item.time_s is None else f"at {format_timecode(item.time_s)}"
    text = " · ".join(filter(None, [item.caption, when]))
    return Card(Path(item.item.path).name, uri, text, None if item.share is None else round(100 * item.share))
