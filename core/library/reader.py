"""Files read and decoded ahead of the encoder, by threads, in order, a bounded number at a time."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image

from core.errors import MediaError
from core.library.scan import FoundFile
from core.media.images import image_size, open_image, read_bytes, taken_at


@dataclass(slots=True)
class ReadFile:
    """A file after its reading. `reason` says why it failed; `image` is None too where it was not wanted."""

    file: FoundFile
    content_hash: str | None = None
    image: Image.Image | None = None
    size: tuple[int, int] | None = None  # width, height in pixels
    taken_at: datetime | None = None
    reason: str | None = None


def read_file(file: FoundFile, *, min_side: int, wants_pixels: Callable[[ReadFile], bool]) -> ReadFile:
    """Reads, hashes and decodes one picture (see `open_image` for min_side). Never raises: a failure is a reason.

    wants_pixels: asked once the hash is known; where it says no, nothing is decoded.
    """
    read = ReadFile(file)
    try:
        data = read_bytes(Path(file.path))
        read.content_hash = hashlib.blake2b(data, digest_size=16).hexdigest()
        if wants_pixels(read):
            read.image = open_image(data, min_side=min_side)
        read.size, read.taken_at = image_size(data), taken_at(data)
    except MediaError as error:
        read.reason = str(error)
    return read


def read_ahead(
    files: Iterable[FoundFile],
    read: Callable[[FoundFile], ReadFile],
    *,
    ahead: int,
    cancel: threading.Event | None,
) -> Iterator[ReadFile]:
    """Yields `read(file)` of each file in order while threads work on up to `ahead` more. Ends early on `cancel`."""
    waiting: deque[Future[ReadFile]] = deque()
    remaining = iter(files)
    threads = max(2, min(8, os.cpu_count() or 2))
    with ThreadPoolExecutor(threads, thread_name_prefix="semblance-read") as pool:
        while True:
            if cancel is not None and cancel.is_set():
                pool.shutdown(wait=True, cancel_futures=True)
                return
            while len(waiting) < ahead + threads and (file := next(remaining, None)):
                waiting.append(pool.submit(read, file))
            if not waiting:
                return
            yield waiting.popleft().result()
