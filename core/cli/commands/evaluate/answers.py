"""`eval ask`: whether questions get the sentence that answers them, and "no answer" where there is none."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command, add_encoder, add_reader, get_encoder, get_reader
from core.progress import Task


def add(tree: Any) -> None:
    """Adds this command to `eval`."""
    about = "questions -> answering sentences, found or not, follow-ups"
    parser = add_command(tree, "ask", about, ask)
    text = (
        "folder as for `eval text`, whose questions have answers; follow_ups.jsonl (passage, question, answer, after)"
    )
    parser.add_argument("--questions", type=Path, required=True, metavar="DIR", help=text)
    add_reader(parser)
    add_encoder(parser)


def ask(options: Options, task: Task) -> dict[str, Any]:
    """`eval ask`."""
    from core.evaluation.search.answers import evaluate_answers

    encoder = get_encoder(options, task)
    return asdict(evaluate_answers(encoder, options.questions, reader=get_reader(options), task=task))
