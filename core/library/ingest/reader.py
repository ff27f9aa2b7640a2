"""Reads and decodes files ahead of the encoder, in threads, in order, a bounded number at a time."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from PIL import Image

from core.deprecated import task_keywords
from core.errors import MediaError
from core.library.ingest.scan import FoundFile
from core.library.schema import Kind
from core.media.images import read_bytes, read_chunks
from core.media.isolated import read_image
from core.media.kinds import is_image_path, is_video_path
from core.progress import SILENT, Task

T = TypeVar("T")


@dataclass(slots=True)
class ReadFile:
    """A file that was read. reason: why that failed. image: None also if pixels were not wanted.

    A video is only hashed here; its frames are decoded while they are embedded.
    """

    file: FoundFile
    kind: Kind = "image"
    content_hash: str | None = None
    image: Image.Image | None = None
    size: tuple[int, int] | None = None  # width, height in pixels
    taken_at: datetime | None = None
    is_outdated: bool = False  # the library has vectors of it, of older decoding rules
    reason: str | None = None
    remark: str | None = None  # which part of a picture is missing


def read_file(file: FoundFile, *, min_side: int, wants_pixels: Callable[[ReadFile, bytes], bool]) -> ReadFile:
    """Reads and hashes one file, and decodes it if it is a picture (see `open_image` for min_side).

    wants_pixels: called with the bytes of a picture, once its hash is known; if it returns False, nothing is decoded.
    Never raises: a failure is given as the reason.
    """
    read = ReadFile(file)
    try:
        if is_video_path(file.path) and not is_image_path(file.path):
            read.kind = "video"
            read.content_hash = hash_file(Path(file.path))
            return read
        data = read_bytes(Path(file.path))
        read.content_hash = _hash(data)
        target = min_side if wants_pixels(read, data) else None
        looked = read_image(data, min_side=target, may_move=is_video_path(file.path))
        read.kind = "video" if looked.moves else "image"
        read.image, read.size, read.taken_at, read.remark = looked.image, looked.size, looked.taken_at, looked.remark
    except MediaError as error:
        read.reason = str(error)
    return read


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
