"""Inside a vector, with geometry that is known: made-up vectors, colours, halves of pictures."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

import core.geometry.nearest
from core import Library, Term, embed_texts, ingest
from core.encoders.base import Part, Vectors, unit_rows
from core.errors import Cancelled, DataError, QueryError
from core.geometry.attribution import (
    compute_components,
    compute_contributions,
    compute_products,
    compute_response,
    get_dimension,
    get_encoder_parts,
    measure_word_effects,
)
from core.geometry.nearest import find_nearest_items
from core.geometry.saliency import Way, compute_saliency, count_steps, load_image
from core.library.points import Points, load_points
from core.progress import Task

WAYS: tuple[Way, ...] = ("alone", "covered")


class MiddleEncoder(ColorEncoder):
    """Looks at the middle square only, as many do."""

    def __init__(self) -> None:
        super().__init__("middle-1", "middle")

    def encode_images(self, images: list[Image.Image]) -> Vectors:
        squares = []
        for image in images:
            side, left, top = (
                min(image.size),
                (image.width - min(image.size)) // 2,
                (image.height - min(image.size)) // 2,
            )
            squares.append(image.crop((left, top, left + side, top + side)))
        return super().encode_images(squares)


def halves(left: str, right: str, size: tuple[int, int] = (128, 128)) -> Image.Image:
    picture = Image.new("RGB", size, COLORS[left])
    picture.paste(COLORS[right], (size[0] // 2, 0, *size))
    return picture


def cloud(library: Library, encoder: ColorEncoder) -> Points:
    """Points that vary along their first number most, then their second, and hardly elsewhere."""
    found = load_points(library, encoder)
    rng = np.random.default_rng(0)
    spread = np.full(encoder.dim, 0.01)
    spread[:2] = 1.0, 0.5
    rows = (rng.normal(size=(len(found), encoder.dim)) * spread).astype(np.float32)
    return Points(found.index, rows, found.item_rows, found.start_s)


@pytest.mark.slow
def test_the_first_component_is_where_points_vary_most(library: Library, encoder: ColorEncoder) -> None:
    found = compute_components(cloud(library, encoder).vectors)
    assert abs(found.rows[0][0]) > 0.95 and abs(found.rows[1][1]) > 0.95
    assert np.all(np.diff(found.shares) <= 1e-6) and found.shares.sum() == pytest.approx(1.0, abs=1e-4)
    assert len(found.rows) == len(COLORS) - 1  # eight points leave seven directions
    assert np.allclose(found.rows @ found.rows.T, np.eye(len(found.rows)), atol=1e-4)


def test_a_direction_orders_points_and_is_named_by_words(library: Library, encoder: ColorEncoder) -> None:
    points = cloud(library, encoder)
    words = ("up", "down", "aside", "across")
    vectors = np.zeros((4, encoder.dim), np.float32)
    vectors[0, 0], vectors[1, 0], vectors[2, 5], vectors[3, 6] = 1.0, -1.0, 1.0, 1.0
    response = compute_response(points, get_dimension(encoder.dim, 0), words=words, word_vectors=vectors)
    assert list(response.order) == list(np.argsort(points.vectors[:, 0]))
    assert response.high[0] == "up" and response.low[0] == "down"
    assert response.share == pytest.approx(points.vectors[:, 0].var() / points.vectors.var(axis=0).sum(), abs=1e-5)
    assert sum(
        compute_response(points, get_dimension(encoder.dim, entry)).share for entry in range(encoder.dim)
    ) == pytest.approx(1)


def test_too_few_points_and_numbers_that_are_not_there_are_explained(library: Library, encoder: ColorEncoder) -> None:
    points = load_points(library, encoder, limit=2)
    with pytest.raises(DataError, match="three"):
        compute_components(points.vectors)
    with pytest.raises(DataError, match="three"):
        compute_response(points, get_dimension(encoder.dim, 0))
    with pytest.raises(DataError, match="0 to 47"):
        get_dimension(48, 48)


def test_parts_add_up_to_the_cosine_and_to_the_whole_length(encoder: ColorEncoder) -> None:
    a, b = unit_rows(np.random.default_rng(1).normal(size=(2, 48)))
    parts = (Part("one", "", 0, 20), Part("other", "", 20, 48))
    found = compute_contributions(parts, a, b)
    assert sum(entry.cosine for entry in found) == pytest.approx(float(a @ b), abs=1e-6)
    assert sum(entry.first for entry in found) == pytest.approx(1.0, abs=1e-5)
    (whole,) = get_encoder_parts(encoder)
    assert (whole.start, whole.stop) == (0, 48)


def test_the_products_of_two_vectors_are_counted() -> None:
    a, b = np.float32([0.8, 0.6, 0.0]), np.float32([0.6, -0.2, 0.77])
    found = compute_products(a, b)
    assert (found.pulling, found.pushing, found.enough) == (1, 1, 1)
    assert found.cosine == pytest.approx(0.36, abs=1e-6)
    assert compute_products(a, -a).enough == 0


def test_the_word_that_counts_is_found(encoder: ColorEncoder) -> None:
    steps = measure_word_effects(encoder, "the red")  # "the" is no colour
    assert [step.text for step in steps] == ["the", "the red"]
    assert steps[-1].to_whole == pytest.approx(1.0, abs=1e-5)
    assert steps[0].turned == 0.0 and steps[1].turned > 30
    assert steps[1].missed > 30 and steps[0].missed == pytest.approx(0.0, abs=0.1)
    assert measure_word_effects(encoder, "red")[0].missed is None
    for text, predictions in (("  ", "few words"), ("red " * 30, "at most 24")):
        with pytest.raises(QueryError, match=predictions):
            measure_word_effects(encoder, text)


def test_the_nearest_items_are_each_named_once(tmp_path: Path, library: Library, encoder: ColorEncoder) -> None:
    write_video(tmp_path / "red.mp4", ["blue", "red"], seconds_each=4)
    ingest(library, encoder, [tmp_path / "red.mp4"])
    found = find_nearest_items(library.index(encoder), embed_texts(encoder, ["red"])[0], 3)
    assert {Path(nearest.item.path).name for nearest in found[:2]} == {"red.png", "red.mp4"}
    assert len({nearest.item.id for nearest in found}) == 3 and found[0].cosine >= found[2].cosine
    seconds = {nearest.item.kind: nearest.time_s for nearest in found}
    assert seconds["video"] == pytest.approx(4.0, abs=1) and seconds["image"] is None, "where it is red"


def test_one_long_video_does_not_hide_the_others(
    tmp_path: Path, library: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.geometry.nearest, "_CANDIDATES", 2)
    write_video(tmp_path / "reds.mp4", ["red", "black"] * 8, seconds_each=1)
    ingest(library, encoder, [tmp_path / "reds.mp4"])
    found = find_nearest_items(library.index(encoder), embed_texts(encoder, ["red"])[0], 5)
    assert len({nearest.item.id for nearest in found}) == 5


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("colour", ["red", "blue", "green", "yellow", "purple"])
def test_the_half_that_answers_is_the_hot_one(encoder: ColorEncoder, colour: str, way: Way) -> None:
    query = embed_texts(encoder, [colour])[0]
    for side, picture in enumerate((halves(colour, "white"), halves("white", colour))):
        heat = compute_saliency(encoder, picture, query, way=way)
        assert heat.values.shape == (8, 8) and heat.looked_at.all()
        assert (heat.peak[1] >= 4) == bool(side)


@pytest.mark.parametrize("way", WAYS)
def test_rims_that_the_encoder_cuts_off_are_told(way: Way) -> None:
    encoder = MiddleEncoder()
    query = embed_texts(encoder, ["red"])[0]
    heat = compute_saliency(encoder, halves("white", "red", (256, 128)), query, way=way)
    assert heat.values.shape == (4, 8)
    assert heat.looked_at[:, 2:6].all() and not heat.looked_at[:, [0, 1, 6, 7]].any()
    assert heat.peak[1] in (4, 5)
    assert compute_saliency(encoder, halves("white", "red"), query, way=way).looked_at.all()


def test_heat_tells_how_far_it_is_and_can_be_stopped(encoder: ColorEncoder) -> None:
    picture, query, predictions = halves("red", "blue"), embed_texts(encoder, ["red"])[0], []
    compute_saliency(encoder, picture, query, cells=6, task=Task(predictions.append))
    assert predictions[-1].done == predictions[-1].total == count_steps(picture.size, 6, "alone")
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        compute_saliency(encoder, picture, query, task=Task(cancel=stop))


@pytest.mark.parametrize("size", [(1, 1), (400, 1), (3, 200)])
@pytest.mark.parametrize("way", WAYS)
def test_strips_and_dots_have_heat_too(encoder: ColorEncoder, size: tuple[int, int], way: Way) -> None:
    heat = compute_saliency(encoder, Image.new("RGB", size, "red"), embed_texts(encoder, ["red"])[0], cells=4, way=way)
    assert np.isfinite(heat.values).all()


def test_pictures_of_terms(tmp_path: Path, library: Library, encoder: ColorEncoder) -> None:
    write_video(tmp_path / "two.mp4", ["red", "blue"])
    ingest(library, encoder, [tmp_path / "two.mp4"])
    ids = {Path(row["path"]).name: row["id"] for row in library.items().to_pylist()}

    def middle(term: Term, time_s: float = 0.0) -> str:
        picture = load_image(library, term, time_s=time_s)
        pixel = np.array(picture.getpixel((picture.width // 2, picture.height // 2)))
        return min(COLORS, key=lambda name: float(np.abs(pixel - COLORS[name]).sum()))

    assert middle(Term("item", ids["green.png"])) == "green"
    assert middle(Term("item", ids["two.mp4"]), 3.0) == "blue"
    assert middle(Term("frame", f"{ids['two.mp4']}@1.0")) == "red"
    assert middle(Term("clip", tmp_path / "two.mp4"), 3.0) == "blue"
    for term in (Term("text", "red"), Term("item", "nobody")):
        with pytest.raises(QueryError):
            load_image(library, term)
