"""What is said of the package is true: versions, extras, names, and the command that opens the app."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import tomllib
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement
from streamlit.testing.v1 import AppTest
from visiting import press, visit

import core
from core import SemblanceError, open_encoder
from core.cli.commands.app import app_command, app_file
from core.cli.main import main
from core.encoders.hub.files import is_cached
from core.evaluation.search.moments import evaluate_moments
from core.library.registry import list_libraries
from core.library.samples.library import build_sample
from core.share.hf_datasets.open import open_dataset
from core.utils.extras import EXTRAS, require

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

_ENGINES = {"openvino"}  # used where they are installed already: whoever runs requirements.txt does not need them


def requirements(lines: list[str]) -> dict[str, Requirement]:
    found = [Requirement(line.split("#")[0]) for line in lines if line.strip() and line[0] not in "#-"]
    return {re.sub(r"[-_.]+", "-", entry.name).lower(): entry for entry in found}


def declared() -> dict[str, Requirement]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    return requirements([*PROJECT["dependencies"], *extras])


def test_the_tested_versions_lie_within_the_declared_ranges() -> None:
    pins = requirements((ROOT / "requirements.txt").read_text().splitlines())
    assert pins.keys() == declared().keys() - _ENGINES
    for name, pin in pins.items():
        (exact,) = pin.specifier
        assert exact.operator == "==" and declared()[name].specifier.contains(exact.version), name


def test_extras_are_the_declared_ones() -> None:
    assert EXTRAS.keys() == PROJECT["optional-dependencies"].keys()
    for extra, lines in PROJECT["optional-dependencies"].items():
        assert set(EXTRAS[extra].values()) <= {Requirement(line).name for line in lines}


def test_nobody_is_told_to_install_the_project_of_another() -> None:
    predictions = re.compile(r"pip3? install[^\n]*\bsemblance\b(?![-_/.])")
    files = [*ROOT.glob("*.*"), *(ROOT / "docs").rglob("*.md")]
    files += [path for folder in ("core", "ui", "pages", "tools") for path in (ROOT / folder).rglob("*.py")]
    for path in files:
        if path.suffix in (".py", ".md", ".toml", ".txt", ".yml"):
            assert not predictions.search(path.read_text(encoding="utf-8")), path
    assert PROJECT["name"] != "semblance"


def hide(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Packages that are not installed, for whoever looks for them or imports them."""

    class Without(PathFinder):
        @classmethod
        def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
            return None if fullname.split(".")[0] in packages else super().find_spec(fullname, path, target)

    for module in [name for name in sys.modules if name.split(".")[0] in packages]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [Without if each is PathFinder else each for each in sys.meta_path])
    assert not any(importlib.util.find_spec(package) for package in packages)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without any extra."""
    hide(monkeypatch, *(name for packages in EXTRAS.values() for name in packages))


@pytest.mark.usefixtures("bare")
def test_what_needs_an_extra_says_what_to_install(encoder: object, tmp_path: Path) -> None:
    with pytest.raises(SemblanceError, match=r"pip install transformers huggingface_hub$"):
        open_encoder("openai/clip-vit-base-patch32")
    with pytest.raises(SemblanceError, match=r"pip install transformers huggingface_hub$"):
        open_encoder(str(tmp_path))
    with pytest.raises(SemblanceError, match=r"pip install datasets$"):
        open_dataset(str(tmp_path))
    with pytest.raises(SemblanceError, match=r"pip install scikit-image matplotlib$"):
        build_sample(encoder)  # type: ignore[arg-type]
    with pytest.raises(SemblanceError, match=r"pip install scikit-image matplotlib$"):
        evaluate_moments(encoder)  # type: ignore[arg-type]


@pytest.mark.usefixtures("bare")
def test_without_an_extra_the_rest_works(encoder: object) -> None:
    assert not is_cached("openai/clip-vit-base-patch32")  # asked before models are offered
    assert open_encoder("embedded").dim


@pytest.mark.usefixtures("bare", "world")
def test_a_sample_that_cannot_be_built_leaves_no_empty_library() -> None:
    at = press(visit(), "Build the sample library")
    assert any("pip install scikit-image matplotlib" in each.value.replace("\\", "") for each in at.error)
    assert list_libraries() == []


def test_only_what_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    require("samples", "The sample photos")
    hide(monkeypatch, "skimage")
    with pytest.raises(SemblanceError, match=r"need a package that .*: pip install scikit-image$"):
        require("samples", "The sample photos")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"Semblance {core.__version__}\n"


@pytest.mark.parametrize(("program", "told"), [("/usr/bin/semblance", "semblance"), ("__main__.py", "python -m core")])
def test_usage_names_the_program_that_was_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], program: str, told: str
) -> None:
    monkeypatch.setattr(sys, "argv", [program])
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out.startswith(f"usage: {told} ")


def test_app_becomes_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []

    def becomes(program: str, command: list[str]) -> None:
        begun.append(command)
        raise SystemExit(0)  # the real one does not come back either

    monkeypatch.setattr(os, "execv", becomes)
    with pytest.raises(SystemExit):
        main(["app", "--port", "8765", "--no-browser"])
    assert begun == [app_command(port=8765, browser=False)]
    assert {"--server.port=8765", "--server.address=localhost", "--server.headless=true"} <= set(begun[0])
    assert {"--client.showErrorDetails=none", "--browser.gatherUsageStats=false"} <= set(begun[0])
    assert app_file() == ROOT / "app.py"


def test_the_network_has_to_be_asked_for() -> None:
    assert "--server.address=0.0.0.0" in app_command(port=8501, address="0.0.0.0")
    assert not any("0.0.0.0" in entry for entry in app_command(port=8501))


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what asks for the system is told so: the libraries that are loaded stay as they are."""
    monkeypatch.setattr("core.utils.systems.sys", SimpleNamespace(platform="win32"))


@pytest.mark.usefixtures("windows")
def test_on_windows_the_command_line_ends_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health"]) == 2
    predictions = capsys.readouterr()
    assert predictions.out == "" and predictions.err.count("\n") == 1 and "Linux and macOS" in predictions.err


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("first", ["app.py", "pages/distance.py"])
def test_on_windows_the_app_ends_with_one_line(first: str) -> None:
    at = AppTest.from_file(str(ROOT / first), default_timeout=60).run()
    assert ["Linux and macOS" in entry.value for entry in at.error] == [True]
    assert not at.title and not at.exception


def test_the_systems_are_the_same_wherever_they_are_told() -> None:
    systems = [entry for entry in PROJECT["classifiers"] if entry.startswith("Operating System")]
    assert systems == ["Operating System :: MacOS", "Operating System :: POSIX :: Linux"]
    assert "Linux or macOS" in (ROOT / "README.md").read_text()
