"""What a kind of item is: the record that describes it, and what decoding a file of any kind gives.

Light: no decoder is loaded before a function of a record is called.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from core.errors import MediaError, SemblanceError
from core.media.sampling import Sampling
from core.progress import SILENT, Task
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    from PIL import Image

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an item, from `start` to `end`: seconds of a video, or what its kind counts (pages, lines).

    A whole item, such as a picture, has None instead.
    """

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a passage begins in its document, as far as the document tells.

    Attributes
    ----------
    page, line : int, optional
        From 1. A line is one of the file.
    heading : str, optional
        The nearest one above.
    start_s, end_s : float, optional
        Seconds, of subtitles.
    """

    page: int | None = None
    line: int | None = None
    heading: str | None = None
    start_s: float | None = None
    end_s: float | None = None

    @property
    def where(self) -> str:
        """For people: "page 3, Tides", or "0:12"; "" where the document has no places."""
        if self.start_s is not None:
            return format_timecode(self.start_s)
        number = f"page {self.page:,}" if self.page else f"line {self.line:,}" if self.line else ""
        return ", ".join(filter(None, [number, self.heading]))


@dataclass(frozen=True, slots=True)
class Part:
    """What gets a vector of its own.

    content: an RGB picture or a text. segment: where it is; None: it is the whole. place: of a text that the library is
    to keep beside its vector, so that its words are found and shown.
    """

    content: Image.Image | str
    segment: Segment | None = None
    place: TextPlace | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file.

    Attributes
    ----------
    width, height : int, optional
        Pixels as displayed.
    duration_s : float, optional
        Seconds, of what lasts.
    taken_at : datetime, optional
        Local time.
    """

    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """How a file is to be decoded. Each kind heeds what applies to it.

    Attributes
    ----------
    min_side : int, optional
        Pixels; pictures may come back smaller, but their shorter side is never below this. None: only the facts are
        wanted, and no part is going to be read.
    sampling : Sampling
        Which frames of a video.
    start : float
        Where an earlier run stopped, as in a `Segment`: what lies before is not needed.
    may_be_other : bool
        Whether other kinds share the ending of the file, so that `OtherKind` may be raised.
    max_s : float, optional
        Seconds; what lasts longer is refused with MediaError.
    task : Task
        Once it is cancelled, the parts end early.
    """

    min_side: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    start: float = 0.0
    may_be_other: bool = False
    max_s: float | None = None
    task: Task = SILENT


class Damaged(MediaError):
    """From here on a file cannot be read. What came before stays; without anything before, the file is refused."""


class OtherKind(MediaError):
    """The content is of another kind with the same ending, as that of an animated GIF: that kind is tried next."""


def _nothing() -> None:
    pass


@dataclass(slots=True)
class Decoded:
    """An open file. To be used in `with`.

    Attributes
    ----------
    facts : Facts
        Complete once the parts have been read.
    parts : iterator of Part
        In the order of their starts. Where it raises `Damaged`, what came before stays, and the item has the reason;
        any other error refuses the file.
    extent : float, optional
        Where the last part ends, for progress: if that is known before, or an estimate that follows the parts.
    remark : str, optional
        What is missing of a file that was read all the same; the item keeps it as its reason.
    close : callable
        Releases the file.
    """

    facts: Facts
    parts: Iterator[Part]
    extent: float | None = None
    remark: str | None = None
    close: Callable[[], object] = _nothing

    def __enter__(self) -> Decoded:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Modality:
    """A kind of item. A `source` is a path, or the content of a file as bytes; `MediaError` says why one is refused.

    Parameters
    ----------
    name : str
        In tables, links and `--kind`: lower case.
    title, plural : str
        For people: "picture", "pictures".
    suffixes : collection of str, or callable that returns one
        Endings of its files: in lower case, with the dot.
    decode : callable
        `decode(source, wish)` opens a file as `Decoded`. Decode what strangers send in a child process.
    probe : callable
        `probe(source)` reads the `Facts` alone.
    draw : callable
        `draw(source, places, min_side)` returns a picture for each place, for thumbnails and comparisons: a number as
        `Segment.start`, or None for the picture that stands for the whole.
    sniff : callable, optional
        `sniff(path, beginning)` says whether a file can be of the kind by its first 64 bytes, where others have the
        ending too: a folder's other files are then passed over.
    cover : callable
        `cover(duration_s)` returns the place whose picture stands for the whole; None asks `draw` to choose.
    read : callable, optional
        `read(source, place)` returns the text that the app shows where an item is opened, below its picture.
    segment : str, optional
        What a part is called for people, such as "frame" or "page": then one file is decoded while its parts are
        embedded. None: an item is one whole with one vector, and several files are decoded ahead in threads.
    is_sampled : bool
        Whether `Wish.sampling` decides which parts there are. Neighbors that are nearly identical become one then.
    describe : callable
        `describe(place)` is a place for people; by default a time, such as 0:12.
    embedded_as : {"image", "text"}
        What its parts are to an encoder.
    is_on_request : bool
        Whether its files are taken only where somebody asks for the kind, as they lie in folders for many reasons.
    """

    name: str
    title: str
    plural: str
    suffixes: Collection[str] | Callable[[], Collection[str]]
    decode: Callable[[Path | bytes, Wish], Decoded]
    probe: Callable[[Path | bytes], Facts]
    draw: Callable[[Path | bytes, Sequence[float | None], int], list[Image.Image]]
    sniff: Callable[[Path | str, bytes], bool] | None = None
    cover: Callable[[float | None], float | None] = lambda _: None
    read: Callable[[Path | bytes, float | None], str] | None = None
    segment: str | None = None
    is_sampled: bool = False
    describe: Callable[[float], str] = format_timecode
    embedded_as: Literal["image", "text"] = "image"
    is_on_request: bool = False

    @property
    def is_segmented(self) -> bool:
        """Whether an item has parts, each with its place."""
        return self.segment is not None

    def list_suffixes(self) -> frozenset[str]:
        """Endings of its files, as they are now."""
        return frozenset(self.suffixes() if callable(self.suffixes) else self.suffixes)


def guard(modality: Modality) -> Modality:
    """The record of another package with functions that raise nothing but MediaError: a mistake costs one file."""

    def guarded(function: Callable[..., T]) -> Callable[..., T]:
        def call(*args: Any) -> T:
            with _explain(modality):
                return function(*args)

        return call

    def decode(source: Path | bytes, wish: Wish) -> Decoded:
        with _explain(modality):
            decoded = modality.decode(source, wish)
        decoded.parts = _check_parts(modality, decoded.parts)
        return decoded

    return replace(
        modality,
        decode=decode,
        probe=guarded(modality.probe),
        draw=guarded(modality.draw),
        read=modality.read and guarded(modality.read),
    )


def _check_parts(modality: Modality, parts: Iterator[Part]) -> Iterator[Part]:
    with _explain(modality):
        for part in parts:
            if (part.segment is not None) != modality.is_segmented:
                raise TypeError("a part has a segment, or none, unlike its kind")
            yield part


@contextmanager
def _explain(modality: Modality) -> Iterator[None]:
    try:
        yield
    except SemblanceError:
        raise
    except Exception as error:  # the code of another package
        raise MediaError(f"The {modality.title} cannot be read ({str(error) or type(error).__name__}).") from error
