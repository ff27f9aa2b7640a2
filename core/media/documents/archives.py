"""The members of a zip, as .docx and .epub are, and their XML, read within limits: a zip may lie about sizes."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from core.errors import MediaError
from core.media.documents.blocks import MB, Source

_MAX_MEMBERS = 20_000
_MAX_BYTES = 256 * MB  # of all members that are read, unpacked
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, KeyError)


class Archive:
    """An open zip. The members that are read from it may be so and so many bytes in all."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._zip, self._left = opened, _MAX_BYTES
        self.names = frozenset(opened.namelist())

    def read(self, name: str, limit: int) -> bytes:
        """A member. Raises MediaError where it is missing, damaged, or larger than allowed."""
        most = min(limit, self._left)
        with self.open(name) as member, _explain(name):
            data = member.read(most + 1)
        self._left -= len(data)
        if len(data) > most:
            raise MediaError(
                f"Unpacked, {name[:80]} is larger than {most // MB} MB: it is refused, as it may be a trap."
            )
        return data

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A member as a file. Raises MediaError."""
        with _explain(name):
            member = self._zip.open(name)
        with member:
            yield member


@contextmanager
def open_archive(source: Source) -> Iterator[Archive]:
    """Opens a zip. Raises MediaError."""
    try:
        opened = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except _DAMAGE as error:
        raise MediaError(
            f"It is cut off or damaged ({_say(error)}): save it again from the program it comes from."
        ) from error
    with opened:
        if len(opened.infolist()) > _MAX_MEMBERS:
            raise MediaError(f"It packs more than {_MAX_MEMBERS:,} files: it is refused, as it may be a trap.")
        yield Archive(opened)


def parse_xml(data: bytes, name: str) -> Iterator[tuple[str, ElementTree.Element]]:
    """("start" or "end", element) of an XML file, as a stream: `clear` what has been read.

    Raises MediaError for what is damaged, or declares entities, which such files never do. name: for messages.
    """
    if b"<!ENTITY" in data:
        raise MediaError(f"{name[:80]} in it declares entities: it is refused, as it may be a trap.")
    try:
        yield from ElementTree.iterparse(io.BytesIO(data), events=("start", "end"))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise MediaError(f"A part of it is damaged ({name[:80]}: {_say(error)}): save it again.") from error


def get_local_name(element: ElementTree.Element) -> str:
    """The name of an element without its namespace, which differs between variants of a format."""
    return element.tag.rpartition("}")[2]


def get_attribute(element: ElementTree.Element, name: str) -> str:
    """An attribute by its name without its namespace; "" where there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


@contextmanager
def _explain(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        if isinstance(error, KeyError):
            raise MediaError(f"A part of it is missing ({name[:80]}): save it again.") from error
        raise MediaError(f"A part of it is damaged ({name[:80]}: {_say(error)}): save it again.") from error


def _say(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
