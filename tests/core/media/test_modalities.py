"""Kinds of items that another package adds, by an entry point or by a call: core, the command line and the app know
them. One has parts (colors of a swatch), the other is one text."""

from __future__ import annotations

import importlib
import io
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from commands import run
from fakes import ColorEncoder
from media import colour_of
from PIL import Image
from visiting import HOME, LIBRARY, SEARCH, cards, component, said, visit

import core.cli.options
from core import Encoder, Filters, Item, Library, ingest, open_encoder, parse_query, search
from core.classify.embedded_set import embed_files_set
from core.cleanup.findings import find_library_duplicates
from core.cli.main import main
from core.encoders.base import Vectors
from core.errors import MediaError
from core.library import load_points
from core.library.ingest.estimate import estimate_ingest
from core.library.ingest.scan import scan
from core.library.registry import create_library
from core.library.uploads import save_uploads
from core.media import Modality, Segment, find_modalities, get_modality, register_modality, unregister_modality
from core.media.kinds import is_media_path
from core.policy import get_policy
from core.previews.thumbnails import make_thumbnail
from core.progress import Task
from core.share.vector_export import export_vectors
from core.share.vector_import import import_vectors

PLUGIN = """
from pathlib import Path
from PIL import Image
from fakes import COLORS
from core.media import Damaged, Decoded, Facts, Modality, Part, Segment

def text(source):
    return source.decode() if isinstance(source, bytes) else Path(source).read_text()

def picture(name):
    return Image.new("RGB", (40, 30), COLORS[name])

def rows(source):
    for number, name in enumerate(text(source).split()):
        if name not in COLORS:
            raise Damaged(f"Row {number + 1} is no color.")
        yield Part(picture(name), Segment(number, number + 1))

def decode_swatch(source, wish):
    return Decoded(probe_swatch(source), rows(source), extent=len(text(source).split()))

def probe_swatch(source):
    return Facts(40, 30 if "?" not in text(source) else 1 / 0)

def draw_swatch(source, places, min_side):
    names = text(source).split()
    return [picture(names[int(place or 0)]) for place in places]

def decode_note(source, wish):
    return Decoded(Facts(), iter([Part(text(source))]))

swatch = Modality(
    "swatch", "swatch", "swatches", (".swatch",), decode_swatch, probe_swatch, draw_swatch,
    segment="row", describe=lambda place: f"row {place + 1:g}", read=lambda source, place: text(source),
)
note = Modality(
    "note", "note", "notes", (".note",), decode_note, lambda source: Facts(),
    lambda source, places, min_side: [picture("white")] * len(places), embedded_as="text",
)
taken = Modality("image", "image", "images", (".img",), decode_note, probe_swatch, draw_swatch)
word = "swatch"
"""


