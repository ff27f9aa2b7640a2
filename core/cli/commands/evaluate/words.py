"""`eval words`: an embedding of words that is learned from a text."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command
from core.progress import Task


def add(tree: Any) -> None:
    """Adds this command to `eval`."""
    text = "learn an embedding of words from a text: pairs that belong together, analogies, loss, seconds"
    parser = add_command(tree, "words", text, words)
    parser.add_argument("--text", type=Path, metavar="FILE", help="default: a simulated text of 100,000 words")
    parser.add_argument("--pairs", type=Path, metavar="CSV", help="columns word, partner; default: 50 pairs")
    parser.add_argument("--predict", choices=["before", "around"], default="before", help="from which words")
    parser.add_argument("--dim", type=int, default=32, metavar="N", help="dimensions (default: 32)")
    parser.add_argument("--epochs", type=int, default=20, metavar="N", help="default: 20")
    parser.add_argument("--seed", type=int, default=0, metavar="N")


def words(options: Options, task: Task) -> dict[str, Any]:
    """`eval words`."""
    from core.evaluation.words import evaluate_words
    from core.learn.state import TrainingSettings

    settings = TrainingSettings(dim=options.dim, seed=options.seed)
    return asdict(
        evaluate_words(
            text=options.text, pairs=options.pairs, context=options.predict, settings=settings, epochs=options.epochs,
            task=task,
        )
    )  # fmt: skip
