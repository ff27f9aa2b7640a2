"""Twenty visitors at a time, searching and liking: python tools/load_visitors.py --images DIR [--minutes 10]

Makes a library of 10,000 photos from those of DIR (copies, then mirrored, then turned ones) in --home (kept for the
next time; a temporary folder without it), starts the app in public mode, and lets visitors use it over its websocket,
each in a session of its own. A visitor asks three to six searches on the page Search images, likes three to six cards
on Recommend, does both once more, and leaves; another one comes in that place. There are 2 to 6 seconds of thought
before each step (uniform). Half of all searches are asked for the first time ever, half are among 40 that many ask. A
search or a like is timed from sending it until its run has ended, with the answer on the page; opening a page is timed
alone, the first one of a visit too. Likes are told as the feed's component tells them.

Prints JSON: counts, errors (an exception or an error on a page, a like that was not taken, a lost connection, no answer
within 30 s), seconds (median, 95th percentile, longest), and the memory of the server with its workers: its course, and
its slope over the last two thirds of the time (MB per minute, least squares). The visitors share the machine with the
app: `server_cpu` and `client_cpu` are the cores that both took, `load_average` tells what else ran. Exit code 1 where
anything failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from prove_ingest import make_photos
from served_app import ROOT, Served, served
from streamlit_tab import Tab
from visiting_recommend import Likes
from websockets.exceptions import ConnectionClosed

LIBRARY = "Load"
THINK_S = (2.0, 6.0)
STEPS = (3, 6)
ROUNDS = 2
ANSWER_S = 30.0
SAMPLE_S = 5.0
SUBJECTS = "a dog|two dogs|a child|a man|a woman|people|a boy in a red shirt|a girl|a biker|a climber|a crowd|players"
DOINGS = "running|jumping|sitting|playing|standing|swimming|smiling|riding|eating|waiting|fighting|sleeping"
PLACES = "on a beach|in the snow|on a street|in a park|by the water|on grass|in a city|on a rock|at night|indoors"
POPULAR = [f"{subject} {place}" for subject in SUBJECTS.split("|")[:8] for place in PLACES.split("|")[:5]]


@dataclass(slots=True)
class Record:
    """What happened so far. seconds: of each kind of step. memory: (seconds since the start, MB). visits: that began.
    received: bytes. client_cpu, server_cpu: processor seconds of both at the start; after `end`, the cores they took.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"open": [], "search": [], "like": []})
    errors: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)
    visits: int = 0
    received: int = 0
    began: float = field(default_factory=time.monotonic)
    client_cpu: float = field(default_factory=time.process_time)
    server_cpu: float = 0.0

    @classmethod
    def start(cls, app: Served) -> Record:
        return cls(server_cpu=app.cpu_s())

    def end(self, app: Served) -> None:
        """Makes the processor times those since the start, in cores."""
        elapsed = time.monotonic() - self.began
        self.client_cpu = (time.process_time() - self.client_cpu) / elapsed
        self.server_cpu = (app.cpu_s() - self.server_cpu) / elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        home = options.home or Path(made)
        make_library(home, options.images, options.count)
        with served(home, log=home / "app.log", SEMBLANCE_PUBLIC="1", SEMBLANCE_FOLDERS=str(home)) as app:
            record = asyncio.run(visit(app, options.visitors, 60 * options.minutes))
            record.end(app)
    report = report_of(record, options)
    print(json.dumps(report, indent=2))
    sys.exit(1 if record.errors else 0)


def make_library(home: Path, images: Path, count: int) -> None:
    """Makes the photos and indexes them, where that is not done."""
    library, photos = home / "libraries" / LIBRARY, home / "photos"
    if not photos.exists():
        home.mkdir(parents=True, exist_ok=True)
        half = home / f"photos.{os.getpid()}"
        make_photos(images, half, count)
        half.rename(photos)
    command = [sys.executable, "-m", "core", "index", str(photos), "--library", str(library)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr, env={**os.environ, "SEMBLANCE_HOME": str(home)})


async def visit(app: Served, visitors: int, seconds: float) -> Record:
    """All visitors, who come within ten seconds, and somebody who reads the memory meanwhile."""
    async with Tab.opened(app.address) as first:  # what a server does once: the models, the index in memory
        await first.go("search_images", timeout_s=120, library=LIBRARY)
        await first.type_into("What to look for", "a start", parameter="q")
    record = Record.start(app)
    until = record.began + seconds
    async with asyncio.TaskGroup() as group:
        group.create_task(read_memory(app, record, until))
        for number in range(visitors):
            group.create_task(visitors_in_turn(app, record, random.Random(number), until))
    return record


