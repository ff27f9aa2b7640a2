"""Broken and hostile documents: each gets a reason, none breaks anything, and memory stays bounded."""

from __future__ import annotations

import contextlib
import io
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from documents import make_docx, make_epub, make_pdf, make_zip

from core.errors import MediaError
from core.media.isolated_documents import IsolatedDocument
from core.media.modalities import TEXT
from core.media.modality import Damaged, Wish

MB = 2**20
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ENTITIES = (
    "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]>"
)
ENTITY_OF_A_FILE = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
PDF = make_pdf(["Cats sleep.", "They hunt."])
DOCX = make_docx([("", "Coffee grows in the tropics.")])
EPUB = make_epub(["<p>The moon has craters.</p>"])
LOCK = (
    b"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"42" * 32 + b"> /U <" + b"17" * 32 + b"> >>"
)
LOCKED = b"<encryption><EncryptedData><EncryptionMethod Algorithm='http://x/aes'/></EncryptedData></encryption>"


def document_xml(declaration: str, text: str) -> bytes:
    """A Word file whose text begins with a declaration."""
    body = f"<w:document {WORD}><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
    return make_zip({"word/document.xml": f"{declaration}{body}".encode()})


def zip_bomb(name: str, megabytes: int) -> bytes:
    """A zip with one member of zeros, that says of itself that it is small."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=False) as member,
    ):
        member.write(f"<w:document {WORD}><w:body><w:p><w:r><w:t>".encode())
        for _ in range(megabytes):
            member.write(b"a" * 2**20)
    return out.getvalue()


def flip(data: bytes, seed: int) -> bytes:
    """The file with a fifth of its bytes changed, behind its beginning."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for place in chance.sample(range(16, len(data)), len(data) // 5):
        changed[place] = chance.randrange(256)
    return bytes(changed)


