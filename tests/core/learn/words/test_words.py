"""Words that stand in like places get like vectors, though nobody told what they mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder

from core import Library, ingest
from core.errors import DataError, MediaError
from core.learn.isolated import IsolatedTraining
from core.learn.source import main_groups
from core.learn.state import TrainingSettings
from core.learn.table import embedding_csv
from core.learn.train import Training
from core.learn.words import (
    Text,
    find_odd_one_out,
    find_word,
    make_text,
    read_library,
    read_text,
    sample_text,
    solve_analogy,
    write_sample,
)
from core.learn.words.text import Context

SHORT = "The cat eats fish. The dog eats meat. A bird eats seeds, and the cat often sees the bird. " * 6


@pytest.fixture(scope="module")
def text() -> Text:
    return sample_text(words=30_000)


def test_the_sample_is_the_same_each_time_and_says_that_it_is_simulated(text: Text) -> None:
    assert write_sample(words=2_000) == write_sample(words=2_000) != write_sample(words=2_000, seed=1)
    assert 2_000 <= len(write_sample(words=2_000).split()) < 2_050
    assert text.simulated and "imulated" in text.source
    assert len(set(filter(None, main_groups(text.words)))) >= 14
    assert text.words.groups[find_word(text.words, "Cow")] == ("animals",) and text.words.groups[0] == (), "the"
    assert "{" not in write_sample(words=30_000)


@pytest.mark.slow
@pytest.mark.parametrize("context", ["before", "around"])
def test_words_of_one_subject_come_together(context: Context) -> None:
    source = sample_text(words=30_000, context=context)
    training = Training(source, TrainingSettings(dim=16, rate=0.03))
    first, *_, last = [training.epochs[0], *training.run(8)]
    chance = training.baselines.same_group
    assert chance is not None and first.same_group == pytest.approx(chance, abs=0.03), "at chance before learning"
    assert last.same_group is not None and last.same_group > 5 * chance
    assert last.loss < 0.7 * first.loss
    assert last.recall is not None and training.baselines.popular is not None
    assert last.recall > 2 * training.baselines.popular
    words = source.words
    listed = [find_word(words, word) for word in ("monday", "friday", "paris", "tuesday")]
    assert words.name(find_odd_one_out(last.embedding, listed)[0]) == "paris"


@pytest.mark.slow
def test_a_text_is_learned_from_in_a_child_process_and_its_words_are_rows_of_weights(text: Text) -> None:
    isolated = IsolatedTraining(text, TrainingSettings(dim=4, negatives=5))
    list(isolated.run(1))
    list(isolated.run(1))
    assert [epoch.number for epoch in isolated.epochs] == [0, 1, 2]
    whole = Training(text, TrainingSettings(dim=4, negatives=5))
    assert np.array_equal(isolated.epochs[-1].embedding, list(whole.run(2))[-1].embedding)
    cow = find_word(text.words, "cow")
    ((name, value, weights),) = isolated.edges(cow)
    assert (name, value) == ("cow", 1.0) and np.array_equal(weights, isolated.epochs[-1].embedding[cow])


def test_contexts_are_the_words_near_within_the_sentence() -> None:
    text = make_text(SHORT)
    names = text.words.names
    assert names[0] == "the" and set(names) == {*"the cat eats fish dog meat a bird seeds and often sees".split()}
    before, around = text.split(), make_text(SHORT, context="around").split()
    assert before.learned.contexts.shape[1] == 5 and around.learned.contexts.shape[1] == 10
    assert np.allclose(before.learned.weights.sum(axis=1), 1) and np.allclose(around.learned.weights.sum(axis=1), 1)
    for words, weights, target in zip(
        before.learned.contexts, before.learned.weights, before.learned.targets, strict=True
    ):
        if names[target] in ("fish", "meat"):
            said = {names[word] for word, weight in zip(words, weights, strict=True) if weight}
            assert not said & {"bird", "seeds", "a"}, "these are of other sentences"
    everything = len(before.learned) + len(before.held)
    assert everything < len(text.tokens), "frequent words are thinned out"


def test_words_that_are_rare_are_left_out_and_told() -> None:
    text = make_text(SHORT + "Zebra.")
    assert "zebra" not in text.words.names
    assert any("occur often enough" in note for note in text.notes)
    with pytest.raises(DataError, match="choose another word"):
        find_word(text.words, "Zebra")


@pytest.mark.parametrize("short", ["", "one two three", "the the the the the the"])
def test_a_text_that_is_too_short_is_refused_with_what_to_do(short: str) -> None:
    with pytest.raises(DataError, match=r"too short.*longer"):
        make_text(short)


def test_one_sentence_is_enough_where_nothing_can_be_held_out() -> None:
    text = make_text("word " + " ".join(f"w{chr(97 + at % 14)}" for at in range(140)))
    parts = text.split()
    assert len(parts.learned) and (len(parts.held) == 0 or len(parts.held) <= 2_000)


def test_files_are_read_in_their_encoding_or_refused() -> None:
    german = ("Die Möwe fliegt über das Meer und der Bär läuft durch den großen grünen Wald dahin. " * 6).encode(
        "latin-1"
    )
    assert "möwe" in read_text(german).words.names
    with pytest.raises(MediaError):
        read_text(bytes(range(32)) * 100)
    with pytest.raises(DataError, match="larger"):
        read_text(b"a " * 11_000_000)


def test_an_analogy_is_the_sum_and_the_odd_one_is_apart() -> None:
    places = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [-1, 0, -1], [0, 0.1, 1]], np.float32)
    assert solve_analogy(places, 0, 1, 2, k=2)[0][0] == 3
    odd, means = find_odd_one_out(places, [2, 3, 5, 4])
    assert odd == 4 and len(means) == 4 and min(means) == means[3]
    with pytest.raises(DataError, match="three"):
        find_odd_one_out(places, [1, 1, 2])


def test_words_are_taken_away_as_a_table() -> None:
    text = make_text(SHORT)
    lines = embedding_csv(text.words, np.ones((len(text.words), 2), np.float32), redact=str).splitlines()
    assert lines[0] == "word,count,d1,d2" and lines[1].startswith("the,") and len(lines) == len(text.words) + 1


def test_the_documents_of_a_library_are_one_text(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "papers").mkdir()
    for name in ("b", "a"):
        (tmp_path / "papers" / f"{name}.txt").write_text(f"A story called {name}. {SHORT}")
    library = Library(tmp_path / "library", create=True)
    with pytest.raises(DataError, match="no documents"):
        read_library(library)
    ingest(library, encoder, [tmp_path / "papers"], texts=True)
    text = read_library(library)
    assert {"cat", "dog", "fish"} <= set(text.words.names) and len(text.tokens) > 200
