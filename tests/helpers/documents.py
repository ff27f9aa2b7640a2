"""Documents as bytes, written by hand, so that tests need no program that makes them."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from html import escape

_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_LEADING = 14  # points from line to line of a PDF
_LETTERS = 90  # in a line


def make_pdf(pages: Sequence[str], bookmarks: Mapping[int, str] | None = None) -> bytes:
    """A PDF with a text on each page; an empty one has no text, as a scan. bookmarks: {page, from 1: title}."""
    first = 4  # objects: 1 catalog, 2 pages, 3 font, then two for each page, then the outline
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    marks = sorted((bookmarks or {}).items())
    outline = first + 2 * len(pages)
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {f'/Outlines {outline} 0 R' if marks else ''} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, text in enumerate(pages):
        content = zlib.compress(_draw(text))
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F 3 0 R >> >> >>" % (first + 2 * number + 1),
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    if marks:
        last = outline + len(marks)
        objects.append(f"<< /First {outline + 1} 0 R /Last {last} 0 R /Count {len(marks)} >>".encode())
        for number, (page, title) in enumerate(marks, start=outline + 1):
            following = f"/Next {number + 1} 0 R" if number < last else ""
            target = f"[{first + 2 * (page - 1)} 0 R /Fit]"
            objects.append(f"<< /Title ({title}) /Parent {outline} 0 R /Dest {target} {following} >>".encode())
    return _write_objects(objects)


def _draw(text: str) -> bytes:
    lines = [line[start : start + _LETTERS] for line in text.split("\n") for start in range(0, len(line), _LETTERS)]
    shown = b"".join(b"(" + _quote(line) + b") Tj T* " for line in lines)
    return b"BT /F 11 Tf 40 800 Td %d TL " % _LEADING + shown + b"ET" if lines else b"0 0 m"


def _quote(line: str) -> bytes:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252", errors="replace")


def _write_objects(objects: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return out.getvalue()


def make_docx(paragraphs: Sequence[tuple[str, str]], **parts: bytes) -> bytes:
    """A Word file. paragraphs: (style, text), with the style "" or "Heading1". parts: more of word/, by their stem."""
    body = "".join(
        f"<w:p><w:pPr>{f'<w:pStyle w:val={chr(34)}{style}{chr(34)}/>' if style else ''}</w:pPr>"
        f"<w:r><w:t>{escape(text)}</w:t></w:r></w:p>"
        for style, text in paragraphs
    )
    styles = f'<w:styles {_WORD}><w:style w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>'
    content = {
        "word/document.xml": f"<w:document {_WORD}><w:body>{body}</w:body></w:document>".encode(),
        "word/styles.xml": styles.encode(),
    }
    return make_zip(content | {f"word/{name}.xml": data for name, data in parts.items()})


def make_epub(chapters: Sequence[str], **parts: bytes) -> bytes:
    """An EPUB of chapters in HTML. parts: more of META-INF/, by their stem."""
    items = "".join(f'<item id="c{number}" href="c%20{number}.xhtml"/>' for number in range(len(chapters)))
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    content = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": container.encode(),
        "OPS/book.opf": f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>".encode(),
    }
    content |= {f"OPS/c {number}.xhtml": chapter.encode() for number, chapter in enumerate(chapters)}
    return make_zip(content | {f"META-INF/{name}.xml": data for name, data in parts.items()})


def make_zip(members: Mapping[str, bytes]) -> bytes:
    """A zip of some members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def make_srt(cues: Sequence[tuple[float, float, str]]) -> bytes:
    """Subtitles. cues: (start, end, text), in seconds."""
    lines = (
        f"{number}\n{_stamp(start)} --> {_stamp(end)}\n{text}\n"
        for number, (start, end, text) in enumerate(cues, start=1)
    )
    return "\n".join(lines).encode()


def _stamp(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{thousandths:03}"
