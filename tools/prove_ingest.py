"""Indexes 10,000 photos while being killed: python tools/prove_ingest.py --images DIR [--count N]

Makes the photos from those of DIR (copies, then mirrored ones), runs `python -m core index` on them, ends it with
SIGKILL three times, lets it finish, runs it once more, and prints what the library holds, the times and the memory.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import psutil
from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.library import Library
from core.library.scan import scan
from core.media.kinds import is_image_path

ROOT = Path(__file__).resolve().parent.parent
KILLS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        photos, library = Path(place) / "photos", Path(place) / "library"
        make_photos(options.images, photos, options.count)
        command = [sys.executable, "-m", "core", "index", str(photos), "--library", str(library)]
        command += ["--encoder", options.encoder, "--json", "--quiet"]
        dice, kept = random.Random(0), []
        for kill in range(1, KILLS + 1):
            run(command, stop_at=int(options.count * kill / (KILLS + 1) * dice.uniform(0.9, 1.1)), library=library)
            kept.append(Library(library).counts()["ok"])
        last, last_memory = run(command, library=library)
        again, _ = run(command, library=library)
        rows = Library(library).items()
        report = {
            "photos": options.count,
            "items_after_each_kill": kept,
            "items": len(rows),
            "distinct_paths": len(set(rows["path"].to_pylist())),
            "vectors": last["vectors"],
            "embedded_in_last_run": last["embedded"],
            "last_run_s": last["seconds"],
            "images_per_s": round(last["embedded"] / last["seconds"], 1),
            "run_again_s": again["seconds"],
            "unchanged_then": again["unchanged"],
            "memory_mb_by_quarter_of_last_run": last_memory,
        }
        print(json.dumps(report, indent=2))
        if not report["items"] == report["distinct_paths"] == report["vectors"] == options.count:
            sys.exit("Something was lost, or is there twice.")


def make_photos(source: Path, target: Path, count: int) -> None:
    """Fills a folder with `count` different photos: those of the source, then the same mirrored, then turned."""
    paths = list(scan([source], wanted=is_image_path).files)
    target.mkdir()
    for number, path in enumerate(islice(cycle(paths), count)):
        turn, copy = divmod(number, len(paths))
        place = target / f"{copy % 100:02d}" / f"{turn}-{Path(path).name}"
        place.parent.mkdir(exist_ok=True)
        with Image.open(path) as image:
            changed = ImageOps.mirror(image) if turn % 2 else image.copy()
            changed.rotate(90 * (turn // 2), expand=True).convert("RGB").save(place, "JPEG", quality=90)


def run(command: list[str], *, library: Path, stop_at: int | None = None) -> tuple[dict, list[int]]:
    """The command's report, and the largest memory in MB of each quarter of its time. Killed at `stop_at` items."""
    memory: list[int] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as child:
        process = psutil.Process(child.pid)
        while child.poll() is None:
            memory.append(process.memory_info().rss // 2**20)
            if stop_at is not None and committed(library) >= stop_at:
                child.send_signal(signal.SIGKILL)
                return {}, []
            time.sleep(0.5)
        assert child.stdout is not None
        report = json.loads(child.stdout.read())
    if stop_at is not None:
        sys.exit(f"The run ended before it could be killed at {stop_at} items: take more photos.")
    return report, [int(part.max(initial=0)) for part in np.array_split(np.array(memory), 4)]


def committed(library: Path) -> int:
    return Library(library).counts()["ok"] if (library / "library.json").exists() else 0


if __name__ == "__main__":
    main()
