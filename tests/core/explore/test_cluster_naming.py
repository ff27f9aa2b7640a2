"""Names of clusters: pictures of colours, which the fake encoder knows the words of."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.config import get_home
from core.encoders.base import Vectors, unit_rows
from core.encoders.reference_prompts import get_reference_prompts
from core.errors import Cancelled
from core.evaluation.groups.clusters import mentions_label
from core.explore.cluster_naming import name_clusters
from core.explore.clustering import Clusters, compute_centers, find_clusters
from core.explore.vocabulary import load_nouns, load_vocabulary
from core.progress import Progress, Task
from tools.keyword_folders import GROUPS, groups_of

NAMES = ("red", "green", "blue", "yellow")


@pytest.fixture(scope="module")
def shades() -> Vectors:
    """30 noisy pictures of each of four colours, one colour after the other."""
    rng = np.random.default_rng(0)
    pixels = [
        np.clip(rng.normal(COLORS[name], 25, (30, 8, 8, 3)) + rng.normal(0, 12, (30, 1, 1, 3)), 0, 255)
        for name in NAMES
    ]
    pictures = [Image.fromarray(entry.astype(np.uint8)) for entry in np.concatenate(pixels)]
    return ColorEncoder().encode_images(pictures)


def grouping(vectors: Vectors, of: np.ndarray) -> Clusters:
    return Clusters(of, compute_centers(vectors, of), "kmeans", None)


def test_clusters_are_called_what_they_show(
    encoder: ColorEncoder, shades: Vectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "new"))  # where no vectors of words are kept yet,
    monkeypatch.setattr("core.encoders.text_cache._cache", {})  # nor in memory
    monkeypatch.setattr("core.explore.vocabulary._shared", OrderedDict())
    clusters = find_clusters(shades, k=4)
    predictions: list[Progress] = []
    names = name_clusters(encoder, shades, clusters, task=Task(predictions.append))
    for number, name in enumerate(names):
        color = NAMES[int(clusters.members(number)[0]) // 30]
        assert name.name is not None and mentions_label(name.name, [color]), (color, name)
        assert 0.3 < name.confidence <= 1 and len(name.runners_up) >= 1
    chosen = [name.name for name in names]
    assert len(set(chosen)) == 4
    assert not {word for name in names for word in name.runners_up} & set(chosen)
    assert predictions and predictions[-1].fraction == 1.0 and predictions[-1].unit == "texts"


def test_groups_that_have_nothing_in_common_stay_unnamed(encoder: ColorEncoder, shades: Vectors) -> None:
    of = np.random.default_rng(1).permutation(np.repeat(np.arange(4), 30))
    for cluster in name_clusters(encoder, shades, grouping(shades, of)):
        assert cluster.name is None and cluster.confidence < 0.3 and cluster.runners_up


def test_no_clusters_and_one_cluster(encoder: ColorEncoder, shades: Vectors) -> None:
    assert name_clusters(encoder, shades, grouping(shades, np.full(120, -1))) == ()
    (only,) = name_clusters(encoder, shades[:30], grouping(shades[:30], np.zeros(30, np.int64)))
    assert only.name is not None and mentions_label(only.name, ["red"])


def test_the_user_and_the_library_add_words(encoder: ColorEncoder, shades: Vectors) -> None:
    before = set(load_vocabulary(encoder).names)
    get_home().mkdir(parents=True, exist_ok=True)
    (get_home() / "words.txt").write_text("# mine\nmy red roses\n\n", encoding="utf-8")
    assert set(load_vocabulary(encoder).names) - before == {"my red roses"}
    assert set(load_vocabulary(encoder, more=["Holiday 2024"]).names) - before == {"my red roses", "Holiday 2024"}
    names = name_clusters(encoder, shades, find_clusters(shades, k=4), words=["zxq green"])
    said = {word for name in names for word in (name.name, *name.runners_up)}
    assert {"my red roses", "zxq green"} <= said


def test_what_a_captioner_says_competes(encoder: ColorEncoder, shades: Vectors) -> None:
    clusters = find_clusters(shades, k=4)
    shown: list[np.ndarray] = []

    def caption(numbers: np.ndarray) -> list[str]:
        shown.append(numbers)
        return [f"a wall painted {NAMES[int(number) // 30]}" for number in numbers]

    names = name_clusters(encoder, shades, clusters, captioner=caption)
    assert len(shown) == 4 and all(1 <= len(numbers) <= 5 for numbers in shown)
    assert any("wall painted" in word for name in names for word in (name.name or "", *name.runners_up))


def test_the_vocabulary_has_no_word_twice_and_is_embedded_once(
    encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = load_vocabulary(encoder)
    assert len({name.casefold() for name in words.names}) == len(words.names) < 3_000
    assert words.vectors.shape == (len(words.names), encoder.dim) and words.prior.shape == (len(words.names),)
    assert {"beach", "skateboarding", "wedding", "screenshot"} <= set(words.names)
    assert not [name for name in words.names if name.startswith(("a ", "an ", "the "))]
    assert len(load_nouns()) + len(get_reference_prompts()) >= len(words.names)
    row = words.names.index("beach")
    assert np.allclose(words.vectors[row], encoder.encode_texts(["beach"])[0], atol=1e-3)
    monkeypatch.setattr(ColorEncoder, "encode_texts", lambda *_: pytest.fail("embedded again"))
    assert load_vocabulary(encoder) is words, "one for all who ask: it is some 10 MB"
    with pytest.raises(ValueError, match="read-only"):
        words.vectors[0] = 0


def test_naming_can_be_stopped(encoder: ColorEncoder, shades: Vectors) -> None:
    clusters, cancel = find_clusters(shades, k=4), threading.Event()
    predictions: list[Progress] = []

    def stop(progress: Progress) -> None:
        predictions.append(progress)
        cancel.set()

    get_home().mkdir(parents=True, exist_ok=True)
    (get_home() / "words.txt").write_text("\n".join(f"unheard of {n}" for n in range(300)), encoding="utf-8")
    with pytest.raises(Cancelled):
        name_clusters(encoder, shades, clusters, task=Task(stop, cancel))
    assert len(predictions) == 1
    with pytest.raises(Cancelled):
        name_clusters(encoder, shades, clusters, task=Task(cancel=cancel))


def test_words_and_their_beginnings() -> None:
    assert (
        mentions_label("skateboarder", ["skateboard"])
        and mentions_label("Dog in snow", ["snow"])
        and mentions_label("BMX", ["bike", "bmx"])
    )
    assert not mentions_label("hot dogfish", ["fish"]) and not mentions_label(None, ["dog"])


def test_keyword_groups_take_photos_of_one_keyword_only() -> None:
    captions = {
        "a": ["a beach .", "people on the beach ."],
        "b": ["a dog on a beach .", "a dog on a beach ."],
        "c": ["a dog .", "the beach ."],
        "d": ["beach", "beach"],
        "e": ["skiing", "a skier"],
    }
    assert groups_of(captions, list(GROUPS), most=9) == {"a": "beach", "d": "beach", "e": "snow"}
    assert groups_of(captions, ["beach"], most=1) == {"a": "beach"}


def test_random_vectors_are_not_named(encoder: ColorEncoder, tmp_path: Path) -> None:
    vectors = unit_rows(np.random.default_rng(2).normal(size=(200, encoder.dim)))
    of = np.random.default_rng(3).permutation(np.repeat(np.arange(4), 50))
    assert all(cluster.name is None for cluster in name_clusters(encoder, vectors, grouping(vectors, of)))
