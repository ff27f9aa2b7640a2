"""Damage to what lies on the disk: tables, a photo that is gone, a library of an older version."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from fault_place import ColorEncoder, Library, ingest, make_media, refusal, snapshot

from core.library.schema import Label
from core.library.store.tables import table_name
from core.previews.thumbnails import make_thumbnail
from core.search.images import search
from core.search.query import parse_query
from core.share.hits import write_hits_zip

_OTHER = ColorEncoder("other-1", "other")
_HOW: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",
    "cut in half": lambda data: data[: len(data) // 2],
    "every seventh byte changed": lambda data: bytes(
        byte ^ 85 if at % 7 == 0 else byte for at, byte in enumerate(data)
    ),
}


def damaged_tables(place: Path) -> dict[str, Any]:
    """Each table's data and list of versions, damaged in each way: who needs it is told, who does not goes on.

    What the message says is then done: the table's folder is removed, the photos are indexed again, and all is there.
    """
    folder = make_media(place / "media", photos=20, videos=1)
    whole = Library(place / "whole", create=True)
    for encoder in (ColorEncoder(), _OTHER):
        ingest(whole, encoder, [folder])
    whole.put_labels([Label(whole.items()["id"][0].as_py(), "mood", "calm", "person")])
    target, messages, wrong = snapshot(whole.path), dict[str, str](), list[str]()
    tables = {"items": "items", "labels": "labels", "vectors": table_name(ColorEncoder().id)}
    cases = [(what, part, how) for what in tables for part in ("data", "_versions") for how in _HOW]
    for what, part, how in cases:
        shutil.rmtree(place / "copy", ignore_errors=True)
        shutil.copytree(whole.path, place / "copy")
        for file in (place / "copy" / f"{tables[what]}.lance" / part).iterdir():
            file.write_bytes(_HOW[how](file.read_bytes()))
        messages[what] = _told(place / "copy", what)
        if tables[what] not in messages[what] or not _rest_works(place / "copy", what, folder):
            wrong.append(f"{what} {part} {how}")
        shutil.rmtree(place / "copy" / f"{tables[what]}.lance")
        again = ingest(Library(place / "copy"), ColorEncoder(), [folder])
        cured = snapshot(place / "copy") == target and (what == "vectors" or not again.embedded)
        if not cured or len(Library(place / "copy").labels()) != (what != "labels"):
            wrong.append(f"{what} {part} {how}: not cured")
    predictions = {what: message.replace(str(place / "copy"), "LIBRARY") for what, message in messages.items()}
    return {"cases": len(cases), "messages": predictions, "wrong": wrong, "ok": not wrong}


def vanished_photo(place: Path) -> dict[str, Any]:
    """A photo deleted after it was indexed: it is still found, looking at it says why not, and it may come back."""
    folder, encoder = make_media(place / "media", photos=10, videos=0), ColorEncoder()
    library = Library(place / "library", create=True)
    ingest(library, encoder, [folder])
    hits = search(library, encoder, parse_query("red")).hits
    gone = Path(hits[0].item.path)
    gone.rename(place / "aside.png")
    message = refusal(lambda: make_thumbnail(hits[0].item))
    left_out = write_hits_zip(hits, io.BytesIO(), redact=str)
    found = len(search(library, encoder, parse_query("red")).hits)
    missing = ingest(library, encoder, [folder]).missing
    after = len(search(library, encoder, parse_query("red")).hits)
    (place / "aside.png").rename(gone)
    embedded = ingest(library, encoder, [folder]).embedded
    ok = left_out == [str(gone)] and "not there" in message and missing == 1 and not embedded and found == len(hits)
    return {"message": message, "hits": [len(hits), found, after], "embedded_when_back": embedded, "ok": ok}


def older_version(place: Path) -> dict[str, Any]:
    """A library as format 1 wrote it: it is read as it is; the first writer migrates it and embeds nothing again."""
    folder = make_media(place / "media", photos=20, videos=0)
    ingest(Library(place / "now", create=True), ColorEncoder(), [folder])
    target = snapshot(place / "now")
    _write_format_1(place / "then", Library(place / "now"))
    read = snapshot(place / "then") == target and _format(place / "then") == 1
    encoder = ColorEncoder()
    again = ingest(Library(place / "then"), encoder, [folder])
    make_media(folder, photos=0, videos=1, seed=5)
    added = ingest(Library(place / "then"), encoder, [folder]).added
    ingest(Library(place / "now"), encoder, [folder])
    same = snapshot(place / "then") == snapshot(place / "now")
    version = _format(place / "then")
    mark = place / "then" / "library.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"format": 99}))
    newer = refusal(lambda: Library(place / "then")).replace(str(place / "then"), "LIBRARY")
    ok = read and not again.embedded and added == 1 and same and version > 1 and "newer" in newer
    return {"read_as_it_was": read, "format_after": version, "embedded_again": again.embedded, "newer": newer, "ok": ok}


def _told(library: Path, what: str) -> str:
    opened = Library(library)
    request = {"items": opened.items, "labels": opened.labels, "vectors": lambda: opened.index(ColorEncoder())}
    return refusal(request[what])


def _rest_works(library: Path, what: str, folder: Path) -> bool:
    """Whether what does not need the damaged table is as before, with another encoder's search and indexing."""
    opened = Library(library)
    if what == "items":
        return len(opened.labels()) == 1
    return len(opened.items()) == 21 and len(opened.index(_OTHER)) > 20 and ingest(opened, _OTHER, [folder]).items == 21


def _write_format_1(path: Path, source: Library) -> None:
    """Written down from what the version before videos did: vectors without a column for the sampling."""
    import lancedb

    path.mkdir()
    (path / "library.json").write_text(json.dumps({"format": 1, "created": "2025-11-02T10:00:00"}))
    texts = {"id": False, "path": False, "kind": False, "status": False, "reason": True}
    items = pa.schema(
        [pa.field(name, pa.string(), nullable=free) for name, free in texts.items()]
        + [pa.field(name, pa.int64(), nullable=False) for name in ("bytes", "mtime_ns")]
        + [pa.field("content_hash", pa.string()), pa.field("width", pa.int32()), pa.field("height", pa.int32())]
        + [pa.field("duration_s", pa.float32()), pa.field("taken_at", pa.timestamp("s"))]
        + [pa.field("added_at", pa.timestamp("s"), nullable=False)]
    )
    encoder = ColorEncoder()
    about = {"encoder_id": encoder.id, "encoder_name": encoder.name, "dim": str(encoder.dim)}
    fields = [pa.field("item_id", pa.string(), nullable=False), pa.field("start_s", pa.float32())]
    fields += [pa.field("end_s", pa.float32())]
    fields += [pa.field("vector", pa.list_(pa.float16(), encoder.dim), nullable=False)]
    vectors = source.vector_table(encoder.id)
    assert vectors is not None
    rows = vectors.to_arrow().select([field.name for field in fields])
    database = lancedb.connect(path)
    database.create_table("items", pa.Table.from_pylist(source.items().to_pylist(), schema=items))
    database.create_table(table_name(encoder.id), rows.cast(pa.schema(fields)).replace_schema_metadata(about))


def _format(path: Path) -> int:
    return int(json.loads((path / "library.json").read_text())["format"])
