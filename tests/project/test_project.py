"""Rules of the project that a machine can hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imported(path: Path) -> set[str]:
    """The top packages that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_core_knows_nothing_of_the_app(path: Path) -> None:
    assert not imported(path) & {"streamlit", "ui", "pages", "app", "torchvision"}


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_pages_hold_no_maths_files_or_tables(path: Path) -> None:
    assert not imported(path) & {"numpy", "pandas", "pyarrow", "lancedb", "faiss", "torch", "os", "shutil"}


def test_importing_core_loads_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "streamlit", "onnxruntime", "sklearn", "lancedb", "av", "cv2"]
    code = f"import sys, core; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_packages_that_carry_weights_are_required() -> None:
    """A machine where everything was installed by hand hides what a fresh one lacks."""
    required = (ROOT / "requirements.txt").read_text()
    source = "".join(path.read_text() for path in (ROOT / "core" / "encoders").glob("embedded/*.py"))
    packages = set(re.findall(r'_package_file\("([^"]+)"', source))
    assert packages and all(f"{package}==" in required for package in packages)


def test_no_placeholder_is_left_in_what_people_read() -> None:
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "core").rglob("*.md")):
        assert "@@" not in path.read_text(encoding="utf-8"), path
