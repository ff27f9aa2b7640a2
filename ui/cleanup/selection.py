"""The files chosen for clean-up: kept across sections and pages for the session, exported as a list, or labeled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Encoder, Library
from core.cleanup.findings import Finding, findings_csv, paths_lines, paths_list
from core.library.schema import Label
from core.policy import get_policy
from core.share.pages.groups import make_findings_sheet
from ui.errors import boundary
from ui.session.libraries import may_change
from ui.session.state import get_state
from ui.text import counted, plain, size_text
from ui.widgets.link_items import link_with, read_carried, report_taken_over
from ui.widgets.save_report import save_groups
from ui.widgets.sticky import make_sticky

TASK = "clean up"
_LINKED = "Selected in a link"
_PAGES = 300  # pixels for the page numbers
_HOW_TO = """Check the list first, and move files aside instead of deleting them. These commands overwrite nothing.

Linux, with the list for other programs:
```sh
mkdir aside && xargs -0 mv -n -t aside < clean-up.nul
```
macOS:
```sh
mkdir aside && xargs -0 -I {} mv -n {} aside < clean-up.nul
```
Windows (PowerShell), with the list of one path per line:
```powershell
mkdir aside; Get-Content clean-up.txt -Encoding utf8 | % { Move-Item -LiteralPath $_ aside }
```
Then use “Check for changes” on the page Library to update the library.
"""


@dataclass(slots=True)
class SelectionState:
    """chosen: by library, then by item id. turn: grows whenever anything but a tick changes the choice."""

    chosen: dict[str, dict[str, Finding]] = field(default_factory=dict)
    turn: int = 0


def get_chosen(library: Library) -> dict[str, Finding]:
    """The chosen files of a library, by item id."""
    return get_state(SelectionState).chosen.setdefault(str(library.path), {})


def get_turn() -> int:
    """A number that changes whenever anything but a tick changed the choice."""
    return get_state(SelectionState).turn


def choose(library: Library, findings: Iterable[Finding]) -> None:
    """Add to the chosen files; those already there keep their first reason. For callbacks."""
    chosen = get_chosen(library)
    for finding in findings:
        chosen.setdefault(finding.item.id, finding)
    get_state(SelectionState).turn += 1


def drop(library: Library, findings: Iterable[Finding]) -> None:
    """Remove from the chosen files. For callbacks."""
    for finding in findings:
        get_chosen(library).pop(finding.item.id, None)
    get_state(SelectionState).turn += 1


def update_ticked(library: Library, shown: Sequence[Finding], ids: Iterable[str]) -> None:
    """Of these visible findings, choose exactly those with these ids."""
    chosen, ticked = get_chosen(library), set(ids)
    for finding in shown:
        if finding.item.id not in ticked:
            chosen.pop(finding.item.id, None)
        else:
            chosen.setdefault(finding.item.id, finding)


def apply_link(library: Library) -> None:
    """Choose the files in the page's link, once."""
    ids = read_carried("ticked").get("ticked", [])
    if not ids:
        return
    with boundary():
        items = {item.id: item for item in library.items_with(ids)}
        choose(library, [Finding(items[item_id], _LINKED) for item_id in dict.fromkeys(ids) if item_id in items])
        report_taken_over(counted(len(items), "selected file"), len(set(ids) - items.keys()), "file")


def show_reasons(library: Library, shown: Iterable[Finding]) -> None:
    """Give files chosen by a link their reason, once the section that finds them is open."""
    chosen = get_chosen(library)
    for finding in shown:
        if finding.item.id in chosen and chosen[finding.item.id].why == _LINKED:
            chosen[finding.item.id] = finding


def choose_row(library: Library, findings: Sequence[Finding], label: str, *, key: str) -> None:
    """A button that chooses all of these, on all pages, and one that unselects them."""
    if not findings:
        return
    chosen = get_chosen(library)
    count = sum(finding.item.id in chosen for finding in findings)
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key} row"):
        st.button(
            label,
            icon=":material/done_all:",
            on_click=choose,
            args=(library, findings),
            disabled=count == len(findings),
            key=f"{key} all",
        )
        if count:
            st.button(
                f"Unselect {count:,}", on_click=drop, args=(library, findings), type="tertiary", key=f"{key} none"
            )


def show_choice_bar(library: Library, encoder: Encoder) -> DeltaGenerator:
    """The number of chosen files, with export and labels. Returns the container for the page numbers."""
    findings = list(get_chosen(library).values())
    make_sticky("choice")
    with st.container(horizontal=True, vertical_alignment="center", key="choice"):
        size = f" · {size_text(sum(finding.item.bytes for finding in findings))}" if findings else ""
        st.markdown(f"**{len(findings):,} chosen**{size}", width="content")
        _export(findings)
        if findings:
            save_groups(
                library,
                encoder,
                lambda: make_findings_sheet(findings, library=library.name),
                about=tuple((finding.item.id, finding.why, finding.cosine) for finding in findings),
                count=len(findings),
                key="page of ticked files",
                name="clean-up.html",
            )
        _label_these(library, findings)
        st.button("Choose none", type="tertiary", on_click=drop, args=(library, findings), disabled=not findings)
        return st.container(width=_PAGES)


def _export(findings: Sequence[Finding]) -> None:
    lines, redact = paths_lines(findings), get_policy().display_path
    with st.popover("Export list", icon=":material/download:", disabled=not findings):
        for label, data, name, kind, icon, off in (
            (
                "Table (CSV)",
                lambda: findings_csv(findings, redact=redact).encode(),
                "clean-up.csv",
                "text/csv",
                "table",
                False,
            ),
            (
                "Paths, one per line",
                lambda: paths_list(findings, redact=redact),
                "clean-up.txt",
                "text/plain",
                "list",
                not lines,
            ),
            (
                "Paths for other programs (xargs -0)",
                lambda: paths_list(findings, redact=redact, end="\0"),
                "clean-up.nul",
                "application/octet-stream",
                "terminal",
                False,
            ),
        ):
            st.download_button(
                label, data=data, file_name=name, mime=kind, icon=f":material/{icon}:", on_click="ignore",
                width="stretch", disabled=off,
            )  # fmt: skip
        link_with({"ticked": [finding.item.id for finding in findings]}, key="ticked link", what="selection")
        if not lines:
            st.caption("A file name contains a line break: use the list for other programs, or the table.")
        with st.expander("How to use it"):
            st.markdown(_HOW_TO)


def _label_these(library: Library, findings: Sequence[Finding]) -> None:
    if not may_change(library):
        return
    with st.popover("Label these", icon=":material/label:", disabled=not findings):
        st.markdown(f"Labels **{counted(len(findings), 'file')}** in the library; the files stay as they are.")
        label = st.text_input("Label", value="to remove", max_chars=80, key="clean_label").strip()
        st.button("Label them", type="primary", on_click=_label, args=(library, findings, label), disabled=not label)
        st.caption(f"Task “{TASK}”. The filter “Label” of the search pages finds them.")


def _label(library: Library, findings: Sequence[Finding], label: str) -> None:
    with boundary():
        library.put_labels([Label(finding.item.id, TASK, label, "person") for finding in findings])
        st.toast(f"{counted(len(findings), 'file')}: {plain(label)}")
