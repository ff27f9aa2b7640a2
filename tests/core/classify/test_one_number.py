"""The same picture and the same words have the same match in a search, among classes, in a file and on a saved page."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import run
from fakes import ColorEncoder

import core.cli.options
from core.classify.class_words import ClassWords
from core.classify.predict import Prediction, classify_library
from core.classify.training import fit_classes
from core.classify.zero_shot import NONE, ClassName, ZeroShot
from core.encoders.prompts import embed_texts
from core.library import Library
from core.library.track import get_item_vectors
from core.search.images import search
from core.search.match_text import format_match
from core.search.query import Term
from core.share.pages.groups import make_classes_sheet

WORDS = ("red", "green", "blue")


@pytest.fixture
def predictions(library: Library, encoder: ColorEncoder) -> list[Prediction]:
    return classify_library(library, encoder, ZeroShot.of(encoder, [ClassName(word) for word in WORDS]))


def search_matches(library: Library, encoder: ColorEncoder, word: str) -> dict[str, float]:
    """Matches of all pictures, by path."""
    hits = search(library, encoder, [Term("text", word)], top_k=100, fold_duplicates=False).hits
    return {hit.item.path: hit.relevance for hit in hits}


def best_word(prediction: Prediction) -> str:
    return WORDS[int(prediction.probabilities.argmax())]


def test_a_class_has_the_match_of_a_search(
    library: Library, encoder: ColorEncoder, predictions: list[Prediction]
) -> None:
    matches = {word: search_matches(library, encoder, word) for word in WORDS}
    assert {best_word(entry) for entry in predictions} == set(WORDS)
    for entry in predictions:
        assert entry.match == pytest.approx(matches[best_word(entry)][entry.source], abs=1e-5), entry.source


def test_a_class_has_the_members_that_a_search_calls_likely(
    library: Library, encoder: ColorEncoder, predictions: list[Prediction]
) -> None:
    for word in WORDS:
        members = {entry.source for entry in predictions if entry.label == word}
        likely = {path for path, match in search_matches(library, encoder, word).items() if match >= 0.4}
        assert members and members <= likely
    assert any(entry.label == NONE for entry in predictions)


def test_the_command_line_prints_the_same_match(
    library: Library, predictions: list[Prediction], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())
    for word in WORDS:
        found = run(capsys, "search", word, "--library", library.path, "--all")
        printed = {hit["path"]: hit["relevance"] for hit in found["hits"]}
        for entry in predictions:
            if best_word(entry) == word:
                assert printed[entry.source] == pytest.approx(entry.match, abs=1e-3)


def test_a_saved_page_shows_the_match_and_the_share_as_what_it_is(predictions: list[Prediction]) -> None:
    sheet = make_classes_sheet(predictions, WORDS, library="Colors", threshold=0.4)
    captions = {entry.item.path: entry.caption for group in sheet.groups for entry in group.items}
    for prediction in predictions:
        assert format_match(prediction.match) in captions[prediction.source]
        assert f"share {round(100 * prediction.probability)} %" in captions[prediction.source]


def test_hundreds_of_classes_are_not_all_there(library: Library, encoder: ColorEncoder) -> None:
    """What the best of so many matches by chance is "none of these", though a search for it alone would show it."""
    words = ClassWords(encoder, embed_texts(encoder, list(WORDS)), library.index(encoder))
    crowd = ClassWords(encoder, embed_texts(encoder, [*WORDS, *(f"thing {n}" for n in range(300))]), words.index)
    vectors = library.index(encoder).background
    best = (vectors @ words.vectors.T).argmax(axis=1)
    few, many = (entry.in_class_probability(vectors, best, entry.match(vectors, best)) for entry in (words, crowd))
    assert (many <= few).all() and many.mean() < few.mean()
    assert crowd.match(vectors, best) == pytest.approx(words.match(vectors, best))


def test_a_class_without_labels_keeps_its_members(library: Library, encoder: ColorEncoder) -> None:
    """A head that has learned of two classes finds the same pictures of the third one as its words did."""
    words = ZeroShot.of(encoder, [ClassName(word) for word in WORDS]).within(library.index(encoder))
    before = {entry.source for entry in classify_library(library, encoder, words) if entry.label == "blue"}
    named = {entry.source: entry.item for entry in classify_library(library, encoder, words, threshold=0.0)}
    labels = {item.id: Path(path).stem for path, item in named.items() if item and Path(path).stem in ("red", "green")}
    ids, vectors = get_item_vectors(library.index(encoder), list(labels))
    head = fit_classes(encoder, "blend", vectors, [labels[item_id] for item_id in ids], zero_shot=words)
    after = {entry.source for entry in classify_library(library, encoder, head) if entry.label == "blue"}
    assert before == after
