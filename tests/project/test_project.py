"""Rules of the project that a machine can hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_page_imports_nothing_but_its_screen() -> None:
    """The other rules of who imports whom are contracts of import-linter (`make check`)."""
    for path in (ROOT / "pages").glob("*.py"):
        imports = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert all(isinstance(node, ast.ImportFrom) and node.module.startswith("ui.") for node in imports), path


def test_tests_are_where_their_package_is() -> None:
    """`tests/core/search` tests `core/search`, `tests/ui/jobs` tests `ui/jobs`."""
    for part in ("core", "ui"):
        tests = (ROOT / "tests" / part).rglob("test_*.py")
        tested = {path.parent.relative_to(ROOT / "tests") for path in tests}
        assert tested and [folder for folder in tested if not (ROOT / folder / "__init__.py").exists()] == []


def test_importing_core_loads_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "streamlit", "onnxruntime", "sklearn", "lancedb", "av", "cv2"]
    code = f"import sys, core; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_packages_that_carry_weights_are_required() -> None:
    """A machine where everything was installed by hand hides what a fresh one lacks."""
    required = (ROOT / "requirements.txt").read_text()
    source = "".join(path.read_text() for path in (ROOT / "core" / "encoders" / "embedded").glob("*.py"))
    packages = set(re.findall(r'_package_file\("([^"]+)"', source))
    assert packages and all(f"{package}==" in required for package in packages)


def test_no_placeholder_is_left_in_what_people_read() -> None:
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "core").rglob("*.md")):
        assert "@@" not in path.read_text(encoding="utf-8"), path
