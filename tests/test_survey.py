"""What is told before an index run starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ColourEncoder
from media import write_video

from core.library import Library, ingest
from core.library.scan import scan
from core.library.survey import survey
from core.media.kinds import is_media_path
from core.media.sampling import Sampling


def test_it_counts_what_there_is_to_do(photos: Path, encoder: ColourEncoder) -> None:
    write_video(photos / "a.mp4")
    write_video(photos / "b.mp4", seconds_each=1.0)
    (photos / "broken.mp4").write_text("no video")
    found = scan([photos], wanted=is_media_path)
    told = survey(found, encoder, Sampling())
    assert (told.pictures, told.videos, told.known) == (8, 3, 0)
    assert told.bytes == sum(path.stat().st_size for path in photos.rglob("*.*"))
    assert told.video_seconds == pytest.approx(9, abs=0.2)
    assert 0 < told.seconds < 60


def test_what_the_library_has_is_left_out(library: Library, photos: Path, encoder: ColourEncoder) -> None:
    found = scan([photos], wanted=is_media_path)
    told = survey(found, encoder, Sampling(), library=library)
    assert (told.pictures, told.videos, told.known, told.seconds) == (0, 0, 8, 0.0)
    write_video(photos / "new.mp4")
    told = survey(scan([photos], wanted=is_media_path), encoder, Sampling(), library=library)
    assert (told.pictures, told.videos, told.known) == (0, 1, 8)
    ingest(library, encoder, [photos])
    assert survey(scan([photos], wanted=is_media_path), encoder, Sampling(), library=library).known == 9


def test_what_is_to_be_sampled_otherwise_is_work(photos: Path, library: Library, encoder: ColourEncoder) -> None:
    write_video(photos / "a.mp4")
    ingest(library, encoder, [photos])
    found = scan([photos], wanted=is_media_path)
    told = survey(found, encoder, Sampling(4), library=library)
    assert (told.pictures, told.videos, told.known) == (0, 1, 8) and told.seconds > 0
    other = survey(found, ColourEncoder("colour-2"), Sampling(), library=library)
    assert (other.pictures, other.videos, other.known) == (8, 1, 0)
