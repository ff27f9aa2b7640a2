"""The app's memory, on the sample library: python tools/measure_memory.py [--home DIR]

Starts the app in public mode over a home folder that holds the sample library (made in a temporary one without
--home), opens every page as one visitor, asks a search and likes pictures, and then presses what is heavy, one thing
after another. Prints the memory of the server and of all its processes as JSON (MB, see `served_app`): when it stood,
after each step, the most while each heavy thing was at work and how long that took (s), and the most of all. --pages:
presses nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from served_app import Served, sample_home, served
from streamlit_tab import Tab
from visiting_recommend import Likes

_LOOK_S = 0.05
_AGAIN_S = 0.5
_LONGEST_S = 180.0


@dataclass(frozen=True, slots=True)
class Heavy:
    """Something to press. link: what stands in the page's address."""

    name: str
    page: str
    button: str
    link: dict[str, Any] = field(default_factory=dict)


HEAVY = (  # what stays loaded comes first. A page opened twice in a row keeps its settings, whatever the link says
    Heavy("dimensions", "dimensions", "Measure"),
    Heavy("a heat map", "inside", "Find the matching part", {"look": "parts of a picture"}),
    Heavy("pixels", "pixels", "Compare"),
    Heavy("a map (UMAP, k-means)", "explore", "Lay out the map"),
    Heavy("20 epochs", "learn", "Start"),
    Heavy("20 epochs more", "learn", "Continue for 20"),
    Heavy("a map (t-SNE)", "explore", "Lay out the map", {"layout": "t-SNE"}),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--pages", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        home = options.home or Path(made)
        sample_home(home)
        with served(home, SEMBLANCE_PUBLIC="1") as app:
            print(json.dumps(asyncio.run(measure(app, () if options.pages else HEAVY)), indent=2))


async def measure(app: Served, heavy: tuple[Heavy, ...]) -> dict[str, object]:
    """Memory in MB by step, and errors that a page showed."""
    after, wrong = {"started": app.memory_mb()}, []
    most: dict[str, float] = {}
    seconds: dict[str, float] = {}
    with watched(app) as whole:
        async with Tab.opened(app.address) as tab:
            await tab.go("")
            after["home"] = app.memory_mb()
            for page in tab.pages[1:]:
                await tab.go(page)
                after[page] = app.memory_mb()
                wrong += [f"{page}: {text}" for text in tab.wrong()]
            after |= await search_and_like(app, tab)
            wrong += tab.wrong()
            await rested(tab, "inside")  # which looks through the library by itself: a visit has one job at a time
            for entry in heavy:
                tab.query = {}
                await tab.go(entry.page, **entry.link)
                with watched(app) as during:
                    try:
                        seconds[entry.name] = await pressed(tab, entry)
                    except LookupError as error:  # no such button, as where a map is kept already
                        wrong.append(f"{entry.name}: {error}")
                        continue
                print(f"{entry.name}: {max(during)} MB, {seconds[entry.name]} s", file=sys.stderr)
                wrong += [f"{entry.name}: {text}" for text in tab.wrong()]
                after[entry.name], most[entry.name] = app.memory_mb(), max(during)
    return {"after_mb": after, "most_meanwhile_mb": most, "seconds": seconds, "most_mb": max(whole), "wrong": wrong}


async def search_and_like(app: Served, tab: Tab) -> dict[str, float]:
    """Memory after a search, and after three likes."""
    after = {}
    await tab.go("search_images")
    await tab.type_into("What to look for", "a cat", parameter="q")
    after["a search"] = app.memory_mb()
    await tab.go("recommend")
    likes = Likes()
    for _ in range(3):
        await likes.like(tab)
    after["three likes"] = app.memory_mb()
    return after


async def pressed(tab: Tab, heavy: Heavy) -> float:
    """Presses a button; seconds until its work has ended. Raises LookupError, and TimeoutError."""
    began = time.monotonic()
    await tab.press(heavy.button)
    await rested(tab, heavy.page, **heavy.link)
    return round(time.monotonic() - began, 1)


async def rested(tab: Tab, page: str, **link: Any) -> None:
    """Opens a page until it shows no progress."""
    async with asyncio.timeout(_LONGEST_S):
        await tab.go(page, **link)
        while tab.is_busy:
            await asyncio.sleep(_AGAIN_S)
            await tab.go(page, **link)


@contextmanager
def watched(app: Served) -> Iterator[list[float]]:
    """Memory in MB, looked at all the while."""
    found, ended = [app.memory_mb()], threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_S):
            found.append(app.memory_mb())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    main()
