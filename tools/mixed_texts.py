"""Writes what reels of unseen photos are made from: python tools/mixed_texts.py --data DIR --count 96 --out CSV

Photos of everyday life (the `dev` rows of Flickr8k) take turns with photos of other kinds (`data/wide_dev.csv`, its
sets in turn), each with its first text. For `python -m core eval moments --images DIR --texts CSV`.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alignment_data import Captions, read_captions
from alignment_wide import Wide, read_wide

_MOST = 160  # photos of either kind


def first_texts(captions: Captions, data: Path) -> dict[str, str]:
    """The first text of each photo, by its path in the folder of the data."""
    texts: dict[str, str] = {}
    for photo, text in zip(captions.owner.tolist(), captions.texts, strict=True):
        texts.setdefault(captions.photos[photo].relative_to(data).as_posix(), text)
    return texts


def draw_in_turn(wide: Wide, data: Path, rng: random.Random) -> list[str]:
    """Paths of wide photos, one of each set after the other, in random order."""
    by_set: dict[str, list[str]] = {}
    for path, name in zip(wide.captions.photos, wide.sets.tolist(), strict=True):
        by_set.setdefault(name, []).append(path.relative_to(data).as_posix())
    for name in sorted(by_set):
        by_set[name].sort()
        rng.shuffle(by_set[name])
    drawn: list[str] = []
    while len(drawn) < _MOST and any(by_set.values()):
        drawn += [by_set[name].pop() for name in sorted(by_set) if by_set[name]]
    drawn = drawn[:_MOST]
    rng.shuffle(drawn)
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with flickr8k/ and wide/")
    parser.add_argument("--count", type=int, default=2 * _MOST, help="photos in all")
    parser.add_argument("--out", type=Path, required=True, metavar="CSV")
    given = parser.parse_args()
    rng = random.Random(0)
    everyday = first_texts(read_captions(given.data / "flickr8k", "dev"), given.data)
    wide, held = read_wide(given.data / "wide")
    others = first_texts(wide.captions.part(held), given.data)
    chosen = zip(rng.sample(sorted(everyday), _MOST), draw_in_turn(wide.part(held), given.data, rng), strict=True)
    texts = everyday | others
    with given.out.open("w", encoding="utf-8", newline="") as file:
        rows = [(name, texts[name]) for name in chain.from_iterable(chosen)]
        csv.writer(file).writerows([("image", "text"), *rows[: given.count]])


if __name__ == "__main__":
    main()
