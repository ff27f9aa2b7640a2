"""`eval text`: how well questions find passages, and words the right item among pictures and passages."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command, add_encoder, get_encoder
from core.errors import DataError
from core.progress import Task


def add(tree: Any) -> None:
    """Adds this command to `eval`."""
    parser = add_command(tree, "text", "questions -> passages, hit rates by method; pictures and passages mixed", text)
    about = (
        "folder of passages.jsonl (id, text), questions.jsonl (passage, question, kind), unanswerable.jsonl (question)"
    )
    parser.add_argument("--questions", type=Path, required=True, metavar="DIR", help=about)
    parser.add_argument("--images", type=Path, metavar="DIR", help="measures mixed search instead, with --captions")
    parser.add_argument("--captions", type=Path, metavar="CSV", help="columns image, caption")
    add_encoder(parser)


def text(options: Options, task: Task) -> dict[str, Any]:
    """`eval text`."""
    from core.evaluation.search.mixed import evaluate_mixed
    from core.evaluation.search.texts import evaluate_texts

    if (options.images is None) != (options.captions is None):
        raise DataError("Give both --images and --captions, or neither.")
    encoder = get_encoder(options, task)
    if options.images is None:
        return asdict(evaluate_texts(encoder, options.questions, task=task))
    return asdict(evaluate_mixed(encoder, options.questions, options.images, options.captions, task=task))
