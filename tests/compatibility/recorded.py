"""Runs the recorded command lines in a small world of their own, and makes what they print comparable anywhere."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

import core.encoders
from core.__main__ import main

DATA = Path(__file__).parents[1] / "data"
RECORD = DATA / "recorded_commands.json"
LINES = DATA / "recorded_lines.txt"
_TIMED = r'("[a-z_]*(?:seconds|bytes|_ms|per_s|rate)[a-z_]*": )-?[\d.e+-]+'
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
_PLACES = re.compile(r"[\w./-]*\bsite-packages\b[\w./-]*")


def command_lines() -> list[str]:
    """The lines of the record; the first word says how much of an answer counts (see `comparable`)."""
    return [line for line in LINES.read_text().splitlines() if line and not line.startswith("#")]


@contextlib.contextmanager
def fake_encoders() -> Iterator[None]:
    """Every module of core opens the colour encoder where it is asked for "embedded" or "colour". The one place that
    reaches into modules: it looks for the function wherever it is held, so that modules can move."""
    real = core.encoders.open_encoder

    def opened(name: str = "embedded", **options: Any) -> Any:
        return ColorEncoder() if name in ("embedded", "colour") else real(name, **options)

    held = [entry for name, entry in list(sys.modules.items()) if name.split(".")[0] == "core"]
    held = [entry for entry in held if vars(entry).get("open_encoder") is real]
    for entry in held:
        entry.__dict__["open_encoder"] = opened
    try:
        yield
    finally:
        for name, entry in list(sys.modules.items()):
            if name.split(".")[0] == "core" and vars(entry).get("open_encoder") is opened:
                entry.__dict__["open_encoder"] = real


def make_world(root: Path) -> None:
    """Pictures, clips and tables that the lines name; `root` becomes where they run."""
    for number, (name, color) in enumerate(COLORS.items()):
        place = root / ("photos/more" if number % 2 else "photos")
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (80 + number, 60), color).save(place / f"{name}.png")
        for shade in range(3):
            nearest = tuple(max(0, min(255, value + 12 * (shade - 1))) for value in color)
            folder = root / "shades" / name
            folder.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (64, 64), nearest).save(folder / f"{shade}.png")
    (root / "clips").mkdir()
    (root / "empty").mkdir()
    write_video(root / "clips/flag.mp4", ("red", "blue", "green"))
    shades = sorted(path.relative_to(root / "shades").as_posix() for path in (root / "shades").rglob("*.png"))
    tables = {
        "labels.csv": ["image,label", *(f"{entry},{entry.split('/')[0]}" for entry in shades)],
        "captions.csv": ["image,caption", *(f"{entry},a {entry.split('/')[0]} picture" for entry in shades)],
        "numbers.csv": ["image,value", *(f"{entry},{index}" for index, entry in enumerate(shades))],
        "none.csv": ["image,label,caption", "photos/gone.png,red,red"],
        "video.csv": ["video,caption", "flag.mp4,red"],
        "classes.csv": ["red,a red thing", "blue,a blue thing", "green"],
        "log.csv": ["user,item,time", *(f"u{n % 6},{entry},{n}" for n, entry in enumerate(shades * 2))],
        "bad.csv": ["one,two", "1,2"],
        "empty.csv": [],
        "notes.txt": ["no picture"],
    }
    for name, rows in tables.items():
        (root / name).write_text("".join(f"{row}\n" for row in rows))
    (root / "broken.png").write_bytes(b"not a picture")


def run_line(line: str, root: Path) -> dict[str, Any]:
    """Runs one line in this process: its exit code, and what of its output counts."""
    how, _, command = line.partition(" ")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code: Any = main(shlex.split(command))
        except SystemExit as stop:
            code = stop.code or 0
    return {"code": code} | {
        name: comparable(stream.getvalue(), how, root) for name, stream in (("out", out), ("err", err))
    }


def comparable(text: str, how: str, root: Path) -> list[str]:
    """What of an output is the same on any machine: all of it (`whole`), all but its numbers (`words`), the keys of
    its JSON (`keys`), the names of options (`options`), or nothing (`code`)."""
    for place, name in ((os.environ["SEMBLANCE_HOME"], "HOME"), (str(root), "ROOT")):
        text = text.replace(os.path.realpath(place), name).replace(place, name)
    text = _PLACES.sub("PACKAGES", re.sub(_TIMED, r'\1"#"', text))
    if how == "code":
        return []
    if how == "options":
        return sorted(set(re.findall(r"--[a-z][a-z-]*", text)))
    if how == "keys":
        return sorted(json.loads(text)) if text.startswith("{") else []
    if text.startswith("{"):
        text = json.dumps(json.loads(text), indent=1)
    if how == "words":
        text = _NUMBER.sub("#", text)
    text = re.sub(r"\b[\d.,]+ ?(s|ms|kB|MB|GB)(?![\w])", r"# \1", text)
    return [" ".join(row.split()) for row in text.splitlines()]


def same(one: list[str], other: list[str], within: float = 3e-4) -> bool:
    """Whether two outputs say the same, word by word, with numbers that near."""
    first, second = "\n".join(one), "\n".join(other)
    if _NUMBER.sub("#", first) != _NUMBER.sub("#", second):
        return False
    pairs = zip(_NUMBER.findall(first), _NUMBER.findall(second), strict=True)
    return all(abs(float(a.replace(",", "")) - float(b.replace(",", ""))) <= within for a, b in pairs)


def answers(root: Path) -> dict[str, dict[str, Any]]:
    """What every line answers, one after the other in one world."""
    make_world(root)
    before = Path.cwd()
    os.chdir(root)
    try:
        with fake_encoders(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whether libraries warn depends on how the lines are run
            return {line: run_line(line, root) for line in command_lines()}
    finally:
        os.chdir(before)
