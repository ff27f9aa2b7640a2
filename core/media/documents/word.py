"""Word files (.docx): paragraphs with the heading above them.

Text of tables, text boxes, footnotes and endnotes counts; what tracked changes deleted, headers and footers do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from xml.etree.ElementTree import Element

from core.errors import MediaError
from core.media.documents.archives import Archive, get_attribute, get_local_name, open_archive, parse_xml
from core.media.documents.blocks import MB, Block, Blocks, Source, join_words
from core.media.modality import TextPlace

_MAIN = "word/document.xml"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_MAX_BYTES = 128 * MB  # of the unpacked text
_STYLES_BYTES = 8 * MB
_SPACES = {"tab": "\t", "br": " ", "cr": " ", "noBreakHyphen": "-"}


def read_word(source: Source) -> Blocks:
    """The paragraphs of a Word file, then its notes. Raises MediaError for what is none, or is damaged."""
    with open_archive(source) as archive:
        if _MAIN not in archive.names:
            raise MediaError("It is no Word file: its text (word/document.xml) is missing. Save it as .docx again.")
        headings, heading = _list_heading_styles(archive), None
        for text, style in _read_paragraphs(archive, _MAIN):
            heading = text if style in headings else heading
            yield Block(text, TextPlace(heading=heading))
        for name in _NOTES:
            if name in archive.names:
                yield from (Block(text) for text, _ in _read_paragraphs(archive, name))
    return None


def _read_paragraphs(archive: Archive, name: str) -> Iterator[tuple[str, str]]:
    """(text, style) of each paragraph that has text. Those inside text boxes come before the one around them."""
    begun: list[tuple[list[str], list[str]]] = []  # (texts, styles) of the paragraphs that have not ended
    fallback = 0  # of a text box, which is there twice
    for event, element in parse_xml(archive.read(name, _MAX_BYTES), name):
        tag = get_local_name(element)
        if tag == "Fallback":
            fallback += 1 if event == "start" else -1
        elif tag == "p" and event == "start":
            begun.append(([], []))
        elif tag == "p":
            texts, styles = begun.pop()
            if text := join_words("".join(texts)):
                yield text, styles[0] if styles else ""
        elif event == "end" and begun and not fallback:
            _take_run(element, tag, *begun[-1])
        if event == "end" and tag in ("p", "tr", "tbl"):
            element.clear()


def _take_run(element: Element, tag: str, texts: list[str], styles: list[str]) -> None:
    """Adds what an element of a paragraph holds of its text, or its style."""
    if tag == "t":
        texts.append(element.text or "")
    elif tag == "pStyle":
        styles.append(get_attribute(element, "val"))
    elif tag in _SPACES:
        texts.append(_SPACES[tag])


def _list_heading_styles(archive: Archive) -> set[str]:
    """The ids of the styles of headings, which have English names in Word of any language."""
    found = set[str]()
    if "word/styles.xml" in archive.names:
        with suppress(MediaError):  # then there are no headings
            for event, style in parse_xml(archive.read("word/styles.xml", _STYLES_BYTES), "word/styles.xml"):
                if event == "end" and get_local_name(style) == "style" and _is_heading(style):
                    found.add(get_attribute(style, "styleId"))
    return found


def _is_heading(style: Element) -> bool:
    names = [get_attribute(element, "val").lower() for element in style if get_local_name(element) == "name"]
    return any(name == "title" or name.startswith("heading") for name in names)
