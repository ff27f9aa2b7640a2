""" "Summarize" wherever something is selected, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ColorEncoder
from media import write_video
from streamlit.testing.v1 import AppTest
from visiting import LIBRARY, SEARCH, VIDEO, find, press, said, visit

from core import Library, ingest
from core.library.registry import create_library

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]


def offered(at: AppTest) -> list[str]:
    return [entry.label for entry in at.get("download_button")]


def test_search_results_are_summarized(colours: Library) -> None:
    at = press(find(visit(SEARCH), "red"), "Summarize")
    assert "which cover" in said(at) and "stands for" in said(at)
    assert {"Page (HTML)", "Markdown"} <= set(offered(at))


def test_a_library_is_summarized(colours: Library) -> None:
    at = press(visit(LIBRARY), "Summarize")
    assert "5 pictures of 8" in said(at) and "which cover" in said(at)
    assert at.slider("summary pictures").value == 5


def test_texts_among_the_results_are_summarized(tmp_path: Path, encoder: ColorEncoder) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "bread.md").write_text("Bread dough rises because yeast eats sugar. A warm kitchen makes yeast faster.")
    library = create_library("Papers")
    ingest(library, encoder, [folder], texts=True)
    at = press(find(visit(SEARCH), "why does bread dough rise"), "Summarize")
    assert "2 sentences of 2" in said(at) and "Bread dough rises" in said(at)
    assert {"Page (HTML)", "Markdown"} <= set(offered(at))


def test_the_open_video_has_chapters(tmp_path: Path, encoder: ColorEncoder) -> None:
    film = write_video(tmp_path / "flags.mp4", ["red", "white", "blue"], seconds_each=12)
    ingest(create_library("Films"), encoder, [film])
    at = press(find(visit(VIDEO), "red"), "Summarize")
    assert "3 chapters" in said(at) and "which cover" in said(at)
    assert {"WebVTT", "ffmetadata", "YouTube list"} <= set(offered(at))
