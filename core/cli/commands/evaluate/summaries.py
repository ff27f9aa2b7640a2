"""`eval summarize`: what a few pictures show of many, chapters against known shots, summaries of texts to read."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command, add_encoder, get_encoder
from core.errors import DataError
from core.media.sampling import Sampling
from core.progress import Task


def add(tree: Any) -> None:
    """Adds this command to `eval`."""
    parser = add_command(tree, "summarize", "summaries of pictures, of rendered reels, and of texts", summarize, show)
    text = "with --captions: subjects that k pictures show; without: chapters of reels of five photos each"
    parser.add_argument("--images", type=Path, metavar="DIR", help=text)
    parser.add_argument("--captions", type=Path, metavar="CSV", help="columns image, caption; several of each image")
    text = "summaries to read, of texts made of passages: JSON lines with the keys subject and text"
    parser.add_argument("--passages", type=Path, metavar="JSONL", help=text)
    parser.add_argument("--k", type=int, metavar="N", help="pictures (default: 10), or sentences (default: 4)")
    parser.add_argument("--count", type=int, metavar="N", help="reels (default: 20), or texts (default: 10)")
    parser.add_argument("--fps", type=float, default=1.0, metavar="F", help="frames per second of reels (default: 1)")
    add_encoder(parser)


def summarize(options: Options, task: Task) -> dict[str, Any]:
    """`eval summarize`."""
    from core.evaluation.summaries.pictures import evaluate_picture_cover
    from core.evaluation.summaries.reels import evaluate_chapters
    from core.evaluation.summaries.texts import evaluate_text_summaries

    if options.passages is not None:
        report = evaluate_text_summaries(options.passages, texts=options.count or 10, count=options.k or 4, task=task)
        return asdict(report)
    if options.images is None:
        raise DataError("Give --images, with or without --captions, or --passages.")
    encoder = get_encoder(options, task)
    if options.captions is not None:
        cover = evaluate_picture_cover(encoder, options.images, options.captions, count=options.k or 10, task=task)
        return asdict(cover)
    sampling = Sampling(options.fps)
    return asdict(evaluate_chapters(encoder, options.images, count=options.count or 20, sampling=sampling, task=task))


def show(report: dict[str, Any]) -> None:
    """Prints the figures by name; of texts the summaries."""
    for text in report.pop("texts", ()):
        print(f"{text['subject']} ({text['sentences']} sentences, covers {text['covered']:.2f})")
        print(*(f"  - {sentence}" for sentence in text["summary"]), sep="\n")
    for name, row in report.pop("methods", {}).items():
        print(f"{name:<18}" + "  ".join(f"{key} {value:.3f}" for key, value in row.items()))
    print("  ".join(f"{key} {value}" for key, value in report.items()))
