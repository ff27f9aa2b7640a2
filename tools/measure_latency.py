"""From Enter to the whole grid, in a real browser: python tools/measure_latency.py --address URL --library NAME

Needs a running app (`streamlit run app.py`) and Chromium or Chrome. Prints milliseconds from the key press until the
new heading stands and every picture of the grid is decoded: a first round that makes thumbnails, then a warm one.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

QUERIES = (
    "a dog running on a beach",
    "two children playing football",
    "a man climbing a rock",
    "snow and a mountain",
    "a girl in a red dress",
    "a bicycle race",
    "people in a swimming pool",
    "a black dog with a ball",
    "a crowd at night",
    "a boat on a lake",
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

# In the page: press Enter in the search box, then look at each frame whether the answer is all there.
PRESS_ENTER = """
query => new Promise((done, fail) => {
  const hosts = () => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].map(e => e.shadowRoot);
  const pictures = () => hosts().flatMap(root => root ? [...root.querySelectorAll('img')] : []);
  const before = pictures().map(picture => picture.alt).join();
  const started = performance.now();
  const look = () => {
    const heads = [...document.querySelectorAll('h4')].map(head => head.textContent).join();
    const all = pictures();
    const ready = all.length && all.every(picture => picture.complete && picture.naturalWidth);
    if (ready && heads.includes(query) && all.map(picture => picture.alt).join() !== before)
      done([performance.now() - started, all.length]);
    else if (performance.now() - started > 10000) fail(new Error('no answer to ' + query));
    else requestAnimationFrame(look);
  };
  const key = {key: 'Enter', code: 'Enter', keyCode: 13, which: 13, bubbles: true};
  document.querySelector('input[type=search]').dispatchEvent(new KeyboardEvent('keydown', key));
  look();
})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://localhost:8501")
    parser.add_argument("--library", required=True)
    options = parser.parse_args()
    link = urlencode({"library": options.library, "q": "a start"})
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{options.address}/search_images?{link}")
        page.wait_for_selector("h4", timeout=60_000)
        page.wait_for_timeout(3000)
        report = {name: measure(page) for name in ("thumbnails_made", "warm")}
        browser.close()
    print(json.dumps(report, indent=2))


def measure(page: Page) -> dict[str, float | int]:
    """One round of all queries, in milliseconds."""
    times, pictures = [], 0
    for query in QUERIES:
        page.get_by_role("searchbox").fill(query)
        elapsed, pictures = page.evaluate(PRESS_ENTER, query)
        times.append(elapsed)
        page.wait_for_timeout(300)
    return {"median_ms": round(statistics.median(times)), "max_ms": round(max(times)), "pictures": pictures}


if __name__ == "__main__":
    main()
