"""Search as a user sees it: what comes first, what is left out, what is folded, where likely matches end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

from core.encoders.calibration import EMBEDDED_3
from core.errors import QueryError
from core.library import Library, ingest
from core.library.filters import Filters
from core.search.images import SearchResult, search
from core.search.query import Term, parse_query
from core.search.relevance import Relevance
from core.search.videos import search_videos
from core.share.hits import hits_csv, write_hits_zip

N = len(COLORS)


def names(result: SearchResult) -> list[str]:
    return [Path(hit.item.path).name for hit in result.hits]


def test_words_find_the_picture(library: Library, encoder: ColorEncoder) -> None:
    result = search(library, encoder, parse_query("red"), top_k=3)
    assert names(result)[0] == "red.png" and len(result.hits) == 3 and result.considered == N
    scores = [hit.score for hit in result.hits]
    assert scores[0] == max(scores) and all(-1.01 <= score <= 1.01 for score in scores)
    assert all(0 <= hit.relevance <= 1 for hit in result.hits)


def test_likely_hits_come_first_and_are_counted(library: Library, encoder: ColorEncoder) -> None:
    result = search(library, encoder, parse_query("green"))
    likely = [hit.likely for hit in result.hits]
    assert likely == sorted(likely, reverse=True) and sum(likely) == result.cutoff
    assert result.hits[0].likely and not result.hits[-1].likely


def test_likely_begins_at_four_in_ten(tmp_path: Path, encoder: ColorEncoder) -> None:
    library = shades_between(tmp_path, encoder, "blue", "yellow")
    hits = search(library, encoder, parse_query("blue"), top_k=60, fold_duplicates=False).hits
    assert all(hit.likely == (hit.relevance >= 0.4) for hit in hits)
    assert hits[0].likely and not hits[-1].likely


def test_a_paraphrase_is_no_rival(library: Library, encoder: ColorEncoder) -> None:
    hits = search(library, encoder, parse_query("red")).hits
    relevance = {Path(hit.item.path).name: hit.relevance for hit in hits}
    assert relevance["red.png"] > 0.8, "“something red” does not rival “red”"
    assert relevance["orange.png"] < relevance["red.png"]


def test_the_order_is_that_of_the_match_and_goes_on_to_the_last_item(library: Library, encoder: ColorEncoder) -> None:
    few, every = (search(library, encoder, parse_query("green"), top_k=top_k).hits for top_k in (3, 100_000))
    assert len(every) == N and [hit.item.id for hit in every[:3]] == [hit.item.id for hit in few]
    matches = [hit.relevance for hit in every]
    assert matches == sorted(matches, reverse=True)


def test_filters_do_not_change_the_match(library: Library, encoder: ColorEncoder) -> None:
    all_of_them = {hit.item.id: hit.relevance for hit in search(library, encoder, parse_query("purple")).hits}
    for shape in ("portrait", "landscape", "square"):
        for hit in search(library, encoder, parse_query("purple"), filters=Filters(orientation=shape)).hits:
            assert hit.relevance == pytest.approx(all_of_them[hit.item.id], abs=1e-5)


def test_a_picture_query_gives_no_verdict_and_names_copies(
    library: Library, encoder: ColorEncoder, photos: Path
) -> None:
    result = search(library, encoder, [Term("image", photos / "red.png")])
    assert not result.judged and result.hits[0].copy == "same" and result.hits[-1].copy is None


def shades_between(tmp_path: Path, encoder: ColorEncoder, one: str, other: str) -> Library:
    """A library of 60 pictures that lead from one color to another by equal steps."""
    (tmp_path / "shades").mkdir()
    for number, share in enumerate(np.linspace(0, 1, 60)):
        mixed = np.array(COLORS[one]) * (1 - share) + np.array(COLORS[other]) * share
        Image.new("RGB", (40, 30), tuple(int(entry) for entry in mixed)).save(tmp_path / "shades" / f"{number}.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "shades"])
    return library


def test_nothing_matches_is_an_answer(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "photos").mkdir()
    for shade in range(20, 40):
        Image.new("RGB", (20, 20), (shade, shade, 200 + shade)).save(tmp_path / "photos" / f"{shade}.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "photos"])
    result = search(library, encoder, parse_query("orange"), fold_duplicates=False)
    assert result.cutoff == 0 and len(result.hits) == 20  # the nearest are still there for who asks


def test_minus_terms_push_away(library: Library, encoder: ColorEncoder) -> None:
    plain = names(search(library, encoder, parse_query("yellow")))
    without = names(search(library, encoder, parse_query("yellow - 3:red")))
    assert plain.index("orange.png") < plain.index("green.png")
    assert without.index("green.png") < without.index("orange.png")


def test_more_like_this_leaves_the_picture_itself_out(library: Library, encoder: ColorEncoder) -> None:
    red = next(row for row in library.items().to_pylist() if row["path"].endswith("red.png"))
    result = search(library, encoder, [Term("item", red["id"])])
    assert "red.png" not in names(result) and len(result.hits) == N - 1
    assert names(result)[0] in ("orange.png", "purple.png")


def test_near_duplicates_are_folded_unless_asked(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    Image.new("RGB", (300, 200), COLORS["red"]).save(photos / "red copy.jpg")
    ingest(library, encoder, [photos])
    folded = search(library, encoder, parse_query("red"))
    assert len(folded.hits) == N
    assert len(folded.hits[0].duplicates) == 1 and "red" in folded.hits[0].duplicates[0].path
    assert len(search(library, encoder, parse_query("red"), fold_duplicates=False).hits) == N + 1


@pytest.mark.parametrize(("top_k", "count"), [(-5, 1), (0, 1), (3, 3), (10**9, N)])
def test_top_k_is_clamped(library: Library, encoder: ColorEncoder, top_k: int, count: int) -> None:
    assert len(search(library, encoder, parse_query("red"), top_k=top_k).hits) == count


def test_an_empty_library(tmp_path: Path, encoder: ColorEncoder) -> None:
    result = search(Library(tmp_path / "empty", create=True), encoder, parse_query("red"))
    assert (result.hits, result.cutoff, result.considered) == ((), 0, 0)


def test_a_library_of_one(tmp_path: Path, encoder: ColorEncoder) -> None:
    Image.new("RGB", (20, 20), COLORS["red"]).save(tmp_path / "only.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "only.png"])
    assert names(search(library, encoder, parse_query("red"))) == ["only.png"]
    assert names(search(library, encoder, [Term("image", tmp_path / "only.png")])) == ["only.png"]


def test_filters_apply_before_ranking(tmp_path: Path, encoder: ColorEncoder) -> None:
    folder = tmp_path / "photos"
    (folder / "a").mkdir(parents=True)
    (folder / "ab").mkdir()
    old = Image.Exif()
    old[0x0132] = "2019:05:01 10:00:00"
    Image.new("RGB", (400, 300), COLORS["red"]).save(folder / "a" / "wide old.jpg", exif=old)
    Image.new("RGB", (300, 400), (200, 40, 40)).save(folder / "ab" / "tall.png")
    Image.new("RGB", (50, 50), COLORS["blue"]).save(folder / "ab" / "small square.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [folder])

    def found(filters: Filters) -> set[str]:
        return set(names(search(library, encoder, parse_query("red"), top_k=1, filters=filters)))

    assert found(Filters(orientation="portrait")) == {"tall.png"}
    assert found(Filters(orientation="landscape")) == {"wide old.jpg"}
    assert found(Filters(orientation="square")) == {"small square.png"}
    assert found(Filters(folder=str(folder / "a"))) == {"wide old.jpg"}  # and not its namesake "ab"
    assert found(Filters(after=date(2019, 5, 1), before=date(2019, 5, 1))) == {"wide old.jpg"}
    assert found(Filters(after=date(2019, 5, 2))) == {"tall.png"}
    assert found(Filters(max_side=60)) == {"small square.png"}
    assert found(Filters(kind="video")) == set()
    result = search(library, encoder, parse_query("red"), filters=Filters(min_side=100))
    assert result.considered == 2


def test_a_query_for_what_is_not_there(library: Library, encoder: ColorEncoder) -> None:
    with pytest.raises(QueryError):
        search(library, encoder, [Term("item", "f" * 24)])


def test_exports_hold_the_hits(library: Library, encoder: ColorEncoder, photos: Path, tmp_path: Path) -> None:
    import csv
    import io
    import zipfile

    hits = search(library, encoder, parse_query("red"), top_k=3).hits
    rows = list(csv.DictReader(io.StringIO(hits_csv(hits, redact=str))))
    assert [row["path"] for row in rows] == [hit.item.path for hit in hits]
    assert float(rows[0]["score"]) == pytest.approx(hits[0].score, abs=1e-4)
    (photos / "red.png").unlink()
    buffer = io.BytesIO()
    left_out = write_hits_zip(hits, buffer, redact=str)
    archive = zipfile.ZipFile(buffer)
    assert left_out == [str(photos / "red.png")] and archive.testzip() is None
    assert len(archive.namelist()) == 3 and "hits.csv" in archive.namelist()


def test_scores_are_exact(library: Library, encoder: ColorEncoder) -> None:
    index = library.index(encoder)
    query = encoder.encode_texts(["purple"])[0]
    scores, numbers = index.search(query, N)
    np.testing.assert_allclose(scores, index.vectors(numbers) @ query, atol=2e-3)
    assert (np.diff(scores) <= 0).all()


def test_photos_from_before_zip_was_invented(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    import io
    import os

    os.utime(photos / "red.png", (0, 0))
    assert write_hits_zip(search(library, encoder, parse_query("red"), top_k=1).hits, io.BytesIO(), redact=str) == []


def test_the_very_picture_asked_for_is_likely(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    hits = search(library, encoder, [Term("image", photos / "red.png")]).hits
    assert Path(hits[0].item.path).name == "red.png" and hits[0].likely and hits[0].relevance > 0.9


def test_relevance_to_a_picture_is_measured_by_how_the_library_varies() -> None:
    def relevance(cosine: float, *, std: float) -> float:
        one = np.eye(1, 4, dtype=np.float32)
        measured = Relevance(
            one[0],
            one,
            np.ones(1, np.float32),
            np.ones(1, np.float32),
            by_text=False,
            background=one[:0],
            calibration=EMBEDDED_3,
            pairs=np.array([0.2 - std, 0.2 + std], np.float32),
        )
        return float(measured.hit_probabilities(np.array([cosine], np.float32), one)[0])

    assert relevance(0.5, std=0.04) > 0.8, "seven deviations above the mean"
    assert relevance(0.5, std=0.3) < 0.2, "one deviation above it"
    assert relevance(0.95, std=9.0) == pytest.approx(0.75, abs=0.01), "another part of the picture, in any library"
    assert relevance(0.99, std=9.0) == pytest.approx(0.99, abs=0.001), "the picture itself"


def test_all_copies_fold_into_one(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(30):
        Image.new("RGB", (20, 20), (200 + number % 2, 30, 30)).save(tmp_path / "photos" / f"{number}.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "photos"])
    (only,) = search(library, encoder, parse_query("red"), top_k=1000).hits
    assert len(only.duplicates) == 29


def test_a_long_video_does_not_crowd_out_photos(
    library: Library, encoder: ColorEncoder, photos: Path, tmp_path: Path
) -> None:
    write_video(photos / "long.mp4", ("red", "blue") * 250, seconds_each=1.0, fps=2, size=(64, 48))
    ingest(library, encoder, [photos])
    result = search(library, encoder, parse_query("red"))
    (video,) = (hit for hit in result.hits if hit.item.kind == "video")
    assert len(result.hits) == N + 1 and names(result)[0] == "red.png" and video.likely
    assert video.relevance == search_videos(library, encoder, parse_query("red")).hits[0].relevance, "as its moment"
