"""The columns of a library's tables, and a Python class for one row of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa

from core.media.modality import Segment, TextPlace
from core.media.rules import current_rules

FORMAT_VERSION = 3  # 2: videos, whose vectors say how they were sampled; 3: items, by which rules they were decoded

Kind = str  # the name of a `core.media.modality.Modality`: "image", "video", ...
Status = Literal["ok", "failed", "missing"]
LabelledBy = Literal["person", "model"]

RULES = pa.field("rules", pa.int32())  # of decoding, as `core.media.rules` numbers them; null: before there were any

ITEMS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),  # absolute
        pa.field("kind", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string()),  # why it failed; of an ok file, which part could not be read
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
        pa.field("content_hash", pa.string()),  # BLAKE2b-128 of the file
        pa.field("width", pa.int32()),  # pixels, as displayed
        pa.field("height", pa.int32()),
        pa.field("duration_s", pa.float32()),
        pa.field("taken_at", pa.timestamp("s")),  # EXIF, local time
        pa.field("added_at", pa.timestamp("s"), nullable=False),  # UTC
        RULES,
    ]
)

LABELS = pa.schema(
    [
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("by", pa.string(), nullable=False),  # person or model
        pa.field("probability", pa.float32()),  # of a model's
    ]
)

CAPTIONS = pa.schema(
    [
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("caption", pa.string(), nullable=False),  # an item may have several
    ]
)

PASSAGES = pa.schema(  # of documents; the table is there from the first one on
    [
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),  # characters of the document's text, as in its vectors
        pa.field("end", pa.int32(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("page", pa.int32()),
        pa.field("heading", pa.string()),
        pa.field("line", pa.int32()),
        pa.field("start_s", pa.float32()),  # of subtitles
        pa.field("end_s", pa.float32()),
    ]
)

SAMPLING = pa.field("sampling", pa.string())  # of a video's frames, as `core.media.sampling.Sampling` writes itself


def vectors_schema(encoder_id: str, encoder_name: str, dim: int) -> pa.Schema:
    """The columns of an encoder's table: one row per whole item, or per segment with start and end.

    `start_s` and `end_s` are in seconds for a video, else in what the kind of item counts (`Segment`).

    Each encoder has its own table, with vectors of one fixed length.
    """
    return pa.schema(
        [
            pa.field("item_id", pa.string(), nullable=False),
            pa.field("start_s", pa.float32()),
            pa.field("end_s", pa.float32()),
            pa.field("vector", pa.list_(pa.float16(), dim), nullable=False),
            SAMPLING,
        ],
        metadata={"encoder_id": encoder_id, "encoder_name": encoder_name, "dim": str(dim)},
    )


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a library. Sizes in bytes and pixels (as displayed), times in seconds.

    Attributes
    ----------
    id
        Derived from path and content.
    path
        Absolute.
    content_hash
        BLAKE2b-128 of the file, hexadecimal.
    taken_at
        From EXIF, local time. `added_at` is UTC.
    reason
        Why a failed file could not be read; for an "ok" file, which part could not.
    rules
        The number of the decoding rules that made it (`core.media.rules`); None for an earlier version's.
    """

    id: str
    path: str
    kind: Kind
    status: Status
    bytes: int
    mtime_ns: int
    content_hash: str | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    taken_at: datetime | None = None
    reason: str | None = None
    added_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0, tzinfo=None))
    rules: int | None = field(default_factory=current_rules)

    @property
    def date(self) -> datetime:
        """When it was taken or, where that is unknown, when its file last changed; local time."""
        return self.taken_at or datetime.fromtimestamp(self.mtime_ns / 1e9)

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Item:
        """A row of the `items` table, also of one that has no rules yet."""
        return cls(**{RULES.name: None} | row)


@dataclass(frozen=True, slots=True)
class VectorRow:
    """One vector (dim,) of an item to store. segment: the part that it is of; None: the whole item. sampling: how the
    frames of a video were chosen."""

    item_id: str
    vector: Any
    segment: Segment | None = None
    sampling: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document.

    Attributes
    ----------
    start, end
        Characters of the text that was read of the document, as the `Segment` of its vector.
    page, line
        From 1, as far as the document has them.
    heading
        The nearest one above.
    start_s, end_s
        Seconds, of subtitles.
    """

    item_id: str
    start: int
    end: int
    text: str
    page: int | None = None
    heading: str | None = None
    line: int | None = None
    start_s: float | None = None
    end_s: float | None = None

    @property
    def segment(self) -> Segment:
        """Its place as that of its vector."""
        return Segment(float(self.start), float(self.end))

    @property
    def place(self) -> TextPlace:
        """Its place as that of the document's reader."""
        return TextPlace(self.page, self.line, self.heading, self.start_s, self.end_s)

    @property
    def where(self) -> str:
        """Its place for people, see `TextPlace.where`."""
        return self.place.where


@dataclass(frozen=True, slots=True)
class EncoderEntry:
    """An encoder that has vectors in a library."""

    id: str
    name: str
    dim: int
    vectors: int


@dataclass(frozen=True, slots=True)
class Label:
    """The label of an item in a task, such as "animal". probability: 0 to 1, of a label by a model."""

    item_id: str
    task: str
    label: str
    by: LabelledBy
    probability: float | None = None
