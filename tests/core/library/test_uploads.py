"""What arrives through a browser: kept safely, unpacked within limits, refused with a reason."""

from __future__ import annotations

import io
import zipfile

import pytest
from fakes import ColorEncoder
from PIL import Image

from core.library import Library, ingest
from core.library.uploads import save_uploads
from core.policy import get_policy


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    buffer.seek(0)
    return buffer


def test_uploads_become_searchable(library: Library, encoder: ColorEncoder) -> None:
    before = library.counts()["ok"]
    report = save_uploads(
        library,
        [("pink.png", io.BytesIO(png("pink"))), ("more.zip", zipped({"a/grey.png": png("grey")}))],
        limits=get_policy(),
    )
    assert len(report.saved) == 2 and not report.refused
    ingest(library, encoder, [report.folder])
    assert library.counts()["ok"] == before + 2


def test_two_files_of_one_name_are_both_kept_and_the_same_file_once(library: Library) -> None:
    files = [("IMG_1.png", png("red")), ("IMG_1.png", png("blue")), ("IMG_1.png", png("red"))]
    report = save_uploads(library, [(name, io.BytesIO(data)) for name, data in files], limits=get_policy())
    assert len(set(report.saved)) == 2 and sorted(report.new) == sorted(set(report.saved))
    again = save_uploads(
        library, [("IMG_1.png", io.BytesIO(png("red"))), ("IMG_1.png", io.BytesIO(png("grey")))], limits=get_policy()
    )
    assert again.saved[0] == report.saved[0] and again.new == again.saved[1:]


@pytest.mark.parametrize(
    "name",
    [
        "../../escape.png",
        "/etc/escape.png",
        "..\\..\\escape.png",
        "a\0b.png",
        "\N{GRINNING FACE}.png",
        "." * 9 + "png",
        "x" * 500 + ".png",
        "\N{GRINNING FACE}a" * 100 + ".png",
        "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 200 + ".png",
    ],
)
def test_names_stay_inside_the_folder(library: Library, name: str) -> None:
    for files in ([(name, io.BytesIO(png("red")))], [("zip.zip", zipped({name.replace("\0", ""): png("red")}))]):
        report = save_uploads(library, files, limits=get_policy())
        assert len(report.saved) == 1, report.refused
        assert report.saved[0].resolve().parent == report.folder.resolve() and report.saved[0].is_file()


def test_what_is_refused_says_why(library: Library) -> None:
    secret = zipped({"a.png": png("red")})
    broken = io.BytesIO(secret.getvalue()[:40])
    report = save_uploads(library, [("notes.txt", io.BytesIO(b"words")), ("broken.zip", broken)], limits=get_policy())
    assert not report.saved and [name for name, _ in report.refused] == ["notes.txt", "broken.zip"]
    assert all(len(reason) > 20 for _, reason in report.refused)


def test_a_zip_bomb_stops_at_the_limit(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_UNPACKED_MB", "1")
    report = save_uploads(
        library, [("bomb.zip", zipped({"small.png": png("red"), "bomb.png": bytes(50_000_000)}))], limits=get_policy()
    )
    assert [path.name.startswith("small") for path in report.saved] == [True]
    assert report.refused and "unpacks to more" in report.refused[0][1]


def test_too_many_files(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_UPLOADS", "2")
    report = save_uploads(
        library, [(f"{n}.png", io.BytesIO(png("red") + bytes([n]))) for n in range(4)], limits=get_policy()
    )
    assert len(report.saved) == 2 and len(report.refused) == 2


def test_one_damaged_member_does_not_cost_the_others(library: Library) -> None:
    data = bytearray(zipped({"a.png": png("red"), "b.png": png("blue"), "c.png": png("green")}).getvalue())
    at = data.index(b"b.png") + len("b.png") + 5
    data[at : at + 8] = b"\xff" * 8
    report = save_uploads(library, [("three.zip", io.BytesIO(bytes(data)))], limits=get_policy())
    assert len(report.saved) == 2 and [name for name, _ in report.refused] == ["b.png"]


def test_an_archive_that_lies_about_its_names_costs_nobody_else(library: Library) -> None:
    data = zipped({"a\N{LATIN SMALL LETTER E WITH ACUTE}.png": png("red")}).getvalue()
    broken = data.replace("\N{LATIN SMALL LETTER E WITH ACUTE}".encode(), b"\xff\xff")
    report = save_uploads(
        library, [("good.png", io.BytesIO(png("blue"))), ("bad.zip", io.BytesIO(broken))], limits=get_policy()
    )
    assert len(report.saved) == 1 and [name for name, _ in report.refused] == ["bad.zip"]
