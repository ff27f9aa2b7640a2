"""Search in videos: which one comes first under which pooling, its moments, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import COLOURS, ColourEncoder
from PIL import Image

from core.library import Library
from core.library.schema import Item, VectorRow
from core.query import parse_query
from core.search_video import Pooling, VideoResult, search_videos

Scene = tuple[str, float]  # a colour and its seconds


def put_video(library: Library, encoder: ColourEncoder, name: str, scenes: Sequence[Scene]) -> str:
    """Writes a video's rows straight into the library: a row a second, each a flat picture of its scene's colour."""
    seconds = [colour for colour, length in scenes for _ in range(round(length))]
    vectors = encoder.encode_images([Image.new("RGB", (8, 8), COLOURS[colour]) for colour in seconds])
    library.add_vectors(encoder, [VectorRow(name, vector, at, at + 1.0) for at, vector in enumerate(vectors)])
    library.put_items([Item(name, f"/videos/{name}.mp4", "video", "ok", 1, 1, duration_s=float(len(seconds)))])
    return name


def put_photo(library: Library, encoder: ColourEncoder, colour: str) -> None:
    vector = encoder.encode_images([Image.new("RGB", (8, 8), COLOURS[colour])])[0]
    library.add_vectors(encoder, [VectorRow(colour, vector)])
    library.put_items([Item(colour, f"/photos/{colour}.png", "image", "ok", 1, 1)])


@pytest.fixture
def videos(tmp_path: Path, encoder: ColourEncoder) -> Library:
    """A library of a photo of each colour and three videos."""
    library = Library(tmp_path / "library", create=True)
    for colour in COLOURS:
        put_photo(library, encoder, colour)
    put_video(library, encoder, "flash", [("blue", 9), ("red", 1), ("blue", 10)])
    put_video(library, encoder, "twice", [("orange", 4), ("green", 6), ("orange", 6), ("black", 4)])
    put_video(library, encoder, "calm", [("green", 12)])
    return library


def ids(result: VideoResult) -> list[str]:
    return [hit.item.id for hit in result.hits]


def test_only_videos_are_found(videos: Library, encoder: ColourEncoder) -> None:
    result = search_videos(videos, encoder, parse_query("green"))
    assert sorted(ids(result)) == ["calm", "flash", "twice"] and result.considered == 3
    assert all(hit.moments for hit in result.hits)


def test_a_moment_is_where_the_colour_is(videos: Library, encoder: ColourEncoder) -> None:
    best = search_videos(videos, encoder, parse_query("red"), top_k=1).hits[0]
    moment = best.moments[0]
    assert (best.item.id, moment.start_s, moment.end_s, moment.peak_s) == ("flash", 9.0, 10.0, 9.5)
    assert moment.likely and best.likely and best.relevance == moment.relevance


def test_several_moments_of_one_video(videos: Library, encoder: ColourEncoder) -> None:
    hits = search_videos(videos, encoder, parse_query("orange")).hits
    twice = next(hit for hit in hits if hit.item.id == "twice")
    assert sorted((moment.start_s, moment.end_s) for moment in twice.moments) == [(0.0, 4.0), (10.0, 16.0)]


@pytest.mark.parametrize(("pooling", "first"), [("max", "flash"), ("top", "twice"), ("mean", "twice")])
def test_pooling_decides_between_a_flash_and_a_long_likeness(
    videos: Library, encoder: ColourEncoder, pooling: Pooling, first: str
) -> None:
    result = search_videos(videos, encoder, parse_query("red"), pooling=pooling)
    by_score = max(result.hits, key=lambda hit: hit.score)
    assert by_score.item.id == first and result.pooling == pooling