@pytest.fixture(params=["entry point", "call"])
def kinds(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kinds of a package, which is installed as pip does, or calls for itself."""
    site = tmp_path / "site"
    (site / "semblance_swatch-1.0.dist-info").mkdir(parents=True)
    (site / "semblance_swatch.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(site))
    if request.param == "entry point":
        (site / "semblance_swatch-1.0.dist-info/METADATA").write_text("Name: semblance-swatch\nVersion: 1.0\n")
        lines = [f"{name} = semblance_swatch:{name}" for name in ("swatch", "note", "taken", "word", "gone")]
        (site / "semblance_swatch-1.0.dist-info/entry_points.txt").write_text(
            "\n".join(["[semblance.modalities]", *lines])
        )
        yield
    else:
        package = importlib.import_module("semblance_swatch")
        register_modality(package.swatch)
        register_modality(package.note)
        yield
        unregister_modality("swatch")
        unregister_modality("note")
    sys.modules.pop("semblance_swatch", None)


@pytest.fixture
def files(photos: Path, kinds: None) -> Path:
    """The photos, three swatches, of which the last has a bad row, one at which the package fails, and a note."""
    for name, content in {"warm": "red orange yellow", "cold": "white blue", "torn": "green mud"}.items():
        (photos / f"{name}.swatch").write_text(content)
    (photos / "odd.swatch").write_text("red ?")
    (photos / "purple.note").write_text("purple")
    return photos


def rows_of(library: Library, encoder: Encoder, name: str) -> list[Segment | None]:
    item = named(library, name)
    return sorted((row.segment for row in library.item_vectors(encoder.id, [item.id])[item.id]), key=str)


def named(library: Library, name: str) -> Item:
    return next(Item.from_row(row) for row in library.items().to_pylist() if Path(row["path"]).name == name)


def test_core_knows_them(files: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    library = Library(tmp_path / "library", create=True)
    report = ingest(library, encoder, [files])
    assert (report.added, [Path(path).name for path, _ in report.failed]) == (12, ["odd.swatch"])
    assert "division by zero" in report.failed[0][1], "a mistake of the package costs one file"
    assert rows_of(library, encoder, "warm.swatch") == [Segment(0, 1), Segment(1, 2), Segment(2, 3)]
    assert rows_of(library, encoder, "purple.note") == [None]
    torn = named(library, "torn.swatch")
    assert (torn.status, torn.reason, torn.width) == ("ok", "Row 2 is no color.", 40)

    best = search(library, encoder, parse_query("orange"), filters=Filters(kind="swatch")).hits[0]
    assert (Path(best.item.path).name, best.segment, best.likely) == ("warm.swatch", Segment(1, 2), True)
    assert colour_of(Image.open(io.BytesIO(make_thumbnail(best.item, time_s=best.start_s)))) == "orange"
    assert colour_of(Image.open(io.BytesIO(make_thumbnail(best.item)))) == "red"
    assert search(library, encoder, parse_query("purple")).hits[0].item.kind == "image", "texts are on another scale"
    mixed = search(library, encoder, parse_query("purple"), filters=Filters(kind="any")).hits
    assert sorted(hit.item.kind for hit in mixed[:2]) == ["image", "note"]
    like = search(library, encoder, parse_query(str(files / "cold.swatch")), filters=Filters(kind="swatch")).hits
    assert Path(like[0].item.path).name == "cold.swatch", "a file of the kind is a query"
    assert set(load_points(library, encoder, unit="frames").kinds) == {"image", "row", "note"}

    again = ingest(library, encoder, [files])
    assert (again.unchanged, again.embedded, again.updated) == (12, 0, 0)


def test_runs_copies_uploads_and_other_encoders(files: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    library = Library(tmp_path / "library", create=True)
    estimate = estimate_ingest(scan([files], target=is_media_path), encoder)
    assert dict(estimate.counts) == {"image": 8, "swatch": 4, "note": 1} and estimate.pictures == 8
    ingest(library, encoder, [files])
    (files / "copy.swatch").write_text("red orange yellow")
    assert ingest(library, encoder, [files]).embedded == 0, "a copy takes the vectors over"
    assert rows_of(library, encoder, "copy.swatch") == rows_of(library, encoder, "warm.swatch")
    copies = find_library_duplicates(library, encoder).groups
    assert [sorted(Path(entry.item.path).stem for entry in group.findings) for group in copies] == [["copy", "warm"]]

    upload = save_uploads(library, [("a.swatch", io.BytesIO(b"red"))], limits=get_policy())
    assert [path.suffix for path in upload.saved] == [".swatch"]
    embedded = embed_files_set(encoder, [files / "cold.swatch", files / "purple.note", files / "odd.swatch"])
    assert [len(track) for track in embedded.tracks] == [2, 1] and len(embedded.failed) == 1

    export_vectors(library, encoder.id, tmp_path / "v.npz")
    other = Library(tmp_path / "other", create=True)
    result = import_vectors(other, tmp_path / "v.npz", name="mine")
    assert result.left_out == [] and result.items == 13
    assert rows_of(other, open_encoder(result.encoder), "warm.swatch")[0] == Segment(0, 1)


def test_a_long_item_goes_on_where_it_was_stopped(
    kinds: None, tmp_path: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "long.swatch").write_text("red blue " * 400)
    library, cancel = Library(tmp_path / "library", create=True), threading.Event()
    encode = encoder.encode_images

    def stop(images: Sequence[Image.Image]) -> Vectors:
        if encoder.images_seen >= 600:
            cancel.set()
        return encode(images)

    monkeypatch.setattr(encoder, "encode_images", stop)
    assert ingest(library, encoder, [tmp_path / "long.swatch"], task=Task(cancel=cancel)).cancelled
    seen, cancel = encoder.images_seen, threading.Event()
    monkeypatch.setattr(encoder, "encode_images", encode)
    report = ingest(library, encoder, [tmp_path / "long.swatch"])
    assert (report.updated, report.vectors) == (1, 800) and seen + report.embedded < 1_000
    assert len(set(rows_of(library, encoder, "long.swatch"))) == 800, "no part is missing, and none is there twice"


def test_the_command_line_knows_them(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())
    library = tmp_path / "library"
    assert run(capsys, "index", files, "--library", library)["added"] == 12
    found = run(capsys, "search", "blue", "--library", library, "--kind", "swatch")["hits"]
    assert [(Path(hit["path"]).name, hit["kind"], hit["start_s"], hit["end_s"]) for hit in found] == [
        ("cold.swatch", "swatch", 1.0, 2.0)
    ]
    main(["search", "blue", "--library", str(library), "--kind", "swatch", "--quiet"])
    assert "cold.swatch  row 2-row 3" in capsys.readouterr().out


@pytest.mark.usefixtures("world")
def test_the_app_knows_them(files: Path, encoder: ColorEncoder) -> None:
    ingest(create_library("Mixed"), encoder, [files])
    at = visit(SEARCH, library="Mixed", q="blue")
    assert cards(at)[0] == "blue.png" and not any("swatch" in name for name in cards(at))
    at = at.segmented_control("kind").set_value("Swatches").run()
    assert cards(at)[0] == "cold.swatch" and "Among 3 swatches" in said(at)
    card = component(at, "cards")[0]["cards"][0]
    assert card["src"] and card["about"] == "row at row 2"
    assert {metric.label: metric.value for metric in visit(LIBRARY, library="Mixed").metric}["Swatches"] == "3"
    assert {"blue.png", "cold.swatch"} <= set(cards(visit(HOME, library="Mixed", q="blue")))
    assert "and notes" in visit(LIBRARY, library="Mixed").file_uploader[0].label


def test_items_stay_when_their_package_goes(files: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [files])
    swatch = named(library, "warm.swatch")
    unknown = replace(swatch, kind="gone", content_hash=None)
    assert get_modality("gone").plural == "gones"
    with pytest.raises(MediaError, match="“gone” need the package"):
        make_thumbnail(unknown)


@pytest.mark.parametrize("changes", [{"name": "image"}, {"name": "any"}, {"name": "A b"}, {"suffixes": ("swatch",)}])
def test_records_that_mean_something_else_are_refused(changes: dict[str, object]) -> None:
    toy = Modality("toy", "toy", "toys", (".toy",), print, print, print)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"choose a plain word|not a suffix"):
        register_modality(replace(toy, **changes))  # type: ignore[arg-type]
    assert find_modalities("a.toy") == []
