"""Photos found by stored captions: python tools/measure_captions.py --images DIR --captions CSV [--split NAME]

Of each photo one caption is the query and the others are stored. Prints recall at 1, 5 and 10 of the photos ranked by
the joint space (words against pixels), by the sentence encoder (words against the nearest stored caption), and by the
sum of both, each standardized over the photos, by its weight; and of the photos as the search itself finds them, in a
library that stores no caption, one, or all others. The table has the columns image, caption and, for
--split, split.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import Encoder, Library, Term, ingest, open_encoder, search
from core.encoders.prompts import embed_texts
from core.encoders.sentences import open_sentence_encoder
from core.library.ingest.captions import embed_captions
from core.media.images import open_image
from core.tables.table_reader import read_table

_AT_ONCE = 64
_WEIGHTS = (0.5, 1.0, 2.0)  # of the captions

Scores = NDArray[np.float32]  # (queries, photos)
Figures = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    captions = read_captions(options.captions, options.split)
    files = [options.images / name for name in captions]
    queries = [texts[0] for texts in captions.values()]
    joint = score_photos(open_encoder(options.encoder), files, queries)
    stored = score_captions([texts[1:] for texts in captions.values()], queries)
    report = {"photos": len(files), "joint": recall(joint), "captions": recall(stored)}
    for weight in _WEIGHTS:
        report[f"both, {weight:g}"] = recall(standardize(joint) + weight * standardize(stored))
    with tempfile.TemporaryDirectory() as place:
        encoder = open_encoder(options.encoder)
        report |= search_library(Path(place) / "library", encoder, options.images, captions)
    print(json.dumps(report))


def read_captions(file: Path, split: str) -> dict[str, list[str]]:
    """The captions of each photo that has at least two."""
    table = read_table(file)
    columns = [table.find(name) for name in ("image", "caption", "split")]
    assert columns[0] is not None and columns[1] is not None
    splits = table.texts(columns[2]) if columns[2] is not None else [split] * len(table.texts(columns[0]))
    found: dict[str, list[str]] = defaultdict(list)
    for name, text, own in zip(table.texts(columns[0]), table.texts(columns[1]), splits, strict=True):
        if own == split:
            found[name].append(text)
    return {name: texts for name, texts in found.items() if len(texts) > 1}


def score_photos(encoder: Encoder, files: list[Path], queries: list[str]) -> Scores:
    """Cosines of words and pixels."""
    rows = []
    for first in range(0, len(files), _AT_ONCE):
        images = [open_image(path, min_side=encoder.min_side) for path in files[first : first + _AT_ONCE]]
        rows.append(encoder.encode_images(images))
    return embed_texts(encoder, queries) @ np.concatenate(rows).T


def score_captions(stored: list[list[str]], queries: list[str]) -> Scores:
    """Cosines of words and the nearest stored caption of each photo."""
    encoder = open_sentence_encoder()
    vectors = encoder.encode_texts([text for texts in stored for text in texts])
    cosines = encoder.encode_texts(queries) @ vectors.T
    starts = np.cumsum([0, *(len(texts) for texts in stored[:-1])])
    return np.maximum.reduceat(cosines, starts, axis=1)


def search_library(place: Path, encoder: Encoder, images: Path, captions: dict[str, list[str]]) -> Figures:
    """What the search finds first, by what the library stores."""
    library = Library(place, create=True)
    ingest(library, encoder, [images / name for name in captions])
    rows = library.items()
    ids = {Path(path).name: item for path, item in zip(rows["path"].to_pylist(), rows["id"].to_pylist(), strict=True)}
    report = {"search, none stored": find_ranks(library, encoder, ids, captions)}
    for stored, name in ((slice(1, 2), "one"), (slice(1, None), "all")):
        library.put_captions([(ids[photo], text) for photo, texts in captions.items() for text in texts[stored]])
        embed_captions(library)
        report[f"search, {name} stored"] = find_ranks(library, encoder, ids, captions)
    return report


def find_ranks(library: Library, encoder: Encoder, ids: dict[str, str], captions: dict[str, list[str]]) -> list[float]:
    """The share of queries whose photo is among the first 1, 5 and 10 hits."""
    ranks = []
    for photo, texts in captions.items():
        hits = search(library, encoder, [Term("text", texts[0])], top_k=10, fold_duplicates=False).hits
        ranks.append(next((rank for rank, hit in enumerate(hits) if hit.item.id == ids[photo]), 10))
    return [round(float((np.array(ranks) < most).mean()), 3) for most in (1, 5, 10)]


def standardize(scores: Scores) -> Scores:
    """Scores by query with mean 0 and deviation 1."""
    return (scores - scores.mean(axis=1, keepdims=True)) / scores.std(axis=1, keepdims=True)


def recall(scores: Scores) -> list[float]:
    """The share of queries whose photo is among the first 1, 5 and 10."""
    own = np.diag(scores)[:, None]
    ranks = (scores >= own).sum(axis=1)
    return [round(float((ranks <= most).mean()), 3) for most in (1, 5, 10)]


if __name__ == "__main__":
    main()
