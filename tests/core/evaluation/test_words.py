"""An embedding of words is measured by pairs that belong together, against chance and one-hot vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError
from core.evaluation.words import evaluate_words, rank_partners, read_pairs
from core.learn.state import TrainingSettings
from core.learn.words import write_sample


def test_partners_are_ranked_by_distance_and_one_hot_vectors_say_nothing() -> None:
    line = np.array([[0.0], [1.0], [3.0], [10.0]], np.float32)
    assert rank_partners(line, [(0, 1), (0, 3), (2, 3)]).tolist() == [1, 3, 3]
    assert rank_partners(np.eye(5, dtype=np.float32), [(0, 1), (3, 2)]).tolist() == [2.5, 2.5], "the middle of four"


def test_there_are_fifty_pairs_of_different_words_of_the_sample() -> None:
    pairs = read_pairs()
    words = set(write_sample(words=30_000).lower().replace(".", " ").replace(",", " ").split())
    assert len(pairs) == len(set(map(frozenset, pairs))) == 50
    assert all(one != other and {one, other} <= words for one, other in pairs)


@pytest.mark.slow
def test_a_text_of_ones_own_is_learned_and_measured(tmp_path: Path) -> None:
    text, pairs = tmp_path / "text.txt", tmp_path / "pairs.csv"
    text.write_text(write_sample(words=30_000))
    pairs.write_text("word,partner\nmonday,friday\nred,blue\nunheard,unseen\n")
    report = evaluate_words(text=text, pairs=pairs, settings=TrainingSettings(dim=8, rate=0.03), epochs=5)
    assert report.pairs == 2 and report.found > report.chance == pytest.approx(report.one_hot)
    assert len(report.losses) == 6 and report.losses[-1] < report.losses[0]
    assert report.closer > 0.8 and report.odd_right > 0.5 and report.same_group is None


def test_what_cannot_be_measured_says_why(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text(" ".join(f"wor{chr(97 + at % 20)}" for at in range(200)))
    with pytest.raises(DataError, match="give others"):
        evaluate_words(text=text)
    with pytest.raises(DataError, match="cannot be read"):
        evaluate_words(text=tmp_path / "nothing.txt")
