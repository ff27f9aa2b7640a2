""" "Summarize" wherever something is selected, without a browser."""

from __future__ import annotations

import os
from datetime import datetime
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


def test_a_library_of_texts_alone_is_summarized(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "bread.md").write_text("Bread dough rises because yeast eats sugar. A warm kitchen makes yeast faster.")
    ingest(create_library("Papers"), encoder, [tmp_path / "bread.md"])
    at = press(visit(LIBRARY), "Summarize")
    assert "2 sentences of 2" in said(at) and at.slider("summary sentences").value == 5


def test_a_library_of_several_kinds_is_summarized_kind_by_kind(
    tmp_path: Path, photos: Path, encoder: ColorEncoder
) -> None:
    (photos / "bread.md").write_text("Bread dough rises because yeast eats sugar. A warm kitchen makes yeast faster.")
    write_video(photos / "film.mp4", ["red", "blue"], seconds_each=4)
    ingest(create_library("All"), encoder, [photos], texts=True)
    at = press(visit(LIBRARY), "Summarize")
    assert "5 pictures of 8" in said(at) and "2 frames of 1 video" in said(at) and "2 sentences of 2" in said(at)


def test_the_open_video_has_chapters(tmp_path: Path, encoder: ColorEncoder) -> None:
    film = write_video(tmp_path / "flags.mp4", ["red", "white", "blue"], seconds_each=12)
    ingest(create_library("Films"), encoder, [film])
    at = press(find(visit(VIDEO), "red"), "Summarize")
    assert "3 chapters" in said(at) and "which cover" in said(at)
    assert {"WebVTT", "ffmetadata", "YouTube list"} <= set(offered(at))


def test_a_month_is_summarized_where_it_is_browsed(photos: Path, encoder: ColorEncoder) -> None:
    for number, path in enumerate(sorted(photos.iterdir())):
        when = datetime(2024, 1 if number < 3 else 2, 10).timestamp()
        os.utime(path, (when, when))
    ingest(create_library("Months"), encoder, [photos])
    at = visit()
    assert "Summarize" not in [button.label for button in at.button]
    at = press(visit(month="January 2024"), "Summarize")
    assert "which cover" in said(at) and "pictures of 8" not in said(at)
