"""Writes the tables that broad words are measured on: python tools/broad_data.py --data DIR --out DIR

DIR of the data holds `labelled/` (labels.csv, images/), `wide/` (texts.csv, images/) and `flickr8k/` (captions.csv,
images/). Of `wide/` only photos that no training saw are used, of sets whose labels name one thing, and of the set
"instruments" one photo a label. Writes `labels.csv` and `captions.csv` with paths below DIR, for
`python -m core eval relevance --images DIR --broad tools/data/broad_words.csv` and `tools/fit_relevance.py`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alignment_wide import read_wide

SETS = (
    "caltech101", "cars_stanford", "clothing", "farm_crops", "flowers_oxford102", "flowers_oxford17", "grocery",
    "imagenet_det200", "instruments", "monkeys", "named_food", "named_things",
)  # fmt: skip
ONE_EACH = "instruments"


def read_labels(data: Path) -> list[tuple[str, str]]:
    """Photos and their labels."""
    with (data / "labelled" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [(f"labelled/images/{row['image']}", row["label"]) for row in csv.DictReader(file)]
    wide, dev = read_wide(data / "wide")
    held = wide.part(dev)
    seen: set[str] = set()
    for photo, owner in enumerate(held.captions.owner.tolist()):
        name, label = held.sets[owner], held.captions.texts[photo]
        if name in SETS and not (name == ONE_EACH and label in seen):
            seen.add(label)
            rows.append((str(held.captions.photos[owner].relative_to(data)), label))
    return list(dict(rows).items())


def read_captions(data: Path) -> list[tuple[str, str]]:
    """The dev photos of Flickr8k and their captions, five a photo."""
    with (data / "flickr8k" / "captions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "dev"]
    return [(f"flickr8k/images/{row['image']}", row["caption"]) for row in rows]


def write_tables(data: Path, out: Path) -> None:
    """Writes both tables into a folder."""
    for column, rows in (("label", read_labels(data)), ("caption", read_captions(data))):
        with (out / f"{column}s.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("image", column), *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write_tables(options.data, options.out)


if __name__ == "__main__":
    main()
