"""The state of a library before a run, so that only new and changed files are embedded."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pyarrow.compute as pc

from core.encoders.base import Encoder
from core.encoders.precomputed import ImportedEncoder
from core.library.ingest.scan import FoundFile, is_within
from core.library.schema import RULES, Item
from core.library.store import Library
from core.media.modalities import TEXT
from core.media.rules import DecodingRule, current_rules, find_rules
from core.media.sampling import Sampling


def new_item_id(path: str, content_hash: str, taken: Collection[str]) -> str:
    """Derived from path and content, so that a run after a crash between the two writes finds the vectors again."""
    for attempt in range(len(taken) + 1):  # taken where the item was moved away and a copy put in its place
        text = f"{content_hash}\0{attempt}\0{path}".encode(errors="surrogateescape")
        item_id = hashlib.blake2b(text, digest_size=12).hexdigest()
        if item_id not in taken:
            break
    return item_id


@dataclass
class IndexState:
    """The items of a library by path, the ids that have vectors of one encoder, and how videos were sampled.

    sampling: how videos are to be sampled; None accepts any. embeds: whether the encoder makes vectors of pixels.
    unread: the ids of documents whose passages are lost.
    """

    items: dict[str, Item]
    embedded: set[str]
    samplings: dict[str, str]
    sampling: Sampling | None
    embeds: bool = True
    unread: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, library: Library, encoder: Encoder, sampling: Sampling | None) -> IndexState:
        """Reads the current state. Videos that have vectors of earlier weights only are sampled as those were."""
        items = (Item.from_row(row) for row in library.items().to_pylist())
        found = {item.path: item for item in items}
        embeds = not isinstance(getattr(encoder, "base", encoder), ImportedEncoder)
        samplings: dict[str, str] = {}
        for encoder_id in (*library.list_superseded(encoder), encoder.id):
            samplings |= library.samplings(encoder_id)
        documents = {item.id for item in found.values() if item.kind == TEXT.name}
        unread = documents - library.passage_ids() if documents and embeds else set[str]()
        return cls(found, library.vector_ids(encoder.id), samplings, sampling, embeds, unread)

    def has_vectors(self, item_id: str) -> bool:
        """Whether an item is embedded, and for a video with the right sampling."""
        same = self.sampling is None or self.samplings.get(item_id, str(self.sampling)) == str(self.sampling)
        return item_id in self.embedded and same and item_id not in self.unread

    def is_current(self, file: FoundFile) -> bool:
        """Whether a file need not be opened: it has vectors, and its size and modification time are unchanged."""
        item = self.items.get(file.path)
        return (
            item is not None
            and item.status != "failed"
            and self.has_vectors(item.id)
            and (item.bytes, item.mtime_ns) == (file.bytes, file.mtime_ns)
            and not self.find_rules(item)
        )

    def find_rules(self, item: Item) -> list[DecodingRule]:
        """The rules by which an item would be decoded otherwise now."""
        return find_rules(item) if self.embeds else []


@dataclass(frozen=True, slots=True)
class OutdatedFiles:
    """Files that the next run decodes again, as they were decoded by older rules. abouts: what is decoded otherwise."""

    count: int = 0
    abouts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0

    def __str__(self) -> str:
        """A sentence."""
        files = "1 file is" if self.count == 1 else f"{self.count:,} files are"
        return f"{files} decoded again, as Semblance now reads them otherwise: {', '.join(self.abouts)}."


def find_outdated(library: Library, roots: Sequence[str] | None = None) -> OutdatedFiles:
    """The searchable files of a library, below some folders or all, that an older version decoded otherwise."""
    rows = library.items()
    if RULES.name in rows.column_names:  # else: a library of an earlier version
        rows = rows.filter(pc.less(pc.fill_null(rows[RULES.name], 0), current_rules()))
    rows = rows.filter(pc.equal(rows["status"], "ok"))
    count, abouts = 0, dict[str, None]()
    for item in map(Item.from_row, rows.to_pylist() if current_rules() else ()):
        if roots is not None and not any(is_within(item.path, root) for root in roots):
            continue
        if rules := find_rules(item):
            count += 1
            abouts |= dict.fromkeys(rule.about for rule in rules)
    return OutdatedFiles(count, tuple(abouts))
