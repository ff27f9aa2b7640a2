"""Indexes 10,000 photos while being killed: python tools/prove_ingest.py --images DIR [--count N]

Makes the photos from those of DIR (copies, then mirrored ones), runs `python -m core index` on them, ends it with
SIGKILL three times, lets it finish, runs it once more, and prints what the library holds, the times and the memory.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path

from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from killed_runs import run

from core.library import Library
from core.library.ingest.scan import scan
from core.media.kinds import is_image_path

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
        dice, cached = random.Random(0), []
        for kill in range(1, KILLS + 1):
            enough = int(options.count * kill / (KILLS + 1) * dice.uniform(0.9, 1.1))
            run(command, until=lambda enough=enough: committed(library) >= enough)
            cached.append(Library(library).counts()["ok"])
        last, last_memory = run(command)
        again, _ = run(command)
        rows = Library(library).items()
        report = {
            "photos": options.count,
            "items_after_each_kill": cached,
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
    paths = list(scan([source], target=is_image_path).files)
    target.mkdir()
    for number, path in enumerate(islice(cycle(paths), count)):
        turn, copy = divmod(number, len(paths))
        place = target / f"{copy % 100:02d}" / f"{turn}-{Path(path).name}"
        place.parent.mkdir(exist_ok=True)
        with Image.open(path) as image:
            changed = ImageOps.mirror(image) if turn % 2 else image.copy()
            changed.rotate(90 * (turn // 2), expand=True).convert("RGB").save(place, "JPEG", quality=90)


def committed(library: Path) -> int:
    return Library(library).counts()["ok"] if (library / "library.json").exists() else 0


if __name__ == "__main__":
    main()
