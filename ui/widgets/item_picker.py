"""Picks one item: typed words, a picture or video of the library, or an upload.

Words and library items are in the link, under the picker's key; an upload lives in the session only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from core import Encoder, Item, Library, Term, format_query, parse_query, search
from core.errors import MediaError, QueryError
from core.library.uploads import too_much
from core.media.formats import upload_types
from core.media.isolated import open_isolated
from core.media.kinds import is_image_path
from core.media.modalities import PICTURE, VIDEO, list_modalities
from core.policy import get_policy
from core.search.query import CONCEPT
from ui.components.gallery.gallery import Card, gallery
from ui.errors import boundary
from ui.session.libraries import sample_items
from ui.session.state import get_state
from ui.text import file_limit, plain
from ui.widgets.query.terms import describe, term_picture
from ui.widgets.query.uploads import embed_uploads

_SHOWN = 18  # pictures to choose from
_ITEM = "item:"


@dataclass(slots=True)
class PickerState:
    """Of all pickers. uploads, defaults: by key. requested: the key whose dialog opens in this run. is_taken: whether
    an item was taken in the dialog, which then closes. turn: grows with each dialog."""

    uploads: dict[str, Term] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    requested: str | None = None
    is_taken: bool = False
    turn: int = 0


def pick_item(
    label: str,
    key: str,
    *,
    library: Library,
    encoder: Encoder,
    default: str = "",
    placeholder: str = "words, or choose a picture",
) -> Term | None:
    """The picked term; None if there is none, or no usable one.

    key: also the parameter in the link; each picker of a page has its own. default: initial words or `item:ID`.
    """
    _keep_default(key, default)
    with st.container(key=f"thing {key}"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False):
            st.text_input(
                label,
                default,  # the link omits only the default, not an emptied box
                key=key,
                bind="query-params",
                placeholder=placeholder,
                on_change=_forget_upload,
                args=(key,),
                max_chars=300,
            )
            st.button(
                "",
                icon=":material/add_photo_alternate:",
                key=f"choose {key}",
                help=f"{label}: a picture or video",
                on_click=_request_choice,
                args=(key,),
            )
        state = get_state(PickerState)
        if state.requested == key:
            state.requested = None
            _choose(key, library, encoder)
        term = state.uploads.get(key) or _read(st.session_state.get(key) or "")
        if term is not None:
            embed_uploads(encoder, [term])
            return _show(key, library, term)
    return None


def set_item(key: str, value: Item | str) -> None:
    """Put an item or words into the picker with this key. For callbacks, before the picker is drawn."""
    st.session_state[key] = value if isinstance(value, str) else format_query([Term("item", value.id)])
    _forget_upload(key)


def is_chosen(key: str) -> bool:
    """Whether the picker with this key holds something other than its default."""
    if key in st.session_state:
        return bool(st.session_state[key] != get_state(PickerState).defaults.get(key))
    return key in st.query_params


def sample_terms(library: Library, encoder: Encoder, count: int) -> list[str]:
    """Up to `count` pictures of the library, or else videos, as defaults of a picker."""
    items = sample_items(library, encoder, count, PICTURE.name) or sample_items(library, encoder, count, VIDEO.name)
    return [format_query([Term("item", item.id)]) for item in items]


def get_term_name(library: Library, term: Term) -> str:
    """A term in words: “day”, the picture chelsea.png, your picture. Not escaped."""
    return describe(library, [Term(term.kind, term.value)])


def _keep_default(key: str, default: str) -> None:
    """Replace the default of another library, unless the visitor has typed since."""
    defaults, values = get_state(PickerState).defaults, st.session_state
    before = defaults.get(key)
    if default and before not in (None, default) and values.get(key) == before:
        values[key] = default
    if default:
        defaults[key] = default


def _read(text: str) -> Term | None:
    """Text is words, signs included, unless it names an item or a concept: a picker holds one term, not a query."""
    text = " ".join(text.encode(errors="replace").decode().split())
    if text.startswith((_ITEM, CONCEPT)):
        try:
            terms = parse_query(text, files=False)
        except QueryError:
            terms = ()
        if len(terms) == 1:
            return terms[0]
    return Term("text", text) if text else None


def _show(key: str, library: Library, term: Term) -> Term | None:
    """Show the term, unless it is words, which are in the box."""
    if term.is_word:
        return term
    if term.item_id is not None and library.item(term.item_id) is None:
        st.caption(":material/broken_image: This item is not in the library: choose another.")
        return None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        picture = term_picture(library, term)
        if picture is not None:
            st.image(picture, width=96, alt="The chosen item")
        st.caption(plain(get_term_name(library, term)).removeprefix("the "))
        if term.kind in ("image", "clip"):
            st.button("", icon=":material/close:", key=f"drop {key}", help="Remove", on_click=_forget_upload,
                      args=(key,), type="tertiary")  # fmt: skip
    return term


def _request_choice(key: str) -> None:
    state = get_state(PickerState)
    state.requested = key
    state.turn += 1  # an empty uploader


@st.dialog("Choose a picture or video", width="large")
def _choose(key: str, library: Library, encoder: Encoder) -> None:
    with boundary():
        words = st.text_input("Search the library", key="thing search", placeholder="a cup of coffee", type="search")
        items = _find_items(library, encoder, words or "")
        gallery(
            [Card(item) for item in items],
            key=f"thing gallery {key}",
            on_open=lambda item: _take(key, item),
            on_like=lambda item: _take(key, item),
            like="Use this",
        )
        turn = f"thing upload {get_state(PickerState).turn}"
        file = st.file_uploader(
            "Or upload your own: it is used here only and not saved",
            type=upload_types(videos=True),
            key=turn,
            max_upload_size=file_limit(200),
        )
        if file is not None:
            kind: Literal["image", "clip"] = "image" if is_image_path(file.name) else "clip"
            data = file.getvalue()
            if (reason := too_much(file.name, data, limits=get_policy())) is not None:
                raise MediaError(reason)
            if kind == "image":
                open_isolated(data, min_side=encoder.min_side)  # raises if it cannot be read
            get_state(PickerState).uploads[key] = Term(kind, data)
            st.rerun()
        state = get_state(PickerState)
        if state.is_taken:
            state.is_taken = False
            st.rerun()


def _find_items(library: Library, encoder: Encoder, words: str) -> list[Item]:
    if words.strip():
        return [hit.item for hit in search(library, encoder, [Term("text", words.strip())], top_k=_SHOWN).hits]
    kinds = [(PICTURE, _SHOWN), *((modality, _SHOWN // 3) for modality in list_modalities()[1:])]
    return [item for modality, count in kinds for item in sample_items(library, encoder, count, modality.name)]


def _take(key: str, item: Item) -> None:
    set_item(key, item)
    get_state(PickerState).is_taken = True


def _forget_upload(key: str) -> None:
    get_state(PickerState).uploads.pop(key, None)
