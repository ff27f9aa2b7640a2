"""Uploads: stored inside the library under safe names; zip archives are unpacked within limits."""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
import re
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from core.errors import MediaError
from core.library.public.session_folders import get_visits_folder
from core.library.store import Library
from core.media.kinds import is_media_path
from core.media.modalities import PICTURE, find_modalities, join_titles
from core.media.modality import Facts, Modality
from core.policy import MB, Policy
from core.utils.files import write_atomic
from core.utils.path_matching import nfc

_RECORD = 66_000  # bytes at the end of an archive in which its last record begins
_ENTRY_BYTES = 4_000  # of the list, ten times what an entry takes


@dataclass(slots=True)
class UploadReport:
    """What became of uploaded files.

    Attributes
    ----------
    folder
        Where they are stored, to be ingested.
    saved, new
        Their paths; `new` without those whose content was uploaded before.
    refused
        (name, reason).
    kept
        (files, bytes) of the visit so far.
    texts
        Whether texts were taken.
    """

    folder: Path
    saved: list[Path] = field(default_factory=list)
    new: list[Path] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    kept: tuple[int, int] = (0, 0)
    texts: bool = False


def save_uploads(
    library: Library,
    files: Iterable[tuple[str, BinaryIO]],
    *,
    limits: Policy,
    uploaded: tuple[int, int] = (0, 0),
    texts: bool = False,
) -> UploadReport:
    """Stores uploaded files of all kinds, also those inside zips, in the library's own `uploads` folder.

    Files get new names, so no upload can reach outside the folder or replace another file. The same content is stored
    once. Files with another ending are refused; files with other content are stored, and `ingest` reports them.

    Parameters
    ----------
    library
        Where to store them.
    files
        (name, open file).
    limits
        How many files, how large; see `core.policy`.
    uploaded
        (files, bytes) that the visit uploaded before.
    texts
        Whether texts are taken as well.
    """
    report = UploadReport(library.path / "uploads", kept=uploaded, texts=texts)
    report.folder.mkdir(exist_ok=True)
    budget = limits.unpacked_bytes
    for name, file in files:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if not name.lower().endswith(".zip"):
            _save(report, name, file, size, limits)
        elif size > limits.upload_bytes:
            most = _mb(limits.upload_bytes)
            report.refused.append((name, f"The archive is larger than {most}: send less at a time."))
        else:
            budget -= _save_zip(report, name, file, budget, limits)
    return report


def _save_zip(report: UploadReport, name: str, file: BinaryIO, budget: int, limits: Policy) -> int:
    """Unpacks the files of an archive that can be indexed; returns their bytes, at most `budget`."""
    used = 0
    try:
        if (size := _directory_bytes(file)) > _ENTRY_BYTES * limits.zip_files:
            count = f"{limits.zip_files:,}"
            report.refused.append((name, f"It lists far more than {count} files ({_mb(size)} of names): send fewer."))
            return used
        archive = zipfile.ZipFile(file)
    except Exception as error:  # a hostile archive raises nearly anything: ValueError, UnicodeDecodeError, ...
        report.refused.append((name, f"The archive cannot be opened ({_why(error)}): make the zip again."))
        return used
    with archive:
        members = archive.infolist()
        if len(members) > limits.zip_files:
            few = f"{limits.zip_files:,}"
            report.refused.append((name, f"It holds {len(members):,} files, of which the first {few} were looked at."))
        for member in members[: limits.zip_files]:
            try:
                is_taken = is_media_path(member.filename, texts=report.texts) and "__MACOSX/" not in member.filename
                if member.is_dir() or not is_taken:
                    continue
                with archive.open(member) as packed:  # counted while reading: what an archive says of itself may lie
                    data = packed.read(min(budget - used, limits.file_bytes) + 1)
            except Exception as error:
                report.refused.append((member.filename, f"It cannot be unpacked from {name} ({_why(error)})."))
                continue
            if len(data) > budget - used:
                limit = _mb(limits.unpacked_bytes)
                report.refused.append((name, f"It unpacks to more than {limit}: send the rest in another upload."))
                break
            used += len(data)
            _save(report, member.filename, io.BytesIO(data), len(data), limits)
    return used


