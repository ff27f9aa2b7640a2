"""What must never be in the source: ways in which a file, a name or a model from elsewhere could run code."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.utils.tables import csv_text

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for room in ("core", "ui", "pages", "tools") for path in (ROOT / room).rglob("*.py"))
_RUN_CODE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
_CALLS = {
    "eval",
    "exec",
    "os.system",
    "os.popen",
    "yaml.load",
    "yaml.unsafe_load",
    "pd.read_pickle",
    "shutil.unpack_archive",
}
_SETTINGS = {
    "allow_pickle": True,
    "weights_only": False,
    "trust_remote_code": True,
    "shell": True,
    "unsafe_allow_html": True,
}


def unsafe(tree: ast.AST) -> Iterator[str]:
    """What a source does that it must not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in _RUN_CODE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _RUN_CODE:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            if name in _CALLS or name.endswith((".extractall", ".read_pickle")):
                yield name
            if name == "torch.load" and "weights_only" not in given:
                yield "torch.load without weights_only"
            for setting, value in given.items():
                if setting in _SETTINGS and (not isinstance(value, ast.Constant) or value.value == _SETTINGS[setting]):
                    yield f"{setting}={ast.unparse(value)}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_from_elsewhere_can_run_code(path: Path) -> None:
    assert not list(unsafe(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from joblib import load", "np.load(x, allow_pickle=True)", "torch.load(x)",
        "AutoModel.from_pretrained(x, trust_remote_code=asked)", "zip.extractall(x)",
        "st.markdown(x, unsafe_allow_html=True)",
    ],
)  # fmt: skip
def test_the_look_at_sources_sees(source: str) -> None:
    assert list(unsafe(ast.parse(source)))


@pytest.mark.parametrize("path", sorted((ROOT / "ui").rglob("*.js")), ids=lambda path: path.name)
def test_scripts_make_no_markup_of_texts(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    source = re.sub(r"\.innerHTML( = [A-Z_]+;|\))", "", source)  # a drawing of our own, or a look
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source)


def test_csv_is_written_in_one_place() -> None:
    writers = [path.relative_to(ROOT) for path in SOURCES if "csv.writer(" in path.read_text(encoding="utf-8")]
    allowed = {
        "core/utils/tables.py",
        "core/classify/class_lists.py",
        "core/recommend/feedback.py",
    }  # the others are read back
    assert {str(path) for path in writers if path.parts[0] == "core"} <= allowed


def test_only_app_command_line_and_health_ask_the_environment_for_a_policy() -> None:
    asks = {path.relative_to(ROOT) for path in SOURCES if "get_policy" in path.read_text(encoding="utf-8")}
    inside = {str(path) for path in asks if path.parts[0] == "core" and path.parts[1] != "cli"}
    assert inside == {"core/policy.py", "core/health.py"}


def test_messages_of_core_speak_of_no_options_of_the_command_line() -> None:
    """Whoever calls core from Python or the app has no flags. `pip` is another program."""
    flag = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
    for path in SOURCES:
        if path.parts[len(ROOT.parts) :][:1] != ("core",) or path.parts[len(ROOT.parts) + 1] == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and node.exc is not None:
                said = " ".join(str(entry.value) for entry in ast.walk(node.exc) if isinstance(entry, ast.Constant))
                assert not flag.search(said.partition("pip install")[0]), (path, said)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_of_a_csv_begins_a_formula(begin: str) -> None:
    evil = f"{begin}cmd|' /C calc'!A0"
    (row,) = csv.reader(io.StringIO(csv_text([[evil, "a", -1.5, "-1.5", "+2e-3", None]], redact=str), newline=""))
    assert row == ["'" + evil, "a", "-1.5", "-1.5", "+2e-3", ""]
