"""The map that is laid out once files are indexed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from PIL import Image
from visiting import component, labels, settled, visit

from core.explore.atlas import AtlasRequest, load_cached_atlas
from core.library.registry import create_library
from ui.jobs.ingest_job import start_ingest
from ui.jobs.jobs import get_job

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]


def test_after_indexing_explore_opens_with_the_map(tmp_path: Path, encoder: ColorEncoder) -> None:
    rng = np.random.default_rng(0)
    for number, color in enumerate(rng.integers(0, 256, (120, 3))):
        Image.new("RGB", (20, 16), tuple(color.tolist())).save(tmp_path / f"{number}.png")
    library = create_library("Many")
    start_ingest(library, encoder, "Adding", [tmp_path])
    deadline = time.monotonic() + 90
    while load_cached_atlas(library, encoder, AtlasRequest()) is None:
        assert time.monotonic() < deadline, "no map is laid out"
        time.sleep(0.1)
    job = get_job(library)
    assert job is not None and not job.running and job.report is not None and job.report.added == 120
    at = visit("pages/explore.py", library="Many")
    assert component(at, "names") and "Stop" not in labels(settled(at))
