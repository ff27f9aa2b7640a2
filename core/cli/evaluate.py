"""The commands that measure quality and speed. Each returns what `--json` prints."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from core.encoders import DEFAULT_ENCODER, open_encoder
from core.errors import DataError
from core.media.sampling import Sampling
from core.progress import OnProgress
from core.search.query import PLAIN

Options = argparse.Namespace


def retrieval(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval retrieval`."""
    from core.evaluation.retrieval import evaluate_library, evaluate_retrieval

    if options.library is not None:
        from core.cli.commands import get_encoder
        from core.library import Library

        library = Library(options.library)
        return asdict(evaluate_library(library, get_encoder(library, options.encoder, bar)))
    if options.images is None or options.captions is None:
        raise DataError("Give --images and --captions, or --library for the captions that a library keeps.")
    encoder = open_encoder(options.encoder or DEFAULT_ENCODER, on_progress=bar)
    return asdict(evaluate_retrieval(encoder, options.images, options.captions, on_progress=bar))


def zeroshot(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval zeroshot`."""
    from core.classify.class_lists import read_classes
    from core.evaluation.retrieval import evaluate_zeroshot

    classes = read_classes(options.classes) if options.classes else None
    templates = None if options.templates == "on" else PLAIN
    encoder = open_encoder(options.encoder, on_progress=bar)
    report = evaluate_zeroshot(
        encoder, options.images, options.labels, classes=classes, templates=templates, on_progress=bar
    )
    return asdict(report) | {"templates": options.templates}


def fewshot(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval fewshot`."""
    from core.classify.class_lists import read_classes
    from core.evaluation.fewshot import evaluate_fewshot

    classes = read_classes(options.classes) if options.classes else None
    encoder = open_encoder(options.encoder, on_progress=bar)
    report = evaluate_fewshot(
        encoder, options.images, options.labels, classes=classes, shots=options.shots, repeats=options.repeats,
        on_progress=bar,
    )  # fmt: skip
    return asdict(report)


def numbers(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval numbers`."""
    from core.evaluation.regression import evaluate_numbers

    encoder = open_encoder(options.encoder, on_progress=bar)
    report = evaluate_numbers(
        encoder, options.images, options.table, options.column, samples=options.samples, repeats=options.repeats,
        on_progress=bar,
    )  # fmt: skip
    return asdict(report)


def dimensions(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval dimensions`."""
    from core.evaluation.dimensions import evaluate_dimensions

    encoder = open_encoder(options.encoder, on_progress=bar)
    report = evaluate_dimensions(
        encoder, options.images, captions=options.captions, labels=options.labels, only=options.only,
        learn_from=options.learn_from, held_out=options.held_out, dims=options.dims, on_progress=bar,
    )  # fmt: skip
    return asdict(report)


def axis(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval axis`."""
    from core.evaluation.axis import evaluate_axis

    encoder = open_encoder(options.encoder, on_progress=bar)
    report = evaluate_axis(encoder, options.images, options.captions, options.low, options.high, on_progress=bar)
    return asdict(report)


def pixels(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval pixels`."""
    from core.evaluation.pixels import evaluate_pixels

    encoder = open_encoder(options.encoder, on_progress=bar)
    return asdict(evaluate_pixels(encoder, options.images, options.labels, side=options.side, on_progress=bar))


def relevance(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval relevance`."""
    from core.evaluation.relevance import evaluate_relevance

    encoder = open_encoder(options.encoder, on_progress=bar)
    return asdict(evaluate_relevance(encoder, options.images, options.labels, on_progress=bar))


def clusters(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval clusters`."""
    from core.evaluation.clusters import evaluate_clusters

    encoder = open_encoder(options.encoder, on_progress=bar)
    return asdict(evaluate_clusters(encoder, options.images, options.labels, k=options.k, on_progress=bar))


def video(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval video`."""
    from core.evaluation.video_retrieval import evaluate_video

    sampling = Sampling(options.fps)
    encoder = open_encoder(options.encoder, on_progress=bar)
    return asdict(
        evaluate_video(
            encoder, options.videos, options.captions, sampling=sampling, pooling=options.pool, on_progress=bar
        )
    )


def moments(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval moments`."""
    from core.evaluation.moments import evaluate_moments

    sampling = Sampling(options.fps)
    return asdict(evaluate_moments(open_encoder(options.encoder, on_progress=bar), sampling=sampling, on_progress=bar))


def duplicates(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval duplicates`."""
    from core.evaluation.duplicates import evaluate_duplicates

    encoder = open_encoder(options.encoder, on_progress=bar)
    return asdict(evaluate_duplicates(encoder, options.images, count=options.count, on_progress=bar))


def outliers(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`eval outliers`."""
    from core.evaluation.outliers import evaluate_outliers

    return asdict(evaluate_outliers(open_encoder(options.encoder, on_progress=bar), options.images, on_progress=bar))


def bench_images(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`bench images`."""
    from core.benchmarks import pipeline as bench

    return bench.bench_images(open_encoder(options.encoder, on_progress=bar), options.images, on_progress=bar)


def bench_video(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`bench video`."""
    from core.benchmarks import pipeline as bench

    sampling = Sampling(options.fps)
    return bench.bench_video(open_encoder(options.encoder, on_progress=bar), options.videos, sampling, on_progress=bar)


def bench_search(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`bench search`."""
    from core.benchmarks import pipeline as bench
    from core.library import Library

    if not options.library:
        encoder = open_encoder(options.encoder or DEFAULT_ENCODER, on_progress=bar)
        return bench.bench_search(encoder, items=options.items)
    from core.cli.commands import get_encoder

    library = Library(options.library)
    return bench.bench_search(get_encoder(library, options.encoder, bar), items=options.items, library=library)


def bench_classify(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`bench classify`."""
    from core.benchmarks import pipeline as bench

    encoder = open_encoder(options.encoder, on_progress=bar)
    return bench.bench_classify(encoder, items=options.items, classes=options.classes)


def bench_map(options: Options, bar: OnProgress) -> dict[str, Any]:
    """`bench map`."""
    from core.benchmarks.map import bench_map as bench

    encoder = open_encoder(options.encoder, on_progress=bar)
    return bench(encoder, images=options.images, count=options.count, on_progress=bar)
