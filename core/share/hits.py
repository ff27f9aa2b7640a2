"""Exports hits: a table as CSV, and the files themselves as a zip."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from core.errors import MediaError
from core.library.public.handout import add_to_zip, check_handed_out
from core.library.schema import Item
from core.media.places import Unsure
from core.search.images import Hit
from core.utils.tables import Redact, csv_text

_COLUMNS = ("rank", "path", "kind", "score", "relevance", "likely", "width", "height", "bytes", "taken_at")


def hits_csv(hits: Sequence[Hit], *, redact: Redact) -> str:
    """The hits as CSV with a header, best first; score is a cosine, relevance a probability."""
    rows: list[tuple[object, ...]] = [_COLUMNS]
    for rank, hit in enumerate(hits, start=1):
        item = hit.item
        facts = (item.width, item.height, item.bytes, item.taken_at)
        scores = (f"{hit.score:.4f}", f"{hit.relevance:.4f}", int(hit.likely))
        rows.append((rank, item.path, item.kind, *scores, *facts))
    return csv_text(rows, redact=redact)


def write_hits_zip(hits: Sequence[Hit], target: BinaryIO, *, redact: Redact) -> list[str]:
    """Writes the original files, numbered by rank, and `hits.csv` into a zip; returns the paths that were left out, as
    `write_files_zip`."""
    return write_files_zip([hit.item for hit in hits], target, "hits.csv", hits_csv(hits, redact=redact))


def write_files_zip(items: Sequence[Item], target: BinaryIO, table_name: str, table: str) -> list[str]:
    """Writes the original files, numbered in their order, and a table of them into a zip; returns the paths that cannot
    be read, or are not handed out here. Where a copy could tell a place, `left out.txt` in the zip says so."""
    left_out: list[str] = []
    reasons: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:  # photos do not shrink
        for rank, item in enumerate(items, start=1):
            try:
                check_handed_out(item)
                add_to_zip(archive, item.path, f"{rank:04d} {Path(item.path).name}")
            except (OSError, MediaError) as error:
                left_out.append(item.path)
                if isinstance(error, Unsure):
                    reasons.append(f"{Path(item.path).name}: {error}")
        if reasons:
            archive.writestr("left out.txt", "\n".join(reasons).encode("utf-8", "backslashreplace"))
        archive.writestr(table_name, table)
    return left_out
