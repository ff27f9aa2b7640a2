"""Heads as files: the same answers again, on other libraries too, and nothing but heads is opened."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder

from core.classify.heads import Head, head_bytes, list_heads, load_head, read_head, save_head
from core.classify.predict import classify_library
from core.classify.training import fit_classes, fit_numbers
from core.classify.zero_shot import ClassName, ZeroShot
from core.encoders.saved_files import find_free_name
from core.errors import DataError
from core.library import Library, ingest
from core.utils.array_files import pack_arrays


def heads(encoder: ColorEncoder) -> list[Head]:
    vectors = np.repeat(encoder.encode_texts(["red", "green", "blue"]), 2, axis=0)
    labels = ["red", "red", "green", "green", "blue", "blue"]
    words = ZeroShot.of(encoder, [ClassName(name) for name in ("red", "green", "blue")])
    kinds = ("centroid", "knn", "probe", "blend")
    return [
        *(fit_classes(encoder, kind, vectors, labels, zero_shot=words) for kind in kinds),
        *(fit_numbers(encoder, kind, vectors, [1.5, 1.5, 2, 2, 9, 9], name="price") for kind in ("ridge", "knn")),
    ]


def test_a_saved_head_gives_the_same_answers(encoder: ColorEncoder) -> None:
    items = encoder.encode_texts(["red", "purple", "white"])
    for number, head in enumerate(heads(encoder)):
        save_head(head, encoder, f"mine {number}")
        again = load_head(list_heads(encoder)[f"mine {number}"], encoder)
        assert (again.kind, again.target, again.names) == (head.kind, head.target, head.names)
        if head.target == "number":
            assert again.names == ("price",) and (again.values(items) == head.values(items)).all()
        else:
            own, other = again.predict(items), head.predict(items)
            assert (own.probabilities == other.probabilities).all() and (
                own.in_class_probability == other.in_class_probability
            ).all()


def test_a_head_tells_another_library(encoder: ColorEncoder, library: Library, photos: Path, tmp_path: Path) -> None:
    """Learned in one library, kept as a file, used in another of the same encoder."""
    index = library.index(encoder)
    stems = [Path(index.item(number).path).stem for number in range(len(index))]
    vectors = index.vectors(np.arange(len(index)))
    (tmp_path / "head.safetensors").write_bytes(head_bytes(fit_classes(encoder, "centroid", vectors, stems)))
    other = Library(tmp_path / "other", create=True)
    ingest(other, encoder, [photos / "more"])
    predictions = classify_library(other, encoder, load_head(tmp_path / "head.safetensors", encoder), threshold=0.0)
    assert len(predictions) == 4 and all(entry.label == Path(entry.source).stem for entry in predictions)


def test_only_heads_are_opened(encoder: ColorEncoder, tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "harmed",)

    good = head_bytes(heads(encoder)[0])
    for data in (
        pickle.dumps(Harmful()), b"", b"PK\x03\x04zip", b"\xff" * 100,
        good[: len(good) // 2], good[:30], good + b"more",
        (2**63).to_bytes(8, "little") + b"{}",
        pack_arrays({"weights": np.eye(3)}, {"kind": "probe"}),
        pack_arrays(
            {"weights": np.eye(3), "bias": np.zeros(2)},
            {"kind": "probe", "target": "classes", "encoder_id": "x", "names": "[]"},
        ),
        pack_arrays({"weights": np.full((2, 3), np.nan), "bias": np.zeros(2)}, {}),
    ):  # fmt: skip
        with pytest.raises(DataError):
            read_head(data)
    assert not (tmp_path / "harmed").exists()
    with pytest.raises(DataError, match="cannot be read"):
        load_head(tmp_path / "nowhere", encoder)


def test_names_that_mislead_and_numbers_that_overflow_are_refused(encoder: ColorEncoder) -> None:
    centroid, knn, *_ = heads(encoder)
    for names in (("red", "red", "blue"), ("red", " ", "blue"), ("red", "\x1b[2Jgreen", "blue"), ("a\nb", "c", "d")):
        with pytest.raises(DataError, match="rename"):
            head_bytes(replace(centroid, names=names))
        about = {"kind": "centroid", "target": "classes", "encoder_id": encoder.id, "names": json.dumps(names)}
        with pytest.raises(DataError, match="rename"):
            read_head(pack_arrays(centroid.arrays, about))
    family = ("👨‍👩‍👧", "naïve", "犬")  # letters that Python does not all call printable
    assert read_head(head_bytes(replace(centroid, names=family))).names == family
    for head, name, factor in ((centroid, "weights", 3e37), (knn, "memory", 100)):
        large = head.arrays | {name: head.arrays[name] * np.float32(factor)}
        with pytest.raises(DataError, match="not a head"):
            read_head(head_bytes(replace(head, arrays=large)))


def test_a_free_name_is_near_the_wanted_one() -> None:
    encoder = ColorEncoder("named")
    assert find_free_name("heads", encoder, "classes (1)") == "classes 1"
    save_head(heads(encoder)[0], encoder, "Mine")
    assert find_free_name("heads", encoder, "mine") == "mine 2"
    for target in ("", "..", "犬" * 300, "x" * 300, "../a/b"):
        save_head(heads(encoder)[0], encoder, find_free_name("heads", encoder, target))
    assert len(list_heads(encoder)) == 6
    save_head(heads(encoder)[0], encoder, "犬" * 60)
    with pytest.raises(DataError, match="too long"):
        save_head(heads(encoder)[0], encoder, "犬" * 80)


def test_a_head_belongs_to_its_encoder(encoder: ColorEncoder) -> None:
    path = save_head(heads(encoder)[0], encoder, "colours")
    other = ColorEncoder("colour-2")
    assert "colours" not in list_heads(other)
    with pytest.raises(DataError, match="vectors of colour-1, not of colour-2"):
        load_head(path, other)


@pytest.mark.parametrize("name", ["", "../escape", ".hidden", "a/b", "x" * 81])
def test_names_that_cannot_be_kept(encoder: ColorEncoder, name: str) -> None:
    with pytest.raises(DataError, match="A name has"):
        save_head(heads(encoder)[0], encoder, name)


def test_a_head_of_numbers_tells_no_classes(encoder: ColorEncoder) -> None:
    classes, *_, number = heads(encoder)
    items = encoder.encode_texts(["red"])
    with pytest.raises(DataError, match="'price'"):
        number.predict(items)
    with pytest.raises(DataError, match="not a number"):
        classes.values(items)
