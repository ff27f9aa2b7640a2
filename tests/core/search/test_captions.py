"""Stored captions in the search of pictures: what is said of a picture finds it, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ColorEncoder

from core import Filters, Library, ingest, parse_query, search
from core.errors import SemblanceError
from core.library.ingest.captions import embed_captions
from core.progress import Progress, Task
from core.search.images import Hit
from core.share.pages.search import Answer, search_page

HARBOR = "Grandmother Odile waves from the ferry in Marseille harbor"


@pytest.fixture
def captioned(library: Library) -> Library:
    """A library of plain colors in which some pictures have captions."""
    try:
        library.put_captions([(find_id(library, "white"), HARBOR), (find_id(library, "green"), "Holiday, second day")])
        embed_captions(library)
    except SemblanceError as error:
        pytest.skip(f"the sentence encoder cannot be had: {error}")
    return library


def find_id(library: Library, name: str) -> str:
    rows = library.items()
    paths = zip(rows["id"].to_pylist(), rows["path"].to_pylist(), strict=True)
    return next(item_id for item_id, path in paths if Path(path).stem == name)


def find(library: Library, encoder: ColorEncoder, words: str, *, captions: bool = True) -> list[Hit]:
    return list(search(library, encoder, parse_query(words), captions=captions).hits)


def facts(hits: list[Hit]) -> list[tuple[str, float, float, str | None]]:
    return [(hit.item.id, hit.score, hit.relevance, hit.caption) for hit in hits]


@pytest.mark.parametrize("words", ["Odile in Marseille", "a boat with an old woman on board", "ferries"])
def test_what_a_caption_says_finds_its_picture(captioned: Library, encoder: ColorEncoder, words: str) -> None:
    best = find(captioned, encoder, words)[0]
    assert Path(best.item.path).stem == "white"


def test_a_name_in_a_caption_is_a_likely_match(captioned: Library, encoder: ColorEncoder) -> None:
    captioned.put_captions([(find_id(captioned, "blue"), f"Photo {number} of a day out") for number in range(40)])
    best = find(captioned, encoder, "Odile in Marseille")[0]
    assert best.likely and not find(captioned, encoder, "Odile in Marseille", captions=False)[0].likely


def test_without_captions_all_is_as_it_was(library: Library, encoder: ColorEncoder) -> None:
    before = facts(find(library, encoder, "red"))
    assert before == facts(find(library, encoder, "red", captions=False))
    assert not list(library.path.glob("caption_*")), "a library without captions has no table for them"


def test_the_switch_leaves_captions_out(captioned: Library, library: Library, encoder: ColorEncoder) -> None:
    for words in ("red", "Odile in Marseille"):
        assert all(hit.caption is None for hit in find(captioned, encoder, words, captions=False))


def test_a_picture_that_is_surely_right_stays_likely_whatever_its_caption(
    captioned: Library, encoder: ColorEncoder
) -> None:
    best = next(hit for hit in find(captioned, encoder, "green") if Path(hit.item.path).stem == "green")
    assert best.likely and best.caption is None


def test_pictures_without_a_caption_keep_their_match(captioned: Library, encoder: ColorEncoder) -> None:
    plain = {hit.item.id: hit.relevance for hit in find(captioned, encoder, "red", captions=False)}
    red = next(hit for hit in find(captioned, encoder, "red") if Path(hit.item.path).stem == "red")
    assert red.relevance == plain[red.item.id]


def test_the_match_is_the_same_under_filters(captioned: Library, encoder: ColorEncoder) -> None:
    filters = Filters(folder=str(Path(captioned.items()["path"][0].as_py()).parent))
    all_of_them = {hit.item.id: hit.relevance for hit in find(captioned, encoder, "a ferry")}
    for hit in search(captioned, encoder, parse_query("a ferry"), filters=filters).hits:
        assert hit.relevance == pytest.approx(all_of_them[hit.item.id], abs=1e-6)


def test_queries_with_pictures_and_terms_that_push_away_have_no_captions(
    captioned: Library, encoder: ColorEncoder
) -> None:
    for query in (f"item:{find_id(captioned, 'red')}", "a ferry - red"):
        assert all(hit.caption is None for hit in find(captioned, encoder, query))


def test_a_new_caption_is_found_without_indexing(captioned: Library, encoder: ColorEncoder) -> None:
    captioned.put_captions([(find_id(captioned, "black"), "A lighthouse at night")])
    best = find(captioned, encoder, "a lighthouse")[0]
    assert (Path(best.item.path).stem, best.caption) == ("black", "A lighthouse at night")
    assert "Its caption matches" in best.to_card().note


def test_indexing_gives_captions_their_vectors_with_progress(library: Library, encoder: ColorEncoder) -> None:
    library.put_captions([(find_id(library, "white"), HARBOR)])
    seen: list[Progress] = []
    try:
        ingest(library, encoder, [Path(library.items()["path"][0].as_py()).parent], task=Task(seen.append))
    except SemblanceError as error:
        pytest.skip(f"the sentence encoder cannot be had: {error}")
    assert [(entry.done, entry.total) for entry in seen if entry.unit == "captions"] == [(1, 1)]
    assert embed_captions(library) == 0, "nothing is embedded twice"


def test_a_picture_that_is_removed_takes_its_caption_along(captioned: Library, encoder: ColorEncoder) -> None:
    captioned.remove_items([find_id(captioned, "white")])
    assert all(hit.caption is None for hit in find(captioned, encoder, "a boat with an old woman on board"))


def test_a_saved_page_quotes_the_caption_that_matches(captioned: Library, encoder: ColorEncoder) -> None:
    captioned.put_captions([(find_id(captioned, "blue"), f"Photo {number} of a day out") for number in range(40)])
    hit = find(captioned, encoder, "Odile in Marseille")[0]
    answer = Answer(hit.item, hit.score, hit.relevance, hit.likely, caption=hit.caption)
    assert HARBOR in search_page([answer], query="Odile", library="L", encoder="colour")
