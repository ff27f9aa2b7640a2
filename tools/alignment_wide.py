"""Photos of a wider world (`wide/`): captions and names in words, which photos are never trained on, and terms."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from alignment_data import Captions
from numpy.typing import NDArray

DEV_FILE = Path(__file__).parent / "data" / "wide_dev.csv"
# Whole sets that only figures see: kinds of pictures that the training never met.
UNSEEN = ("instruments", "textures_dtd")
# Sets with a stated licence that allows commercial use and passing on. Of the others none is stated, or it forbids one.
FREE = (
    "charts_vegalite",
    "clothing",
    "cutouts_tuxpaint",
    "grocery",
    "products_shop",
    "receipts_sroie",
    "recipes",
    "recipes_chinese",
    "screenshots_apps",
)


@dataclass(frozen=True)
class Wide:
    """Photos in order with their texts.

    `sets`: the set of each photo. `labelled`: the sets whose texts are names of kinds.
    """

    captions: Captions
    sets: NDArray[np.str_]
    labelled: frozenset[str]

    def part(self, chosen: NDArray[np.bool_]) -> Wide:
        """Only the chosen photos, with their texts."""
        return Wide(self.captions.part(chosen), self.sets[chosen], self.labelled)


def read_wide(folder: Path) -> tuple[Wide, NDArray[np.bool_]]:
    """`texts.csv` (image, text, kind, set) of a folder with `images/`; and which photos are for figures alone."""
    with (folder / "texts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    set_of = {row["image"]: row["set"] for row in rows}
    names = sorted(set_of)
    index = {name: position for position, name in enumerate(names)}
    owner = np.array([index[row["image"]] for row in rows])
    captions = Captions([folder / "images" / name for name in names], [row["text"] for row in rows], owner)
    labelled = frozenset(row["set"] for row in rows if row["kind"] == "label")
    dev = set(DEV_FILE.read_text(encoding="utf-8").split()[1:])  # below the head
    wide = Wide(captions, np.array([set_of[name] for name in names]), labelled)
    return wide, np.array([name in dev or set_of[name] in UNSEEN for name in names])


def choose_dev(wide: Wide, *, share: float = 0.1, fewest: int = 2, seed: int = 0) -> list[str]:
    """File names of a part of each set for figures: of labelled sets as many labels as possible, and whole UNSEEN."""
    rng = np.random.default_rng(seed)
    text = dict(zip(wide.captions.owner.tolist(), wide.captions.texts, strict=True))
    chosen: list[int] = []
    for name in np.unique(wide.sets):
        rows = rng.permutation(np.flatnonzero(wide.sets == name)).tolist()
        met: defaultdict[str, int] = defaultdict(int)
        turn = {}  # a label's second photo comes after the first of all labels
        for row in rows:
            label = text[row] if name in wide.labelled else ""
            turn[row] = met[label]
            met[label] += 1
        ordered = sorted(rows, key=turn.__getitem__)
        chosen += ordered if name in UNSEEN else ordered[: max(fewest, round(share * len(rows)))]
    return sorted(wide.captions.photos[row].name for row in chosen)
