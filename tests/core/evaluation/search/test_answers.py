"""`eval ask`: how often the sentence that answers comes first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run
from fakes import ColorEncoder

import core.cli.options
from core.cli.main import main

PASSAGES = {
    "bread": "Dough rises because yeast gives off gas. In a refrigerator the first rise takes a whole night.",
    "tides": "The bay is wide. The highest tide of the year comes in late September. Ships wait for it outside.",
}
QUESTIONS = [
    ("bread", "plain", "How long does the first rise take in a refrigerator?", "takes a whole night"),
    ("tides", "plain", "When is the highest tide of the year?", "comes in late September"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())
    names = ("passage", "kind", "question", "answer")
    questions = [dict(zip(names, row, strict=True)) | {"id": row[0]} for row in QUESTIONS]
    follow_up = {"after": "tides", "passage": "tides", "question": "And who waits for it?", "answer": "Ships wait"}
    tables = {
        "passages": [{"id": name, "text": text} for name, text in PASSAGES.items()],
        "questions": questions,
        "unanswerable": [{"question": "Who won the chess match of 1972?"}],
        "follow_ups": [follow_up],
    }
    for name, rows in tables.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_right_sentences_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, "eval", "ask", "--questions", folder)
    counts = [report[name] for name in ("passages", "questions", "unanswerable", "follow_ups")]
    assert counts == [2, 2, 1, 1]
    assert report["all"] == report["kinds"]["plain"] == {"first": 1.0, "five": 1.0}
    assert report["no_answer_auc"] == 1.0 and report["found"] == 1.0 and report["found_unanswerable"] == 0.0
    assert report["follow_up"]["first"] == 1.0 and report["leaning"] == 1.0 and report["leaning_wrongly"] == 0.0


def test_questions_need_their_answers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "questions.jsonl").write_text(
        '{"passage": "bread", "question": "What is yeast?", "answer": "a fungus"}\n'
    )
    (folder / "follow_ups.jsonl").unlink()
    assert main(["eval", "ask", "--questions", str(folder)]) != 0
    assert "needs an answer: words of its passage" in capsys.readouterr().err
