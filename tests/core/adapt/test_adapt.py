"""Adapting: what is taught is found, what is not stays, and bad input says what to do."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from numpy.typing import NDArray
from PIL import Image

from core.adapt import Adapted, AdaptSettings, adapt, adapt_library, label_examples, store_adapted
from core.adapt.objective import apply_map, compute_drift, compute_map_gradients, compute_matching_loss
from core.adapt.training import fit_maps, make_references
from core.classify.zero_shot import ClassName, ZeroShot
from core.encoders import Encoder, open_encoder
from core.encoders.adapted import AdaptedEncoder, LowRankMap
from core.errors import Cancelled, DataError
from core.library import Label, Library, ingest
from core.progress import Task
from core.search import search
from core.search.query import Term

NAMES = {"red": "rufus", "green": "viridis", "blue": "lividus"}  # words that the encoder knows nothing of, and mixes up


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))


@pytest.fixture
def shades(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Ten noisy shades of five colors, named by color."""
    rng = np.random.default_rng(0)
    (tmp_path / "shades").mkdir()
    for name in (*NAMES, "yellow", "purple"):
        for number in range(10):
            pixels = np.clip(rng.normal(COLORS[name], 20, (12, 12, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).resize((48, 48)).save(tmp_path / "shades" / f"{name}-{number}.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "shades"])
    return library


def by_color(library: Library, *colors: str) -> dict[str, str]:
    """{item id: color} of the pictures of some colors."""
    items = zip(library.items()["id"].to_pylist(), library.items()["path"].to_pylist(), strict=True)
    found = {item_id: Path(path).name.partition("-")[0] for item_id, path in items}
    return {item_id: color for item_id, color in found.items() if color in colors}


def teach(library: Library, encoder: ColorEncoder, **options: object) -> Adapted:
    labels = {item_id: NAMES[color] for item_id, color in by_color(library, *NAMES).items()}
    return adapt_library(library, encoder, "latin", labels=labels, **options)  # type: ignore[arg-type]


def first_color(library: Library, encoder: Encoder, text: str) -> str:
    """The color of the first hit; shades of one color are folded into few."""
    return Path(search(library, encoder, [Term("text", text)]).hits[0].item.path).name.partition("-")[0]


def test_words_that_nobody_knew_find_their_pictures(shades: Library, encoder: ColorEncoder) -> None:
    found = teach(shades, encoder)
    (top1, neighbors) = found.gains
    assert (found.pictures, found.texts, found.held_out) == (30, 3, 6)
    assert top1.count == 6 and top1.after == 1.0 > top1.before
    assert neighbors.after >= neighbors.before
    adapted = store_adapted(shades, encoder, found.adapter)
    assert [first_color(shades, adapted, NAMES[color]) for color in ("red", "green")] == ["red", "green"]
    classes = ZeroShot.of(adapted, [ClassName(word) for word in NAMES.values()])
    ids = by_color(shades, *NAMES)
    rows = shades.item_vectors(adapted.id, list(ids))
    vectors = np.stack([rows[item_id][0].vector for item_id in ids]).astype(np.float32)
    best = [classes.names[number] for number in classes.predict(vectors).best]
    assert np.mean([name == NAMES[color] for name, color in zip(best, ids.values(), strict=True)]) > 0.9


def test_what_was_not_taught_stays(shades: Library, encoder: ColorEncoder) -> None:
    others = by_color(shades, "yellow", "purple")
    shades.put_labels([Label(item_id, "known", color, "person") for item_id, color in others.items()])
    found = teach(shades, encoder)
    known, rest = found.others
    assert (known.of, known.count, known.before) == ("labels of known", 20, 1.0) and known.after >= 0.95
    assert rest.of == "other pictures" and rest.count == 20 and rest.after >= 0.8
    adapted = AdaptedEncoder(encoder, found.adapter)
    words = ["a dog on a beach", "yellow", "a page of text"]
    assert (adapted.encode_texts(words) * encoder.encode_texts(words)).sum(axis=1).min() > 0.95


def test_no_picture_is_seen_again_and_the_base_stays(shades: Library, encoder: ColorEncoder) -> None:
    seen, before = encoder.images_seen, shades.index(encoder).background.copy()
    adapted = store_adapted(shades, encoder, teach(shades, encoder).adapter)
    assert encoder.images_seen == seen
    np.testing.assert_array_equal(shades.index(encoder).background, before)
    assert shades.vector_count(adapted.id) == 50
    shades.drop_encoder(adapted.id)
    assert [entry.id for entry in shades.encoders()] == [encoder.id]


def test_adapting_again_under_a_name_replaces_the_vectors(shades: Library, encoder: ColorEncoder) -> None:
    first = store_adapted(shades, encoder, teach(shades, encoder).adapter)
    second = store_adapted(shades, encoder, teach(shades, encoder, settings=AdaptSettings(rank=2)).adapter)
    assert first.name == second.name and first.id != second.id
    assert {entry.id for entry in shades.encoders()} == {encoder.id, second.id}


def test_captions_are_learned_too(shades: Library, encoder: ColorEncoder) -> None:
    captions = [(item_id, f"{NAMES[color]}") for item_id, color in by_color(shades, *NAMES).items()]
    found = adapt_library(shades, encoder, "captions", captions=captions)
    r1, r10 = found.gains
    assert (r1.measure, r10.measure) == ("R@1", "R@10") and r1.after >= r1.before
    adapted = store_adapted(shades, encoder, found.adapter)
    assert first_color(shades, adapted, "viridis") == "green"


def test_the_same_examples_give_the_same_adapter(shades: Library, encoder: ColorEncoder) -> None:
    assert teach(shades, encoder).adapter.digest == teach(shades, encoder).adapter.digest


def test_too_few_examples_say_what_is_needed(shades: Library, encoder: ColorEncoder) -> None:
    one = dict.fromkeys(by_color(shades, "red"), "rufus")
    with pytest.raises(DataError, match="labels of at least two classes"):
        adapt_library(shades, encoder, "latin", labels=one)
    with pytest.raises(DataError, match="two pictures with captions"):
        adapt_library(shades, encoder, "latin", captions=[(next(iter(one)), "a word")])
    with pytest.raises(DataError, match="None of these pictures has a vector"):
        adapt_library(shades, encoder, "latin", captions=[("no such item", "a word")])
    with pytest.raises(DataError, match="1 to 60 letters"):
        teach_as(shades, encoder, "a/b")


def teach_as(library: Library, encoder: ColorEncoder, title: str) -> Adapted:
    labels = {item_id: NAMES[color] for item_id, color in by_color(library, *NAMES).items()}
    return adapt_library(library, encoder, title, labels=labels)


def test_one_picture_a_class_is_learned_from_without_figures(shades: Library, encoder: ColorEncoder) -> None:
    ids = {color: item_id for item_id, color in by_color(shades, *NAMES).items()}
    found = adapt_library(shades, encoder, "few", labels={item_id: NAMES[color] for color, item_id in ids.items()})
    assert found.held_out == 0 and found.gains == () and found.steps > 0


def test_training_stops_where_held_out_pictures_lose(shades: Library, encoder: ColorEncoder) -> None:
    index = shades.index(encoder)
    labels = {item_id: NAMES[color] for item_id, color in by_color(shades, "red", "green").items()}
    learned = label_examples(encoder, index, labels)
    swapped = replace(learned, pairs=np.stack([learned.pairs[:, 0], 1 - learned.pairs[:, 1]], axis=1))
    maps = fit_maps(encoder, learned, make_references(encoder, learned.images), held=swapped)
    assert maps.steps == 0 and not maps.images.up.any() and not maps.texts.up.any()
    with pytest.raises(DataError, match="gain nothing from adapting"):
        adapt(encoder, learned, "never judged", settings=AdaptSettings(steps=2, every=5))


def test_an_adapted_encoder_is_not_adapted_again(shades: Library, encoder: ColorEncoder) -> None:
    adapted = store_adapted(shades, encoder, teach(shades, encoder).adapter)
    labels = {item_id: NAMES[color] for item_id, color in by_color(shades, *NAMES).items()}
    with pytest.raises(DataError, match="adapted already"):
        adapt_library(shades, adapted, "twice", labels=labels)
    imported = open_encoder("imported:mine:48")
    with pytest.raises(DataError, match="no encoder of texts"):
        adapt_library(shades, imported, "imported", labels=labels)


def test_stopping_changes_nothing(shades: Library, encoder: ColorEncoder) -> None:
    stop = threading.Event()
    steps: list[int] = []

    def on_progress(progress: object) -> None:
        if getattr(progress, "stage", "") == "adapt":
            steps.append(getattr(progress, "done", 0))
            stop.set()

    with pytest.raises(Cancelled, match="nothing was changed"):
        teach(shades, encoder, task=Task(on_progress, stop))
    assert steps == [1] and [entry.id for entry in shades.encoders()] == [encoder.id]


def test_gradients_are_those_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(count, 7)) for count in (5, 4)]
    images, texts = (array / np.linalg.norm(array, axis=1, keepdims=True) for array in rows)
    side = LowRankMap(rng.normal(size=(2, 7)), 0.3 * rng.normal(size=(7, 2)))
    matches = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 1, 0]], bool)

    def loss(up: NDArray[np.float64]) -> float:
        mapped = apply_map(LowRankMap(side.down, up), images)
        return compute_matching_loss(mapped.rows, texts, matches, 3.0)[0] + compute_drift(mapped)[0]

    mapped = apply_map(side, images)
    by_rows = compute_matching_loss(mapped.rows, texts, matches, 3.0)[1] + compute_drift(mapped)[1]
    _, by_up = compute_map_gradients(side, mapped, by_rows)
    for place in ((0, 0), (3, 1), (6, 0)):
        step = np.zeros_like(side.up)
        step[place] = 1e-2
        slope = (loss(side.up + step) - loss(side.up - step)) / 2e-2
        assert by_up[place] == pytest.approx(slope, abs=1e-3)
