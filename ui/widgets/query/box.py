"""The query of the search pages: typed words, items and frames of the library, and uploads.

The box holds everything that a link can hold (words, `item:ID`, `item:ID@SECOND`); uploads live in the session only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import streamlit as st

from core import Item, Term, format_query, parse_query
from core.library.filters import ANY
from core.library.public.handout import check_handed_out
from core.library.public.keyed_ids import seal
from core.library.uploads import too_much
from core.media.formats import upload_types
from core.media.images import read_bytes
from core.media.kinds import is_image_path
from core.media.modalities import PICTURE, VIDEO, get_modality
from core.policy import get_policy
from ui.errors import boundary
from ui.session.current import Choice
from ui.session.state import get_state
from ui.text import file_limit, plain
from ui.widgets.filters import COMMON_FILTERS

Place = Literal["all", "images", "video"]  # the pages that search: of all kinds, of one that is no video, of videos
_PAGES: dict[Place, str] = {
    "all": "pages/home.py",
    "images": "pages/search_images.py",
    "video": "pages/search_video.py",
}
_CLASSIFY = "pages/classify.py"
UPLOADED = ("image", "clip")  # kinds of terms that no link can hold
_MOST_UPLOADS = 8  # per query, as they stay in memory for the session


@dataclass(slots=True)
class QueryState:
    """What a query holds beside its box, and where it goes.

    uploads: pictures and clips. place, kind: the search page that a waiting query is for, and the kind of items.
    keeps_filters: whether the filters go along. to_classify: the id of an item that waits for the page Classify.
    brought: the box of the page before. upload_turn: grows with each upload.
    """

    uploads: list[Term] = field(default_factory=list)
    place: Place | None = None
    kind: str = PICTURE.name
    keeps_filters: bool = False
    to_classify: str | None = None
    brought: str | None = None
    upload_turn: int = 0


def set_query(text: str, place: Place = "images") -> None:
    """Replace the whole query and open a search page with it. For callbacks, dialogs, and pages without the box."""
    st.session_state["q"] = text
    state = get_state(QueryState)
    state.uploads, state.place, state.kind = [], place, PICTURE.name


def place_of(kind: str) -> Place:
    """The page that finds items of a kind, or of any."""
    return "all" if kind == ANY else "video" if kind == VIDEO.name else "images"


def title_of(kind: str) -> str:
    """A kind of items, or any, as the switch between them and links name it."""
    return "All" if kind == ANY else get_modality(kind).plural.capitalize()


def own_place(item: Item) -> Place:
    """The page that finds items of its kind."""
    return place_of(item.kind)


def look_among(kind: str) -> None:
    """Ask the same of another kind of items, with the same filters. The page goes there by `follow_request`."""
    state = get_state(QueryState)
    state.place, state.kind, state.keeps_filters = place_of(kind), kind, True


def more_like(item: Item) -> None:
    """Search with an item of the library among items of its kind."""
    set_query(format_query([Term("item", item.id)]), own_place(item))
    get_state(QueryState).kind = item.kind


def find_in(item: Item, place: Place) -> None:
    """Search with an item of the library on either search page."""
    set_query(format_query([Term("item", item.id)]), place)


def like_file(item: Item) -> None:
    """Search with a file outside the library, as if it were uploaded. For callbacks."""
    with boundary():
        check_handed_out(item)
        data = read_bytes(Path(item.path))
        set_query("", own_place(item))
        get_state(QueryState).uploads = [Term("clip" if item.kind == VIDEO.name else "image", data)]


def classify_this(item: Item) -> None:
    """Classify an item, on the page Classify. For callbacks and dialogs."""
    get_state(QueryState).to_classify = item.id


def like_frame(video: str, time_s: float, place: Place) -> None:
    """Search with a frame of a video of the library."""
    set_query(format_query([Term("frame", f"{video}@{time_s:.2f}")]), place)


def add_term(term: Term, place: Place = "images") -> None:
    """Add a term to the query and open a search page with it. For callbacks, dialogs, and pages without the box."""
    with boundary():
        st.session_state["q"] = format_query([*typed_terms(), term])
        get_state(QueryState).place = place


def put_terms(terms: Sequence[Term]) -> None:
    """Make these the query of the current page. For callbacks."""
    st.session_state["q"] = format_query([term for term in terms if term.kind not in UPLOADED])
    get_state(QueryState).uploads = [term for term in terms if term.kind in UPLOADED]


def is_going() -> bool:
    """Whether a query waits for another page: then the page has to run again."""
    state = get_state(QueryState)
    return state.place is not None or state.to_classify is not None


def follow_request(here: Place | None = None) -> None:
    """Switch to the page that a waiting query is for, if that is not `here`."""
    link = {name: st.query_params[name] for name in ("library", "encoder") if name in st.query_params}
    state = get_state(QueryState)
    if state.to_classify is not None:
        item_id, state.to_classify = state.to_classify, None
        st.switch_page(_CLASSIFY, query_params=link | {"item": seal(item_id)})
    place, state.place = state.place, None
    if state.keeps_filters:
        link |= {name: st.query_params[name] for name in COMMON_FILTERS if name in st.query_params}
        state.keeps_filters = False
    if place == "images" and state.kind not in (PICTURE.name, VIDEO.name):
        link["kind"] = title_of(state.kind)
    if place is not None and place != here:
        if here is None:
            link["q"] = st.session_state["q"]
        else:  # Streamlit drops the parameter of a box when the page changes
            state.brought = st.session_state.get("q")
        st.switch_page(_PAGES[place], query_params=link)


def typed_terms() -> tuple[Term, ...]:
    """The terms of the box; none if it is empty. Raises QueryError."""
    text = st.session_state.get("q") or ""
    return parse_query(text, files=False) if text.strip() else ()


def query_terms() -> tuple[Term, ...]:
    """All terms, uploaded pictures last. Raises QueryError."""
    return (*typed_terms(), *get_state(QueryState).uploads)


def query_box() -> None:
    """The query box, filled with the query from another page if there is one."""
    state = get_state(QueryState)
    if state.brought is not None:
        st.session_state["q"], state.brought = state.brought, None
    st.text_input(
        "What to look for",
        key="q",
        bind="query-params",
        type="search",
        placeholder="a cup of coffee on a table, or 2:beach + sunset - people",
        label_visibility="collapsed",
    )


def add_panels(place: Place) -> None:
    """Two pop-ups: more words, and an upload (a picture or, for videos, a clip)."""
    with st.popover("Add words", icon=":material/add:"), st.form("more words", border=False, clear_on_submit=True):
        st.text_input("Words", key="more_words", placeholder="people")
        st.segmented_control("The result should be", ["like this", "unlike this"], default="like this", key="more_sign")
        st.form_submit_button("Add", on_click=_add_words, args=(place,), type="primary")
    clips = place != "images"
    with st.popover(f"Add a picture{' or clip' if clips else ''}", icon=":material/add_photo_alternate:"):
        turn = get_state(QueryState).upload_turn
        st.file_uploader(
            "A picture or a clip to compare with" if clips else "A picture to compare with",
            type=upload_types(videos=clips),
            key=f"upload {turn}",
            on_change=_add_upload,
            args=(f"upload {turn}",),
            max_upload_size=file_limit(500 if clips else 100),
            help="Used for this search only, not saved.",
        )


def _add_words(place: Place) -> None:
    words = (st.session_state["more_words"] or "").strip()
    if words:
        add_term(Term("text", words, -1.0 if st.session_state["more_sign"] == "unlike this" else 1.0), place)


def _add_upload(key: str) -> None:
    file = st.session_state[key]
    if file is None:
        return
    state, data = get_state(QueryState), file.getvalue()
    reason = too_much(file.name, data, limits=get_policy())
    if len(state.uploads) >= _MOST_UPLOADS:
        reason = f"A query holds up to {_MOST_UPLOADS} pictures and clips: remove one first."
    state.upload_turn += 1  # an empty uploader for the next one
    if reason is not None:
        get_state(Choice).notice = f"{plain(file.name)}: {plain(reason)}"
        return
    kind: Literal["image", "clip"] = "image" if is_image_path(file.name) else "clip"
    state.uploads = [*state.uploads, Term(kind, data)]
