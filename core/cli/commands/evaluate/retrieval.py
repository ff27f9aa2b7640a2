"""`eval retrieval`, `relevance`, `terms`, `video` and `moments`: how well words find pictures, videos and moments."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.options import Options, add_command, add_encoder, add_images, add_pooling, get_encoder
from core.errors import DataError
from core.media.sampling import Sampling
from core.progress import Task


def add(tree: Any) -> None:
    """Adds these commands to `eval`."""
    parser = add_command(tree, "retrieval", "captions <-> images, recall@k", retrieval)
    parser.add_argument("--images", type=Path, metavar="DIR")
    parser.add_argument("--captions", type=Path, metavar="CSV", help="columns image, caption")
    text = "instead of both: a library with captions (`index hf:NAME` stores some)"
    parser.add_argument("--library", metavar="DIR", help=text)
    parser.add_argument("--encoder", metavar="NAME", help="default: the encoder of the library")
    text = 'how well "nothing here matches" is recognized'
    parser = add_command(tree, "relevance", text, relevance)
    parser.add_argument("--labels", type=Path, metavar="CSV", help="columns image, label")
    text = "broad words and what names their photos (columns word, source, names): where the divider of a search stands"
    parser.add_argument("--broad", type=Path, metavar="CSV", help=text)
    parser.add_argument("--captions", type=Path, metavar="CSV", help="with --broad: columns image, caption")
    add_images(parser)
    text = 'queries of several terms ("a + b - c"), by each way of combining terms'
    parser = add_command(tree, "terms", text, terms, show_terms)
    text = "columns image, caption; several captions of each image"
    parser.add_argument("--captions", type=Path, required=True, metavar="CSV", help=text)
    text = "columns thing, words (separated by |): what captions are searched for (default: things of everyday life)"
    parser.add_argument("--things", type=Path, metavar="CSV", help=text)
    add_images(parser)
    parser = add_command(tree, "video", "captions -> videos, recall@k", video)
    parser.add_argument("--videos", type=Path, required=True, metavar="DIR")
    parser.add_argument("--captions", type=Path, required=True, metavar="CSV", help="columns video, caption")
    parser.add_argument("--fps", type=float, default=2.0, metavar="F", help="frames per second (default: 2)")
    add_pooling(parser)
    add_encoder(parser)
    text = "known moments of reels that are rendered from photos, by words and by pictures"
    parser = add_command(tree, "moments", text, moments)
    parser.add_argument("--images", type=Path, metavar="DIR", help="default: the sample photos, by their subjects")
    parser.add_argument("--texts", type=Path, metavar="CSV", help="columns image, text: what each photo is searched by")
    parser.add_argument("--fps", type=float, default=1.0, metavar="F", help="frames per second (default: 1)")
    add_encoder(parser)


def retrieval(options: Options, task: Task) -> dict[str, Any]:
    """`eval retrieval`."""
    from core.evaluation.search.retrieval import evaluate_library, evaluate_retrieval

    if options.library is not None:
        from core.library import Library

        library = Library(options.library)
        return asdict(evaluate_library(library, get_encoder(options, task, library)))
    if options.images is None or options.captions is None:
        raise DataError("Give --images and --captions, or --library for the captions that a library keeps.")
    encoder = get_encoder(options, task)
    return asdict(evaluate_retrieval(encoder, options.images, options.captions, task=task))


def relevance(options: Options, task: Task) -> dict[str, Any]:
    """`eval relevance`."""
    from core.evaluation.match.broad import evaluate_broad
    from core.evaluation.match.relevance import evaluate_relevance

    if options.labels is None and (options.broad is None or options.captions is None):
        raise DataError("Give --labels, or --broad with --labels or --captions.")
    encoder = get_encoder(options, task)
    if options.broad is not None:
        tables = {"labels": options.labels, "captions": options.captions}
        return asdict(evaluate_broad(encoder, options.images, options.broad, **tables, task=task))
    return asdict(evaluate_relevance(encoder, options.images, options.labels, task=task))


def terms(options: Options, task: Task) -> dict[str, Any]:
    """`eval terms`."""
    from core.evaluation.search.terms import evaluate_terms

    encoder = get_encoder(options, task)
    return asdict(evaluate_terms(encoder, options.images, options.captions, things=options.things, task=task))


def show_terms(report: dict[str, Any]) -> None:
    """Prints average precision of each kind of query by each way of combining: for choosing, and for reporting."""
    print(f"{report['images']:,} photos, {report['things']:,} things; average precision (choosing, reporting), P@10")
    for kind, ways in report["figures"].items():
        print(f"{kind} ({report['queries'][kind]:,} queries)")
        for way, row in sorted(ways.items(), key=lambda entry: -entry[1]["chosen_on"]):
            print(f"  {way:<13}{row['chosen_on']:.3f}  {row['reported_on']:.3f}  {row['p10']:.3f}")


def video(options: Options, task: Task) -> dict[str, Any]:
    """`eval video`."""
    from core.evaluation.search.video_retrieval import evaluate_video

    sampling = Sampling(options.fps)
    encoder = get_encoder(options, task)
    return asdict(
        evaluate_video(encoder, options.videos, options.captions, sampling=sampling, pooling=options.pool, task=task)
    )


def moments(options: Options, task: Task) -> dict[str, Any]:
    """`eval moments`."""
    from core.evaluation.search.moments import evaluate_moments

    sampling = Sampling(options.fps)
    encoder = get_encoder(options, task)
    return asdict(evaluate_moments(encoder, sampling=sampling, images=options.images, texts=options.texts, task=task))
