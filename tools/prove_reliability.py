"""Breaks libraries in every way that is known, and looks whether anything was lost: python tools/prove_reliability.py

Prints one JSON object, and exits with 1 if a fault did more harm than it may. --rounds N: how often indexing is killed
(50). --only NAME: one fault. It makes its own small photos and videos, and takes the encoder of the tests, since what
is tried is what happens to files. docs/reliability.md says what each fault shows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from fault_disks import cut_short, on_small_disk
from fault_kills import kills, two_writers
from fault_tables import damaged_tables, older_version, vanished_photo


def faults(rounds: int) -> dict[str, Callable[[Path], dict[str, Any]]]:
    """Each fault by its name: takes an empty folder, says what it showed, and under "ok" whether that is right."""
    return {
        "killed": partial(kills, rounds=rounds),
        "two_writers": partial(two_writers, rounds=max(1, rounds // 10)),
        "disk_full": partial(on_small_disk, "full"),
        "cut_short": partial(cut_short, limits=range(3_000, 20_000, 1_040)),
        "read_only": partial(on_small_disk, "read-only"),
        "older_version": older_version,
        "vanished_photo": vanished_photo,
        "damaged_tables": damaged_tables,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--only", choices=sorted(faults(1)))
    options = parser.parse_args()
    report = {}
    for name, fault in faults(options.rounds).items():
        if options.only in (None, name):
            started = time.monotonic()
            with tempfile.TemporaryDirectory() as place:
                os.environ["SEMBLANCE_HOME"] = f"{place}/home"
                try:
                    shown = fault(Path(place))
                except Exception as error:
                    shown = {"error": repr(error), "ok": False}
                report[name] = shown | {"seconds": round(time.monotonic() - started, 1)}
    print(json.dumps(report, indent=2))
    if not all(entry["ok"] for entry in report.values()):
        sys.exit("Something was lost, or not said.")


if __name__ == "__main__":
    main()
