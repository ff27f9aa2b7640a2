"""A browser tab that visits the app, and what a visitor does in it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
_PATIENCE_MS = 20_000  # the machine that runs the tests may have other things to do
expect.set_options(timeout=_PATIENCE_MS)

# Remembers in the page that a run of the script was asked for (the first byte of such a message), until the server
# says anything: before that, the page still looks as settled as it was.
_ASKED = """
(() => {
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (data) {
    if (data[0] === RERUN) {
      window.asked = true
      this.addEventListener("message", () => { window.asked = false }, { once: true })
    }
    return send.call(this, data)
  }
})()
""".replace("RERUN", str(BackMsg(rerun_script=ClientState(query_string="any")).SerializeToString()[0]))
_STILL_MS = 100  # a click reaches the socket a moment later
_LOOK_MS = 50  # between two looks at a page; at each frame, as is usual, the browser would draw for that alone
_SETTLED = """
([settling, still_ms]) => {
  const state = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState
  if (window.asked || state !== "notRunning") window.still = null
  else if (window.still?.settling !== settling) window.still = { settling, since: performance.now() }
  else return performance.now() - window.still.since >= still_ms
  return false
}
"""


# A few frames in a row look alike: charts and components that measure themselves anew have done so.
_DRAWN = """
async () => {
  const frame = () => new Promise(requestAnimationFrame)
  const shape = () => [...document.querySelectorAll("*")].map(each => `${each.scrollWidth} ${each.clientWidth}`).join()
  for (let before = null, now = shape(), same = 0; same < 5; before = now, now = shape()) {
    await frame()
    same = now === before ? same + 1 : 0
  }
}
"""


def drawn(page: Page) -> Page:
    """Waits until a few frames of the page look alike."""
    page.evaluate(_DRAWN)
    return page


def soon(page: Page, holds: Callable[[], bool], *, within_s: float = 5) -> bool:
    """Whether something holds within some seconds: the machine may be busy."""
    end = time.monotonic() + within_s
    while not (does := holds()) and time.monotonic() < end:
        page.wait_for_timeout(50)
    return does


@dataclass
class Visitor:
    """A browser tab, with everything that went wrong in it."""

    site: str
    page: Page
    wrong: list[str] = field(default_factory=list)
    _settling: int = 0

    def __post_init__(self) -> None:
        host = urlsplit(self.site).netloc
        self.page.add_init_script(_ASKED)
        self.page.set_default_timeout(_PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self._left(request.url, host))

    def _heard(self, message: ConsoleMessage) -> None:
        # under a page's path Streamlit's own script asks there first for the server's health, and then at the root
        if message.type == "error" and "404" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _left(self, address: str, host: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            self.wrong.append(f"asked another host: {address}")

    def go(self, path: str = "", **link: str) -> Visitor:
        self.page.goto(f"{self.site}/{path}" + (f"?{urlencode(link)}" if link else ""))
        return self.settle()

    def turn_to(self, path: str) -> Visitor:
        """Opens a page by its link, unless one is there already."""
        here = self.page.url.startswith(self.site) and urlsplit(self.page.url).path.strip("/") == path
        return self.settle() if here else self.go(path)

    def settle(self) -> Visitor:
        """Waits until what was clicked or typed has been answered, and the page's script has ended."""
        self._settling += 1
        self.page.wait_for_selector("h1")
        self.page.wait_for_function(_SETTLED, arg=[self._settling, _STILL_MS], polling=_LOOK_MS)
        return self

    def check(self) -> None:
        """Nothing went wrong."""
        assert self.wrong == []
        assert self.page.get_by_test_id("stException").count() == 0
        assert self.page.get_by_text("Something went wrong").count() == 0

    def leave(self) -> None:
        """Closes the tab; whoever opens the next one in this browser is somebody else."""
        if self.page.url.startswith(self.site):
            self.page.evaluate("localStorage.clear()")
        self.page.context.clear_cookies()
        self.page.context.clear_permissions()
        self.page.close()

    def search(self, query: str, *, told: str = "") -> Visitor:
        """Types a query and waits for its answer, whose heading holds `told`, or else the query."""
        self.page.get_by_role("searchbox").fill(query)
        self.page.keyboard.press("Enter")
        return self.answer(told or f"“{query}”")

    def answer(self, told: str) -> Visitor:
        """Waits for a heading of the results that holds these words."""
        includes = "told => document.querySelector('h4')?.textContent.includes(told)"
        self.page.wait_for_function(includes, arg=told, polling=_LOOK_MS)
        return self.settle()

    def names(self) -> list[str]:
        """The pictures of the grids, in their order."""
        self.page.locator("button.open").first.wait_for()
        names: list[str] | None = None
        while names != (names := self._names()):  # the grid is drawn a moment after the script has ended
            self.page.wait_for_timeout(150)
        return names

    def _names(self) -> list[str]:
        return self.page.locator("button.open img").evaluate_all("all => all.map(image => image.alt)")

    def fits(self) -> bool:
        """Whether nothing stands out to the right."""
        return self.page.evaluate(
            """[document.documentElement, document.querySelector('[data-testid=stMain]')]
            .every(each => each.scrollWidth <= each.clientWidth)"""
        )

    def link(self) -> dict[str, str]:
        """What the address bar says behind the question mark."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    def player(self) -> dict[str, Any]:
        """The video element: its second, and whether it can play."""
        return self.page.locator("video").evaluate(
            "video => ({time: video.currentTime, ready: video.readyState, src: video.src, length: video.duration,"
            " paused: video.paused})"
        )

    def at_second(self, second: float) -> dict[str, Any]:
        """Waits until the player shows that second, give or take half a one, and can play from there."""
        self.page.wait_for_function(
            """second => {
              const find = root => [...root.querySelectorAll("*")].flatMap(each =>
                each.tagName === "VIDEO" ? [each] : each.shadowRoot ? find(each.shadowRoot) : [])
              const video = find(document)[0]
              return video && video.readyState >= 3 && !video.seeking && Math.abs(video.currentTime - second) <= 0.5
            }""",
            arg=second,
            polling=_LOOK_MS,
        )
        return self.player()


def laid_out(visitor: Visitor, **link: str) -> Visitor:
    """The map of the sample library, computed if it is not kept."""
    visitor.go("explore", **{"layout": "PCA", "k": "6"} | link)
    frame = visitor.page.locator(".frame[data-count]")
    button = visitor.page.get_by_role("button", name="Lay out the map")
    frame.or_(button).first.wait_for()
    if button.is_visible():
        button.click()
    frame.wait_for(timeout=300_000)  # the first names embed the vocabulary
    return visitor.settle()


def each_page(visitor: Visitor) -> Iterator[tuple[str, str]]:
    """Opens one page of the navigation after the other, in one visit, those under it, and each of their parts; tells
    its name, and how its title begins."""
    links = visitor.page.get_by_test_id("stSidebarNavLink")
    links.first.wait_for()
    for link in links.all():
        yield from _each_part(visitor, link)
        under = visitor.page.locator(".st-key-page_tabs a, .st-key-lessons a")
        others = [path for path in map(_get_path, under.all()) if path != _get_path(link)]
        for path in others:
            link.evaluate("link => link.click()")
            other = visitor.page.get_by_test_id("stMain").locator(f"a[href$='{path.strip('/')}']")
            other.wait_for()
            yield from _each_part(visitor, other)


def _get_path(link: Locator) -> str:
    return urlsplit(link.evaluate("link => link.href")).path  # the attribute may be relative


def _each_part(visitor: Visitor, link: Locator) -> Iterator[tuple[str, str]]:
    path = _get_path(link)
    name = link.get_by_test_id("stMarkdownContainer").inner_text().strip()
    link.evaluate("link => link.click()")
    visitor.page.wait_for_function("path => location.pathname === path", arg=path)
    title = name if path.strip("/") else ""  # the first page greets with other words
    yield name, title
    parts = visitor.page.get_by_test_id("stMain").get_by_role("radiogroup", name="Look at").get_by_role("radio")
    for part in parts.all()[1:]:
        part.click()
        yield f"{name}, {part.inner_text()}", title
