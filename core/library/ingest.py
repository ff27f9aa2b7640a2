"""Folders into a library: scan -> read -> embed -> commit, in small steps that survive being killed.

The order of writing is the whole trick: vectors first, then the item they belong to. A vector without an item is
invisible and is found again by its id on the next run; an item always has its vectors. Nothing is lost, nothing twice.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from core.encoders.base import Encoder, Vectors
from core.errors import SemblanceError
from core.library.reader import ReadFile, read_ahead, read_file
from core.library.scan import FoundFile, Scan, is_gone, scan
from core.library.schema import Item, VectorRow
from core.library.store import Library
from core.neutral import neutral_vectors
from core.progress import OnProgress, Progress

_COMMIT_ROWS = 256
_COMMIT_SECONDS = 3.0


@dataclass(slots=True)
class IngestReport:
    """What a run did, in files. `embedded` counts the vectors computed in this run.

    items: searchable items of the library afterwards; vectors: its vectors of this encoder.
    missing: items below the scanned paths whose files are gone. failed: (path, reason).
    """

    encoder: str
    added: int = 0
    updated: int = 0
    renamed: int = 0
    unchanged: int = 0
    missing: int = 0
    embedded: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    items: int = 0
    vectors: int = 0
    seconds: float = 0.0
    cancelled: bool = False


def ingest(
    library: Library,
    encoder: Encoder,
    paths: Iterable[Path | str],
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> IngestReport:
    """Brings the library up to date with the pictures below `paths`, embedding only what is new or changed.

    A file is unchanged if its size and time of change are; else its content decides. A moved file keeps its vectors.
    One that cannot be read becomes an item with its reason, and is tried again on each run. Stops soon after
    `cancel` is set, with everything so far committed.
    Raises LibraryError (no such path, another writer, no space) and EncoderError (the encoder cannot load).
    """
    with library.writing():
        return _Run(library, encoder, on_progress, cancel).run(list(paths))


@dataclass(slots=True)
class _Pending:
    """An item on its way into the library: the row to write, by which key, and what to count it as."""

    item: Item
    counter: str
    key: str = "path"


class _Run:
    """One run of `ingest`: what is known, what was found, and the commit in the making."""

    def __init__(
        self, library: Library, encoder: Encoder, on_progress: OnProgress | None, cancel: threading.Event | None
    ) -> None:
        self.library, self.encoder = library, encoder
        self.on_progress, self.cancel = on_progress, cancel
        self.started = self.stage_started = self.last_commit = time.monotonic()
        self.stage = ""
        self.report = IngestReport(encoder.name)
        items = [Item.from_row(row) for row in library.items().to_pylist()]
        self.known = {item.path: item for item in items}
        self.ids = {item.id for item in items}
        self.embedded = library.vector_ids(encoder.id)
        self.gone: dict[str, list[Item]] = {}  # content hash -> items whose files are not where they were
        self.twins = {item.content_hash: item.id for item in items if item.content_hash and item.id in self.embedded}
        self.copies: list[tuple[str, str]] = []  # (item, the twin whose vectors it gets)
        self.batch: list[tuple[_Pending, Image.Image]] = []
        self.rows: list[VectorRow] = []
        self.items: dict[str, list[Item]] = {"path": [], "id": []}

    def run(self, paths: Sequence[Path | str]) -> IngestReport:
        found = scan(paths, wanted=is_image_path, on_found=lambda count: self._tell("scan", count, None))
        self._find_gone(found)
        work = [file for file in found.files.values() if not self._is_current(file)]
        if work and not self._cancelled():  # what a search will need, so that the first one does not wait for it
            neutral_vectors(self.encoder, on_progress=self.on_progress)
        self._work_through(work)
        self._fail_unreadable(found)
        if not self.report.cancelled:
            self._mark_missing(found)
        self._commit()
        self.library.drop_superseded(self.encoder)
        self.library.sweep()
        report = self.report
        report.items = self.library.counts()["ok"]
        report.vectors = sum(entry.vectors for entry in self.library.encoders() if entry.id == self.encoder.id)
        report.seconds = time.monotonic() - self.started
        return report

    # what there is to do

    def _find_gone(self, found: Scan) -> None:
        for item in self.known.values():
            if item.path not in found.files and is_gone(item.path):
                self.gone.setdefault(item.content_hash or "", []).append(item)

    def _is_current(self, file: FoundFile) -> bool:
        item = self.known.get(file.path)
        if item is None or item.status == "failed" or item.id not in self.embedded:
            return False
        if (item.bytes, item.mtime_ns) != (file.bytes, file.mtime_ns):
            return False
        if item.status == "missing":  # it has come back, as it was
            self.items["path"].append(replace(item, status="ok"))
        self.report.unchanged += 1
        return True

    def _work_through(self, work: Sequence[FoundFile]) -> None:
        read = partial(read_file, min_side=self.encoder.min_side, wants_pixels=self._wants_pixels)
        self._tell("embed", 0, len(work))
        reading = read_ahead(work, read, ahead=self.encoder.batch_size, cancel=self.cancel)
        done = 0
        for done, file in enumerate(reading, start=1):
            self._take(file)
            if len(self.batch) >= self.encoder.batch_size:
                self._encode_batch()
            if (
                len(self.rows) + len(self.copies) >= _COMMIT_ROWS
                or time.monotonic() - self.last_commit > _COMMIT_SECONDS
            ):
                self._commit()
            self._tell("embed", done - len(self.batch), len(work))
        self._encode_batch()
        self._tell("embed", done, len(work))
        self.report.cancelled = done < len(work)

    def _wants_pixels(self, read: ReadFile) -> bool:
        """False where the content has its vectors already, under whatever path."""
        return read.content_hash not in self.twins

    # one file

    def _take(self, read: ReadFile) -> None:
        if read.reason is not None:
            self._fail(read.file, read.reason, read.content_hash)
            return
        pending = self._resolve(read)
        if pending.item.id in self.embedded:
            self._finish(pending)
        elif read.image is None:
            self.copies.append((pending.item.id, self.twins[read.content_hash or ""]))
            self._finish(pending)
        else:
            self.batch.append((pending, read.image))

    def _resolve(self, read: ReadFile) -> _Pending:
        """The row that this file becomes, as what it counts, and the key under which it is written."""
        file, known = read.file, self.known.get(read.file.path)
        width, height = read.size or (None, None)
        facts: dict[str, Any] = dict(
            path=file.path, status="ok", reason=None, bytes=file.bytes, mtime_ns=file.mtime_ns,
            content_hash=read.content_hash, width=width, height=height, taken_at=read.taken_at,
        )  # fmt: skip
        if known and known.content_hash == read.content_hash:
            return _Pending(replace(known, **facts), "updated" if known.status == "failed" else "unchanged")
        if known is None and (gone := self.gone.get(read.content_hash or "")):
            return _Pending(replace(gone.pop(), **facts), "renamed", key="id")
        item = Item(id=self._new_id(file.path, read.content_hash or ""), kind="image", **facts)
        return _Pending(item, "updated" if known else "added")

    def _new_id(self, path: str, content_hash: str) -> str:
        """From path and content, so that a run that died between its two writes meets its own vectors again."""
        for attempt in range(len(self.ids) + 1):  # taken where the item was moved away and a copy put in its place
            text = f"{content_hash}\0{attempt}\0{path}".encode(errors="surrogateescape")
            item_id = hashlib.blake2b(text, digest_size=12).hexdigest()
            if item_id not in self.ids:
                break
        self.ids.add(item_id)
        return item_id

    def _fail_unreadable(self, found: Scan) -> None:
        self.report.failed.extend(sorted(found.closed.items()))
        for path, reason in sorted(found.unreadable.items()):
            known = self.known.get(path)
            self._fail(FoundFile(path, known.bytes if known else 0, known.mtime_ns if known else 0), reason, None)

    def _fail(self, file: FoundFile, reason: str, content_hash: str | None) -> None:
        self.report.failed.append((file.path, reason))
        known = self.known.get(file.path)
        if known and (known.bytes, known.mtime_ns) == (file.bytes, file.mtime_ns):
            item = replace(known, status="failed", reason=reason)  # keeps its vectors for when it can be read again
        else:
            item_id = self._new_id(file.path, content_hash or "")
            item = Item(item_id, file.path, "image", "failed", file.bytes, file.mtime_ns, content_hash, reason=reason)
        if item != known:
            self.items["path"].append(item)

    def _encode_batch(self) -> None:
        batch, self.batch = self.batch, []
        if not batch:
            return
        for (pending, _), vector in zip(batch, self._encode([image for _, image in batch]), strict=True):
            if isinstance(vector, Exception):
                self._refuse(pending.item, f"The encoder {self.encoder.name} failed on this picture ({vector}).")
                continue
            self.rows.append(VectorRow(pending.item.id, vector))
            self.embedded.add(pending.item.id)
            self.report.embedded += 1
            self._finish(pending)

    def _refuse(self, item: Item, reason: str) -> None:
        """What one encoder cannot digest is still a good item where another could."""
        if any(self.library.vectors_of(entry.id, [item.id]) for entry in self.library.encoders()):
            self.report.failed.append((item.path, reason))
        else:
            self._fail(FoundFile(item.path, item.bytes, item.mtime_ns), reason, item.content_hash)

    def _encode(self, images: list[Image.Image]) -> Vectors | list[Vectors | Exception]:
        """A vector for each image; where the batch fails, one at a time, so that one image never stops the others."""
        try:
            return self.encoder.encode_images(images)
        except SemblanceError:
            raise
        except Exception as error:
            if len(images) == 1:
                return [error]
            return [vector for image in images for vector in self._encode([image])]

    def _finish(self, pending: _Pending) -> None:
        self.items[pending.key].append(pending.item)
        setattr(self.report, pending.counter, getattr(self.report, pending.counter) + 1)

    # writing

    def _commit(self) -> None:
        stored = self.library.vectors_of(self.encoder.id, sorted({twin for _, twin in self.copies}))
        for item_id, twin in self.copies:
            self.rows += [replace(row, item_id=item_id) for row in stored[twin]]
            self.embedded.add(item_id)
        self.library.add_vectors(self.encoder, self.rows)
        for key, items in self.items.items():
            self.library.put_items(items, key=key)
        self.rows, self.copies, self.items = [], [], {"path": [], "id": []}
        self.last_commit = time.monotonic()

    def _mark_missing(self, found: Scan) -> None:
        for item in (item for items in self.gone.values() for item in items):
            if found.covers(item.path):
                self.report.missing += 1
                if item.status != "missing":
                    self.items["path"].append(replace(item, status="missing"))

    def _cancelled(self) -> bool:
        return self.cancel is not None and self.cancel.is_set()

    def _tell(self, stage: str, done: int, total: int | None) -> None:
        if stage != self.stage:
            self.stage, self.stage_started = stage, time.monotonic()
        if self.on_progress is not None:
            self.on_progress(Progress(stage, done, total, time.monotonic() - self.stage_started, "files"))
