"""An encoder of another package, by entry point or by a call: the app, core and the command line know it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import run
from fakes import ColorEncoder
from session import picker
from visiting import SEARCH, cards, said, visit

import ui.session.encoders
from core.encoders import (
    EncoderInfo,
    encoder_names,
    get_encoder_info,
    is_model_name,
    open_encoder,
    register_encoder,
    unregister_encoder,
)
from core.encoders.precomputed import supports_text
from core.errors import EncoderError
from core.library import Library, ingest
from core.library.registry import create_library
from core.search.images import search
from core.search.query import parse_query

PLUGIN = """
from core.encoders import EncoderInfo
from fakes import ColorEncoder

def open_toy(name, on_progress):
    return ColorEncoder("toy-1", name)

def fail(name, on_progress):
    raise OSError("its weights are gone")

toy = EncoderInfo("toy", "Toy colors", open_toy)
hollow = EncoderInfo("hollow", "Hollow", lambda name, on_progress: object())
failing = EncoderInfo("failing", "Failing", fail)
embedded = EncoderInfo("embedded", "Not the embedded one", open_toy)
word = "toy"
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package with these entry points, as pip does: a module and its metadata on the path."""

    def put(**entries: str) -> None:
        metadata = tmp_path / "site" / "semblance_toy-1.0.dist-info"
        metadata.mkdir(parents=True)
        (tmp_path / "site" / "semblance_toy.py").write_text(PLUGIN)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: semblance-toy\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in entries.items()]
        (metadata / "entry_points.txt").write_text("\n".join(["[semblance.encoders]", *lines]))
        monkeypatch.syspath_prepend(str(tmp_path / "site"))

    yield put
    sys.modules.pop("semblance_toy", None)


@pytest.fixture(params=["entry point", "call"])
def toy(request: pytest.FixtureRequest, install: Install) -> Iterator[str]:
    if request.param == "entry point":
        install(toy="semblance_toy:toy")
    else:
        register_encoder(EncoderInfo("toy", "Toy colors", lambda name, _: ColorEncoder("toy-1", name)))
    yield "toy"
    unregister_encoder("toy")


def test_core_knows_it(toy: str, photos: Path, tmp_path: Path) -> None:
    assert toy in encoder_names() and not is_model_name(toy)
    info = get_encoder_info(toy)
    assert info is not None and (info.title, info.is_local) == ("Toy colors", True)
    encoder, library = open_encoder(toy), Library(tmp_path / "library", create=True)
    ingest(library, encoder, [photos])
    hits = search(library, encoder, parse_query("red")).hits
    assert Path(hits[0].item.path).name == "red.png" and hits[0].likely
    assert [entry.name for entry in library.encoders()] == [toy]


def test_the_command_line_knows_it(toy: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, "index", photos, "--library", tmp_path / "library", "--encoder", toy)
    assert (report["encoder"], report["added"]) == (toy, 8)
    hits = run(capsys, "search", "red", "--library", tmp_path / "library", "--encoder", toy)["hits"]
    assert Path(hits[0]["path"]).name == "red.png"


@pytest.mark.usefixtures("world")
def test_the_app_knows_it(toy: str, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.session.encoders, "open_encoder", open_encoder)
    ingest(create_library("Colors"), open_encoder(toy), [photos])
    at = visit(SEARCH, library="Colors", q="red")
    assert "Toy colors" in picker(at, "Encoder").options
    at = picker(at, "Encoder").set_value(toy).run()
    assert cards(at)[0] == "red.png", said(at)


@pytest.mark.usefixtures("world")
def test_broken_plugins_are_logged_and_leave_the_rest(
    install: Install, photos: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ui.session.encoders, "open_encoder", open_encoder)
    install(
        gone="no_such_module:toy",
        word="semblance_toy:word",
        embedded="semblance_toy:embedded",
        hollow="semblance_toy:hollow",
        failing="semblance_toy:failing",
        toy="semblance_toy:toy",
    )
    assert {"toy", "hollow", "failing"} == set(encoder_names()) & {"gone", "word", "toy", "hollow", "failing"}
    assert all(name in caplog.text for name in ("no_such_module", "semblance_toy:word", "semblance_toy:embedded"))
    info = get_encoder_info("embedded")
    assert info is not None and info.title == "Embedded (works offline)"
    for name, reason in (("failing", "its weights are gone"), ("hollow", "lacks members")):
        with pytest.raises(EncoderError, match=reason):
            open_encoder(name)
    ingest(create_library("Colors"), open_encoder("toy"), [photos])
    at = visit(SEARCH, library="Colors", encoder="failing", q="red")
    assert "its weights are gone" in said(at) and picker(at, "Encoder").value == "embedded"


@pytest.mark.parametrize("name", ["", " toy", "embedded", "openai/clip-vit-base-patch32", "imported:x:8", "a@pca8-0f"])
def test_names_that_mean_something_else_are_refused(name: str) -> None:
    with pytest.raises(EncoderError, match="choose another name"):
        register_encoder(EncoderInfo(name, "Toy", lambda name, _: ColorEncoder("toy-1", name)))


def test_an_encoder_of_images_alone_reads_no_text() -> None:
    register_encoder(EncoderInfo("toy", "Toy", lambda name, _: ColorEncoder("toy-1", name), modalities=("image",)))
    try:
        assert not supports_text(open_encoder("toy")) and supports_text(ColorEncoder())
    finally:
        unregister_encoder("toy")
