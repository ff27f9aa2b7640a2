"""Frames per second of the map of Explore while it is moved and zoomed, as a ratio to those of regl-scatterplot.

    npm install --prefix DIR regl-scatterplot@1.16.0 pub-sub-es@3.0.0 regl@2.1.1
    python tools/measure_map.py --rival DIR

Both draw the same points on a canvas of the same size in headless Chromium, which draws by software where there is no
graphics card. One pixel is read back after each frame, so that its drawing is counted too.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, Route, sync_playwright

MAP = Path(__file__).parents[1] / "ui" / "components" / "map"
SCRIPTS = ("map_space.js", "map_paint.js", "map_words.js", "map_hand.js")
COUNTS = (10_000, 50_000, 100_000)
FLAGS = ["--no-sandbox", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
ADDRESS = "http://map.test"
SECONDS = 5

SHARED = """
const count = COUNT, WIDTH = 1000, HEIGHT = 720, groups = 12
let seed = 7
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
const near = () => (random() + random() + random() - 1.5) / 12
const middles = Array.from({ length: groups }, () => [0.15 + 0.7 * random(), 0.15 + 0.7 * random()])
const of = Array.from({ length: count }, () => Math.floor(groups * random()))
const spots = of.map((group) => [middles[group][0] + near(), middles[group][1] + near()])
// Calls step(t) with t = 0, 1, ... once a frame, and returns the frames per second.
async function run(step) {
  const frame = () => new Promise(requestAnimationFrame)
  for (let t = 0; t < 10; t++) { await frame(); await step(t) }
  const start = performance.now()
  let t = 10
  while (performance.now() - start < 1000 * SECONDS) { await frame(); await step(t++) }
  return (1000 * (t - 10)) / (performance.now() - start)
}
"""
OURS = """
const canvas = document.querySelector("canvas")
Object.assign(canvas, { width: WIDTH, height: HEIGHT })
const places = Float32Array.from(spots.flat())
const colours = Uint8Array.from(of.flatMap((group) => [20 * group, 120, 255 - 20 * group]))
const drawn = painter(canvas), sight = new Sight(), pixel = new Uint8Array(4)
Object.assign(sight, { width: WIDTH, height: HEIGHT })
drawn.load(places, colours)
const radius = Math.max(1.6, Math.min(9, 14 * count ** -0.175))
window.fps = () => run((t) => {
  sight.nearer(t % 60 < 30 ? 1.05 : 1 / 1.05, WIDTH / 3, HEIGHT / 3)
  sight.move(3 * Math.cos(t / 9), 3 * Math.sin(t / 9))
  drawn.draw(sight, [{ numbers: null, radius, alpha: 0.85, ring: 0 }], [0, 0, 0], 1)
  drawn.gl?.readPixels(0, 0, 1, 1, drawn.gl.RGBA, drawn.gl.UNSIGNED_BYTE, pixel)
})
"""
RIVAL = """
import createScatterplot from "regl-scatterplot"
const canvas = document.querySelector("canvas")
const plot = createScatterplot({
  canvas, width: WIDTH, height: HEIGHT, pointSize: 2 * Math.max(1.6, 14 * count ** -0.175), opacity: 0.85,
  pointScaleMode: "constant",
  pointColor: middles.map((_, group) => [20 * group / 255, 0.47, 1 - 20 * group / 255, 1]), colorBy: "category",
})
await plot.draw(spots.map(([x, y], n) => [2 * x - 1, 2 * y - 1, of[n], 0]))
const pen = canvas.getContext("2d")
window.fps = () => run((t) => {
  const camera = plot.get("camera")
  camera.scale(t % 60 < 30 ? 1.05 : 1 / 1.05, [-0.33, 0.33])
  camera.pan([0.006 * Math.cos(t / 9), 0.006 * Math.sin(t / 9)])
  plot.view(camera.view, { preventEvent: true })
  plot.redraw() // in the next frame
  pen?.getImageData(0, 0, 1, 1)
})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rival", type=Path, required=True, help="the folder of the npm packages")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many is given")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for count in COUNTS:
            figures: dict[str, list[float]] = {"map": [], "regl-scatterplot": []}
            for _ in range(options.runs):
                for name, taken in figures.items():  # in turn, so that a busy moment meets both
                    page = browser.new_page(viewport={"width": 1100, "height": 800})
                    taken.append(measure(page, name == "map", count, options.rival))
                    page.close()
            ours, rival = (median(taken) for taken in figures.values())
            print(json.dumps({"points": count, "map": ours, "regl-scatterplot": rival, "ratio": rival / ours}))
        browser.close()


def measure(page: Page, is_ours: bool, count: int, rival: Path) -> float:
    """Frames per second of one of the two with this many points."""
    setup = SHARED.replace("COUNT", str(count)).replace("SECONDS", str(SECONDS))
    own = "\n".join((MAP / name).read_text() for name in SCRIPTS) + OURS
    modules = rival / "node_modules"
    texts = {
        "/regl.js": (modules / "regl/dist/regl.min.js").read_text(),
        "/shim.js": "export default window.createREGL",
        "/pub-sub.js": (modules / "pub-sub-es/dist/index.js").read_text(),
        "/plot.js": (modules / "regl-scatterplot/dist/regl-scatterplot.esm.js").read_text(),
        "/run.js": setup + (own if is_ours else RIVAL),  # an import may stand anywhere at the top level
    }
    texts["/"] = f"""<canvas style="width: 1000px; height: 720px"></canvas><script src="/regl.js"></script>
<script type="importmap">{
        json.dumps({"imports": {"regl-scatterplot": "/plot.js", "pub-sub-es": "/pub-sub.js", "regl": "/shim.js"}})
    }</script>
<script type="module" src="/run.js"></script>"""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        kind = "text/html" if path == "/" else "text/javascript"
        route.fulfill(status=200 if path in texts else 404, content_type=kind, body=texts.get(path, ""))

    page.on("pageerror", lambda error: print("error:", error))
    page.route(f"{ADDRESS}/**", answer)
    page.goto(f"{ADDRESS}/")
    page.wait_for_function("window.fps !== undefined", timeout=60_000)
    found: Any = page.evaluate("window.fps()")
    return float(found)


if __name__ == "__main__":
    main()