def _directory_bytes(file: BinaryIO) -> int:
    """The size of an archive's list of files, from the record at its end: opening it reads the whole list."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - _RECORD))
    end = file.read()
    file.seek(0)
    at = end.rfind(b"PK\5\6")
    size = int.from_bytes(end[at + 12 : at + 16], "little") if at >= 0 else 0
    large = end.rfind(b"PK\6\6")  # with numbers of 64 bits
    return max(size % 0xFFFFFFFF, int.from_bytes(end[large + 40 : large + 48], "little") if large >= 0 else 0)


def _why(error: Exception) -> str:
    return "it needs a password" if "password" in str(error) else str(error) or type(error).__name__


def _save(report: UploadReport, name: str, file: BinaryIO, size: int, limits: Policy) -> None:
    """Stores one file, or reports why not. size: in bytes."""
    count, in_all = report.kept
    reason = None
    if not is_media_path(name, texts=report.texts):
        reason = f"Not a kind of {join_titles('or')} that is read here, by its name."
    elif size > limits.file_bytes:
        reason = f"It is larger than {_mb(limits.file_bytes)}: export a smaller copy."
    elif count >= limits.uploads:
        reason = f"A visit keeps {limits.uploads:,} files, and has them: there is no room for this one."
    elif in_all + size > limits.upload_bytes:
        reason = f"A visit keeps {_mb(limits.upload_bytes)}, and has {_mb(in_all)}: there is no room for this one."
    data = file.read() if reason is None else b""
    path = report.folder / safe_name(name, data)
    if reason is None and not path.exists():
        reason = too_much(name, data, limits=limits)
        if reason is None:
            write_atomic(path, data)
            report.new.append(path)
            report.kept = (count + 1, in_all + size)
    if reason is None:
        report.saved.append(path)
    else:
        report.refused.append((name, reason))


def too_much(name: str, data: bytes, *, limits: Policy) -> str | None:
    """Why a file exceeds the limits; None if it does not, or cannot be read, which `ingest` reports."""
    if len(data) > limits.file_bytes:
        return f"It is larger than {_mb(limits.file_bytes)}: export a smaller copy."
    with contextlib.suppress(MediaError):
        modality = (find_modalities(name) or [PICTURE])[0]
        if modality is not PICTURE and not math.isfinite(limits.video_seconds):
            return None
        facts = _probe(modality, name, data)
        width, height = facts.width or 0, facts.height or 0
        if modality is PICTURE and width * height > limits.pixels:
            limit = f"{limits.pixels / MB:g} megapixels"
            return f"{width:,} x {height:,} pixels are over the limit of {limit}: export a smaller copy."
        if (facts.duration_s or 0.0) > limits.video_seconds:
            return f"It lasts {facts.duration_s:,.0f} seconds, and the limit is {limits.video_seconds:,}: cut it."
    return None


def _probe(modality: Modality, name: str, data: bytes) -> Facts:
    if not modality.is_segmented:
        return modality.probe(data)
    with tempfile.NamedTemporaryFile(dir=get_visits_folder(), suffix=Path(name).suffix) as file:
        file.write(data)
        file.flush()
        return modality.probe(Path(file.name))


def _mb(size: int) -> str:
    return f"{size / MB:,.0f} MB"


def safe_name(name: str, data: bytes) -> str:
    """A readable stem and a hash of the content, so that two uploads named IMG_0001.jpg become two files."""
    base = re.split(r"[/\\]", nfc(name))[-1]
    stem, _, suffix = base.rpartition(".")
    stem = re.sub(r"[^\w \-()]+", "_", stem).strip(" ._")
    stem = stem.encode()[:120].decode(errors="ignore") or "file"  # file systems count bytes
    digest = hashlib.blake2b(data, digest_size=6).hexdigest()
    return f"{stem}-{digest}.{suffix.lower()}"
