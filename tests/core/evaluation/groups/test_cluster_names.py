"""Whether names of clusters are right, by the texts of their members."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError
from core.evaluation.groups.cluster_names import NameFigures, measure_names
from core.evaluation.match.wordnet import WordNet
from core.explore.cluster_naming import ClusterName, make_titles
from core.explore.clustering import Clusters

INDEX = "animal n 1 0 1 0 00000001\ndog n 1 1 @ 1 1 00000002\nbeagle n 1 1 @ 1 0 00000003\n"
DATA = (
    "00000001 03 n 01 animal 0 000 | alive\n"
    "00000002 05 n 01 dog 0 001 @ 00000001 n 0000 | barks\n"
    "00000003 05 n 01 beagle 0 001 @ 00000002 n 0000 | hunts\n"
)


@pytest.fixture
def wordnet(tmp_path: Path) -> WordNet:
    for name, text in (("index.noun", INDEX), ("data.noun", DATA), ("noun.exc", "doggies dog\n")):
        (tmp_path / name).write_text(text)
    return WordNet(tmp_path)


def test_kinds_of_things(wordnet: WordNet) -> None:
    assert wordnet.is_kind_of("beagles", "dog") and wordnet.is_kind_of("doggies", "animal")
    assert not wordnet.is_kind_of("animal", "dog") and not wordnet.is_kind_of("unheard", "dog")


def test_a_missing_wordnet_is_explained(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="install wordnet-base"):
        WordNet(tmp_path)


def test_a_name_is_right_if_half_of_the_members_say_it(wordnet: WordNet) -> None:
    clusters = Clusters(np.array([0, 0, 1, 1]), np.eye(2, dtype=np.float32), "kmeans", None)
    names = [ClusterName("dog", 0.5, ()), ClusterName("walking a dog", 0.5, ())]
    texts = [["a beagle"], ["a cat"], ["He walks two dogs"], ["a dog sleeps"]]
    assert measure_names(clusters, names, texts, wordnet) == NameFigures(1.0, 1.0, {})
    assert measure_names(clusters, names, texts, None) == NameFigures(1.0, 0.5, {"dog": 0.0})
    nameless = [ClusterName(None, 0.1, ()), names[1]]
    assert measure_names(clusters, nameless, texts, None).named == 0.5


def test_titles_differ_and_a_file_stands_for_a_cluster_without_a_name() -> None:
    assert make_titles(["dog", None, "dog", None], ["a.jpg", "b.jpg", "c.jpg", "b.jpg"]) == [
        "dog", "like “b.jpg”", "dog 2", "like “b.jpg” 2",
    ]  # fmt: skip
