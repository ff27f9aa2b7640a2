"""Search in videos: which one comes first under which pooling, its moments, what is left out; a clip as the query."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

from core.errors import QueryError
from core.library import Library
from core.library.filters import Filters
from core.library.schema import Item, VectorRow
from core.media.modality import Segment
from core.search.match_text import describe_match, round_match
from core.search.query import Term, parse_query
from core.search.videos import POOLINGS, Pooling, VideoHit, VideoResult, search_videos

Scene = tuple[str, float]  # a colour and its seconds


def put_video(library: Library, encoder: ColorEncoder, name: str, scenes: Sequence[Scene]) -> str:
    """Writes a video's rows straight into the library: a row a second, each a flat picture of its scene's colour."""
    seconds = [color for color, length in scenes for _ in range(round(length))]
    vectors = encoder.encode_images([Image.new("RGB", (8, 8), COLORS[color]) for color in seconds])
    library.add_vectors(encoder, [VectorRow(name, vector, Segment(at, at + 1.0)) for at, vector in enumerate(vectors)])
    library.put_items([Item(name, f"/videos/{name}.mp4", "video", "ok", 1, 1, duration_s=float(len(seconds)))])
    return name


def put_photo(library: Library, encoder: ColorEncoder, colour: str) -> None:
    vector = encoder.encode_images([Image.new("RGB", (8, 8), COLORS[colour])])[0]
    library.add_vectors(encoder, [VectorRow(colour, vector)])
    library.put_items([Item(colour, f"/photos/{colour}.png", "image", "ok", 1, 1)])


@pytest.fixture
def videos(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """A library of a photo of each colour and three videos."""
    library = Library(tmp_path / "library", create=True)
    for color in COLORS:
        put_photo(library, encoder, color)
    put_video(library, encoder, "flash", [("blue", 9), ("red", 1), ("blue", 10)])
    put_video(library, encoder, "twice", [("orange", 4), ("green", 6), ("orange", 6), ("black", 4)])
    put_video(library, encoder, "calm", [("green", 12)])
    return library


@pytest.fixture
def films(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """A library of four videos in which the same scenes come in different orders."""
    library = Library(tmp_path / "films", create=True)
    for name, scenes in FILMS.items():
        put_video(library, encoder, name, scenes)
    return library


FILMS: dict[str, list[Scene]] = {
    "long": [("white", 7), ("red", 3), ("green", 4), ("blue", 2), ("black", 9)],
    "short": [("red", 3), ("green", 4), ("blue", 2)],
    "backwards": [("blue", 2), ("green", 4), ("red", 3)],
    "other": [("purple", 10), ("yellow", 5)],
}


def hit_of(result: VideoResult, item_id: str) -> VideoHit:
    return next(hit for hit in result.hits if hit.item.id == item_id)


def ids(result: VideoResult) -> list[str]:
    return [hit.item.id for hit in result.hits]


def test_only_videos_are_found(videos: Library, encoder: ColorEncoder) -> None:
    result = search_videos(videos, encoder, parse_query("green"))
    assert sorted(ids(result)) == ["calm", "flash", "twice"] and result.considered == 3
    assert all(hit.moments for hit in result.hits)


def test_a_moment_is_where_the_colour_is(videos: Library, encoder: ColorEncoder) -> None:
    best = search_videos(videos, encoder, parse_query("red"), top_k=1).hits[0]
    moment = best.moments[0]
    assert (best.item.id, moment.start_s, moment.end_s, moment.peak_s) == ("flash", 9.0, 10.0, 9.5)
    assert moment.likely and best.likely and best.relevance == moment.relevance


def test_several_moments_of_one_video(videos: Library, encoder: ColorEncoder) -> None:
    hits = search_videos(videos, encoder, parse_query("orange")).hits
    twice = next(hit for hit in hits if hit.item.id == "twice")
    assert sorted((moment.start_s, moment.end_s) for moment in twice.moments) == [(0.0, 4.0), (10.0, 16.0)]


@pytest.mark.parametrize(("pooling", "first"), [("max", "flash"), ("top", "twice"), ("mean", "twice")])
def test_pooling_decides_between_a_flash_and_a_long_likeness(
    videos: Library, encoder: ColorEncoder, pooling: Pooling, first: str
) -> None:
    result = search_videos(videos, encoder, parse_query("red"), pooling=pooling)
    by_score = max(result.hits, key=lambda hit: hit.score)
    assert by_score.item.id == first and result.pooling == pooling


def test_top_counts_seconds_and_not_rows(library: Library, encoder: ColorEncoder) -> None:
    put_video(library, encoder, "long", [("red", 9), ("blue", 9)])
    red = encoder.encode_images([Image.new("RGB", (8, 8), COLORS["red"])])[0]
    blue = encoder.encode_images([Image.new("RGB", (8, 8), COLORS["blue"])])[0]
    library.add_vectors(
        encoder, [VectorRow("merged", red, Segment(0.0, 9.0)), VectorRow("merged", blue, Segment(9.0, 18.0))]
    )
    library.put_items([Item("merged", "/videos/merged.mp4", "video", "ok", 1, 1, duration_s=18.0)])
    for pooling in ("max", "top", "mean"):
        result = search_videos(library, encoder, parse_query("red"), pooling=pooling)
        assert hit_of(result, "merged").score == pytest.approx(hit_of(result, "long").score, abs=1e-3)


def test_likely_videos_come_first_and_are_counted(videos: Library, encoder: ColorEncoder) -> None:
    result = search_videos(videos, encoder, parse_query("red"))
    likely = [hit.likely for hit in result.hits]
    assert likely == sorted(likely, reverse=True) and result.cutoff == sum(likely) >= 1
    assert not hit_of(result, "calm").likely and len(hit_of(result, "calm").moments) == 1


def test_the_curve_covers_the_video(videos: Library, encoder: ColorEncoder) -> None:
    hit = hit_of(search_videos(videos, encoder, parse_query("green")), "twice")
    assert (hit.curve.start_s[0], hit.curve.end_s[-1]) == (0.0, 20.0)
    assert len(hit.curve.scores) == len(hit.curve.smooth) == len(hit.curve.start_s)
    assert hit.score == pytest.approx(hit.curve.cosines.max(), abs=1e-3) == hit.moments[0].score


def test_words_are_read_beside_other_words_and_pictures_by_their_cosines(
    videos: Library, encoder: ColorEncoder
) -> None:
    worded = hit_of(search_videos(videos, encoder, parse_query("green")), "twice").curve
    assert worded.measure == "match" and 0 <= worded.scores.min() < 0.3 < worded.scores.max() <= 1
    shown = hit_of(search_videos(videos, encoder, [Term("item", "green")]), "twice").curve
    assert shown.measure == "cosine" and np.array_equal(shown.scores, shown.cosines)


def test_durations_filter_before_ranking(videos: Library, encoder: ColorEncoder) -> None:
    def found(filters: Filters) -> list[str]:
        return sorted(ids(search_videos(videos, encoder, parse_query("red"), filters=filters)))

    assert found(Filters(max_duration_s=12)) == ["calm"]
    assert found(Filters(min_duration_s=12.5)) == ["flash", "twice"]
    assert found(Filters(kind="image")) == []


def test_top_k_and_moments_are_clamped(videos: Library, encoder: ColorEncoder) -> None:
    result = search_videos(videos, encoder, parse_query("orange"), top_k=-3, max_moments=0)
    assert len(result.hits) == 1 and len(result.hits[0].moments) == 1 and result.considered == 3


def test_a_library_without_videos(library: Library, encoder: ColorEncoder) -> None:
    result = search_videos(library, encoder, parse_query("red"))
    assert (result.hits, result.cutoff, result.considered) == ((), 0, 0)


def test_an_unknown_pooling_names_the_known(videos: Library, encoder: ColorEncoder) -> None:
    with pytest.raises(QueryError, match="max, top, mean"):
        search_videos(videos, encoder, parse_query("red"), pooling="median")  # type: ignore[arg-type]


def test_a_photo_of_the_library_finds_its_moment(videos: Library, encoder: ColorEncoder) -> None:
    best = search_videos(videos, encoder, [Term("item", "red")]).hits[0]
    assert best.item.id == "flash" and (best.moments[0].start_s, best.moments[0].end_s) == (9.0, 10.0)
    assert best.likely and best.alignment is None


def test_a_frame_finds_other_moments_but_not_its_own_shot(videos: Library, encoder: ColorEncoder) -> None:
    (best, *_) = search_videos(videos, encoder, [Term("frame", "twice@11.5")]).hits
    assert best.item.id == "twice" and (best.moments[0].start_s, best.moments[0].end_s) == (0.0, 4.0)
    assert all(moment.end_s <= 10 or moment.start_s >= 16 for moment in best.moments)
    assert "calm" not in ids(search_videos(videos, encoder, [Term("frame", "calm@3")]))  # it is one shot


def test_a_video_finds_its_copy_within_a_longer_one(films: Library, encoder: ColorEncoder) -> None:
    result = search_videos(films, encoder, [Term("item", "short")])
    best = result.hits[0]
    assert best.item.id == "long" and best.likely and "short" not in ids(result)
    assert best.alignment is not None
    assert (best.alignment.query_start_s, best.alignment.query_end_s) == (0, 9)
    assert [(moment.start_s, moment.end_s) for moment in best.moments[:1]] == [(7, 16)]
    assert best.score == pytest.approx(1, abs=1e-2)


def test_order_counts_in_alignment_and_not_in_overall_likeness(films: Library, encoder: ColorEncoder) -> None:
    by_part = search_videos(films, encoder, [Term("item", "short")], pooling="max")
    as_whole = search_videos(films, encoder, [Term("item", "short")], pooling="mean")
    assert hit_of(by_part, "backwards").score < hit_of(by_part, "long").score - 0.1
    best = max(as_whole.hits, key=lambda hit: hit.score)
    assert best.item.id == "backwards" and best.score == pytest.approx(1, abs=1e-3)


def test_a_clip_that_is_nowhere_is_not_likely(films: Library, encoder: ColorEncoder) -> None:
    put_video(films, encoder, "asked", [("orange", 2), ("black", 3), ("orange", 4), ("white", 3)])
    result = search_videos(films, encoder, [Term("item", "asked")], filters=Filters(max_duration_s=9))
    assert len(result.hits) == 2 and result.cutoff == 0


def test_an_uploaded_clip_is_found_at_its_seconds(films: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    path = write_video(tmp_path / "asked.mp4", [("red", 2.0), ("green", 4.0), ("blue", 1.0)], size=(64, 48))
    for value in (path, path.read_bytes()):
        best = search_videos(films, encoder, [Term("clip", value)]).hits[0]
        assert best.item.id in ("long", "short") and best.likely and best.alignment is not None
        offset = 7 if best.item.id == "long" else 0
        assert (best.alignment.start_s, best.alignment.end_s) == (offset + 1, offset + 8)


def test_a_clip_is_embedded_once_however_it_is_asked_with(
    films: Library, encoder: ColorEncoder, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "once.mp4", [("purple", 2.0), ("green", 3.0)], size=(64, 48))
    for value in (path, path.read_bytes()):
        term, seen = Term("clip", value), encoder.images_seen
        for pooling in POOLINGS:
            search_videos(films, encoder, [term], pooling=pooling)
        search_videos(films, encoder, [term], filters=Filters(max_duration_s=9))
        search_videos(films, encoder, [term, Term("text", "red")])
        assert encoder.images_seen == seen + 10
    best = search_videos(films, encoder, [Term("clip", path)]).hits[0]
    write_video(path, [("red", 3.0), ("green", 4.0), ("blue", 2.0)], size=(64, 48))
    found = search_videos(films, encoder, [Term("clip", path)]).hits[0]
    assert found.score > best.score + 0.1, "a file that changed is another clip"


def test_a_broken_clip_says_so(films: Library, encoder: ColorEncoder) -> None:
    with pytest.raises(QueryError, match="cannot be used"):
        search_videos(films, encoder, [Term("clip", b"no video at all")])


@pytest.mark.parametrize("words", ["blue", "red", "yellow"])
def test_the_order_shown_is_that_of_the_number_shown(videos: Library, encoder: ColorEncoder, words: str) -> None:
    hits = search_videos(videos, encoder, [Term("text", words)]).hits
    matches = [round_match(hit.relevance) for hit in hits]
    assert len(matches) == 3 and matches == sorted(matches, reverse=True)


def test_a_clip_has_no_verdict(films: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    """How near two clips of one subject are was not measured: there is an order, and nothing is "no match"."""
    clip = write_video(tmp_path / "query.mp4", ["white", "orange"], seconds_each=2)
    result = search_videos(films, encoder, [Term("clip", clip)])
    assert not result.judged and result.hits and all(hit.is_certain and not hit.judged for hit in result.hits)
    assert all(describe_match(hit) == "" for hit in result.hits)
