"""Files that a deployment relies on name things that are there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from streamlit import config

ROOT = Path(__file__).parents[2]
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    copied = [source for line in instructions("COPY") for source in line.split()[:-1] if not source.startswith("--")]
    assert {"app.py", ".streamlit", "core", "pages", "ui", "requirements.txt"} <= set(copied)
    for source in copied:
        assert (ROOT / source).exists()
        assert f"!{source}" in ignored  # all is ignored but what is named


def test_every_folder_of_the_program_is_in_the_image(tmp_path: Path) -> None:
    """The copied files alone are a program that runs."""
    for line in instructions("COPY"):
        *sources, target = [part for part in line.split() if not part.startswith("--")]
        for source in sources:
            place = tmp_path / target / source if (ROOT / source).is_file() else tmp_path / target
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                place.symlink_to(ROOT / source)
    environment = {**os.environ, "SEMBLANCE_HOME": str(tmp_path / "home"), "PYTHONPATH": ""}
    command = [sys.executable, "-m", "core", "search", "--help"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    check = (
        "from streamlit.testing.v1 import AppTest as A; "
        "print([e.value for e in A.from_file('app.py', default_timeout=120).run().title])"
    )
    found = subprocess.run(
        [sys.executable, "-c", check], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    assert "['Search']" in found.stdout


def test_the_image_runs_without_rights_in_public_mode() -> None:
    user = instructions("USER")[-1]
    assert user not in ("root", "0")
    assert DOCKERFILE.index("USER") < DOCKERFILE.index("CMD [")
    environment = dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split())
    assert environment["SEMBLANCE_PUBLIC"] == "1"
    assert environment["SEMBLANCE_HOME"] in instructions("VOLUME")[0]
    assert "_stcore/health" in instructions("HEALTHCHECK")[0]


def test_the_pinned_torch_can_be_picked_out() -> None:
    """The image and the page on deploying install the line of the requirements that begins so."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert len([line for line in lines if re.fullmatch(r"torch==[\d.]+", line)]) == 1


def test_packages_of_the_system_are_names_only() -> None:
    """Community Cloud hands the whole file to apt-get: a remark in it would be a package."""
    lines = (ROOT / "packages.txt").read_text().splitlines()
    assert lines and all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", line) for line in lines)


@pytest.mark.parametrize("section", ["server", "runner", "browser", "client"])
def test_streamlit_knows_every_setting(section: str) -> None:
    """It passes over those that it does not know."""
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    for name in settings[section]:
        config.get_option(f"{section}.{name}")
