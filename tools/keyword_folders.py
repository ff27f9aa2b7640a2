"""Ten classes that are in no list of class names, out of captioned photos, by keyword.

    python tools/keyword_folders.py --captions CSV --split dev --out labels.csv

CSV has the columns image, caption and, with --split, split. A photo belongs to a class if at least two of its captions
match the class's words, and to none if two kinds match. Then:

    python -m core eval fewshot --images DIR --labels labels.csv --repeats 20

With --groups NAMES ("all", or some of those in GROUPS, with commas) the classes are groups of one keyword each, at most
--most photos of each, with a column of synonyms:

    python -m core eval clusters --images DIR --labels labels.csv

With --count WORDS (a regular expression) the table holds a number instead, how many captions of each photo match:

    python -m core eval numbers --images DIR --table labels.csv
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
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
GROUPS = {  # keyword: the captions it is known by, and what else a name may call it
    "beach": (r"\bbeach|\bshore\b", "shore|coast|seaside"),
    "snow": (r"\bsnow|\bski|\bsled", "ski|sled|winter"),
    "skateboard": (r"\bskateboard", "skater|skate park"),
    "bicycle": (r"\bbicycl|\bbikes?\b|\bbiker|\bcyclist|\bbmx", "bike|biking|cycling|cyclist|bmx"),
    "soccer": (r"\bsoccer", ""),  # "football" may be the American one
    "surfing": (r"\bsurf", "surf|bodyboard"),
    "swing": (r"\bswings?\b", ""),
    "pool": (r"\bpool\b", "swim"),
    "dog": (r"\bdogs?\b|\bpupp", "puppy|puppies|hound"),
    "climbing": (r"\bclimb", "climb|bouldering|mountaineer"),
    "basketball": (r"\bbasketball", ""),
    "baseball": (r"\bbaseball|\bsoftball", "softball"),
    "football": (r"\bfootball", ""),
    "tennis": (r"\btennis", ""),
    "horse": (r"\bhorse", "pony|rodeo"),
    "motorcycle": (r"\bmotorcycl|\bmotorbike|\bdirt bike", "motorbike|motorcycling|motocross|dirt bike"),
    "boat": (r"\bboat|\bcanoe|\bkayak", "canoe|kayak|rowing|sailing|raft"),
    "guitar": (r"\bguitar", "guitarist|music|band|concert"),
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
    parser.add_argument("--groups", metavar="NAMES")
    parser.add_argument("--most", type=int, default=60, metavar="N", help="photos of a group (default: 60)")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    captions = captions_of(options.captions, options.split)
    header = ["image", "value" if options.count else "label"]
    found: dict[str, str]
    if options.count:
        found = {image: str(matches(options.count, texts)) for image, texts in captions.items()}
    elif options.groups:
        chosen = list(GROUPS) if options.groups == "all" else options.groups.split(",")
        found = groups_of(captions, chosen, most=options.most)
        header.append("synonyms")
    else:
        found = labels_of(captions)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(
            [image, label, *(GROUPS[label][1:] if options.groups else ())] for image, label in found.items()
        )
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


def groups_of(captions: dict[str, list[str]], chosen: Sequence[str], *, most: int) -> dict[str, str]:
    """The group of each photo that has the keyword of one group, and of no other in `GROUPS`, chosen or not."""
    found: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for image, texts in captions.items():
        kinds = [name for name, (words, _) in GROUPS.items() if matches(words, texts) >= CAPTIONS]
        if len(kinds) == 1 and kinds[0] in chosen and counts[kinds[0]] < most:
            found[image] = kinds[0]
            counts[kinds[0]] += 1
    return found


if __name__ == "__main__":
    main()
