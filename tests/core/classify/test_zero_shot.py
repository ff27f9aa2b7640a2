"""Zero-shot classification: named and described classes, none of these, videos over time, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from fakes import ColorEncoder

from core.classify.zero_shot import NONE, ClassName, ZeroShot, predict_video
from core.encoders.base import Part, Scoring, Vectors, unit_rows
from core.errors import DataError, QueryError
from core.library.track import Track
from core.search.concepts import learn_concept, load_concept, save_concept
from core.search.query import embed_query, format_query, parse_query

COLOURS = ("red", "green", "blue")


def classes(*names: str) -> list[ClassName]:
    return [ClassName(name) for name in names]


def near(encoder: ColorEncoder, word: str, count: int = 1, spread: float = 0.02) -> np.ndarray:
    """Vectors of items that look much like a colour."""
    rng = np.random.default_rng(sum(word.encode()))
    return unit_rows(encoder.encode_texts([word]) + rng.normal(scale=spread, size=(count, encoder.dim)))


def test_items_go_to_the_class_that_names_them(encoder: ColorEncoder) -> None:
    zero_shot = ZeroShot.of(encoder, classes(*COLOURS))
    predictions = zero_shot.predict(np.concatenate([near(encoder, word, 3) for word in COLOURS]))
    assert predictions.labels() == [word for word in COLOURS for _ in range(3)]
    assert (
        np.allclose(predictions.probabilities.sum(axis=1), 1, atol=1e-5)
        and predictions.in_class_probability.min() > 0.9
    )


def test_probabilities_are_as_sharp_as_the_encoder_says(encoder: ColorEncoder) -> None:
    zero_shot = ZeroShot.of(encoder, classes("red", "orange", "blue"))
    item = near(encoder, "red")
    odds = np.exp(encoder.scoring.scale * (item @ zero_shot.vectors.T)[0])
    predictions = zero_shot.predict(item).probabilities[0]
    assert np.allclose(predictions, odds / odds.sum(), atol=1e-4) and 0.001 < predictions[1] < 0.1


def test_what_no_class_describes_is_none_of_these(encoder: ColorEncoder) -> None:
    zero_shot = ZeroShot.of(encoder, classes("green", "blue"))
    strange = np.concatenate([near(encoder, word, 5) for word in ("red", "orange", "white")])
    assert zero_shot.predict(strange).labels() == [NONE] * 15
    assert zero_shot.predict(near(encoder, "green", 5)).labels() == ["green"] * 5


def test_a_negative_class_takes_what_fits_it_best(encoder: ColorEncoder) -> None:
    zero_shot = ZeroShot.of(encoder, [*classes("red", "blue"), ClassName("green", negative=True)])
    predictions = zero_shot.predict(np.concatenate([near(encoder, "red"), near(encoder, "green")]))
    assert predictions.labels() == ["red", NONE]


def test_descriptions_count_as_much_as_the_name(encoder: ColorEncoder) -> None:
    plain, described = ClassName("warm"), ClassName("warm", ("red", "orange", "yellow"))
    item = near(encoder, "orange")
    assert ZeroShot.of(encoder, [plain, ClassName("blue")]).predict(item).in_class_probability[0] < 0.5
    predictions = ZeroShot.of(encoder, [described, ClassName("blue")]).predict(item)
    assert predictions.labels() == ["warm"]


def test_templates_are_used(encoder: ColorEncoder) -> None:
    """A template that speaks of another colour pulls the class towards it."""
    plain = ZeroShot.of(encoder, classes("red"), templates=("{}",)).vectors
    pulled = ZeroShot.of(encoder, classes("red"), templates=("{}", "blue {}")).vectors
    blue = encoder.encode_texts(["blue"])[0]
    assert float(pulled[0] @ blue) > float(plain[0] @ blue) + 0.1


@pytest.mark.parametrize(
    ("names", "said"), [((), "no classes"), (("a", " "), "no name"), (("a", "b", "a "), "2 times")], ids=str
)
def test_classes_that_cannot_be(encoder: ColorEncoder, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        ZeroShot.of(encoder, classes(*names))


def test_calibration_changes_the_sureness_and_no_answer(encoder: ColorEncoder) -> None:
    zero_shot = ZeroShot.of(encoder, classes(*COLOURS))
    items = np.concatenate([near(encoder, word, 30, spread=0.25) for word in COLOURS])
    labels = [word for word in COLOURS for _ in range(30)]
    wrong = labels[:]
    wrong[::3] = ["blue" if label != "blue" else "red" for label in wrong[::3]]
    before = zero_shot.predict(items)
    unsure = zero_shot.calibrated(items, wrong).predict(items)
    assert (before.best == unsure.best).all()
    assert unsure.probabilities.max(axis=1).mean() == pytest.approx(2 / 3, abs=0.12)
    with pytest.raises(QueryError, match="not among the classes"):
        zero_shot.calibrated(items, ["mauve"] * len(items))


def test_calibrated_sigmoids_are_as_high_as_the_classes_are_frequent(encoder: ColorEncoder) -> None:
    """Over all pairs of item and class, the probabilities add up to the number of labels."""
    zero_shot = replace(ZeroShot.of(encoder, classes(*COLOURS)), scoring=Scoring("sigmoid", 10.0, 2.0))
    items = np.concatenate([near(encoder, word, 30, spread=0.25) for word in COLOURS])
    wrong = [COLOURS[0] if row % 3 == 0 else word for word in COLOURS for row in range(30)]
    before, after = zero_shot.predict(items), zero_shot.calibrated(items, wrong).predict(items)
    assert before.probabilities.sum() != pytest.approx(len(items), rel=0.2)
    assert after.probabilities.sum() == pytest.approx(len(items), rel=0.02)
    assert (before.best == after.best).all()


def test_a_video_is_told_by_its_time(encoder: ColorEncoder) -> None:
    vectors = np.concatenate([near(encoder, "red"), near(encoder, "blue"), near(encoder, "red")])
    track = Track(np.array([0, 1, 9], np.float32), np.array([1, 9, 10], np.float32), vectors)
    whole, rows = predict_video(ZeroShot.of(encoder, classes(*COLOURS)), track)
    assert whole.labels() == ["blue"] and rows.labels() == ["red", "blue", "red"]
    assert whole.probabilities[0, 2] == pytest.approx(0.8, abs=0.05)


def test_a_concept_is_a_word_of_queries_and_a_class(encoder: ColorEncoder) -> None:
    rng = np.random.default_rng(0)
    background = unit_rows(rng.normal(size=(200, encoder.dim)))
    examples = near(encoder, "purple", 5)
    save_concept(learn_concept(encoder, "my mauve", examples, background), encoder)
    terms = parse_query('2:concept:"my mauve" - red')
    assert parse_query(format_query(terms)) == terms
    query = embed_query(encoder, parse_query('concept:"my mauve"'))
    assert query @ near(encoder, "purple")[0] > query @ near(encoder, "green")[0] + 0.3
    zero_shot = ZeroShot.of(encoder, classes("concept:my mauve", "green", "blue"))
    predictions = zero_shot.predict(np.concatenate([near(encoder, "purple"), near(encoder, "green")]))
    assert predictions.labels(threshold=0.0) == ["my mauve", "green"]


class PartedEncoder(ColorEncoder):
    """Colors, and once more in a part that only pictures fill, and in one that only texts fill."""

    dim = 3 * ColorEncoder.dim
    parts = (
        Part("joint", "", 0, 48),
        Part("visual", "", 48, 96, only="image"),
        Part("sentence", "", 96, 144, only="text"),
    )

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        rows = ColorEncoder().encode_texts(texts)
        return np.concatenate([np.sqrt(0.7) * rows, 0 * rows, np.sqrt(0.3) * rows], axis=1)

    def to_pictures(self, rows: Vectors) -> Vectors:
        return np.concatenate([np.sqrt(0.5) * rows, np.sqrt(0.5) * rows, 0 * rows], axis=1)


def test_a_concept_is_no_nearer_to_pictures_than_words_are_where_pictures_have_a_part_of_their_own(
    encoder: ColorEncoder,
) -> None:
    parted = PartedEncoder("parted-1", "parted")
    background = unit_rows(np.random.default_rng(0).normal(size=(200, encoder.dim)))
    examples, pictures = near(encoder, "purple", 5), near(encoder, "purple", 20)

    def measure(under: ColorEncoder, examples: Vectors, pictures: Vectors, others: Vectors) -> float:
        """How much nearer than other pictures those of a concept are, relative to how it is by a word."""
        learned = learn_concept(under, "my mauve", examples, others).vector
        assert np.linalg.norm(learned) == pytest.approx(1, abs=1e-5)
        nearer = (pictures.mean(axis=0) - others.mean(axis=0)) @ np.stack([learned, *under.encode_texts(["purple"])]).T
        return float(nearer[0] / nearer[1])

    alike = measure(encoder, examples, pictures, background)
    assert measure(parted, *map(parted.to_pictures, (examples, pictures, background))) == pytest.approx(alike, rel=0.1)


def test_concepts_that_cannot_be(encoder: ColorEncoder) -> None:
    background = near(encoder, "green", 10)
    with pytest.raises(DataError, match="at least one example"):
        learn_concept(encoder, "nothing", background[:0], background)
    with pytest.raises(DataError, match="do not differ"):
        learn_concept(encoder, "the same", background, background)
    with pytest.raises(DataError, match="name"):
        learn_concept(encoder, "../escape", near(encoder, "red"), background)
    with pytest.raises(QueryError, match="no concept 'unheard'"):
        load_concept(encoder, "unheard")
    other = ColorEncoder("colour-2")
    save_concept(learn_concept(encoder, "mine", near(encoder, "red"), background), encoder)
    with pytest.raises(QueryError, match="no concept 'mine'"):
        load_concept(other, "mine")


def test_sigmoids_that_run_into_one_do_not_hide_the_best_class(encoder: ColorEncoder) -> None:
    encoder.scoring = Scoring("sigmoid", 400.0, -4.0)
    zero_shot = ZeroShot.of(encoder, [ClassName("orange"), ClassName("red")])
    predictions = zero_shot.predict(near(encoder, "red", 5))
    assert predictions.probabilities[:, 0].min() > 0.999 and (predictions.best == 1).all()
