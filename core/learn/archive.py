"""Opens files of a folder, a zip or a single table by their bare names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from core.errors import DataError
from core.policy import MB, Policy

Opener = Callable[[str], BinaryIO | None]  # opens a file by its bare name; None if there is none


def make_opener(source: Path | bytes, alone: Callable[[bytes], str], stack: ExitStack, limits: Policy) -> Opener:
    """Returns a function that opens files of a source. Nothing is unpacked to disk, so paths in a zip are harmless.

    source: a folder, or the path or content of a zip or a table. alone: names a single table by its first line. stack:
    closes the files. Raises DataError for a zip beyond `limits`, OSError, BadZipFile.
    """
    if isinstance(source, Path) and source.is_dir():
        return lambda name: stack.enter_context((source / name).open("rb")) if (source / name).is_file() else None
    data = io.BytesIO(source) if isinstance(source, bytes) else stack.enter_context(source.open("rb"))
    if zipfile.is_zipfile(data):
        return _open_zip(stack.enter_context(zipfile.ZipFile(data)), stack, limits)
    data.seek(0)
    own = alone(data.readline(10_000))
    data.seek(0)
    return lambda name: data if name == own else None


def _open_zip(archive: zipfile.ZipFile, stack: ExitStack, limits: Policy) -> Opener:
    members, allowed = archive.infolist(), limits.unpacked_bytes
    if len(members) > limits.zip_files:
        raise DataError(f"The zip has {len(members):,} files, but MovieLens only about ten: zip only those.")

    def open_member(name: str) -> BinaryIO | None:
        for member in members:
            path = PurePosixPath(member.filename.replace("\\", "/"))
            if path.name == name and "__MACOSX" not in path.parts:
                if member.file_size > allowed:  # zipfile never reads more than the stated size
                    raise DataError(f"{name} in the zip unpacks to more than {allowed // MB:,} MB: shorten it.")
                return stack.enter_context(archive.open(member))  # type: ignore[return-value]
        return None

    return open_member
