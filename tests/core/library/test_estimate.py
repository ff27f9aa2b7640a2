"""What is told before an index run starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ColorEncoder
from media import write_video

from core.library import Library, ingest
from core.library.ingest.estimate import estimate_ingest
from core.library.ingest.scan import scan
from core.media.kinds import is_media_path
from core.media.sampling import Sampling


def test_it_counts_what_there_is_to_do(photos: Path, encoder: ColorEncoder) -> None:
    write_video(photos / "a.mp4")
    write_video(photos / "b.mp4", seconds_each=1.0)
    (photos / "broken.mp4").write_text("no video")
    found = scan([photos], target=is_media_path)
    predictions = estimate_ingest(found, encoder, Sampling())
    assert (predictions.pictures, predictions.videos, predictions.already_indexed) == (8, 3, 0)
    assert predictions.bytes == sum(path.stat().st_size for path in photos.rglob("*.*"))
    assert predictions.video_seconds == pytest.approx(9, abs=0.2)
    assert 0 < predictions.seconds < 60


def test_what_the_library_has_is_left_out(library: Library, photos: Path, encoder: ColorEncoder) -> None:
    found = scan([photos], target=is_media_path)
    predictions = estimate_ingest(found, encoder, Sampling(), library=library)
    assert (predictions.pictures, predictions.videos, predictions.already_indexed, predictions.seconds) == (
        0,
        0,
        8,
        0.0,
    )
    write_video(photos / "new.mp4")
    predictions = estimate_ingest(scan([photos], target=is_media_path), encoder, Sampling(), library=library)
    assert (predictions.pictures, predictions.videos, predictions.already_indexed) == (0, 1, 8)
    ingest(library, encoder, [photos])
    assert (
        estimate_ingest(scan([photos], target=is_media_path), encoder, Sampling(), library=library).already_indexed == 9
    )


def test_what_is_to_be_sampled_otherwise_is_work(photos: Path, library: Library, encoder: ColorEncoder) -> None:
    write_video(photos / "a.mp4")
    ingest(library, encoder, [photos])
    found = scan([photos], target=is_media_path)
    predictions = estimate_ingest(found, encoder, Sampling(4), library=library)
    assert (predictions.pictures, predictions.videos, predictions.already_indexed) == (
        0,
        1,
        8,
    ) and predictions.seconds > 0
    other = estimate_ingest(found, ColorEncoder("colour-2"), Sampling(), library=library)
    assert (other.pictures, other.videos, other.already_indexed) == (8, 1, 0)
