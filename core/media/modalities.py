"""The kinds of items: pictures, videos, texts, and what other packages add.

Light: nothing is opened here. A package adds a kind by an entry point of the group `semblance.modalities`, or calls
`register_modality`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from core.errors import MediaError
from core.media.formats import image_suffixes, may_be_video, video_suffixes
from core.media.modality import Damaged, Decoded, Facts, Modality, OtherKind, Part, Segment, Wish, guard
from core.utils.plugins import load_plugins

if TYPE_CHECKING:
    from PIL import Image

    from core.media.isolated import ImageFacts, IsolatedVideo
    from core.media.isolated_documents import IsolatedDocument
    from core.media.video import VideoInfo

ENTRY_POINTS = "semblance.modalities"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COVER_S = 3.0  # seconds into a video, as beginnings are often black
_RESERVED = ("any", "frame", "clip", "item", "concept")  # they mean something else in queries and options


def register_modality(modality: Modality) -> None:
    """Adds a kind of item, or replaces one that was added under the same name.

    Its files are found, indexed, uploaded, searched and shown from now on. A package can add one without a call: the
    entry point group `semblance.modalities` names its record.

    Raises
    ------
    ValueError
        The name is taken or no plain word, or a suffix has no dot or upper-case letters.
    """
    _registered[modality.name] = _check(modality)


def unregister_modality(name: str) -> None:
    """Removes a kind that `register_modality` added. Its items stay in their libraries."""
    _registered.pop(name, None)


def list_modalities() -> list[Modality]:
    """All kinds: pictures, videos, texts, then those of other packages."""
    others = {**_load_plugins(tuple(sys.path)), **_registered}
    return [*_BUILT_IN.values(), *others.values()]


def list_text_kinds() -> list[str]:
    """The names of kinds that are embedded as text: their cosines with words are on another scale."""
    return [modality.name for modality in list_modalities() if modality.embedded_as == "text"]


def get_modality(name: str) -> Modality:
    """The kind of an item. One whose package is missing has a record that refuses to open files, with the reason."""
    found = _BUILT_IN.get(name) or _registered.get(name) or _load_plugins(tuple(sys.path)).get(name)
    return found or _make_unknown(name)


def find_modalities(path: Path | str) -> list[Modality]:
    """The kinds whose files end like this name. There are several where only the content tells, as with a GIF."""
    suffix = PurePath(path).suffix.lower()
    return [modality for modality in list_modalities() if suffix in modality.list_suffixes()] if suffix else []


def join_titles(word: str, *, plural: bool = False) -> str:
    """The kinds that are taken without a request, in words: "picture or video". word: before the last."""
    kinds = [modality for modality in list_modalities() if not modality.is_on_request]
    *most, last = [modality.plural if plural else modality.title for modality in kinds]
    return f"{', '.join(most)} {word} {last}"


def _check(modality: object) -> Modality:
    """The record, whose functions raise MediaError only. Raises ValueError."""
    if not isinstance(modality, Modality):
        raise ValueError(f"{modality!r} is no Modality.")
    if not _NAME.fullmatch(modality.name) or modality.name in _RESERVED or modality.name in _BUILT_IN:
        raise ValueError(f"A kind of item cannot be called {modality.name!r}: choose a plain word that is not taken.")
    wrong = [suffix for suffix in modality.list_suffixes() if not suffix.startswith(".") or suffix != suffix.lower()]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not a suffix such as '.txt'.")
    return guard(modality)


@lru_cache(maxsize=1)
def _load_plugins(path: tuple[str, ...]) -> dict[str, Modality]:
    """The kinds of installed packages; those that cannot be loaded are logged. path: `sys.path`, as a key."""
    found: dict[str, Modality] = {}

    def add(modality: object) -> None:
        checked = _check(modality)
        found.setdefault(checked.name, checked)

    load_plugins(ENTRY_POINTS, add)
    return found


def _make_unknown(name: str) -> Modality:
    def refuse(*_: object) -> Any:
        raise MediaError(f"Files of the kind “{name}” need the package that adds it: install it again.")

    return Modality(name, name, f"{name}s", (), refuse, refuse, refuse)


# pictures


def _decode_picture(source: Path | bytes, wish: Wish) -> Decoded:
    looked = _look(source, wish.min_side, wish.may_be_other)
    return Decoded(_picture_facts(looked), iter([Part(looked.image)] if looked.image else []), remark=looked.remark)


def _probe_picture(source: Path | bytes) -> Facts:
    return _picture_facts(_look(source, None, False))


def _draw_picture(source: Path | bytes, places: Sequence[float | None], min_side: int) -> list[Image.Image]:
    from core.media.isolated import open_isolated

    return [open_isolated(source, min_side=min_side)] * len(places)


def _look(source: Path | bytes, min_side: int | None, may_move: bool) -> ImageFacts:
    from core.media.images import read_bytes
    from core.media.isolated import read_image

    data = source if isinstance(source, bytes) else read_bytes(source)
    looked = read_image(data, min_side=min_side, may_move=may_move)
    if looked.moves:
        raise OtherKind("It is an animation.")
    return looked


def _picture_facts(looked: ImageFacts) -> Facts:
    width, height = looked.size or (None, None)
    return Facts(width, height, taken_at=looked.taken_at)


# videos


def _decode_video(source: Path | bytes, wish: Wish) -> Decoded:
    from core.media.isolated import IsolatedVideo

    video = IsolatedVideo(source, wish.sampling, start_s=wish.start, min_side=wish.min_side, max_s=wish.max_s)
    decoded = Decoded(_video_facts(video.info), iter(()), video.info.duration_s, close=video.close)
    decoded.parts = _frames(video, decoded, wish)
    return decoded


def _frames(video: IsolatedVideo, decoded: Decoded, wish: Wish) -> Iterator[Part]:
    for frame in video.frames(cancel=wish.task.cancel):
        yield Part(frame.image, Segment(frame.start_s, frame.end_s))
    decoded.facts = replace(decoded.facts, duration_s=video.length_s)
    if video.damage:
        raise Damaged(video.damage)


def _probe_video(source: Path | bytes) -> Facts:
    from core.media.isolated import probe_isolated

    return _video_facts(probe_isolated(source))


def _draw_video(source: Path | bytes, places: Sequence[float | None], min_side: int) -> list[Image.Image]:
    from core.media.isolated import read_stills

    return read_stills(source, [place or 0.0 for place in places], min_side=min_side)


def _get_cover(duration_s: float | None) -> float:
    return min(_COVER_S, (duration_s or 0.0) / 10)


def _video_facts(info: VideoInfo) -> Facts:
    return Facts(info.width, info.height, info.duration_s, info.taken_at)


# texts


def _decode_document(source: Path | bytes, wish: Wish) -> Decoded:
    from core.media.isolated_documents import IsolatedDocument

    document = IsolatedDocument(source)
    decoded = Decoded(Facts(), iter(()), close=document.close)
    decoded.parts = _passages(document, decoded, wish)
    return decoded


def _passages(document: IsolatedDocument, decoded: Decoded, wish: Wish) -> Iterator[Part]:
    for part in document.parts(cancel=wish.task.cancel):
        if part.segment is not None and document.share:
            decoded.extent = max(decoded.extent or 0.0, part.segment.end / document.share)
        yield part


def _draw_document(source: Path | bytes, places: Sequence[float | None], min_side: int) -> list[Image.Image]:
    from core.media.isolated_documents import draw_document

    return draw_document(source, places, min_side)


def _read_document(source: Path | bytes, place: float | None) -> str:
    from core.media.isolated_documents import read_document

    return read_document(source, place)


def _document_suffixes() -> frozenset[str]:
    from core.media.documents.formats import SUFFIXES

    return SUFFIXES


def _may_be_document(path: Path | str, _: bytes) -> bool:
    from core.media.documents.formats import may_be_document

    return may_be_document(path)


PICTURE = Modality("image", "picture", "pictures", image_suffixes, _decode_picture, _probe_picture, _draw_picture)
VIDEO = Modality(
    "video", "video", "videos", video_suffixes, _decode_video, _probe_video, _draw_video,
    segment="frame", is_sampled=True, sniff=may_be_video, cover=_get_cover,
)  # fmt: skip
TEXT = Modality(
    "text", "text", "texts", _document_suffixes, _decode_document, lambda _: Facts(), _draw_document,
    sniff=_may_be_document, read=_read_document, segment="passage", embedded_as="text", is_on_request=True,
    describe=lambda place: f"character {place + 1:,.0f}",
)  # fmt: skip
_BUILT_IN = {modality.name: modality for modality in (PICTURE, VIDEO, TEXT)}
_registered: dict[str, Modality] = {}
