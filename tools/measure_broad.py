"""How well broad words find their photos among many others: python tools/measure_broad.py --data DIR

DIR holds `wide/` (texts.csv, images/) and `flickr8k/` (captions.csv, images/). Average precision of each word over the
photos of `data/wide_dev.csv` and the `dev` photos of Flickr8k, of which those of some sets are right. Prints the share
of right photos beside it: what a random order would have.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alignment_data import read_captions
from alignment_wide import read_wide

from core.encoders import embed_texts, open_encoder
from core.encoders.base import Encoder, Vectors
from core.evaluation.datasets import embed_files

FLICKR = "flickr8k"
WORDS = {
    "a flower": ("flowers_oxford17", "flowers_oxford102"),
    "an aerial photo": ("aerial_aid",),
    "food": ("named_food", "recipes", "recipes_chinese", "grocery"),
    "a meal": ("recipes", "recipes_chinese"),
    "clothes": ("clothing",),
    "a drawing": ("cutouts_tuxpaint",),
    "a car": ("cars_stanford",),
    "a monkey": ("monkeys",),
    "a musical instrument": ("instruments",),
    "a screenshot": ("screenshots_apps",),
    "a chart": ("charts_vegalite",),
    "a painting": ("paintings_famous",),
    "a room": ("rooms_ikea",),
    "a texture": ("textures_dtd",),
    "a receipt": ("receipts_sroie",),
    "a skyline": ("city_skylines",),
    "a landmark": ("landmarks", "landmarks_more"),
    "plants": ("farm_crops", "flowers_oxford17", "flowers_oxford102"),
    "weather": ("weather",),
    "a product": ("products_shop",),
}


def read_photos(data: Path) -> dict[str, str]:
    """The set of each photo, by its path in the folder."""
    wide, dev = read_wide(data / "wide")
    held, others = wide.part(dev), read_captions(data / FLICKR, "dev").photos
    found = zip([*held.captions.photos, *others], [*held.sets.tolist(), *[FLICKR] * len(others)], strict=True)
    return {str(path.relative_to(data)): name for path, name in found}


def measure(encoder: Encoder, photos: Vectors, sets: NDArray[np.str_]) -> dict[str, tuple[float, float]]:
    """Average precision of each word, and the share of photos that are right for it."""
    similar = embed_texts(encoder, list(WORDS)) @ photos.T
    right = [np.isin(sets, names) for names in WORDS.values()]
    pairs = zip(WORDS, right, similar, strict=True)
    return {word: (float(average_precision_score(own, scores)), float(own.mean())) for word, own, scores in pairs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with wide/ and flickr8k/")
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    encoder = open_encoder(options.encoder)
    sets = read_photos(options.data)
    embedded = embed_files(encoder, options.data, list(sets))
    found = measure(encoder, embedded.vectors, np.array([sets[name] for name in embedded.rows]))
    for word, (precision, share) in found.items():
        print(f"{word:22} {precision:.2f}  ({share:.2f} at random)")
    print(f"{'mean':22} {np.mean([precision for precision, _ in found.values()]):.3f}")


if __name__ == "__main__":
    main()
