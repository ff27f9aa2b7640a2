"""Does learning from a few labels make classes worse? python tools/measure_labels.py --data DIR

DIR holds `flickr8k/` (captions.csv, images/) and `clips/` (captions.csv, videos). The `dev` photos and the clips are
sorted into six classes as the page Classify does it: first by words, then by a head that has learned from five labels
in three of the classes, and in all six. An item has a thing that two of its captions name (one, of a clip). Labels are
given to items that have one thing only. Prints, for each class, how many items are right at the line, by the words
alone and, as a mean over the draws, after learning.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.classify import ClassName, EmbeddedSet, ZeroShot, embed_files_set, fit_classes
from core.encoders import open_encoder
from core.encoders.base import Encoder
from core.search.relevance import LIKELY
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


@dataclass(frozen=True, slots=True)
class Walk:
    """items: photos and clips. has: (n, 6), whether each has the thing of each class. words: the zero-shot classes."""

    encoder: Encoder
    items: EmbeddedSet
    has: NDArray[np.bool_]
    words: ZeroShot

    def count_right(self, classifier: object, labels: dict[int, int]) -> NDArray[np.int64]:
        """(6, 2) items at the line in each class, and how many of them are right, as the page shows them: a label comes
        before a prediction."""
        predictions = self.items.predict(classifier, threshold=LIKELY)  # type: ignore[arg-type]
        found = [
            list(CLASSES).index(entry.label) if entry.label in CLASSES else -1 for entry in predictions
        ]  # fmt: skip
        shown = np.array([labels.get(row, number) for row, number in enumerate(found)])
        return np.array([[(shown == n).sum(), (self.has[:, n] & (shown == n)).sum()] for n in range(len(CLASSES))])

    def draw_labels(self, classes: Sequence[int], rng: np.random.Generator) -> dict[int, int]:
        """{row: class}."""
        alone = self.has.sum(axis=1) == 1
        rows = {number: rng.permutation(np.flatnonzero(self.has[:, number] & alone))[:LABELS] for number in classes}
        return {int(row): number for number, chosen in rows.items() for row in chosen}

    def learn(self, labels: dict[int, int]) -> object:
        """A blend of the words and these labels."""
        vectors = np.stack([self.items.tracks[row].mean_vector() for row in labels])
        names = [list(CLASSES)[number] for number in labels.values()]
        return fit_classes(self.encoder, "blend", vectors, names, zero_shot=self.words)


def read_walk(data: Path, encoder: Encoder) -> Walk:
    """Embeds the photos and clips of a folder with `flickr8k/` and `clips/`."""
    captions: dict[Path, list[str]] = defaultdict(list)
    photos, clips = read_table(data / "flickr8k" / "captions.csv"), read_table(data / "clips" / "captions.csv")
    for image, text, split in zip(*map(photos.texts, ("image", "caption", "split")), strict=True):
        if split == "dev":
            captions[data / "flickr8k" / "images" / image].append(text.lower())
    for video, text in zip(*map(clips.texts, ("video", "caption")), strict=True):
        captions[data / "clips" / video].append(text.lower())
    items = embed_files_set(encoder, list(captions))
    texts = {str(path): found for path, found in captions.items()}
    has = np.array([[_names(texts[source], words) for words in CLASSES.values()] for source in items.sources])
    return Walk(encoder, items, has, ZeroShot.of(encoder, [ClassName(name) for name in CLASSES]))


def _names(captions: Sequence[str], words: str) -> bool:
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
    options = parser.parse_args()
    walk = read_walk(options.data, open_encoder())
    print(f"{len(walk.items)} items; {LABELS} labels a class; {options.draws} draws")
    for learned in (3, len(CLASSES)):
        before, after = measure(walk, learned, options.draws)
        print(f"\nlabels in {learned} of {len(CLASSES)} classes (right of those at the line)")
        print(f"{'class':<12}{'there':>7}{'by words':>14}{'after':>16}{'fewest':>9}{'draws that lose':>17}")
        for number, name in enumerate(CLASSES):
            (shown, right), (more, well) = before[0, number], after[:, number].mean(axis=0)
            loses = int((after[:, number, 1] < before[:, number, 1]).sum())
            cells = f"{right:>7} of {shown:<4}{well:>9.1f} of {more:<5.1f}{after[:, number, 1].min():>7}{loses:>17}"
            print(f"{name:<12}{walk.has[:, number].sum():>7}{cells}")


if __name__ == "__main__":
    main()
