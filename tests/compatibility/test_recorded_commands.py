"""The command line answers as it was recorded: exit codes, output and errors of every command and option.

After a change on purpose: `python tests/record_commands.py`, and read the difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from recorded import RECORD, answers, command_lines, same

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the lines answer now, in the order of the record: some use what others made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMBLANCE_HOME", str(tmp_path_factory.mktemp("recorded home")))
        root: Path = tmp_path_factory.mktemp("world")
        return answers(root)


@pytest.mark.parametrize("line", command_lines())
def test_a_command_line_answers_as_recorded(line: str, answered: dict[str, dict[str, Any]]) -> None:
    recorded, now = json.loads(RECORD.read_text())[line], answered[line]
    assert now["code"] == recorded["code"], now
    for stream in ("out", "err"):
        assert same(now[stream], recorded[stream]), f"recorded: {recorded[stream]}\nnow: {now[stream]}"
