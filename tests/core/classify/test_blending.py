"""Words and labels together: neither is lost where the other is right, and few labels change little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes import ColorEncoder

from core.classify.heads import ClassHead, check_head_fits, head_bytes, read_head
from core.classify.training import fit_classes
from core.classify.zero_shot import ClassName, ZeroShot
from core.encoders.base import Vectors, unit_rows
from core.errors import DataError

NAMES = ("red", "green", "blue", "orange", "purple")


def noisy(
    encoder: ColorEncoder, count: int, *, seed: int = 0, spread: float = 0.25, names: tuple[str, ...] = NAMES
) -> tuple[Vectors, list[str]]:
    rng = np.random.default_rng(seed)
    words = np.repeat(encoder.encode_texts(names), count, axis=0)
    return unit_rows(words + rng.normal(scale=spread, size=words.shape)), [name for name in names for _ in range(count)]


def words_of(encoder: ColorEncoder, *names: str) -> ZeroShot:
    return ZeroShot.of(encoder, [ClassName(name) for name in names or NAMES])


def accuracy(classifier: ZeroShot | ClassHead, vectors: Vectors, labels: list[str]) -> float:
    found = [classifier.names[number] for number in classifier.predict(vectors).best]
    return float(np.mean([one == other for one, other in zip(found, labels, strict=True)]))


def measure(encoder: ColorEncoder, words: ZeroShot, count: int) -> tuple[float, float, float]:
    """Accuracy of blend, probe and zero-shot with so many labels a class, mean of five draws."""
    rest, truth = noisy(encoder, 40, seed=1)
    draws = []
    for seed in range(5):
        vectors, labels = noisy(encoder, count, seed=10 + seed)
        heads = [fit_classes(encoder, kind, vectors, labels, zero_shot=words) for kind in ("blend", "probe")]
        draws.append([accuracy(classifier, rest, truth) for classifier in (*heads, words)])
    blend, probe, zero_shot = np.mean(draws, axis=0)
    return float(blend), float(probe), float(zero_shot)


@pytest.mark.parametrize("count", [1, 2, 8])
def test_words_that_are_right_are_not_made_worse_by_labels(encoder: ColorEncoder, count: int) -> None:
    blend, probe, zero_shot = measure(encoder, words_of(encoder), count)
    assert blend >= max(probe, zero_shot) - 0.01


@pytest.mark.parametrize("count", [2, 8])
def test_words_that_mislead_give_way_to_labels(encoder: ColorEncoder, count: int) -> None:
    words = words_of(encoder)
    blend, probe, zero_shot = measure(encoder, replace(words, vectors=words.vectors[::-1].copy()), count)
    assert zero_shot < 0.3 and blend > probe - 0.12


def test_classes_without_labels_keep_their_items(encoder: ColorEncoder) -> None:
    words = words_of(encoder)
    vectors, labels = noisy(encoder, 5, names=("red", "green"))
    head = fit_classes(encoder, "blend", vectors, labels, zero_shot=words)
    rest, _ = noisy(encoder, 40, seed=1)
    before, after = words.predict(rest), head.predict(rest)
    unlabeled = np.isin(before.best, [2, 3, 4])
    assert (after.best[unlabeled] == before.best[unlabeled]).mean() > 0.97
    assert np.bincount(after.best, minlength=5)[2:] == pytest.approx(np.bincount(before.best, minlength=5)[2:], abs=3)
    same = (after.best == before.best) & unlabeled
    assert np.allclose(after.in_class_probability[same], before.in_class_probability[same], atol=1e-3)


def test_labels_raise_what_the_words_refuse_the_more_there_are(encoder: ColorEncoder) -> None:
    """A class whose name says nothing accepts more of its own with each label, and loses nothing."""
    words = words_of(encoder, "red", "thing")
    rest, _ = noisy(encoder, 40, seed=1, names=("purple",))
    accepted = []
    for count in (1, 4, 16):
        vectors, labels = noisy(encoder, count, names=("red", "purple"))
        labels = ["thing" if label == "purple" else label for label in labels]
        head = fit_classes(encoder, "blend", vectors, labels, zero_shot=words)
        accepted.append(head.predict(rest).labels().count("thing"))
    by_words = words.predict(rest).labels().count("thing")
    assert by_words <= accepted[0] < accepted[1] < accepted[2] and accepted[2] > by_words + 10


def test_one_label_of_one_class_leaves_the_words_as_they_are(encoder: ColorEncoder) -> None:
    words, (rest, _) = words_of(encoder), noisy(encoder, 10, seed=1)
    vectors, labels = noisy(encoder, 2, names=("red",))
    head = fit_classes(encoder, "blend", vectors, labels, zero_shot=words)
    assert np.allclose(head.probabilities(rest), words.predict(rest).probabilities, atol=1e-4)


def test_heads_of_files_need_their_encoder_for_the_words(encoder: ColorEncoder) -> None:
    vectors, labels = noisy(encoder, 4)
    rest, _ = noisy(encoder, 10, seed=1)
    head = fit_classes(encoder, "blend", vectors, labels, zero_shot=words_of(encoder))
    again = check_head_fits(read_head(head_bytes(head)), encoder)
    assert (again.predict(rest).in_class_probability == head.predict(rest).in_class_probability).all()


def test_files_of_earlier_versions_keep_their_estimate(encoder: ColorEncoder) -> None:
    """They hold no words: what counts is how near an item is to the labeled ones of its class."""
    vectors, labels = noisy(encoder, 6, spread=0.15, names=("red", "green"))
    head = fit_classes(encoder, "blend", vectors, labels, zero_shot=words_of(encoder, "red", "green"))
    earlier = {name: head.arrays[name] for name in ("weights", "bias", "means", "levels")}
    old = check_head_fits(read_head(head_bytes(replace(head, arrays=earlier))), encoder)
    assert isinstance(old, ClassHead)
    (between, within), near = earlier["levels"], earlier["means"] / np.linalg.norm(earlier["means"], axis=1)[:, None]
    expected = 1 / (1 + np.exp(-(4.06 * ((near * earlier["means"]).sum(axis=1) - between) / (within - between) - 3.41)))
    assert old.predict(near).in_class_probability == pytest.approx(expected, abs=1e-4)
    assert old.predict(encoder.encode_texts(["blue"])).in_class_probability[0] < 0.4


def test_files_with_arrays_that_do_not_match_are_refused(encoder: ColorEncoder) -> None:
    vectors, labels = noisy(encoder, 4)
    head = fit_classes(encoder, "blend", vectors, labels, zero_shot=words_of(encoder))
    for wrong in ({"shifts": np.zeros(2, np.float32)}, {"blend": np.zeros(3, np.float32)}):
        with pytest.raises(DataError, match="not a head"):
            read_head(head_bytes(replace(head, arrays=head.arrays | wrong)))
    part = {name: array for name, array in head.arrays.items() if name != "prototypes"}
    with pytest.raises(DataError, match="not a head"):
        read_head(head_bytes(replace(head, arrays=part)))
