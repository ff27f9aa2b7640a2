"""Adapted encoders as files: saved without code, opened by name, refused when damaged, removed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder

from core.encoders import get_base_name, get_tower_name, is_model_name, open_encoder
from core.encoders.adapted import (
    AdaptedEncoder,
    Adapter,
    LowRankMap,
    adapted_title,
    adapter_bytes,
    adapter_names,
    find_free_title,
    import_adapter,
    load_adapter,
    read_adapter,
    remove_adapter,
    save_adapter,
)
from core.errors import DataError, EncoderError
from core.utils.array_files import pack_arrays


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def make_map(seed: int = 0, dim: int = 48, rank: int = 3) -> LowRankMap:
    rng = np.random.default_rng(seed)
    return LowRankMap(*(0.1 * rng.normal(size=shape).astype(np.float32) for shape in ((rank, dim), (dim, rank))))


def make_adapter(title: str = "my birds", encoder_id: str = "colour-1", base: str = "colour") -> Adapter:
    return Adapter(title, encoder_id, base, make_map(0), make_map(1), "9 pictures, 3 classes")


def test_a_map_without_weights_changes_nothing(encoder: ColorEncoder) -> None:
    vectors = encoder.encode_texts(["red", "blue", "a word"])
    still = LowRankMap(make_map().down, np.zeros((48, 3), np.float32))
    np.testing.assert_allclose(still.apply(vectors), vectors, atol=1e-6)
    moved = make_map().apply(vectors)
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1.0, atol=1e-6)
    assert not np.allclose(moved, vectors, atol=1e-3)


def test_a_saved_adapter_is_the_same_again(home: Path) -> None:
    adapter = make_adapter()
    save_adapter(adapter)
    again = load_adapter("adapted:my birds")
    assert adapter_names() == ["adapted:my birds"] and again.digest == adapter.digest
    assert (again.about, again.encoder_name) == ("9 pictures, 3 classes", "colour")
    np.testing.assert_array_equal(again.texts.up, adapter.texts.up)


def test_the_id_follows_the_weights_and_the_base(encoder: ColorEncoder) -> None:
    first = AdaptedEncoder(encoder, make_adapter())
    assert first.id == AdaptedEncoder(encoder, make_adapter("another title")).id
    other = Adapter("my birds", encoder.id, encoder.name, make_map(2), make_map(1))
    assert len({encoder.id, first.id, AdaptedEncoder(encoder, other).id}) == 3
    with pytest.raises(EncoderError, match="other weights of colour"):
        AdaptedEncoder(ColorEncoder("colour-2"), make_adapter())


def test_pictures_and_texts_go_through_maps_of_their_own(encoder: ColorEncoder) -> None:
    adapter = make_adapter()
    adapted = AdaptedEncoder(encoder, adapter)
    vectors = encoder.encode_texts(["red"])
    np.testing.assert_allclose(adapted.encode_texts(["red"]), adapter.texts.apply(vectors), atol=1e-6)
    np.testing.assert_allclose(adapted.map_images(vectors), adapter.images.apply(vectors), atol=1e-6)
    assert adapted.scoring == encoder.scoring and adapted.calibration is encoder.calibration


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a file that Semblance saved"),
        (b"\x80\x04K\x01.", "Pickles"),
        (pack_arrays({"weights": np.ones((2, 3), np.float32)}, {"title": "x"}), "does not hold an adapted encoder"),
        (adapter_bytes(make_adapter())[:-40], "not a file that Semblance saved"),
        (adapter_bytes(make_adapter(base="adapted:my birds")), "does not hold an adapted encoder"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        read_adapter(data)


@pytest.mark.parametrize(
    "images",
    [
        LowRankMap(np.ones((3, 48), np.float32), np.ones((3, 48), np.float32)),
        LowRankMap(np.ones((3, 47), np.float32), np.ones((47, 3), np.float32)),
        LowRankMap(np.ones((48,), np.float32), np.ones((48, 3), np.float32)),
        LowRankMap(np.ones((3, 48), np.float32), np.full((48, 3), 1e20, np.float32)),
        LowRankMap(np.ones((0, 48), np.float32), np.ones((48, 0), np.float32)),
    ],
)
def test_arrays_that_do_not_match_are_refused(images: LowRankMap) -> None:
    with pytest.raises(DataError, match="does not hold an adapted encoder"):
        read_adapter(adapter_bytes(Adapter("x", "colour-1", "colour", images, make_map(1))))


def test_missing_and_damaged_ones_say_what_to_do(home: Path) -> None:
    save_adapter(make_adapter())
    with pytest.raises(EncoderError, match=r"no adapted encoder 'cats' .*there are: adapted:my birds"):
        open_encoder("adapted:cats")
    with pytest.raises(EncoderError, match="not the name of an adapted encoder"):
        open_encoder("adapted:../../secret")
    (home / "adapters" / "my birds.safetensors").write_bytes(b"nonsense")
    with pytest.raises(EncoderError, match="is damaged: adapt it again"):
        open_encoder("adapted:my birds")


def test_a_file_comes_in_and_never_replaces_another(tmp_path: Path) -> None:
    file = tmp_path / "from a friend.safetensors"
    file.write_bytes(adapter_bytes(make_adapter()))
    assert import_adapter(file).name == "adapted:my birds" == import_adapter(file).name
    other = adapter_bytes(Adapter("my birds", "colour-1", "colour", make_map(5), make_map(6)))
    with pytest.raises(DataError, match="another adapted encoder 'my birds'"):
        import_adapter(other)
    assert import_adapter(other, replace=True).digest == load_adapter("adapted:my birds").digest
    assert find_free_title("my birds") == "my birds 2" and find_free_title("?/") == "my pictures"
    remove_adapter("adapted:my birds")
    assert adapter_names() == []


def test_a_file_never_makes_a_model_be_fetched() -> None:
    save_adapter(make_adapter(base="nobody/no-such-model"))
    with pytest.raises(EncoderError, match="made of nobody/no-such-model, a model that is not on this machine"):
        open_encoder("adapted:my birds")


def test_names_tell_the_base() -> None:
    save_adapter(make_adapter())
    assert get_base_name("adapted:my birds") == "colour" == get_tower_name("adapted:my birds@pca8-0123456789")
    assert get_base_name("colour") is None and get_base_name("adapted:gone") is None
    assert adapted_title("adapted:my birds") == "my birds, adapted" and adapted_title("colour") is None
    assert not is_model_name("adapted:a")
