"""Takes the screenshots of docs/gallery: python tools/take_gallery.py [NAME ...] [--out DIR]

Builds a sample library in a temporary home, of those photos alone whose packages say that anybody may show them (see
docs/gallery/README.md), starts the app, presses what a visitor would press, and saves what Chromium or Chrome shows
then, as WebP of at most 60 kB: at the width of a desktop and of a phone, light and dark. Prints the bytes of
each, and the memory of the server (MB) after it, as JSON. NAME: only these.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

from browsing import BROWSER, DESKTOP, FLAGS, PHONE, Visitor
from PIL import Image
from playwright.sync_api import Browser, TimeoutError, sync_playwright
from served_app import ROOT, served

NOT_CLEAR = ("moon.png", "motorcycle.png", "page.png", "grace hopper.jpg")  # of whose rights their packages say nothing
LABELLED = {  # for the Lab
    "a surface": ("brick wall.png", "grass.png", "gravel.png", "tissue.png"),
    "a thing": ("coffee.png", "coins.png", "chessboard.png", "clock.png"),
    "a living being": ("astronaut.png", "cameraman.png", "chelsea.png", "horse.png", "flower.jpg"),
}
MOST_BYTES = 60_000
WIDTH = 1000  # of a desktop's screenshot, in pixels; a phone's has its own
WAIT_MS = 120_000  # until what was pressed has ended: the machine may be busy

Act = Callable[[Visitor], None]


@dataclass(frozen=True, slots=True)
class Shot:
    """A screen, shot at the width of a desktop and, in the other scheme, of a phone. act: what is pressed first. see:
    text of the heading (or label) that is moved to the top. dark: whether the desktop's is."""

    name: str
    page: str
    link: dict[str, str] = field(default_factory=dict)
    act: Act | None = None
    see: str = ""
    dark: bool = False


def press(name: str, *, once: bool = False) -> Act:
    """Presses a button of the page and waits until the work that it begins has ended. once: the server keeps what that
    made, and then there is no button."""

    def act(visitor: Visitor) -> None:
        label = re.compile(rf"{re.escape(name)}$")  # the icon's name stands before it
        button = visitor.page.get_by_test_id("stMain").get_by_role("button", name=label).first
        try:
            button.wait_for(timeout=5_000 if once else None)
        except TimeoutError:
            if once:
                return
            raise
        button.click()
        button.wait_for(state="hidden")  # its work has begun; progress stands there until it has ended
        busy = "[data-testid=stMain] [data-testid=stProgress]"
        visitor.page.wait_for_function(f"() => !document.querySelector('{busy}')")

    return act


def like_three(visitor: Visitor) -> None:
    for name in ("Like chelsea.png", "Like horse.png", "Like flower.jpg"):
        button = visitor.page.get_by_role("button", name=name, exact=True)
        if button.count():
            button.click()
            visitor.page.wait_for_timeout(1500)
            visitor.settle()


