"""Reads and decodes files ahead of the encoder, in threads, in order, a bounded number at a time."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from PIL import Image

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import MediaError
from core.library.ingest.scan import FoundFile
from core.library.schema import Kind
from core.media.images import read_bytes, read_chunks
from core.media.modalities import PICTURE, find_modalities, get_modality
from core.media.modality import Facts, Modality, OtherKind, Wish
from core.progress import SILENT, Task

T = TypeVar("T")


@dataclass(slots=True)
class ReadFile:
    """A file that was read. reason: why that failed. content: None also if it was not wanted.

    An item with segments is only hashed here; its parts are decoded while they are embedded.
    """

    file: FoundFile
    kind: Kind
    content_hash: str | None = None
    content: Image.Image | str | None = None
    facts: Facts = field(default_factory=Facts)
    is_outdated: bool = False  # the library has vectors of it, of older decoding rules
    reason: str | None = None
    remark: str | None = None  # which part of the content is missing

    @property
    def image(self) -> Image.Image | None:
        """The content of a picture."""
        return None if isinstance(self.content, str) else self.content


def group_by_kind(files: Iterable[FoundFile]) -> list[tuple[Modality, list[FoundFile]]]:
    """The files of each kind, by their names alone. What has no known ending is tried as a picture."""
    found: dict[str, list[FoundFile]] = {}
    for file in files:
        found.setdefault((find_modalities(file.path) or [PICTURE])[0].name, []).append(file)
    return [(get_modality(name), entries) for name, entries in found.items()]


def read_file(file: FoundFile, *, min_side: int, wants_content: Callable[[ReadFile, bytes], bool]) -> ReadFile:
    """Reads and hashes one file, and decodes it if its kind has no segments (see `Wish` for min_side).

    wants_content: called with the bytes of the file, once its hash is known; if it returns False, nothing is decoded.
    Never raises: a failure is given as the reason.
    """
    kinds = find_modalities(file.path) or [PICTURE]
    read = ReadFile(file, kinds[0].name)
    try:
        if kinds[0].is_segmented:
            read.content_hash = hash_file(Path(file.path))
            return read
        data = read_bytes(Path(file.path))
        read.content_hash = _hash(data)
        _decode(read, data, kinds, min_side if wants_content(read, data) else None)
    except MediaError as error:
        read.reason = str(error)
    return read


def _decode(read: ReadFile, data: bytes, kinds: Sequence[Modality], min_side: int | None) -> None:
    """Decodes by the first kind whose content it is; min_side: None reads facts only."""
    for number, modality in enumerate(kinds, start=1):
        read.kind = modality.name
        if modality.is_segmented:
            return
        try:
            with modality.decode(data, Wish(min_side, may_be_other=number < len(kinds))) as decoded:
                part = next(decoded.parts, None) if min_side is not None else None
                if part is None and min_side is not None:
                    raise MediaError(f"The {modality.title} holds nothing that can be embedded.")
                read.content, read.facts = part.content if part else None, decoded.facts
                read.remark = decoded.remark
            return
        except OtherKind:
            if number == len(kinds):
                raise


@task_keywords
def read_ahead(
    files: Iterable[FoundFile], read: Callable[[FoundFile], ReadFile], *, ahead: int, task: Task = SILENT
) -> Iterator[ReadFile]:
    """Yields `read(file)` for each file in order; threads work on up to `ahead` more. Ends once `task` is cancelled."""
    waiting: deque[Future[ReadFile]] = deque()
    remaining = iter(files)
    threads = max(2, min(8, os.cpu_count() or 2))
    with ThreadPoolExecutor(threads, thread_name_prefix="semblance-read") as pool:
        while True:
            if task.is_cancelled:
                pool.shutdown(wait=True, cancel_futures=True)
                return
            while len(waiting) < ahead + threads and (file := next(remaining, None)):
                waiting.append(pool.submit(read, file))
            if not waiting:
                return
            yield waiting.popleft().result()


def read_decoded(paths: Iterable[Path | str], encoder: Encoder, *, task: Task = SILENT) -> Iterator[ReadFile]:
    """Reads files for an encoder, pictures decoded, a batch ahead. Ends once `task` is cancelled."""
    read = partial(read_file, min_side=encoder.min_side, wants_content=lambda *_: True)
    files = [FoundFile(str(path), 0, 0) for path in paths]
    return read_ahead(files, read, ahead=encoder.batch_size, task=task)


def prefetch(items: Iterable[T], size: int) -> Generator[T]:
    """Yields the items while a thread computes the next `size`. Close it if you do not read it to the end."""
    remaining = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="semblance-ahead") as pool:
        waiting = deque(pool.submit(next, remaining, None) for _ in range(size))
        try:
            while (item := waiting.popleft().result()) is not None:
                waiting.append(pool.submit(next, remaining, None))
                yield item
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def hash_file(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for chunk in read_chunks(path):
        digest.update(chunk)
    return digest.hexdigest()
