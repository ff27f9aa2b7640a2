"""Results to take away: a table, and the files themselves."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from core.policy import policy
from core.search import Hit

_COLUMNS = ("rank", "path", "kind", "score", "relevance", "likely", "width", "height", "bytes", "taken_at")


def hits_csv(hits: Sequence[Hit]) -> str:
    """The hits as CSV with a header, best first; score is a cosine, relevance a probability."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    for rank, hit in enumerate(hits, start=1):
        item = hit.item
        facts = (item.width, item.height, item.bytes, item.taken_at)
        scores = (f"{hit.score:.4f}", f"{hit.relevance:.4f}", int(hit.likely))
        writer.writerow([rank, as_text(item.path), item.kind, *scores, *facts])
    return buffer.getvalue()


def write_hits_zip(hits: Sequence[Hit], target: BinaryIO) -> list[str]:
    """Writes the original files, numbered by rank, and `hits.csv` into a zip; returns the unreadable paths."""
    left_out: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:  # photos do not shrink
        for rank, hit in enumerate(hits, start=1):
            try:
                archive.write(hit.item.path, f"{rank:04d} {Path(hit.item.path).name}")
            except OSError:
                left_out.append(hit.item.path)
        archive.writestr("hits.csv", hits_csv(hits))
    return left_out


def as_text(value: str) -> str:
    """Keeps a spreadsheet from running a file name as a formula, and writes out what of it is not UTF-8.

    Of a path the public is given the name alone.
    """
    value = policy().shown(value).encode(errors="backslashreplace").decode()
    return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
