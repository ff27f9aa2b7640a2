"""Fits the class weights of an encoder: python tools/fit_classes.py --images DIR --labels CSV (image, label).

The labels are ImageNet's names. The photos are told into sets of 3 to 300 of the names, drawn at random, and into sets
of broad names whose members are known. What is fitted is whether the best class is right or the photo is of no class of
the set, from the choice and ln(classes); right and wrong of each set count the same. Prints the weights, to be written
into its `class_weights` (core/encoders/calibration.py), and how many of the photos are kept and refused at the line.
Prints also the best scale of the softmax over all the names, for its `scoring`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.classify.zero_shot import ClassName, ZeroShot
from core.encoders import Encoder, open_encoder
from core.encoders.calibration import get_calibration
from core.encoders.prompts import embed_texts
from core.encoders.reference_prompts import imagenet_names
from core.evaluation.datasets import embed_files, read_pairs
from core.search.relevance import LIKELY, class_log_posterior

SIZES, DRAWS = (3, 10, 30, 100, 300), 5
BROAD_DRAWS = 3  # times that each broad set counts
BROAD_SETS = (
    ("animal", "vehicle", "food"),
    ("animal", "vehicle", "food", "musical instrument", "clothing", "building"),
    ("dog", "bird", "vehicle"),
    ("dog", "bird", "snake", "insect", "fish", "cat", "monkey", "lizard", "spider"),
    ("vehicle", "food"),
    ("bird", "food", "clothing"),
)
# Numbers of ImageNet's classes: "a-b" is a range, its ends included.
MEMBERS = {
    "animal": "0-397",
    "dog": "151-268",
    "bird": "7-24 80-100 127-146",
    "snake": "52-68",
    "insect": "300-326",
    "fish": "0-6 389-397",
    "cat": "281-293",
    "monkey": "365-384",
    "lizard": "38-48",
    "spider": "72-77",
    "food": "924-969",
    "vehicle": "403 404 407 408 436 444 450 468 471 472 479 484 510 511 554 555 561 565 569 573 576 586 595 603 609 "
    "612 625 627 628 654 656 661 665 670 671 675 705 717 734 751 757 779 780 802 803 814 817 820 829 833 "
    "847 856 864 866 867 870 871 874 880 895 908 913 914",
    "musical instrument": "401 402 420 432 486 494 513 541 546 558 566 577 579 593 594 642 683 684 687 699 776 "
    "822 875 881 889",
    "clothing": "399 411 433 445 459 474 496 501 515 518 529 568 601 608 610 614 615 617 630 638 639 643 652 655 658 "
    "667 689 697 714 735 747 769 770 775 793 796 801 806 808 824 834 836 840 841 842 860 869 887 906 911",
    "building": "410 425 449 483 497 498 500 580 624 634 660 663 668 682 698 727 728 762 788 832 839 865",
}


@dataclass(frozen=True)
class Draw:
    """Photos told into one set of c classes: their choices (n,), and whether the best class is right, or none is."""

    kind: str
    classes: int
    choices: np.ndarray
    right: np.ndarray
    none: np.ndarray

    def features(self) -> np.ndarray:
        """(m, 2) choice and ln(classes) of those that are right, then of those that belong to no class."""
        choices = np.concatenate([self.choices[self.right], self.choices[self.none]])
        return np.column_stack([choices, np.full(len(choices), np.log(self.classes))])

    def targets(self) -> tuple[np.ndarray, np.ndarray]:
        """(m,) whether it is right, and (m,) how much it counts."""
        sides = [np.full(side.sum(), 1 / max(1, side.sum())) for side in (self.right, self.none)]
        return np.repeat([1, 0], [len(side) for side in sides]), np.concatenate(sides)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    encoder = open_encoder(options.encoder)
    pairs = read_pairs(options.labels, "image", "label")
    embedded = embed_files(encoder, options.images, [image for image, _ in pairs])
    pairs = [(image, label) for image, label in pairs if image in embedded.rows]
    photos = embedded.vectors[[embedded.rows[image] for image, _ in pairs]]
    labels = np.array([label for _, label in pairs])
    draws = [*broad(encoder, photos, labels), *narrow(encoder, photos, labels)]
    features = np.concatenate([entry.features() for entry in draws])
    targets, weights = (np.concatenate(parts) for parts in zip(*(entry.targets() for entry in draws), strict=True))
    model = LogisticRegression(C=100).fit(features, targets, sample_weight=1000 * weights)
    fit = (*model.coef_[0].round(3).tolist(), round(float(model.intercept_[0]), 3))
    zero_shot = ZeroShot.of(encoder, [ClassName(name) for name in np.unique(labels)])
    fitted = zero_shot.calibrated(photos, labels.tolist()).scoring.scale
    print(f"scale of the softmax = {fitted:.1f}   (now: {zero_shot.scoring.scale:.1f})")
    print(f"class_weights = {fit}   (now: {get_calibration(encoder).class_weights})")
    likely = model.predict_proba(features)[:, 1] >= LIKELY
    kinds = np.repeat([entry.kind for entry in draws], [len(entry.features()) for entry in draws])
    for kind in ("broad", "narrow"):
        cached, refused = (
            np.average(likely[kinds == kind] == side, weights=weights[kinds == kind] * (targets[kinds == kind] == side))
            for side in (1, 0)
        )
        print(f"{kind} names: {cached:.2f} of the right ones are kept, {refused:.2f} of the others are refused")


def broad(encoder: Encoder, photos: np.ndarray, labels: np.ndarray) -> Iterator[Draw]:
    """The photos told into sets of broad names, of which one photo may be several ("animal" and "dog")."""
    names = list(imagenet_names())
    numbers = np.array([names.index(label) if label in names else -1 for label in labels])
    for request in BROAD_SETS * BROAD_DRAWS:
        members = np.stack([np.isin(numbers, _numbers(MEMBERS[name])) for name in request])
        yield draw("broad", encoder, embed_texts(encoder, request), photos, members)


def narrow(encoder: Encoder, photos: np.ndarray, labels: np.ndarray) -> Iterator[Draw]:
    """The photos told into sets of their own names, drawn at random."""
    names = np.array(sorted(set(labels)))
    texts = embed_texts(encoder, names.tolist())
    rng = np.random.default_rng(0)
    for count in (count for count in SIZES for _ in range(DRAWS) if count < len(names)):
        sample = rng.choice(len(names), count, replace=False)
        yield draw("narrow", encoder, texts[sample], photos, names[sample][:, None] == labels[None])


def draw(kind: str, encoder: Encoder, texts: np.ndarray, photos: np.ndarray, members: np.ndarray) -> Draw:
    """members: (c, n), which photos are of which class."""
    best = (photos @ texts.T).argmax(axis=1)
    right = members[best, np.arange(len(photos))]
    return Draw(kind, len(texts), class_log_posterior(encoder, texts, photos, best), right, ~members.any(axis=0))


def _numbers(ranges: str) -> list[int]:
    ends = [list(map(int, part.split("-"))) for part in ranges.split()]
    return [number for end in ends for number in range(end[0], end[-1] + 1)]


if __name__ == "__main__":
    main()
