"""The dialog of one picture or video: large, with its facts and actions."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core import Hit, Item, Term
from core.errors import MediaError
from core.library.index import VectorIndex
from core.library.public.handout import CHANGED
from core.library.public.keyed_ids import seal
from core.media.modalities import PICTURE, TEXT, VIDEO, get_modality
from core.policy import get_policy
from core.previews.cache import is_as_indexed
from core.previews.thumbnails import make_thumbnail
from core.search.match_text import describe_match, quote_caption
from core.search.passages.search import PassageHit
from core.utils.timecode import format_timecode
from ui.components.gallery.gallery import thumbnails
from ui.components.video_player.video_player import player
from ui.components.viewer.viewer import View, look_ahead, viewer
from ui.errors import boundary
from ui.session.current import current_library
from ui.session.state import get_state
from ui.text import counted, item_date, plain, size_text
from ui.widgets.dialog.document import show_document
from ui.widgets.dialog.item_labels import show_item_labels
from ui.widgets.query.box import Place, add_term, classify_this, find_in, like_file, more_like, own_place

Action = tuple[str, str, Callable[..., None], tuple[object, ...]]  # label, icon, callback, arguments after the item
_ACTIONS_OF_FILES: tuple[Action, ...] = (
    ("More like this", ":material/image_search:", like_file, ()),
    ("Classify this", ":material/category:", classify_this, ()),
)
_LARGE = 1280  # pixels of the cached picture
_VIEWER = "viewer"


@dataclass(slots=True)
class DetailsState:
    """requested: the id of the item whose details open in the next run. start: of the hit that is meant, where it has
    several. at: the number of the open one among those that are shown."""

    requested: str | None = None
    start: float | None = None
    at: int = 0


def open_details(item: Item, start: float | None = None) -> None:
    """Open the details of an item in the next run, at the hit that starts there. For callbacks."""
    state = get_state(DetailsState)
    state.requested, state.start = item.id, start


def are_details_requested() -> bool:
    """Whether details open in this run: whoever has many items need not make them otherwise."""
    return get_state(DetailsState).requested is not None


def show_details(
    hits: Sequence[Hit],
    items: Sequence[Item] = (),
    *,
    videos: bool = False,
    place: Place | None = None,
    stored: bool = True,
) -> None:
    """Open the requested details if the item is among these, which may repeat: then at the requested hit, or the first.
    Call it once per page.

    videos: whether the library has any. place: the page for "Add to the query"; by default that of the item's kind.
    stored: whether the items belong to the library.
    """
    state = get_state(DetailsState)
    target, state.requested = state.requested, None
    shown: dict[str, tuple[Item, Hit | None]] = {}
    for item, hit in (*((hit.item, hit) for hit in hits), *((item, None) for item in items)):
        is_meant = hit is not None and (item.id, hit.start_s) == (target, state.start)
        if is_meant or item.id not in shown:
            shown[item.id] = (item, hit)
    if target in shown:
        state.at = list(shown).index(target)
        _dialog(list(shown.values()), videos, place, stored)


@st.dialog("Details", width="large")
def _dialog(shown: Sequence[tuple[Item, Hit | None]], videos: bool, place: Place | None, stored: bool) -> None:
    state = get_state(DetailsState)
    state.at = max(0, min(state.at, len(shown) - 1))
    item, hit = shown[state.at]
    if len(shown) > 1:
        _walk(state.at, len(shown))
    with boundary():
        left, right = st.columns([3, 2])
        with left:
            _picture(item, hit)
        with right:
            _facts(item, hit)
            _offer(item, _actions(item, videos, place) if stored else _ACTIONS_OF_FILES)
            library = current_library() if stored else None
            if library is not None:
                show_item_labels(library, item)
    _look_ahead([entry for entry, _ in shown], state.at)


def _look_ahead(items: Sequence[Item], at: int) -> None:
    """Prepares the pictures before and after; last, as their thumbnails may have to be made."""
    places = [place for place in (at, at - 1, at + 1) if 0 <= place < len(items) and items[place].kind == PICTURE.name]
    if at not in places:
        return
    made = dict(zip(places, thumbnails([(items[place], None) for place in places], _LARGE), strict=True))
    views = {place: _view(items[place], data) for place, data in made.items() if data is not None}
    if at in views:
        look_ahead(views[at], before=views.get(at - 1), after=views.get(at + 1), key=_VIEWER)


def _view(item: Item, data: bytes) -> View:
    aspect = item.width / item.height if item.width and item.height else 1.0
    return View(data, Path(item.path).name, aspect)


def _walk(at: int, count: int) -> None:
    """Buttons to the one before and after; the arrow keys press them."""
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", wrap=False):
        st.button(
            "Previous", icon=":material/chevron_left:", key="details_previous", shortcut="Left", type="tertiary",
            on_click=_step, args=(-1,), disabled=at == 0,
        )  # fmt: skip
        st.caption(f"{at + 1:,} of {count:,}", width="content")
        st.button(
            "Next", icon=":material/chevron_right:", icon_position="right", key="details_next", shortcut="Right",
            type="tertiary", on_click=_step, args=(1,), disabled=at == count - 1,
        )  # fmt: skip


def _step(by: int) -> None:
    get_state(DetailsState).at += by


def _picture(item: Item, hit: Hit | None) -> None:
    modality, place = get_modality(item.kind), hit.start_s if hit else None
    try:
        if modality is VIDEO:
            player(item, time_s=place or 0.0, turn=0, key=f"player {seal(item.id)}")
            return
        if modality is TEXT:
            show_document(item, hit if isinstance(hit, PassageHit) else None)
            return
        data = make_thumbnail(item, side=_LARGE, time_s=place)
        text = modality.read(Path(item.path), place) if modality.read else ""
    except MediaError as error:
        st.warning(plain(str(error)), icon=":material/broken_image:")
        return
    viewer(_view(item, data), key=_VIEWER, on_step=_step)
    if text:
        st.text(text)


def _facts(item: Item, hit: Hit | None) -> None:
    st.markdown(f"##### {plain(Path(item.path).name)}")
    if hit is not None:
        noun = get_modality(item.kind).title
        match, cosine = describe_match(hit), f"cosine {hit.score:.2f}"
        st.markdown(
            f"**{match}** · {cosine}" if match else cosine,
            help=f"The percentage estimates how likely this {noun} is what the query means, compared with the rest of "
            f"the library. The cosine is the similarity of query and {noun}, -1 to 1; compare it within one query.",
        )
        if hit.caption is not None:
            st.markdown(plain(quote_caption(hit.caption)))
    verb, when = item_date(item)
    length = f"{format_timecode(item.duration_s)} · " if item.duration_s is not None else ""
    size = length + (f"{item.width:,} × {item.height:,} px · " if item.width and item.height else "")
    st.markdown(f"{size}{size_text(item.bytes)}  \n{verb.capitalize()} {when:%d %b %Y, %H:%M}")
    policy = get_policy()
    if policy.may_see_paths:
        st.code(item.path, language=None, wrap_lines=True)
    if item.reason:
        st.caption(plain(item.reason))
    if os.path.exists(item.path) and item.content_hash and not is_as_indexed(item):
        st.caption(f":material/edit: {CHANGED}")
    if hit is not None and hit.duplicates:
        noun = f"near-identical {get_modality(item.kind).title}"
        st.markdown(f"{counted(len(hit.duplicates), noun)} grouped with this one:")
        st.code("\n".join(policy.display_path(other.path) for other in hit.duplicates), language=None, wrap_lines=True)


def _actions(item: Item, videos: bool, place: Place | None) -> list[Action]:
    like, less = Term("item", item.id), Term("item", item.id, -1.0)
    own = own_place(item)
    actions: list[Action] = [
        ("More like this", ":material/image_search:", more_like, ()),
        ("Add to the query", ":material/add:", lambda _: add_term(like, place or own), ()),
        ("Less like this", ":material/remove:", lambda _: add_term(less, place or own), ()),
        ("Classify this", ":material/category:", classify_this, ()),
    ]
    if item.kind == VIDEO.name:
        actions.insert(1, ("Pictures like this", ":material/imagesmode:", find_in, ("images",)))
    elif videos:
        actions.insert(1, ("Find in videos", ":material/video_search:", find_in, ("video",)))
    return actions


def _offer(item: Item, actions: Sequence[Action]) -> None:
    pressed = [
        st.button(
            label,
            icon=icon,
            type="secondary" if number else "primary",
            on_click=act,
            args=(item, *args),
            width="stretch",
        )
        for number, (label, icon, act, args) in enumerate(actions)
    ]
    if any(pressed):
        st.rerun()  # the whole page, so that the dialog closes


def sampled_text(index: VectorIndex) -> str:
    """A note that figures are of a random sample, the `background`; empty if it is all that can be compared."""
    count, total = len(index.background), len(index.comparable)
    return f", in a random sample of {count:,} of the {total:,} vectors here" if count < total else ""
