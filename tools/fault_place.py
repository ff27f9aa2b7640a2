"""What the proofs of reliability share: small media, a quick encoder, runs in a process of their own, comparisons."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

from fakes import ColorEncoder
from media import write_video

from core.encoders.reference_prompts import embed_reference_prompts
from core.errors import SemblanceError
from core.library import Library, ingest
from core.library.ingest import commit

Snapshot = dict[str, tuple[Any, ...]]


class SlowEncoder(ColorEncoder):
    """The tests' encoder, as fast as a real one, so that a run lasts long enough to be disturbed."""

    def encode_images(self, images):  # type: ignore[no-untyped-def]
        time.sleep(0.003 * len(images))
        return super().encode_images(images)


def make_media(folder: Path, *, photos: int, videos: int, seed: int = 0) -> Path:
    """A folder of small pictures, no two alike, and of videos of some seconds."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(photos):
        Image.fromarray(rng.integers(0, 255, (24, 32, 3), np.uint8)).save(folder / f"{seed}-{number}.png")
    for number in range(videos):
        shots = [tuple(map(int, rng.integers(0, 255, 3))) for _ in range(12)]
        write_video(folder / f"{seed}-{number}.mp4", shots, size=(64, 48))  # type: ignore[arg-type]
    return folder


def command(library: Path, folder: Path) -> list[str]:
    """A program that says "ready", indexes the folder, and prints a report, or the error that a person would see."""
    return [sys.executable, str(Path(__file__).resolve()), str(library), str(folder)]


def run(library: Path, folder: Path) -> dict[str, Any]:
    """The report of a run in a process of its own; {"error": ...} where it was refused."""
    done = subprocess.run(command(library, folder), stdout=subprocess.PIPE, check=True, timeout=600)
    return json.loads(done.stdout.splitlines()[-1])


def snapshot(library: Path) -> Snapshot:
    """By path: id, status, and each vector with its seconds. Two libraries are alike if these are equal."""
    opened = Library(library)
    items = {item["id"]: item for item in opened.items().to_pylist()}
    stored = opened.item_vectors(ColorEncoder().id, sorted(items))
    found: Snapshot = {}
    for item_id, item in items.items():
        rows = sorted(
            (row.segment.start if row.segment else 0.0, row.vector.tobytes()) for row in stored.get(item_id, [])
        )
        assert item["path"] not in found, f"{item['path']} is listed twice"
        found[item["path"]] = (item_id, item["status"], tuple(rows))
    return found


def whole(found: Snapshot) -> set[str]:
    """The paths that are searchable."""
    return {path for path, (_, status, rows) in found.items() if status == "ok" and rows}


def refusal(act: Any) -> str:
    """The message of the error that an act raises, which must be one for people."""
    try:
        act()
    except SemblanceError as error:
        return str(error)
    raise AssertionError("It should have been refused.")


if __name__ == "__main__":
    commit._ROWS, commit._SECONDS = 16, 0.2  # many small commits, to be disturbed in
    import lancedb  # noqa: F401  (what loads once is not what is to be disturbed)

    embed_reference_prompts(SlowEncoder())
    print("ready", flush=True)
    try:
        report = ingest(Library(sys.argv[1], create=True), SlowEncoder(), [sys.argv[2]])
        print(json.dumps({"items": report.items, "embedded": report.embedded, "failed": report.failed}))
    except SemblanceError as error:
        print(json.dumps({"error": str(error)}))
