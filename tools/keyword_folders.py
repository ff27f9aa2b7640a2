"""Ten classes that are in no list of class names, out of captioned photos, by keyword.

    python tools/keyword_folders.py --captions CSV --split dev --out labels.csv

CSV has the columns image, caption and, with --split, split. A photo belongs to a class if at least two of its captions
match the class's words, and to none if two kinds match. Then:

    python -m core eval fewshot --images DIR --labels labels.csv --repeats 20

With --count WORDS (a regular expression) the table holds a number instead, how many captions of each photo match:

    python -m core eval numbers --images DIR --table labels.csv
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

CLASSES = {
    "skateboard": r"skateboard|skater|skating",
    "bike": r"bike|bicycle|cycl|bmx|motorc",
    "swimming": r"pool|swim|surf|wave|fountain|kayak|canoe|boat|lake|ocean",
    "playground": r"swing|slide|playground|trampoline|hammock",
    "climbing": r"climb|cliff|mountain|rock ",
    "dog on grass": r"dog.*(grass|field|yard|lawn)|(grass|field|yard|lawn).*dog",
    "indoors": r"couch|bed |room|kitchen|table|restaurant|sofa|chair",
    "snow": r"snow|ski|sled|ice",
    "dog in water": r"dog.*(water|beach|ocean|lake|river|pool|surf|sand)|(water|beach).*dog",
    "ball game": r"soccer|football|baseball|basketball|tennis|volleyball|rugby|cricket|hockey",
}
OTHERS = {  # no classes here, but a photo that matches one of them may be of either
    "city street": r"street|sidewalk|city|bus|crosswalk|shop|store|market",
    "portrait": r"smil|laugh|face|tongue|camera|sunglasses|hat ",
}
CAPTIONS = 2  # of a photo, that must match


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--split", help="only the rows of this split")
    parser.add_argument("--count", metavar="WORDS")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    captions = captions_of(options.captions, options.split)
    if options.count:
        found = {image: matches(options.count, texts) for image, texts in captions.items()}
    else:
        found = labels_of(captions)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "value" if options.count else "label"), *found.items()])
    print(f"{len(found)} photos:", ", ".join(f"{name} {count}" for name, count in Counter(found.values()).items()))


def captions_of(path: Path, split: str | None) -> dict[str, list[str]]:
    """The captions of each photo, in small letters."""
    captions: dict[str, list[str]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if split is None or row["split"] == split:
                captions[row["image"]].append(row["caption"].lower())
    return captions


def matches(words: str, texts: Iterable[str]) -> int:
    """How many of the texts match."""
    return sum(bool(re.search(words, text)) for text in texts)


def labels_of(captions: dict[str, list[str]]) -> dict[str, str]:
    """The class of each photo that has exactly one."""
    labels = {}
    for image, texts in captions.items():
        kinds = (CLASSES | OTHERS).items()
        found = [name for name, words in kinds if matches(words, texts) >= CAPTIONS]
        if len(found) == 1 and found[0] in CLASSES:
            labels[image] = found[0]
    return labels


if __name__ == "__main__":
    main()
