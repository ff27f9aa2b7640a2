"""Indexing killed at random moments, and two processes that index the same library."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from fault_place import command, make_media, run, snapshot, whole

_KILLS = 5  # of one library


def kills(place: Path, *, rounds: int, photos: int = 300, videos: int = 3, seed: int = 0) -> dict[str, Any]:
    """SIGKILL at a random moment of indexing, five times to a library, which is then finished.

    After each: it opens, what was committed is there as it was, and nothing is there twice. In the end it is equal to
    one that nobody disturbed, to the last bit.
    """
    folder = make_media(place / "media", photos=photos, videos=videos, seed=seed)
    lasts_s = _seconds(place / "undisturbed", folder)
    target = snapshot(place / "undisturbed")
    dice, cached, again = random.Random(seed), list[list[int]](), list[int]()
    spoilt = baseline_cosine = 0
    for first in range(0, rounds, _KILLS):
        library, before = place / f"library{first}", dict[str, tuple[Any, ...]]()
        cached.append([])
        for _ in range(min(_KILLS, rounds - first)):
            _kill(library, folder, after_s=dice.uniform(0.0, lasts_s / 2))
            now = snapshot(library) if (library / "library.json").exists() else {}
            spoilt += sum(now.get(path) != before[path] for path in whole(before))
            spoilt += sum(now[path] != target[path] for path in whole(now))
            cached[-1].append(len(whole(now)))
            before = now
        again.append(run(library, folder)["embedded"])
        baseline_cosine += snapshot(library) != target
    return {
        "kills": rounds,
        "files": photos + videos,
        "whole_run_s": round(lasts_s, 2),
        "whole_after_each_kill": cached,
        "lost_changed_or_twice": spoilt,
        "embedded_by_last_runs": again,
        "libraries_unlike_undisturbed": baseline_cosine,
        "ok": not baseline_cosine and not spoilt,
    }


def two_writers(place: Path, *, rounds: int, photos: int = 150) -> dict[str, Any]:
    """Two processes at once: one indexes, the other is told to wait, and the library is as if there had been one."""
    folder = make_media(place / "media", photos=photos, videos=1)
    run(place / "alone", folder)
    target, messages, right = snapshot(place / "alone"), set[str](), 0
    for number in range(rounds):
        library = place / f"library{number}"
        runs = [subprocess.Popen(command(library, folder), stdout=subprocess.PIPE) for _ in range(2)]
        predictions = [json.loads(entry.communicate(timeout=600)[0].splitlines()[-1]) for entry in runs]
        errors = [entry["error"] for entry in predictions if "error" in entry]
        messages |= {error.replace(str(library), "LIBRARY").replace(library.name, "LIBRARY") for error in errors}
        right += snapshot(library) == target and all("another process" in error for error in errors)
    return {"rounds": rounds, "messages": sorted(messages), "right": right, "ok": right == rounds}


def _seconds(library: Path, folder: Path) -> float:
    """How long a whole run takes, from when it is ready."""
    with subprocess.Popen(command(library, folder), stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        started = time.monotonic()
        child.wait(timeout=600)
    return time.monotonic() - started


def _kill(library: Path, folder: Path, *, after_s: float) -> None:
    with subprocess.Popen(command(library, folder), stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        time.sleep(after_s)
        child.send_signal(signal.SIGKILL)
