"""EPUB: the chapters in the order of the book, with the headings in them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from core.errors import MediaError
from core.media.documents.archives import Archive, get_local_name, open_archive, parse_xml
from core.media.documents.blocks import MB, Block, Blocks, Source, name_some
from core.media.documents.markup import MAX_MARKUP_BYTES, read_markup

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_OF_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_LIST_BYTES = 8 * MB


def read_epub(source: Source) -> Blocks:
    """The blocks of all chapters. Raises MediaError for a book that is locked, damaged, or none."""
    with open_archive(source) as archive:
        if _CONTAINER not in archive.names:
            raise MediaError("It is no EPUB: the list of its parts is missing. Save the book again.")
        _check_is_open(archive)
        chapters = _list_chapters(archive)
        left_out, heading = list[int](), None
        for number, name in enumerate(chapters, start=1):
            try:
                data = archive.read(name, MAX_MARKUP_BYTES)
            except MediaError:
                left_out.append(number)
                continue
            blocks = read_markup(data, heading=heading)
            for block in blocks:
                heading = block.place.heading
                yield Block(block.text, block.place, share=number / len(chapters))
        if len(left_out) == len(chapters):
            raise MediaError("None of its chapters can be read: save the book again.")
        return f"Left out, as they cannot be read: chapter {name_some(left_out)}." if left_out else None


def _list_chapters(archive: Archive) -> list[str]:
    """The names of the chapters in the archive, in the order of the book."""
    root_files = [
        element.get("full-path") for element in _parse(archive, _CONTAINER) if get_local_name(element) == "rootfile"
    ]
    if not root_files or not root_files[0]:
        raise MediaError("It names no list of its chapters: save the book again.")
    package = root_files[0]
    files: dict[str, str] = {}
    order: list[str] = []
    for element in _parse(archive, package):
        if get_local_name(element) == "item":
            files[element.get("id", "")] = element.get("href", "")
        elif get_local_name(element) == "itemref":
            order.append(element.get("idref", ""))
    folder = posixpath.dirname(package)
    chapters = [posixpath.normpath(posixpath.join(folder, unquote(files[entry]))) for entry in order if entry in files]
    if not chapters:
        raise MediaError("It lists no chapters: save the book again.")
    return list(dict.fromkeys(chapters))


def _check_is_open(archive: Archive) -> None:
    """Raises MediaError if more than its fonts is encrypted."""
    if _ENCRYPTION in archive.names:
        methods = [
            element.get("Algorithm")
            for element in _parse(archive, _ENCRYPTION)
            if get_local_name(element) == "EncryptionMethod"
        ]
        if any(method not in _OF_FONTS for method in methods):
            raise MediaError("It is locked by copy protection (DRM), which only its reader opens.")


def _parse(archive: Archive, name: str) -> Iterator[Element]:
    """The elements of an XML file of the book. Raises MediaError."""
    return (element for event, element in parse_xml(archive.read(name, _LIST_BYTES), name) if event == "end")
