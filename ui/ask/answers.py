"""The answers: each passage with its best sentence marked, and a link that opens it where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core import Hit
from core.ask import Answer, Reply
from core.library.public.keyed_ids import seal
from core.media.modality import Segment
from core.search.match_text import format_match
from core.utils.timecode import format_timecode
from ui.text import plain
from ui.widgets.details import open_details

_NEAREST = 3  # passages that are shown where none answers
_LEAST = 0.1  # match of an answer that is shown below others


def show_answers(reply: Reply) -> None:
    """The passages that answer, then the less certain ones; the nearest where none answers."""
    groups = _group(reply.answers)
    if not reply.found:
        if groups:
            st.caption("The nearest passages:")
        for answers in groups[:_NEAREST]:
            _show_passage(answers, marked=False)
        return
    best, *others = groups
    _show_passage(best, marked=True)
    likely = [answers for answers in others if answers[0].likely]
    for answers in likely:
        _show_passage(answers, marked=True)
    if doubtful := [answers for answers in others[len(likely) :] if answers[0].match >= _LEAST]:
        with st.expander("Less certain from here", icon=":material/expand_more:"):
            for answers in doubtful:
                _show_passage(answers, marked=True)


def list_places(answers: Sequence[Answer]) -> list[Hit]:
    """What the details may show of the answers: documents at their passages, videos at their seconds."""
    hits: list[Hit] = []
    for answer in answers:
        hits.append(replace(answer.hit, relevance=answer.match, likely=answer.likely))
        if answer.video is not None and (second := answer.passage.start_s) is not None:
            segment = Segment(second, answer.passage.end_s or second)
            hits.append(Hit(answer.video, answer.hit.score, answer.match, answer.likely, segment))
    return hits


def _group(answers: Sequence[Answer]) -> list[list[Answer]]:
    """The answers of each passage, in the order of the best ones."""
    groups: dict[tuple[str, int], list[Answer]] = {}
    for answer in answers:
        groups.setdefault((answer.item.id, answer.passage.start), []).append(answer)
    return list(groups.values())


def _show_passage(answers: Sequence[Answer], *, marked: bool) -> None:
    """One passage. marked: whether its best sentence is highlighted."""
    best = answers[0]
    key = f"{seal(best.item.id)} {best.passage.start}"
    name = ", ".join(filter(None, [Path(best.item.path).name, best.passage.where]))
    with st.container(border=True, key=f"passage {key}"):
        with st.container(horizontal=True, vertical_alignment="center", key=f"source {key}"):
            st.button(
                plain(name), key=f"open {key}", icon=":material/description:", type="tertiary",
                on_click=_open, args=(best,), help="Opens the passage where it stands",
            )  # fmt: skip
            if best.video is not None and best.passage.start_s is not None:
                label = f"Watch at {format_timecode(best.passage.start_s)}"
                icon = ":material/play_circle:"
                st.button(label, key=f"watch {key}", icon=icon, type="tertiary", on_click=_watch, args=(best,))
            if marked:
                st.markdown(f":gray[{format_match(best.match)}]", width="content")
        st.markdown(_write(best, marked=marked))


def _write(answer: Answer, *, marked: bool) -> str:
    """The passage as Markdown, without a heading that stands above it anyway; its sentence highlighted, and in it in
    bold the words where a model read it."""
    text, sentence, heading = answer.passage.text, plain(answer.sentence), answer.passage.heading or ""
    first = len(heading) if heading and text.startswith(heading) and answer.start >= len(heading) else 0
    if answer.words:
        sentence = sentence.replace(plain(answer.words), f"**{plain(answer.words)}**", 1)
    if marked:
        sentence = f":primary-background[{sentence}]"
    parts = [plain(text[first : answer.start]), sentence, plain(text[answer.end :])]
    return " ".join(part for part in parts if part)


def _open(answer: Answer) -> None:
    open_details(answer.item, answer.hit.start_s)


def _watch(answer: Answer) -> None:
    assert answer.video is not None and answer.passage.start_s is not None
    open_details(answer.video, answer.passage.start_s)
