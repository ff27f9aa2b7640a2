"""How well searches tell colors and numbers apart: python tools/measure_details.py --images DIR --captions CSV

CSV has the columns image, caption, with several captions of each image. A photo shows a red car if at least two of its
captions have "red" next to "car", and does not if none has. Prints, for "a red car", the average precision among photos
of cars of which at least two captions name a color, and how many of the first ten of all photos are right: by the
encoder, with the first 50 ranked again by how much of their middle has the color, and with the vector of "something
red" added to the query. For "two dogs" the average
precision among photos of one, two or three dogs. Of queries in turn, one chooses the weight of the pixels, one reports.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.encoders import embed_texts, open_encoder
from core.encoders.base import Encoder, Vectors
from core.evaluation.datasets import embed_files, read_pairs
from core.evaluation.search.terms import measure_precision

NOUNS = "shirt dog jacket dress hat ball car truck bike shorts coat boat kayak horse sweater helmet flower toy".split()
MANY = {"dog": "dogs", "man": "men", "woman": "women", "child": "children", "boy": "boys", "girl": "girls"}
NUMBERS = ("a|an|one", "two", "three")
# hue in degrees from, to; saturation from, to; value from, to
COLORS: dict[str, tuple[float, float, float, float, float, float]] = {
    "red": (345, 374, 0.5, 1, 0.3, 1), "orange": (14, 40, 0.6, 1, 0.6, 1), "yellow": (40, 68, 0.45, 1, 0.5, 1),
    "green": (68, 165, 0.25, 1, 0.2, 1), "blue": (185, 260, 0.3, 1, 0.2, 1), "purple": (260, 310, 0.25, 1, 0.2, 1),
    "pink": (310, 374, 0.15, 0.6, 0.6, 1), "brown": (8, 45, 0.25, 1, 0.15, 0.65), "white": (0, 360, 0, 0.15, 0.8, 1),
    "black": (0, 360, 0, 1, 0, 0.18),
}  # fmt: skip
WEIGHTS = (0.0, 0.25, 0.5, 1.0)
LEAST, FIRST, SIDE = 8, 50, 32


@dataclass(frozen=True, slots=True)
class Query:
    """text: what is asked. right, rivals: masks of photos that show it, and that show the noun otherwise.

    judged: photos that are certainly right or wrong. color: None of numbers.
    """

    text: str
    color: str | None
    right: NDArray[np.bool_]
    rivals: NDArray[np.bool_]
    judged: NDArray[np.bool_]


def count(captions: Sequence[Sequence[str]], pattern: str) -> NDArray[np.int64]:
    """(photos,) how many captions of each photo match."""
    found = re.compile(rf"\b{pattern}\b")
    return np.array([sum(bool(found.search(caption)) for caption in own) for own in captions])


def color_queries(captions: Sequence[Sequence[str]]) -> Iterator[Query]:
    for noun in NOUNS:
        counts = {color: count(captions, rf"{color} (?:and \w+ )?(?:\w+ )?{noun}s?") for color in COLORS}
        for color, own in counts.items():
            others = np.max([named for name, named in counts.items() if name != color], axis=0)
            right, rivals = own >= 2, (own == 0) & (others >= 2)
            text = f"{'an' if color == 'orange' else 'a'} {color} {noun}"
            if min(right.sum(), rivals.sum()) >= LEAST:
                yield Query(text, color, right, rivals, right | (own == 0))


def number_queries(captions: Sequence[Sequence[str]]) -> Iterator[Query]:
    for noun, plural in MANY.items():
        counts = [count(captions, rf"(?:{number}) (?:\w+ ){{0,2}}(?:{noun}|{plural})") for number in NUMBERS]
        shown = [(own >= 2) & (np.delete(counts, n, axis=0)[n > 0 :].max(axis=0) < 2) for n, own in enumerate(counts)]
        for number, right in zip(("one", "two", "three"), shown, strict=True):
            rivals = np.any(shown, axis=0) & ~right
            if min(right.sum(), rivals.sum()) >= LEAST:
                yield Query(f"{number} {noun if number == 'one' else plural}", None, right, rivals, right | rivals)


def read_share(path: Path, color: str) -> float:
    """Share of the middle of a photo, 0 to 1, that has a color."""
    with Image.open(path) as image:
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        pixels = np.asarray(image.convert("RGB").resize((SIDE, SIDE)).convert("HSV"), float)[6:-6, 8:-8] / 255
    first, last, *limits = COLORS[color]
    hue, saturation, value = np.moveaxis(pixels, -1, 0)
    within = ((hue * 360 - first) % 360 <= last - first) | (last - first >= 360)
    within &= (saturation >= limits[0]) & (saturation <= limits[1]) & (value >= limits[2]) & (value <= limits[3])
    return float(within.mean())


def standardize(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return (values - values.mean()) / (values.std() + 1e-9)


def rank_again(
    order: NDArray[np.int64], scores: NDArray[np.floating], shares: Sequence[float], weight: float
) -> NDArray[np.int64]:
    """The ranking `order` with its first photos ordered by standardized cosine and share of color."""
    first = order[: len(shares)]
    mixed = standardize(scores[first]) + weight * standardize(np.sqrt(np.array(shares)))
    return np.concatenate([first[np.argsort(-mixed, kind="stable")], order[len(shares) :]])


def measure_pixels(query: Query, color: str, scores: NDArray[np.floating], paths: Sequence[Path]) -> list[float]:
    """P@10, then whether the first photo of the noun has the color, each by the weight of the pixels."""
    order = np.argsort(-np.where(query.judged, scores, -np.inf), kind="stable")[: query.judged.sum()]
    shares = [read_share(paths[place], color) for place in order[:FIRST]]
    again = [rank_again(order, scores, shares, weight) for weight in WEIGHTS]
    firsts = [float(first_is_right(query, ranking)) for ranking in again]
    return [measure_precision(query.right[ranking])[1] for ranking in again] + firsts


def measure(encoder: Encoder, photos: Vectors, paths: Sequence[Path], query: Query) -> list[float]:
    scores = photos @ embed_texts(encoder, [query.text])[0]
    among = query.right | query.rivals
    row = [float(query.right[among].mean()), precision_among(query, among, scores)]
    if query.color:
        stressed = scores + photos @ embed_texts(encoder, [f"something {query.color}"])[0]
        row += measure_pixels(query, query.color, scores, paths)
        row += [precision_among(query, query.judged, values) for values in (scores, stressed)]
        row.append(precision_among(query, among, stressed))
    return row


def precision_among(query: Query, photos: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    """Average precision of a query among some of the photos."""
    return measure_precision(query.right[photos][np.argsort(-scores[photos], kind="stable")])[0]


def first_is_right(query: Query, ranking: NDArray[np.int64]) -> bool:
    """Whether the first photo of the noun in any color that was named is one in the right color."""
    return bool(query.right[next(place for place in ranking if query.right[place] or query.rivals[place])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    captions: dict[str, list[str]] = {}
    for name, caption in read_pairs(options.captions, "image", "caption"):
        captions.setdefault(name, []).append(" ".join(re.findall(r"\w+", caption.lower())))
    encoder = open_encoder(options.encoder)
    embedded = embed_files(encoder, options.images, list(captions))
    texts, paths = [captions[name] for name in embedded.rows], [options.images / name for name in embedded.rows]
    for title, queries in (("colors", list(color_queries(texts))), ("numbers", list(number_queries(texts)))):
        rows = [measure(encoder, embedded.vectors, paths, query) for query in queries]
        for query, row in zip(queries, rows, strict=True):
            print(f"{query.text:20}", *(f"{figure:.2f}" for figure in row))
        for half, own in (("choosing", rows[::2]), ("reporting", rows[1::2])):
            print(f"{title}, {half}, {len(own)} queries:", *(f"{figure:.3f}" for figure in np.mean(own, axis=0)))
    print(f"Columns: at random, encoder; of colors also P@10 and first right by weight of the pixels {WEIGHTS};")
    print("average precision among all photos, the same with the color stressed, and among photos of the noun")


if __name__ == "__main__":
    main()
