"""What documents and pages have told people to write in Python keeps working; old places may warn."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from fakes import COLORS
from media import write_video
from PIL import Image
from recorded import DATA, fake_encoders

IMPORTS = [
    line for line in (DATA / "recorded_imports.txt").read_text().splitlines() if line and not line.startswith("#")
]
SNIPPETS = sorted((DATA / "snippets").glob("*.txt"))


@pytest.mark.parametrize("line", IMPORTS)
def test_a_documented_import_still_works(line: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        exec(compile(line, "recorded import", "exec"), {})


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the snippets name."""
    for number, color in enumerate(COLORS.values()):
        for shade in range(2):
            folder = tmp_path / "photos"
            folder.mkdir(exist_ok=True)
            nearest = tuple(min(255, value + 9 * shade) for value in color)
            Image.new("RGB", (64, 64), nearest).save(folder / f"{number}{shade}.png")
    Image.new("RGB", (64, 64), COLORS["red"]).save(tmp_path / "photo.jpg")
    Image.new("RGB", (320, 180), COLORS["red"]).save(tmp_path / "still.png")
    Image.new("RGB", (64, 64), (200, 90, 40)).save(tmp_path / "photos/dog.jpg")
    Image.new("RGB", (64, 64), (40, 120, 60)).save(tmp_path / "photos/hills.jpg")
    (tmp_path / "clips").mkdir()
    write_video(tmp_path / "clips/flag.mp4", ("red", "blue"))
    rows = [f"u{n % 4},{name},{n}" for n, name in enumerate(["dog.jpg", "hills.jpg", "00.png", "10.png"] * 4)]
    (tmp_path / "log.csv").write_text("user,item,time\n" + "\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda path: path.stem)
def test_a_documented_snippet_runs_and_prints(snippet: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(), fake_encoders():
        warnings.simplefilter("ignore", DeprecationWarning)
        names: dict[str, object] = {}
        for entry in _before(snippet):
            exec(compile(entry.read_text(), entry.name, "exec"), names)
    assert capsys.readouterr().out.strip()


def _before(snippet: Path) -> list[Path]:
    """The snippets go on from the first, as they do in their document."""
    return [snippet] if snippet == SNIPPETS[0] else [SNIPPETS[0], snippet]
