"""Results of a video search: the player on one side, the videos with strips and timelines on the other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import streamlit as st

from core import Encoder, Filters, Library, Term
from core.errors import MediaError
from core.library.public.keyed_ids import seal
from core.plots.timeline import get_score_range, timeline
from core.search.match_text import describe_match
from core.search.query import query_state
from core.search.sorting import sort_hits
from core.search.videos import Pooling, VideoHit, VideoResult, search_videos
from core.utils.timecode import format_timecode, format_timespan
from ui.button import pressed
from ui.components.video_player.video_player import Listeners, player
from ui.components.video_strip.video_strip import strip
from ui.search.export_moments import export_panel
from ui.search.open_video import find_open_video, get_open_video, note_position, seek, write_link
from ui.search.sort_choice import sort_choice
from ui.search.verdict import doubt_heading, show_verdict
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.text import counted, plain
from ui.widgets.filters import VideoOptions, clear_filters, filter_text, items_with_label
from ui.widgets.query.box import is_going, like_frame
from ui.widgets.query.terms import describe
from ui.widgets.save_report import save_moments
from ui.widgets.summary.button import video_summary_button

# the player stays in view while the visitor scrolls, on a phone above the videos
_STICKY = """<style>
[data-testid=stColumn]:has(.st-key-watching) { position: sticky; top: 3.75rem; align-self: flex-start; z-index: 2; }
</style>"""
_LEGEND = "Gray: each frame. Green: smoothed. Dotted: threshold of moments. Shaded: moments, gray where in doubt."
_MATCH = " Match, 0 to 1: how well your words describe a frame, compared with other words."
_MOMENTS = 12  # per video, at most: each has a picture
RANKINGS: dict[str, Pooling] = {"best moment": "max", "best 5 seconds": "top", "whole video": "mean"}


def find_videos(
    library: Library,
    encoder: Encoder,
    terms: tuple[Term, ...],
    filters: Filters,
    options: VideoOptions,
    pooling: Pooling,
) -> VideoResult:
    """The result of a search, cached until its inputs change. Raises QueryError."""
    load_encoder(encoder)

    def compute() -> VideoResult:
        return search_videos(
            library,
            encoder,
            terms,
            top_k=options.top_k,
            pooling=pooling,
            filters=filters,
            templates=options.templates,
            max_moments=_MOMENTS,
            combine=options.combine,
        )

    key = (encoder.id, terms, query_state(encoder, terms), filters, items_with_label(library, filters), options)
    with st.spinner("Reading the clip …") if any(term.kind == "clip" for term in terms) else nullcontext():
        return get_cached(f"search videos {pooling}", key, library.index(encoder), compute)


def ranking_choice() -> Pooling:
    """The control for how videos are ranked."""
    chosen = st.segmented_control(
        "Rank videos by",
        list(RANKINGS),
        default="best moment",
        required=True,
        key="rank",
        bind="query-params",
        help="Best moment: one good second is enough. Best 5 seconds: their mean. Whole video: the mean over the whole "
        "video, for videos that show it throughout.",
    )
    return RANKINGS[chosen or "best moment"]


def show_video_results(
    library: Library, encoder: Encoder, terms: tuple[Term, ...], filters: Filters, result: VideoResult
) -> None:
    """The whole section below the query."""
    limits = filter_text(filters)
    if not result.hits:
        st.info(f"No video matches the filters ({plain(limits)}).", icon=":material/filter_alt:")
        st.button("Clear the filters", on_click=clear_filters, type="primary")
        return
    hits = result.hits
    among = f"{counted(result.considered, 'video')}{', ' + plain(limits) if limits else ''}"
    show_verdict(result, describe(library, terms), among)
    opened = find_open_video(hits, (str(library.path), terms, filters))
    with st.container(horizontal=True, vertical_alignment="center", key="found"):
        hits = tuple(sort_hits(hits, sort_choice()))
        export_panel(hits)
        ranked = next(name for name, pooling in RANKINGS.items() if pooling == result.pooling)
        more = {"Ranked by": ranked} | ({"Filters": limits} if limits else {})
        save_moments(library, encoder, describe(library, terms), hits, more)
        video_summary_button(library, encoder, opened.item)
    st.html(_STICKY)
    left, right = st.columns([5, 6], gap="medium")
    with left, st.container(key="watching"):
        _watch(opened)
    with right:
        legend = _LEGEND + (_MATCH if hits[0].curve.measure == "match" else "")
        st.caption("Click a curve, a frame or a moment to jump there.", help=legend)
        scores = get_score_range([hit.curve for hit in hits])
        for rank, hit in enumerate(hits):
            if not hit.is_certain and (not rank or hits[rank - 1].is_certain):
                st.markdown(f"**{doubt_heading(result)}**")
            _row(rank + 1, hit, opened is hit, scores)


def compare_rankings(results: dict[str, VideoResult]) -> None:
    """The three rankings side by side; an arrow shows how far a video moved from its rank in the first."""
    with st.container(border=True, key="rankings"):
        st.caption(
            "The same search, ranked three ways.",
            help="Arrows show how far a video moved from its rank by best moment. Scores are cosines: compare them "
            "within one list only.",
        )
        first = [hit.item.id for hit in next(iter(results.values())).hits]
        for column, (name, result) in zip(st.columns(len(results)), results.items(), strict=True):
            with column:
                st.markdown(f"**By {name}**")
                st.markdown("\n".join(_place(rank, hit, first) for rank, hit in enumerate(result.hits[:10])))


def _place(rank: int, hit: VideoHit, first: Sequence[str]) -> str:
    moved_by = first.index(hit.item.id) - rank if hit.item.id in first else 0
    mark = f" :green[▲{moved_by}]" if moved_by > 0 else f" :red[▼{-moved_by}]" if moved_by else ""
    return f"{rank + 1}. {plain(Path(hit.item.path).name)} :gray[{hit.score:.2f}]{mark}"


@st.fragment
def _watch(hit: VideoHit) -> None:
    """The player and the moments of the open video. A fragment: seeking does not redraw the other videos."""
    if is_going():
        st.rerun()
    write_link()
    opened, item = get_open_video(), hit.item
    listeners = Listeners(
        at=note_position,
        like=lambda time_s: like_frame(item.id, time_s, "video"),
        pictures=lambda time_s: like_frame(item.id, time_s, "images"),
    )
    try:
        player(item, time_s=opened.time_s, turn=opened.turn, moments=hit.moments, on=listeners, key="player")
    except MediaError as error:
        st.warning(plain(str(error)), icon=":material/videocam_off:")
    _alignment(hit)


def _alignment(hit: VideoHit) -> None:
    if hit.alignment is None:
        return
    found = hit.alignment
    video_span = format_timespan(found.start_s, found.end_s, within=0.0)
    clip_span = format_timespan(found.query_start_s, found.query_end_s, within=0.0)
    st.markdown(
        f"{clip_span} of your clip matches {video_span} of this video, with a mean cosine of {found.score:.2f}."
    )
    if pressed(f"Go to {format_timecode(found.start_s)}", icon=":material/align_horizontal_left:", key="aligned"):
        seek(hit.item.id, found.start_s)
        st.rerun(scope="fragment")


def _row(rank: int, hit: VideoHit, is_open: bool, scores: tuple[float, float]) -> None:
    item, shown_id = hit.item, seal(hit.item.id)
    duration_s = item.duration_s or float(hit.curve.end_s[-1])
    name = Path(item.path).name

    def go(time_s: float) -> None:
        seek(item.id, time_s)

    with st.container(border=True, key=f"video {shown_id}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.button(
                f"{rank}. {plain(name)}",
                key=f"open {shown_id}",
                type="tertiary",
                icon=":material/equalizer:" if is_open else ":material/play_circle:",
                on_click=go,
                args=(hit.moments[0].enter_s,),
                help="In the player" if is_open else "Play the best moment",
            )
            length = format_timecode(duration_s, within=duration_s)
            match = describe_match(hit)
            st.caption(f"**{match}** · {length}" if match else f"cosine {hit.score:.2f} · {length}", width="content")
        strip(item, hit.moments, duration_s=duration_s, key=f"strip {shown_id}", on_seek=go)
        title = f"{hit.curve.measure.capitalize()} over time"
        figure = timeline(hit.curve, hit.moments, duration_s=duration_s, title=title, scores=scores)
        key = f"timeline {shown_id}"

        def clicked() -> None:
            points = st.session_state[key]["selection"]["points"]
            if points:
                go(min(max(0.0, float(points[0]["x"])), duration_s))

        st.plotly_chart(
            figure,
            key=key,
            on_select=clicked,
            selection_mode="points",
            config={"displayModeBar": False},
            alt=f"Score of {name} over its time; the best moment begins at {format_timecode(hit.moments[0].start_s)}",
        )
