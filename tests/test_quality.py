"""The figures that the README claims, held to a floor, where the photos to measure them are at hand.

`SEMBLANCE_EVAL_DATA` names a folder with `flickr8k/` (images/, captions.csv: image, caption, split) and `labelled/`
(images/, labels.csv: image, label).
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from core.encoders import Encoder, open_encoder
from core.evaluate import evaluate_retrieval, evaluate_zeroshot
from core.evaluate_relevance import evaluate_relevance
from core.library import Library
from core.library.sample import build_sample, sample_path
from core.query import parse_query
from core.search import search

DATA = Path(os.environ.get("SEMBLANCE_EVAL_DATA", ""))
needs_data = pytest.mark.skipif(
    not os.environ.get("SEMBLANCE_EVAL_DATA"), reason="SEMBLANCE_EVAL_DATA names no folder of photos to measure on"
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder()


@needs_data
def test_captions_find_their_photos(encoder: Encoder, tmp_path: Path) -> None:
    with (DATA / "flickr8k" / "captions.csv").open(newline="", encoding="utf-8") as source:
        rows = [row for row in csv.DictReader(source) if row["split"] == "dev"]
    with (tmp_path / "dev.csv").open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, ["image", "caption"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    report = evaluate_retrieval(encoder, DATA / "flickr8k" / "images", tmp_path / "dev.csv")
    assert (report.pool, report.queries) == (500, 2500)
    assert report.t2i.r1 > 0.36 and report.t2i.r5 > 0.69 and report.t2i.r10 > 0.80


@needs_data
def test_names_find_their_photos(encoder: Encoder) -> None:
    report = evaluate_zeroshot(encoder, DATA / "labelled" / "images", DATA / "labelled" / "labels.csv")
    assert report.images == 400 and report.top1 > 0.83 and report.top5 > 0.94


@needs_data
def test_what_is_not_there_is_refused(encoder: Encoder) -> None:
    report = evaluate_relevance(encoder, DATA / "labelled" / "images", DATA / "labelled" / "labels.csv")
    assert report.kept_at_70 >= 0.85
    assert report.kept > 0.85 and report.refused > 0.65


@pytest.mark.parametrize(
    ("query", "photo"),
    [("a cat", "chelsea"), ("a motorbike", "motorcycle"), ("a cup of coffee", "coffee"), ("a rocket launch", "rocket")],
)
def test_the_sample_library_answers(encoder: Encoder, query: str, photo: str) -> None:
    build_sample(encoder)
    result = search(Library(sample_path()), encoder, parse_query(query))
    assert Path(result.hits[0].item.path).stem == photo
    assert result.cutoff == 1 and result.hits[0].likely


def test_the_sample_library_says_no(encoder: Encoder) -> None:
    build_sample(encoder)
    for query in ("a swimming pool", "people playing football", "sushi"):
        assert search(Library(sample_path()), encoder, parse_query(query)).cutoff == 0
