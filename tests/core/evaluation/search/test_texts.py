"""`eval text`: questions over passages, and pictures and passages mixed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from commands import run
from fakes import ColorEncoder
from text_topics import TOPICS

import core.cli.options
from core.cli.main import main
from core.errors import DataError
from core.evaluation.search.texts import read_question_set


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A passage on each topic, questions that take another sentence of the topic, and one that nothing answers."""
    passages = [{"id": topic, "text": texts[0]} for topic, texts in TOPICS.items()]
    questions = [{"passage": topic, "question": texts[1], "kind": "near"} for topic, texts in TOPICS.items()]
    questions += [{"passage": topic, "question": texts[0], "kind": "same"} for topic, texts in TOPICS.items()]
    tables = {"passages": passages, "questions": questions, "unanswerable": [{"question": "Who built the pyramids?"}]}
    for name, rows in tables.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


@pytest.fixture(autouse=True)
def _colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())


def test_questions_that_are_in_the_passage_are_found_by_every_method(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run(capsys, "eval", "text", "--questions", folder)
    assert (report["passages"], report["questions"]) == (len(TOPICS), 2 * len(TOPICS))
    assert all(method["kinds"]["same"] == [1.0, 1.0] for method in report["methods"].values())
    search = report["methods"]["search"]
    assert search["hit5"] == 1.0 and search["mrr"] >= report["methods"]["encoder"]["mrr"]
    assert report["no_answer_auc"] > 0.5 and report["likely"] >= 0.5 > report["likely_unanswerable"]


def test_mixed_kinds_are_ranked_by_their_match(folder: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "captions.csv").write_text("image,caption\nred.png,red\nblue.png,blue\n")
    report = run(
        capsys, "eval", "text", "--questions", folder, "--images", photos, "--captions", folder / "captions.csv"
    )
    assert (report["pictures"], report["passages"], report["queries"]) == (2, len(TOPICS), 2 + 2 * len(TOPICS))
    assert report["match"] >= report["cosine"] - 0.05 and report["captions"]["r1"] == 1.0


def test_incomplete_input_is_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "text", "--questions", str(folder), "--images", str(folder)]) != 0
    assert "both --images and --captions" in capsys.readouterr().err
    shutil.copy(folder / "passages.jsonl", folder / "questions.jsonl")
    with pytest.raises(DataError, match="lacks 'question'"):
        read_question_set(folder)
    (folder / "passages.jsonl").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        read_question_set(folder)
