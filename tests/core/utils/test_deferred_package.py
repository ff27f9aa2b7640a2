"""A part of a package is imported without the whole, which loads once somebody asks for it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.library import Library
from core.utils import defer_package

WHOLE = """
import heavy_toy.part
loaded = heavy_toy.part.log.append("whole") or "whole"
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a package of two modules has loaded; it can be imported as `heavy_toy`."""
    (tmp_path / "heavy_toy").mkdir()
    (tmp_path / "heavy_toy" / "__init__.py").write_text(WHOLE)
    (tmp_path / "heavy_toy" / "part.py").write_text("log = ['part']\n")
    monkeypatch.syspath_prepend(tmp_path)
    defer_package("heavy_toy")
    yield importlib.import_module("heavy_toy.part").log
    for name in ("heavy_toy", "heavy_toy.part"):
        sys.modules.pop(name, None)


def test_a_part_comes_alone_and_the_whole_on_request(log: list[str]) -> None:
    assert log == ["part"]
    whole = importlib.import_module("heavy_toy")
    assert log == ["part"], "to import it asks for no name"
    assert whole.loaded == "whole" and log == ["part", "whole"]
    assert whole.loaded == "whole" and log == ["part", "whole"], "it ran once"
    with pytest.raises(AttributeError, match="nothing"):
        _ = whole.nothing


def test_what_is_loaded_or_not_there_stays_as_it_is() -> None:
    loaded = importlib.import_module("json")
    defer_package("json")
    assert sys.modules["json"] is loaded
    defer_package("no_such_package")
    assert "no_such_package" not in sys.modules


def test_the_table_engine_leaves_its_client_of_servers_whole(tmp_path: Path) -> None:
    Library(tmp_path / "library", create=True)
    assert importlib.import_module("lance_namespace_urllib3_client").TableApi
