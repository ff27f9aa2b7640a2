"""The app's resident memory after each page, on the sample library: python tools/measure_memory.py [--home DIR]

Starts the app in public mode over a home folder that holds the sample library (made in a temporary one without
--home), opens every page as one visitor, asks a search and likes pictures, and prints the memory of the server and its
workers as JSON (MB): when it stood, after each step, and the most. Pages compute nothing heavy before they are asked;
tools/take_gallery.py presses their buttons and prints the memory after that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

from served_app import Served, sample_home, served
from streamlit_tab import Tab
from visiting_recommend import Likes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        home = options.home or Path(made)
        sample_home(home)
        with served(home, SEMBLANCE_PUBLIC="1") as app:
            print(json.dumps(asyncio.run(measure(app)), indent=2))


async def measure(app: Served) -> dict[str, object]:
    """Memory in MB by step, and errors that a page showed."""
    after, wrong = {"started": app.memory_mb()}, []
    async with Tab.opened(app.address) as tab:
        await tab.go("")
        after["home"] = app.memory_mb()
        for page in tab.pages[1:]:
            await tab.go(page)
            after[page] = app.memory_mb()
            wrong += [f"{page}: {text}" for text in tab.wrong()]
        await tab.go("search_images")
        await tab.type_into("What to look for", "a cat", parameter="q")
        after["a search"] = app.memory_mb()
        await tab.go("recommend")
        likes = Likes()
        for _ in range(3):
            await likes.like(tab)
        after["three likes"] = app.memory_mb()
        wrong += tab.wrong()
    return {"after_mb": after, "most_mb": max(after.values()), "wrong": wrong}


if __name__ == "__main__":
    main()
