"""Files handed over in a browser: kept inside the library under safe names, zip archives unpacked within limits."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from core.files import write_whole
from core.library.store import Library
from core.media.images import MAX_BYTES
from core.media.kinds import is_media_path

MAX_FILES = 10_000
MAX_UNPACKED_BYTES = 8_000_000_000


@dataclass(slots=True)
class UploadReport:
    """folder: where the files went, to be ingested. saved: their paths. refused: (name, reason).

    new: those of `saved` that were not there before, from an earlier upload of the same content.
    """

    folder: Path
    saved: list[Path] = field(default_factory=list)
    new: list[Path] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def save_uploads(library: Library, files: Iterable[tuple[str, BinaryIO]]) -> UploadReport:
    """Keeps uploaded pictures and videos in the library's own `uploads` folder; a zip gives those in it.

    A name is only ever used to make a new one, so no upload can reach outside the folder or replace another file;
    the same content is kept once. What is neither by its name is refused; what is neither by its content is kept, and
    `ingest` lists it with the reason.
    """
    report = UploadReport(library.path / "uploads")
    report.folder.mkdir(exist_ok=True)
    budget = MAX_UNPACKED_BYTES
    for name, file in files:
        if name.lower().endswith(".zip"):
            budget -= _save_zip(report, name, file, budget)
        else:
            _save(report, name, file.read())
    return report


def _save_zip(report: UploadReport, name: str, file: BinaryIO, budget: int) -> int:
    """Unpacks the pictures and videos of an archive; returns their bytes, `budget` at the most."""
    used = 0
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:  # a hostile archive raises nearly anything: ValueError, UnicodeDecodeError, ...
        report.refused.append((name, f"The archive cannot be opened ({_why(error)}): make the zip again."))
        return used
    with archive:
        for member in archive.infolist():
            try:
                if member.is_dir() or not is_media_path(member.filename) or "__MACOSX/" in member.filename:
                    continue
                with archive.open(member) as packed:  # counted while reading: what an archive says of itself may lie
                    data = packed.read(min(budget - used, MAX_BYTES) + 1)
            except Exception as error:
                report.refused.append((member.filename, f"It cannot be unpacked from {name} ({_why(error)})."))
                continue
            if len(data) > MAX_BYTES:
                report.refused.append((member.filename, f"It unpacks to more than {MAX_BYTES // 10**6} MB."))
            elif len(data) > budget - used:
                limit = f"{MAX_UNPACKED_BYTES / 10**9:g} GB"
                report.refused.append((name, f"It unpacks to more than {limit}: send the rest in another upload."))
                break
            else:
                used += len(data)
                _save(report, member.filename, data)
    return used


def _why(error: Exception) -> str:
    return "it needs a password" if "password" in str(error) else str(error) or type(error).__name__


def _save(report: UploadReport, name: str, data: bytes) -> None:
    if not is_media_path(name):
        report.refused.append((name, "Not a kind of picture or video that is read here, by its name."))
    elif len(report.saved) >= MAX_FILES:
        report.refused.append((name, f"More than {MAX_FILES:,} files in one upload: send the rest in another."))
    else:
        path = report.folder / _safe_name(name, data)
        if not path.exists():
            write_whole(path, data)
            report.new.append(path)
        report.saved.append(path)


def _safe_name(name: str, data: bytes) -> str:
    """A readable stem, then a hash of the content: two uploads called IMG_0001.jpg are two files."""
    base = re.split(r"[/\\]", name)[-1]
    stem, _, suffix = base.rpartition(".")
    stem = re.sub(r"[^\w \-()]+", "_", stem).strip(" ._")
    stem = stem.encode()[:120].decode(errors="ignore") or "file"  # file systems count bytes
    digest = hashlib.blake2b(data, digest_size=6).hexdigest()
    return f"{stem}-{digest}.{suffix.lower()}"
