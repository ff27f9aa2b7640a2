"""What a wide picture loses to its middle square: python tools/measure_aspect.py --data DIR

The encoder sees the middle square. Here it also sees the whole picture with bars (letterbox), or two or three squares
from end to end, whose vectors are averaged. Captions search photos as they were taken, those of 3:2 and wider apart,
and panoramas of 3:1, each rendered from the middle squares of three photos. DIR holds `flickr8k/`, of whose `dev`
photos some are taken (they are squares), and `wide/`, of which all captioned photos of `data/wide_dev.csv` are.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alignment_data import Captions, read_captions
from alignment_wide import read_wide

from core.encoders import DEFAULT_ENCODER, embed_texts, open_encoder
from core.encoders.base import Encoder, Vectors, unit_rows
from core.media.images import open_image
from core.vectors.ranking_metrics import compute_best_rank, compute_recall

_GREY = (124, 116, 104)  # the mean color of ImageNet
_WIDE = 1.45  # width to height: 3:2 and wider
_BATCH = 32
_SQUARES, _CAPTIONS = 150, 3  # photos of Flickr8k, captions of each
Views = Callable[[Image.Image], list[Image.Image]]


def letterbox(picture: Image.Image) -> list[Image.Image]:
    """The whole picture on a grey square."""
    side = max(picture.size)
    return [ImageOps.pad(picture, (side, side), color=_GREY)]


def squares(count: int) -> Views:
    """So many squares, evenly from end to end of the longer side; one is the middle."""

    def cut(picture: Image.Image) -> list[Image.Image]:
        side, (width, height) = min(picture.size), picture.size
        places = np.linspace(0, 1, count) if count > 1 else np.array([0.5])
        corners = [(round((width - side) * place), round((height - side) * place)) for place in places]
        return [picture.crop((left, top, left + side, top + side)) for left, top in corners]

    return cut


VIEWS: dict[str, Views] = {
    "the middle square": squares(1),
    "letterbox": letterbox,
    "two squares": squares(2),
    "three squares": squares(3),
}


def read_photos(data: Path) -> dict[Path, list[str]]:
    """Photos with their captions."""
    squares = _by_photo(read_captions(data / "flickr8k", "dev"))
    drawn = random.Random(1).sample(sorted(squares), _SQUARES)
    wide, held = read_wide(data / "wide")
    captioned = held & ~np.isin(wide.sets, sorted(wide.labelled))
    others = _by_photo(wide.part(captioned).captions)
    return {path: squares[path][:_CAPTIONS] for path in drawn} | {path: others[path] for path in sorted(others)}


def _by_photo(captions: Captions) -> dict[Path, list[str]]:
    texts = defaultdict(list)
    for photo, text in zip(captions.owner.tolist(), captions.texts, strict=True):
        texts[captions.photos[photo]].append(text)
    return texts


def join(pictures: Sequence[Image.Image], side: int) -> Image.Image:
    """The middle squares of pictures, side by side."""
    panorama = Image.new("RGB", (side * len(pictures), side))
    for place, picture in enumerate(pictures):
        panorama.paste(ImageOps.fit(picture.convert("RGB"), (side, side)), (side * place, 0))
    return panorama


def encode(encoder: Encoder, pictures: Sequence[Image.Image], views: Views) -> tuple[Vectors, float]:
    """(n, dim) the mean over the views of each picture, and pictures a second."""
    began = time.perf_counter()
    means = []
    for first in range(0, len(pictures), _BATCH):
        seen = [views(picture) for picture in pictures[first : first + _BATCH]]
        vectors = encoder.encode_images([view for some in seen for view in some])
        means.append(vectors.reshape(len(seen), -1, vectors.shape[1]).mean(axis=1))
    return unit_rows(np.concatenate(means)), len(pictures) / (time.perf_counter() - began)


def found(similarities: NDArray[np.float32], owners: NDArray[np.int64], chosen: NDArray[np.bool_]) -> str:
    """R@1 / R@10 of the chosen captions. similarities: (captions, pictures); owners: (captions,)."""
    right = owners[:, None] == np.arange(similarities.shape[1])
    recall = compute_recall(compute_best_rank(similarities[chosen], right[chosen]))
    return f"{recall.r1:.3f} / {recall.r10:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with flickr8k/ and wide/")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, metavar="NAME")
    given = parser.parse_args()
    encoder = open_encoder(given.encoder)
    captions = read_photos(given.data)
    photos = [open_image(path, min_side=encoder.min_side) for path in captions]
    panoramas = [join(photos[first : first + 3], encoder.min_side) for first in range(0, len(photos) - 2, 3)]
    texts = embed_texts(encoder, [text for own in captions.values() for text in own])
    owners = np.repeat(np.arange(len(captions)), [len(own) for own in captions.values()])
    wide = np.array([photo.width >= _WIDE * photo.height for photo in photos])
    joined = owners < 3 * len(panoramas)
    print(f"{len(photos)} photos, {wide.sum()} of them 3:2 or wider; {len(panoramas)} panoramas; R@1 / R@10")
    print(f"{'':18}{'photos':>16}{'3:2 and wider':>16}{'pano, middle':>16}{'pano, ends':>16}{'photos a second':>17}")
    for title, views in VIEWS.items():
        vectors, speed = encode(encoder, photos, views)
        parts, _ = encode(encoder, panoramas, views)
        alone, within = texts @ vectors.T, texts @ parts.T
        middle = owners % 3 == 1
        row = [found(alone, owners, owners >= 0), found(alone, owners, wide[owners])]
        row += [found(within, owners // 3, joined & middle), found(within, owners // 3, joined & ~middle)]
        print(f"{title:18}" + "".join(f"{cell:>16}" for cell in row) + f"{speed:>17.0f}", flush=True)


if __name__ == "__main__":
    main()
