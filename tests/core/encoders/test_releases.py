"""The weights of the version before: a library that was made with them is found again with the very same vectors."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from core import Library, ingest, parse_query, search
from core.encoders import (
    EncoderInfo,
    get_calibration,
    get_encoder_info,
    list_earlier_weights,
    open_encoder,
    register_encoder,
    unregister_encoder,
)
from core.encoders.embedded import EARLIER, HEADS_FILE, NEWEST, EmbeddedEncoder, Release
from core.errors import EncoderError
from core.library import open_library_encoder, reembed
from core.library.samples.sources import sample_sources

# Of the version whose libraries are on people's disks. Once they have had one version to embed them again, the next.
BEFORE = "embedded-3-db138bc34dc2"
# The largest numbers of their vectors: a red square, a slope of gray, two texts.
RECORDED = (
    {705: 0.109, 859: 0.1, 589: -0.098, 852: 0.094, 614: -0.093, 221: -0.092},
    {758: 0.123, 33: -0.112, 678: -0.107, 687: 0.099, 800: 0.099, 616: -0.098},
    {728: -0.12, 609: -0.112, 396: 0.1, 855: -0.094, 165: 0.092, 350: -0.091},
    {686: -0.099, 767: -0.098, 550: 0.094, 800: -0.093, 239: 0.09, 879: -0.088},
)
QUERIES = {"a photo of a cat": "chelsea.png", "a cup of coffee": "coffee.png", "a rocket launch": "rocket.jpg"}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Other heads: the shipped ones, with the learned part mirrored in another order."""
    tensors = load_file(HEADS_FILE)
    for name in [
        name for name in tensors if name.startswith(("image.", "text.")) and name.split(".")[1] in "skip down"
    ]:
        tensors[name] = np.ascontiguousarray(tensors[name][::-1])
    path = tmp_path_factory.mktemp("heads") / "heads.safetensors"
    save_file(tensors, path)
    return Release(NEWEST.version, path, NEWEST.calibration)


def test_the_weights_of_the_version_before_open_by_their_id() -> None:
    release = next(release for release in EARLIER if release.id == BEFORE)
    assert hashlib.sha256(release.heads.read_bytes()).hexdigest()[:12] == release.digest
    assert NEWEST.id == BEFORE or BEFORE in list_earlier_weights("embedded")
    encoder = EmbeddedEncoder("embedded", release=release)
    assert (encoder.id, encoder.name, encoder.dim) == (BEFORE, "embedded", 897)


def test_what_was_measured_with_them_stays_with_them() -> None:
    encoder = EmbeddedEncoder("embedded", release=next(release for release in EARLIER if release.id == BEFORE))
    calibration = get_calibration(encoder)
    assert calibration.class_weights == (0.694, -0.796, 4.691)
    assert (calibration.duplicate, calibration.near_duplicate, encoder.scoring.scale) == (0.6, 0.985, 27.0)


def test_the_newest_are_not_among_the_earlier_ones() -> None:
    assert open_encoder("embedded").id == NEWEST.id not in list_earlier_weights("embedded")
    for encoder_id in list_earlier_weights("embedded"):
        info = get_encoder_info(encoder_id)
        assert info is not None and info.is_local and "earlier weights" in info.title
        assert (open_encoder(encoder_id).id, open_encoder(encoder_id).name) == (encoder_id, "embedded")


def test_another_file_is_another_encoder(other: Release) -> None:
    assert EmbeddedEncoder("embedded", release=other).id == other.id != NEWEST.id


@pytest.mark.slow
def test_their_vectors_are_what_they_were() -> None:
    encoder = EmbeddedEncoder("embedded", release=next(release for release in EARLIER if release.id == BEFORE))
    slope = np.linspace(0, 255, 96 * 96 * 3).reshape(96, 96, 3).astype(np.uint8)
    vectors = [*encoder.encode_images([Image.new("RGB", (300, 300), (200, 30, 40)), Image.fromarray(slope)])]
    vectors += [*encoder.encode_texts(["a red flower", "two dogs"])]
    for vector, largest in zip(vectors, RECORDED, strict=True):
        np.testing.assert_allclose(vector[list(largest)], [*largest.values()], atol=0.01)


@pytest.mark.slow
def test_a_library_of_real_pictures_before_during_and_after(other: Release, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    chosen = [(name, path) for name, path in sample_sources().items() if name in QUERIES.values()]
    for name, path in chosen:
        (tmp_path / "photos" / name).write_bytes(path.read_bytes())
    if len(chosen) < 2:
        pytest.skip("the sample photos are not installed")
    queries = {query: name for query, name in QUERIES.items() if name in dict(chosen)}
    before = EmbeddedEncoder("wider", release=other)
    library = Library(tmp_path / "library", create=True)
    ingest(library, before, [tmp_path / "photos"])
    register_encoder(
        EncoderInfo(
            "wider",
            "Wider",
            lambda name, report: EmbeddedEncoder(name),
            earlier={other.id: lambda name, report: before},
        )
    )

    def found() -> dict[str, str]:
        encoder = open_library_encoder(library, "wider")
        hits = {query: search(library, encoder, parse_query(query)).hits for query in queries}
        return {query: Path(entries[0].item.path).name for query, entries in hits.items()}

    try:
        assert open_library_encoder(library, "wider") is before and found() == queries
        newest = open_encoder("wider")
        ingest(library, newest, [tmp_path / "photos" / chosen[0][0]])
        assert open_library_encoder(library, "wider") is before and found() == queries
        assert reembed(library, newest).embedded == len(chosen) - 1
        assert open_library_encoder(library, "wider").id == NEWEST.id and found() == queries
    finally:
        unregister_encoder("wider")


def test_weights_that_are_missing_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="install again"):
        EmbeddedEncoder("embedded", release=Release(3, tmp_path / "gone.safetensors", NEWEST.calibration))
