"""The prediction for one item: its class, the probability of each class, and for a video their course over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from core.classify.embedded_set import EmbeddedSet
from core.classify.predict import Prediction
from core.classify.zero_shot import NONE, Classifier, predict_video
from core.errors import MediaError
from core.library.public.keyed_ids import seal
from core.library.schema import Item
from core.media.modalities import VIDEO
from core.plots.classes import class_bars, class_timeline
from core.previews.thumbnails import make_thumbnail
from core.search.match_text import format_match
from ui.components.video_player.video_player import player
from ui.session.state import get_state
from ui.text import counted, plain
from ui.widgets.query.box import like_file, more_like

MATCH = "Estimated probability that the class describes this: by words, the same number as in a search"
SHARE = "Share of its class among these classes; it says nothing about others"
_TALLEST = 520  # pixels of a picture on the page
_LONGEST = 1_000  # characters of a text that are shown


@dataclass(slots=True)
class SeekState:
    """seconds: by id of a video, the second that was clicked and how often one was."""

    seconds: dict[str, tuple[float, int]] = field(default_factory=dict)


def show_one(
    one: EmbeddedSet, prediction: Prediction, classifier: Classifier, threshold: float, *, stored: bool
) -> None:
    """The item beside its probabilities. prediction: with any threshold. stored: whether it is in the library."""
    left, right = st.columns([5, 6], gap="medium")
    item = one.items[0]
    with left:
        show_item(one, stored=stored)
    with right:
        st.markdown(_verdict(prediction, classifier, threshold))
        limit = len(classifier.names) if st.session_state.get("all_bars") else 12
        figure = class_bars(
            classifier.names, prediction.probabilities, predictions=answer(prediction, threshold) != NONE, limit=limit
        )
        st.plotly_chart(figure, key="class_bars", config={"displayModeBar": False}, alt="How probable each class is")
        if len(classifier.names) > 12:
            st.toggle(f"All {counted(len(classifier.names), 'class')}", key="all_bars")
    if item is not None and item.kind == VIDEO.name:
        _timeline(one, classifier)


def show_item(one: EmbeddedSet, *, stored: bool) -> None:
    """The item itself with its name and “More like this”. stored: whether it is in the library."""
    item = one.items[0]
    with st.container(key="told_item"):
        if item is None:
            st.markdown(f"> {plain(one.sources[0][:_LONGEST])}")
        else:
            _show(item)
            st.caption(plain(Path(item.path).name))
            _lead_on(item, stored)


def answer(prediction: Prediction, threshold: float) -> str:
    """The class at a minimum match. prediction: made with threshold 0."""
    return prediction.label if prediction.in_class_probability >= threshold else NONE


def percent(probability: float) -> str:
    """A probability from 1 % to 99 %."""
    return f"{min(99, max(1, round(100 * probability)))} %"


def _verdict(prediction: Prediction, classifier: Classifier, threshold: float) -> str:
    best = plain(classifier.names[int(prediction.probabilities.argmax())])
    match = format_match(prediction.match)
    if answer(prediction, threshold) != NONE:
        return f"#### {best}\n\n{match} · {percent(prediction.probability)} share among these classes"
    if prediction.label == NONE:
        why = "which means none of these"
    elif prediction.match < threshold:
        why = f"only {match}, below the minimum of {percent(threshold)}"
    else:
        why = f"{match}, but the best of {len(classifier.names):,} classes matches as well by chance"
    return f"#### None of these\n\nThe best class is **{best}**, {why}."


def _show(item: Item) -> None:
    try:
        if item.kind == VIDEO.name:
            second, turn = get_state(SeekState).seconds.get(item.id, (0.0, 0))
            player(item, time_s=second, turn=turn, key=f"class player {seal(item.id)}")
            return
        tall = item.height / item.width if item.width and item.height else 1.0
        st.image(make_thumbnail(item, side=1280), width=round(min(720, _TALLEST / tall)), alt=Path(item.path).name)
    except MediaError as error:
        st.warning(plain(str(error)), icon=":material/broken_image:")


def _lead_on(item: Item, stored: bool) -> None:
    act = more_like if stored else like_file
    st.button("More like this", icon=":material/image_search:", on_click=act, args=(item,), key="like_one")


def _timeline(one: EmbeddedSet, classifier: Classifier) -> None:
    track, item = one.tracks[0], one.items[0]
    assert item is not None
    _, rows = predict_video(classifier, track)
    st.markdown("**Classes over time**")
    st.caption("Darker: more probable among these classes. Click a second to go there.")
    key = f"class_timeline {seal(item.id)}"

    def clicked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:
            seconds = get_state(SeekState).seconds
            _, turn = seconds.get(item.id, (0.0, 0))
            seconds[item.id] = (max(0.0, float(points[0]["x"])), turn + 1)

    st.plotly_chart(
        class_timeline(rows.names, track.start_s, track.end_s, rows.probabilities),
        key=key,
        on_select=clicked,
        selection_mode="points",
        config={"displayModeBar": False},
        alt="How probable each class is over the time of the video",
    )
