"""How fast are Home's first tiles, its grid and its viewer? python tools/measure_home.py [--count 10000] [--home DIR]

Makes a library of small photos with random vectors (kept under --home if it is given), opens Home in headless Chromium,
and prints as JSON, in milliseconds:

- `empty_ms`: until a Streamlit page that holds one line is drawn; `tiles_ms`: until the first pictures of Home are;
  medians of --runs, in turn, so that the ratio of the two says more than either.
- `scroll`: to the end of the grid: cards, seconds, and the longest time that the window did not answer.
- `next_ms`: from "Next" in the viewer until the next picture is drawn: median and slowest of ten.
- `memory_mb`: of the server and its processes, at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from served_app import Served, served

_SIDE = 96  # pixels of a photo
_DIM = 64
_TILES = """() => {
  const grids = [...document.querySelectorAll('.stBidiComponent *')].map((each) => each.shadowRoot).filter(Boolean)
  const images = [...grids, document].flatMap((root) => [...root.querySelectorAll('button.open img')])
  return images.length >= 12 && images.slice(0, 12).every((image) => image.complete && image.naturalWidth)
}"""
_SCROLL = """async (count) => {
  const main = document.querySelector('[data-testid=stMain]')
  const inner = () => [...document.querySelectorAll('.stBidiComponent *')].map((each) => each.shadowRoot)
  const roots = () => [document, ...inner().filter(Boolean)]
  const cards = () => roots().reduce((sum, root) => sum + root.querySelectorAll('button.open').length, 0)
  const started = performance.now()
  let last = started, stall = 0, held = 0, grown = started
  while ((held < count) && last - grown < 60000) {
    main.scrollTop = main.scrollHeight
    await new Promise((resolve) => requestAnimationFrame(resolve))
    const now = performance.now()
    stall = Math.max(stall, now - last)
    last = now
    if (Math.floor(now / 100) !== Math.floor(started / 100)) {
      const has = cards()
      if (has > held) [held, grown] = [has, now]
    }
  }
  return { cards: held, seconds: (last - started) / 1000, stall_ms: stall }
}"""
_NEXT = """async () => {
  const find = () => {
    for (const each of document.querySelectorAll('[role=dialog] *')) {
      const image = (each.shadowRoot ?? each).querySelector?.('figure img')
      if (image) return image
    }
  }
  const before = find().getAttribute('src')
  const started = performance.now()
  document.querySelector('.st-key-details_next button').click()
  const waits = () => find()?.getAttribute('src') === before || !find()?.complete
  while (waits()) await new Promise((resolve) => setTimeout(resolve, 2))
  await find().decode()
  return performance.now() - started
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        make_library(home, options.count)
        with served(home, STREAMLIT_BROWSER_GATHER_USAGE_STATS="false") as app:
            print(json.dumps(measure(app, options.count, options.runs), indent=1))


def make_library(home: Path, count: int) -> None:
    """The library Many in that home, unless it is there: photos of noise, each with a random vector."""
    if (home / "libraries" / "Many").is_dir():
        return
    os.environ["SEMBLANCE_HOME"] = str(home)
    from core.library.registry import create_library
    from core.share.vector_import import import_vectors

    photos = home / "photos"
    photos.mkdir(parents=True)
    dice = np.random.default_rng(0)
    paths = [photos / f"photo {number:05}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        Image.fromarray(dice.integers(0, 256, (6, 6, 3), np.uint8)).resize((_SIDE, _SIDE)).save(path)
        os.utime(path, (1_500_000_000 + 20_000 * number,) * 2)
    vectors = home / "many.npz"
    np.savez(vectors, paths=[str(path) for path in paths], vectors=dice.normal(size=(count, _DIM)).astype(np.float32))
    import_vectors(create_library("Many"), vectors)


def measure(app: Served, count: int, runs: int) -> dict[str, object]:
    with sync_playwright() as running, tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text("import streamlit as st\nst.write('ready')\n")
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        home = f"{app.address}/?{urlencode({'library': 'Many', 'encoder': f'imported:many:{_DIM}'})}"
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        with served(Path(folder), script=empty) as plain:
            times = [(opened(page, plain.address, "() => document.body.innerText.includes('ready')"),
                      opened(page, home, _TILES)) for _ in range(runs + 1)][1:]  # fmt: skip
        scroll = page.evaluate(_SCROLL, count)
        page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 0")
        page.locator("button.open").first.click()
        page.locator("[role=dialog] figure img").first.wait_for(timeout=60_000)
        turns = []
        for _ in range(10):
            page.wait_for_timeout(1500)  # a visitor looks at a picture
            turns.append(page.evaluate(_NEXT))
        browser.close()
    empty_ms, tiles_ms = (statistics.median(column) for column in zip(*times, strict=True))
    return {
        "empty_ms": round(empty_ms),
        "tiles_ms": round(tiles_ms),
        "ratio": round(tiles_ms / empty_ms, 2),
        "scroll": {name: round(value, 1) for name, value in scroll.items()},
        "next_ms": {"median": round(statistics.median(turns)), "slowest": round(max(turns))},
        "memory_mb": app.memory_mb(),
    }


def opened(page: Page, address: str, condition: str) -> float:
    """Milliseconds from asking for a page until the condition holds."""
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    page.wait_for_function(condition, timeout=120_000, polling=20)
    return float(page.evaluate("performance.now()"))


if __name__ == "__main__":
    main()