# What takes long to write is written by the test that reads it: every worker loads this file.
REFUSED: dict[str, tuple[str, bytes | Callable[[], bytes]]] = {
    "empty.txt": ("empty", b""),
    "blank.txt": ("empty", b" \n\t\r\n"),
    "nul.txt": ("no readable text", b"\x00\x01\x02\x03" * 500),
    "program.txt": ("no readable text", bytes(range(256)) * 40),
    "picture.md": ("no readable text", b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 100),
    "empty.md": ("empty", b""),
    "large.txt": ("larger than 64 MB", lambda: b"word " * (13 * 2**20 + 1024)),
    "rich.txt": ("rich text", b"{\\rtf1 hello}"),
    "empty.pdf": ("empty", b""),
    "cut.pdf": ("cut off or damaged", PDF[:40]),
    "words.pdf": ("no PDF", b"these are just words"),
    "scan.pdf": ("OCR", make_pdf(["", ""])),
    "no pages.pdf": ("cut off or damaged|no text", make_pdf([])),
    "locked.pdf": ("password", PDF.replace(b"/Root 1 0 R", b"/Root 1 0 R " + LOCK)),
    "garbage.pdf": ("cut off or damaged", b"%PDF-1.7\n" + bytes(range(256)) * 50),
    "empty.docx": ("empty", b""),
    "cut.docx": ("cut off or damaged", DOCX[: len(DOCX) // 2]),
    "words.docx": ("no .docx file", b"these are just words"),
    "old.docx": ("before 2007", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)),
    "no text.docx": ("is missing", make_zip({"word/styles.xml": b"<a/>"})),
    "blank.docx": ("no text", make_docx([("", " ")])),
    "broken xml.docx": ("damaged", make_zip({"word/document.xml": b"<w:document><w:body>"})),
    "laughs.docx": ("declares entities", document_xml(ENTITIES, "&c;")),
    "file.docx": ("declares entities", document_xml(ENTITY_OF_A_FILE, "&a;")),
    "bomb.docx": ("larger than 128 MB", lambda: zip_bomb("word/document.xml", 300)),
    "members.docx": ("more than 20,000 files", lambda: make_zip(dict.fromkeys(map(str, range(20_100)), b""))),
    "crc.docx": ("damaged", DOCX.replace(b"word/document.xml", b"word/document.xmk", 1)),
    "cut.epub": ("cut off or damaged", EPUB[: len(EPUB) // 2]),
    "words.epub": ("no .epub file", b"these are just words"),
    "no list.epub": ("list of its parts is missing", make_zip({"mimetype": b"application/epub+zip"})),
    "no chapters.epub": ("no chapters", make_epub([])),
    "locked.epub": ("copy protection", make_epub(["<p>x</p>"], encryption=LOCKED)),
    "laughs.epub": ("declares entities", make_epub(["<p>x</p>"], container=ENTITIES.encode() + b"<x>&c;</x>")),
    "outside.epub": ("None of its chapters", EPUB.replace(b"c 0.xhtml", b"c 1.xhtml")),
    "bomb.epub": ("None of its chapters", lambda: make_epub(["<p>" + "a" * (20 * 2**20)])),
    "no times.srt": ("no subtitles", b"1\nhello\n\n2\nthere\n"),
    "no column.csv": ("no column of texts", b"a,b\n1,2\n"),
    "one cell.csv": ("no column of texts", b'"' + b"x" * 200_000),
    "arrays.jsonl": ("no column of texts", b'{"a": 1}\n' + b"[" * 100_000 + b"\n"),
    "only script.html": ("no text", b"<script>alert(1)</script><style>p{}</style>"),
}  # fmt: skip

ODD: dict[str, bytes] = {
    "deep.html": b"<div>" * 100_000 + b"words",
    "attributes.html": b"<a " + b" ".join(b"x%d=1" % number for number in range(50_000)) + b">words",
    "open.html": b"<p>words <a href='" + b"x" * 200_000,
    "numbers.html": b"<p>words &#x110000; &#0; &#xd800; &nosuch;",
    "surrogates.txt": b"words \xed\xa0\x80 more",
    "one line.txt": b"word" * 500_000,
    "brackets.md": b"[" * 20_000 + b" words " + b"](" * 20_000,
    "times.srt": b"1\n99999999:99:99,999 --> 00:00:00,000\nwords\n",
    "deep.docx": document_xml("", "words" + "<w:r>" * 5_000 + "</w:r>" * 5_000),
    "row.csv": b"text\n" + b'"' + b"words " * 50_000 + b'"\n',
    **{f"flipped {seed}.pdf": flip(PDF, seed) for seed in range(5)},
    **{f"flipped {seed}.docx": flip(DOCX, seed) for seed in range(3)},
    **{f"flipped {seed}.epub": flip(EPUB, seed) for seed in range(3)},
}


def read(path: Path) -> int:
    """The number of passages. Raises MediaError."""
    with TEXT.decode(path, Wish()) as decoded:
        return sum(1 for _ in decoded.parts)


def peaks_of_children() -> dict[int, int]:
    """The most bytes that each child process has had, by its number, on Linux."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError, KeyError):
            facts = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if int(facts["PPid"]) == os.getpid():
                found[int(facts["Pid"])] = int(facts["VmHWM"].split()[0]) * 1024
    return found


@pytest.mark.reliability
def test_there_are_forty_of_them() -> None:
    assert len(REFUSED) >= 40


@pytest.mark.reliability
@pytest.mark.parametrize("name", REFUSED)
def test_broken_and_hostile_documents_get_a_reason(name: str, tmp_path: Path) -> None:
    reason, data = REFUSED[name]
    (tmp_path / name).write_bytes(data() if callable(data) else data)
    with pytest.raises(MediaError, match=reason) as caught:
        read(tmp_path / name)
    assert str(caught.value).endswith((".", "!")) and "Traceback" not in str(caught.value)


@pytest.mark.reliability
@pytest.mark.parametrize("name", ODD)
def test_odd_documents_are_read_or_get_a_reason(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(ODD[name])
    try:
        assert read(tmp_path / name) > 0
    except MediaError as error:
        assert "unexpected" not in str(error) and "broke down" not in str(error)


@pytest.mark.reliability
def test_a_million_objects_take_bounded_memory(tmp_path: Path) -> None:
    objects = b"".join(b"%d 0 obj\nnull\nendobj\n" % number for number in range(10, 1_000_000))
    (tmp_path / "many.pdf").write_bytes(PDF.replace(b"%%EOF", objects + b"%%EOF"))
    others = peaks_of_children()  # such as a server of browser tests
    document = IsolatedDocument(tmp_path / "many.pdf")
    try:
        assert len(list(document.parts())) == 1
        assert max((peak for child, peak in peaks_of_children().items() if child not in others), default=0) < 600 * MB
    finally:
        document.close()


@pytest.mark.reliability
def test_what_comes_before_the_damage_stays(tmp_path: Path) -> None:
    rows = b"".join(b'{"text": "Row number %d of a table."}\n' % number for number in range(100))
    (tmp_path / "torn.jsonl").write_bytes(rows + b'{"text": "Row num')
    found: list[object] = []
    with TEXT.decode(tmp_path / "torn.jsonl", Wish()) as decoded, pytest.raises(Damaged, match="line 101"):
        for part in decoded.parts:
            found.append(part)
    assert len(found) == 100
