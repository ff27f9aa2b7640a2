"""Does learning from a few labels make classes worse? python tools/measure_labels.py --data DIR

DIR holds `flickr8k/` (captions.csv, images/) and `clips/` (captions.csv, videos). The `dev` photos and the clips are a
library, which is sorted into six classes as the page Classify does it: first by words, then by a head that has learned
from five labels in three of the classes, and in all six. An item has a thing that two of its captions name (one, of a
clip). Labels are given to items that have one thing only. Prints, for each class, how many items are right at the line,
by the words alone and, as a mean over the draws, after learning. With `--apart` the items are judged one by one, as
uploads are, and not by what a search of the library says.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.classify import (
    ClassHead,
    Classifier,
    ClassName,
    EmbeddedSet,
    Prediction,
    ZeroShot,
    classify_library,
    fit_classes,
)
from core.encoders import open_encoder
from core.encoders.base import Encoder
from core.library import Library, ingest
from core.library.schema import Item
from core.library.track import get_item_vectors, track_of
from core.tables.table_reader import read_table

CLASSES = {
    "a dog": r"\b(dogs?|pupp(y|ies)|greyhounds?)\b",
    "a child": r"\b(child(ren)?|kids?|boys?|girls?|toddlers?|baby|babies|infants?)\b",
    "a man": r"\b(man|men|guys?|gentlem[ae]n)\b",
    "water": r"\b(water|lake|river|ocean|sea|pool|pond|waves?|stream|puddle|creek)\b",
    "snow": r"\bsnow|\bski(s|ing|er|ers)?\b|\bsled",
    "a bicycle": r"\bbi(cycle|ke)s?\b|\bbicycl|\bbik(er|ing)|\bcyclist",
}
LABELS = 5  # of a class
AGREE = 2  # captions of a photo that name a thing


@dataclass(frozen=True)
class Walk:
    """A library of photos and clips.

    has: (n, 6), whether each item has the thing of each class. words: the zero-shot classes. captions: of each item, by
    its path. apart: whether items are judged one by one.
    """

    encoder: Encoder
    library: Library
    items: list[Item]
    has: NDArray[np.bool_]
    words: ZeroShot
    captions: dict[str, list[str]]
    apart: bool = False

    def count_right(self, classifier: Classifier, labels: dict[int, int]) -> NDArray[np.int64]:
        """(6, 2) items at the line in each class, and how many of them are right, as the page shows them: a label comes
        before a prediction."""
        found = {entry.source: entry.label for entry in self._predict(classifier)}
        numbers = {name: number for number, name in enumerate(CLASSES)}
        shown = np.array([labels.get(row, numbers.get(found[item.path], -1)) for row, item in enumerate(self.items)])
        return np.array([[(shown == n).sum(), (self.has[:, n] & (shown == n)).sum()] for n in range(len(CLASSES))])

    def _predict(self, classifier: Classifier) -> list[Prediction]:
        if not self.apart:
            return classify_library(self.library, self.encoder, classifier)
        index = self.library.index(self.encoder)
        tracks = tuple(track_of(index, item.id) for item in self.items)
        return EmbeddedSet(tuple(item.path for item in self.items), tracks, tuple(self.items)).predict(classifier)

    def draw_labels(self, classes: Sequence[int], rng: np.random.Generator) -> dict[int, int]:
        """{row: class}."""
        alone = self.has.sum(axis=1) == 1
        rows = {number: rng.permutation(np.flatnonzero(self.has[:, number] & alone))[:LABELS] for number in classes}
        return {int(row): number for number, chosen in rows.items() for row in chosen}

    def learn(self, labels: dict[int, int]) -> ClassHead:
        """A blend of the words and these labels."""
        index = self.library.index(self.encoder)
        names = {self.items[row].id: list(CLASSES)[number] for row, number in labels.items()}
        ids, vectors = get_item_vectors(index, list(names))
        words = self.words if self.apart else self.words.within(index)
        return fit_classes(self.encoder, "blend", vectors, [names[item_id] for item_id in ids], zero_shot=words)


def read_captions(data: Path) -> dict[str, list[str]]:
    """Captions in small letters of the `dev` photos and the clips of a folder, by path."""
    captions: dict[str, list[str]] = defaultdict(list)
    photos, clips = read_table(data / "flickr8k" / "captions.csv"), read_table(data / "clips" / "captions.csv")
    for image, text, split in zip(*map(photos.texts, ("image", "caption", "split")), strict=True):
        if split == "dev":
            captions[str(data / "flickr8k" / "images" / image)].append(text.lower())
    for video, text in zip(*map(clips.texts, ("video", "caption")), strict=True):
        captions[str(data / "clips" / video)].append(text.lower())
    return dict(captions)


def read_walk(data: Path, encoder: Encoder, folder: Path, *, apart: bool = False) -> Walk:
    """The photos and clips of a folder with `flickr8k/` and `clips/` as a library in another folder, where they are
    embedded unless it is there."""
    captions = read_captions(data.resolve())
    library = Library(folder, create=True)
    if not len(library.items()):
        ingest(library, encoder, list(captions))
    items = [item for item in map(Item.from_row, library.items().to_pylist()) if item.path in captions]
    has = np.array([[names_thing(captions[item.path], words) for words in CLASSES.values()] for item in items])
    words = ZeroShot.of(encoder, [ClassName(name) for name in CLASSES])
    return Walk(encoder, library, items, has, words, captions, apart)


def names_thing(captions: Sequence[str], words: str) -> bool:
    """Whether the captions of one item name a thing."""
    return sum(bool(re.search(words, text)) for text in captions) >= min(AGREE, len(captions))


def measure(walk: Walk, learned: int, draws: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(draws, 6, 2) counts before and after learning in so many classes, drawn at random each time."""
    rng = np.random.default_rng(0)
    before, after = [], []
    for _ in range(draws):
        labels = walk.draw_labels(sorted(rng.permutation(len(CLASSES))[:learned].tolist()), rng)
        before.append(walk.count_right(walk.words, {}))
        after.append(walk.count_right(walk.learn(labels), labels))
    return np.array(before), np.array(after)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--library", type=Path, help="where the library is, or is to be kept (default: nowhere)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        walk = read_walk(options.data, open_encoder(), options.library or Path(folder), apart=options.apart)
        report(walk, options.draws)


def report(walk: Walk, draws: int) -> None:
    """Prints the tables."""
    print(f"{len(walk.items)} items; {LABELS} labels a class; {draws} draws")
    for learned in (3, len(CLASSES)):
        before, after = measure(walk, learned, draws)
        print(f"\nlabels in {learned} of {len(CLASSES)} classes (right of those at the line)")
        print(f"{'class':<12}{'there':>7}{'by words':>14}{'after':>16}{'fewest':>9}{'draws that lose':>17}")
        for number, name in enumerate(CLASSES):
            (shown, right), (more, well) = before[0, number], after[:, number].mean(axis=0)
            loses = int((after[:, number, 1] < before[:, number, 1]).sum())
            cells = f"{right:>7} of {shown:<4}{well:>9.1f} of {more:<5.1f}{after[:, number, 1].min():>7}{loses:>17}"
            print(f"{name:<12}{walk.has[:, number].sum():>7}{cells}")


if __name__ == "__main__":
    main()
