"""What a visitor chose to be rid of: kept over sections and pages for the visit, taken away as a list, or labelled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Encoder, Library
from core.cleanup.findings import Finding, findings_csv, paths_lines, paths_list
from core.library.schema import Label
from core.policy import get_policy
from core.share.pages.groups import make_findings_sheet
from ui.errors import boundary
from ui.session.libraries import may_change
from ui.text import counted, plain, size_text
from ui.widgets.link_items import link_with, read_carried, report_taken_over
from ui.widgets.save_report import save_groups
from ui.widgets.sticky import make_sticky

TASK = "clean up"
_LINKED = "Ticked in a link"
_PAGES = 300  # pixels for the numbers of pages, which show as many as fit
_HOW_TO = """The list names files; what becomes of them is up to you. Look at it first, and move files aside rather than
deleting them. Nothing is overwritten by these:

Linux, from the list for other programs:
```sh
mkdir aside && xargs -0 mv -n -t aside < clean-up.nul
```
macOS:
```sh
mkdir aside && xargs -0 -I {} mv -n {} aside < clean-up.nul
```
Windows (PowerShell), from the list with a path on each line:
```powershell
mkdir aside; Get-Content clean-up.txt -Encoding utf8 | % { Move-Item -LiteralPath $_ aside }
```
Afterwards “Check for changes” on the page Library forgets what is gone.
"""


def get_chosen(library: Library) -> dict[str, Finding]:
    """What is chosen in a library, by item id."""
    return st.session_state.setdefault("clean chosen", {}).setdefault(str(library.path), {})


def get_turn() -> int:
    """Changes whenever anything but a tick changed what is chosen."""
    return st.session_state.get("clean turn", 0)


def choose(library: Library, findings: Iterable[Finding]) -> None:
    """Adds to what is chosen; what is there keeps its first reason. For callbacks."""
    cached = get_chosen(library)
    for finding in findings:
        cached.setdefault(finding.item.id, finding)
    st.session_state["clean turn"] = get_turn() + 1


def drop(library: Library, findings: Iterable[Finding]) -> None:
    """Takes away from what is chosen. For callbacks."""
    for finding in findings:
        get_chosen(library).pop(finding.item.id, None)
    st.session_state["clean turn"] = get_turn() + 1


def update_ticked(library: Library, shown: Sequence[Finding], ids: Iterable[str]) -> None:
    """Of these shown files exactly those with these ids are ticked now."""
    cached, target = get_chosen(library), set(ids)
    for entry in shown:
        if entry.item.id not in target:
            cached.pop(entry.item.id, None)
        else:
            cached.setdefault(entry.item.id, entry)


def apply_link(library: Library) -> None:
    """What the page's link says was ticked is chosen, once."""
    ids = read_carried("ticked").get("ticked", [])
    if not ids:
        return
    with boundary():
        items = {entry.id: entry for entry in library.items_with(ids)}
        choose(library, [Finding(items[entry], _LINKED) for entry in dict.fromkeys(ids) if entry in items])
        report_taken_over(counted(len(items), "ticked file"), len(set(ids) - items.keys()), "file")


def show_reasons(library: Library, shown: Iterable[Finding]) -> None:
    """What came ticked with a link gets its reason once the section that finds it is shown."""
    cached = get_chosen(library)
    for entry in shown:
        if entry.item.id in cached and cached[entry.item.id].why == _LINKED:
            cached[entry.item.id] = entry


def choose_row(library: Library, findings: Sequence[Finding], label: str, *, key: str) -> None:
    """A button that chooses all of these, over all pages, and one that takes them back."""
    if not findings:
        return
    cached = get_chosen(library)
    there = sum(finding.item.id in cached for finding in findings)
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key} row"):
        st.button(
            label,
            icon=":material/done_all:",
            on_click=choose,
            args=(library, findings),
            disabled=there == len(findings),
            key=f"{key} all",
        )
        if there:
            take_back = f"Take {'this one' if there == 1 else f'these {there:,}'} back"
            st.button(take_back, on_click=drop, args=(library, findings), type="tertiary", key=f"{key} none")


def show_choice_bar(library: Library, encoder: Encoder) -> DeltaGenerator:
    """How much is chosen, and what can be done with it. Returns the place beside it for turning pages."""
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
    with st.popover("Take the list", icon=":material/download:", disabled=not findings):
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
                "Paths, one a line",
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
        link_with({"ticked": [finding.item.id for finding in findings]}, key="ticked link", what="ticks")
        if not lines:
            st.caption("A name among these holds a line break: take the list for other programs, or the table.")
        with st.expander("How to use it"):
            st.markdown(_HOW_TO)


def _label_these(library: Library, findings: Sequence[Finding]) -> None:
    if not may_change(library):
        return
    with st.popover("Label these", icon=":material/label:", disabled=not findings):
        st.markdown(f"Labels **{counted(len(findings), 'file')}** in the library; the files stay as they are.")
        label = st.text_input("Label", value="to remove", max_chars=80, key="clean_label").strip()
        st.button("Label them", type="primary", on_click=_label, args=(library, findings, label), disabled=not label)
        st.caption(f"In the task “{TASK}”. The filter “Label” of the searches finds them by it.")


def _label(library: Library, findings: Sequence[Finding], label: str) -> None:
    with boundary():
        library.put_labels([Label(finding.item.id, TASK, label, "person") for finding in findings])
        st.toast(f"{counted(len(findings), 'file')}: {plain(label)}")