async def read_memory(app: Served, record: Record, until: float) -> None:
    while (now := time.monotonic()) < until:
        record.memory.append((now - record.began, app.memory_mb()))
        await asyncio.sleep(min(SAMPLE_S, until - now))


async def visitors_in_turn(app: Served, record: Record, dice: random.Random, until: float) -> None:
    """One visitor after the other until the time is over; after one who lost the connection comes the next."""
    await asyncio.sleep(dice.uniform(0, min(10.0, (until - time.monotonic()) / 3)))
    while time.monotonic() < until:
        record.visits += 1
        try:
            async with Tab.opened(app.address) as tab:
                try:
                    for _ in range(ROUNDS):
                        await search_some(tab, record, dice, until)
                        await like_some(tab, record, dice, until)
                finally:
                    record.received += tab.received
        except (OSError, ConnectionClosed, LookupError, RuntimeError, TimeoutError) as error:
            record.errors[f"{type(error).__name__}: {error}"] += 1
            await asyncio.sleep(1)


async def search_some(tab: Tab, record: Record, dice: random.Random, until: float) -> None:
    await open_page(tab, record, "search_images")
    for _ in range(dice.randint(*STEPS)):
        if not await thought(dice, until):
            return
        query = dice.choice(POPULAR) if dice.random() < 0.5 else rare(dice)
        elapsed = await tab.type_into("What to look for", query, parameter="q", timeout_s=ANSWER_S)
        record.seconds["search"].append(elapsed)
        heads = [element.markdown.body for element in tab.elements() if element.markdown.body.startswith("####")]
        if not any(query in head for head in heads):
            record.errors["a search without its answer"] += 1
        note_errors(tab, record)


async def like_some(tab: Tab, record: Record, dice: random.Random, until: float) -> None:
    await open_page(tab, record, "recommend")
    likes = Likes()
    for _ in range(dice.randint(*STEPS)):
        if not await thought(dice, until):
            return
        record.seconds["like"].append(await likes.like(tab))
        note_errors(tab, record)


async def open_page(tab: Tab, record: Record, page: str) -> None:
    tab.query.pop("q", None)
    record.seconds["open"].append(await tab.go(page, timeout_s=ANSWER_S, library=LIBRARY))
    note_errors(tab, record)


async def thought(dice: random.Random, until: float) -> bool:
    """Waits as long as a person thinks; False where the time is over then."""
    await asyncio.sleep(dice.uniform(*THINK_S))
    return time.monotonic() < until


def rare(dice: random.Random) -> str:
    """Words that hardly anybody asked before."""
    parts = (dice.choice(entry.split("|")) for entry in (SUBJECTS, DOINGS, PLACES))
    return f"{' '.join(parts)}, number {dice.randrange(10_000)}"


def note_errors(tab: Tab, record: Record) -> None:
    record.errors.update(tab.wrong())


def report_of(record: Record, options: argparse.Namespace) -> dict[str, object]:
    """The figures."""
    late = np.array([entry for entry in record.memory if entry[0] >= record.memory[-1][0] / 3])
    slope = 60 * np.polyfit(late[:, 0], late[:, 1], 1)[0] if len(late) > 2 else float("nan")
    course = [memory for _, memory in record.memory]
    steps = max(1, len(course) // 20)
    return {
        "photos": options.count,
        "visitors": options.visitors,
        "visits": record.visits,
        "minutes": options.minutes,
        "think_s": THINK_S,
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "server_cpu": round(record.server_cpu, 2),
        "client_cpu": round(record.client_cpu, 2),
        "received_mb": round(record.received / 1e6),
        "errors": dict(record.errors),
        "seconds": {kind: spread(seconds) for kind, seconds in record.seconds.items() if seconds},
        "memory_mb": course[::steps],
        "memory_most_mb": max(course),
        "memory_slope_mb_per_minute": round(float(slope), 2),
    }


def spread(seconds: list[float]) -> dict[str, float | int]:
    p50, p95 = np.percentile(seconds, (50, 95))
    figures = {"p50": p50, "p95": p95, "max": max(seconds)}
    return {"count": len(seconds), **{name: round(float(value), 3) for name, value in figures.items()}}


if __name__ == "__main__":
    main()