SHOTS = (
    Shot("home", ""),
    Shot("library", "library", dark=True),
    Shot("search", "", {"q": "a cat"}),
    Shot("video", "search_video", {"q": "a rocket launch"}, dark=True),
    Shot("ask", "ask", {"q": "How do cats land on their feet?"}),
    Shot("recommend", "recommend", {}, like_three, see="Find something to like"),
    Shot("map", "explore", {}, press("Lay out the map", once=True), see="Highlight"),
    Shot("clean-up", "clean_up", {"section": "Outliers", "unusual": "0.3"}, press("Find outliers"),
         see="Outlier score at least"),
    Shot("classify", "classify", {}, press("Cats, cups and rockets"), see="Classes"),
    Shot("lab", "lab", {"labels_from": "labels of a task"}, press("Compare methods"), see="How accurate is", dark=True),
    Shot("learn", "learn", {"epochs": "12"}, press("Start"), see="Neighbors of the same genre", dark=True),
    Shot("words", "learn", {"subject": "words", "epochs": "12"}, press("Start"), see="One word"),
    Shot("distance", "distance", {}, see="How many things"),
    Shot("space", "one_space", {}, see="nearest", dark=True),
    Shot("dimensions", "dimensions", {}, press("Measure"), see="Reduction methods", dark=True),
    Shot("pixels", "pixels", {}, press("Compare"), see="Compare"),
    Shot("heat", "inside", {"look": "parts of a picture", "picture": "cameraman.png", "ask": "a camera"},
         press("Find the matching part"), see="Squares along the longer side"),
    Shot("models", "models", {}, see="The same query", dark=True),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "gallery")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    report = {}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        home = Path(place)
        items = build_library(home)
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        with served(home) as app:
            for shot in SHOTS:
                if options.names and shot.name not in options.names:
                    continue
                for name, phone in ((shot.name, False), (f"{shot.name}-phone", True)):
                    data = taken(browser, app.address, shot, items, phone=phone)
                    (options.out / f"{name}.webp").write_bytes(data)
                    report[name] = {"bytes": len(data), "memory_mb": app.memory_mb()}
                    print(json.dumps({name: report[name]}), file=sys.stderr)
        browser.close()
    print(json.dumps(report, indent=2))


def build_library(home: Path) -> dict[str, str]:
    """The sample library without the photos whose rights are not clear; the id of each item by its file's name."""
    os.environ["SEMBLANCE_HOME"] = str(home)
    from core import Library, open_encoder
    from core.library.reduced_copy import get_reduction, store_reduced
    from core.library.samples import library as sample
    from core.library.samples import sources
    from core.library.schema import Label

    for files in sources._PHOTOS.values():  # reels are rendered from these too
        for path in [path for path, name in files.items() if name in NOT_CLEAR]:
            del files[path]
    encoder = open_encoder()
    sample.build_sample(encoder)
    library = Library(sample.sample_path())
    rows = library.items().select(["path", "id"]).to_pylist()
    items = {Path(row["path"]).name: row["id"] for row in rows}
    pairs = [(name, label) for label, some in LABELLED.items() for name in some]
    library.put_labels([Label(items[name], "what", label, "person") for name, label in pairs])
    store_reduced(library, encoder, get_reduction(library, encoder, 16))  # for Models side by side
    return items


def taken(browser: Browser, address: str, shot: Shot, items: dict[str, str], *, phone: bool) -> bytes:
    """The screenshot, as WebP. Raises RuntimeError where anything on the page went wrong."""
    scheme = "dark" if shot.dark != phone else "light"
    context = browser.new_context(viewport=PHONE if phone else DESKTOP, color_scheme=scheme)
    visitor = Visitor(address, context.new_page())
    visitor.page.set_default_timeout(WAIT_MS)
    link = {name: f"item:{items[text]}" if text in items else text for name, text in shot.link.items()}
    visitor.go(shot.page, **link)
    if shot.act:
        shot.act(visitor)
    visitor.settle().page.wait_for_timeout(1500)  # charts and pictures are drawn after the script has ended
    if shot.see:
        found = visitor.page.get_by_test_id("stMain").get_by_text(shot.see).first
        found.evaluate("element => { element.style.scrollMarginTop = '80px'; element.scrollIntoView() }")
        visitor.page.wait_for_timeout(1000)
    png = visitor.page.screenshot()
    apologies = visitor.page.get_by_test_id("stException").or_(visitor.page.get_by_text("Something went wrong"))
    if visitor.wrong or apologies.count():
        raise RuntimeError(f"{shot.name}: {visitor.wrong or apologies.all_inner_texts()}")
    context.close()
    return webp(png)


def webp(png: bytes) -> bytes:
    """A picture no wider than WIDTH and no larger than MOST_BYTES, as good as that allows."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.thumbnail((WIDTH, 10 * WIDTH), Image.Resampling.LANCZOS)
    for quality in range(85, 20, -5):
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= MOST_BYTES:
            break
    return buffer.getvalue()


if __name__ == "__main__":
    main()
