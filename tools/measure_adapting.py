"""Measures adapters: sets of photos with labels or captions that are adapted to, and all other sets, which shall stay.

    python tools/measure_adapting.py --data DIR [--sets NAME,NAME] [--seeds 3] [--pairs N] [--encoder NAME]

DIR has `wide/texts.csv` (image, text, kind, set) with `wide/images`, `labelled/labels.csv` (image, label) with
`labelled/images`, and `flickr8k/captions.csv` (image, caption, split) with `flickr8k/images`; its split "dev" is used.
Of each set that is adapted to, all photos but three of a class are learned from, and these three are measured on; of
sets with captions a third of the photos is held out.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.adapt.adapt import adapt
from core.adapt.examples import Examples, Source
from core.adapt.measures import measure_examples
from core.adapt.training import Maps
from core.encoders import Encoder, embed_texts, open_encoder
from core.encoders.adapted import Adapter
from core.encoders.reference_prompts import imagenet_names
from core.evaluation.datasets import embed_files
from core.progress import Task

SETS = "aerial_aid,flowers_oxford17,clothing"
HELD = 3  # photos of a class


@dataclass(frozen=True, eq=False)
class PhotoSet:
    """The photos of a set with their texts, embedded."""

    name: str
    examples: Examples


def main() -> None:
    options = _parse()
    encoder = open_encoder(options.encoder)
    names = options.sets.split(",")
    sets = load_sets(encoder, options.data, names, Task())
    rows = []
    for name in names:
        own = next(entry.examples for entry in sets if entry.name == name)
        others = [entry for entry in sets if entry.name != name]
        for seed in range(options.seeds):
            rows.append({"set": name, "seed": seed} | measure_set(encoder, own, others, seed))
            print(json.dumps(rows[-1]), flush=True)
    for line in summarize(rows):
        print(line)
    if options.pairs:
        print(json.dumps(measure_pairs(encoder, options.data, options.pairs, sets)))


def measure_set(encoder: Encoder, own: Examples, others: Sequence[PhotoSet], seed: int) -> dict[str, object]:
    """Before and after on the photos held out of a set, and the changes of all other sets."""
    learned, held = split_set(own, seed)
    found = adapt(encoder, learned, "measured")
    maps = get_maps(found.adapter)
    figures = measure_examples("held out", held, maps)
    return {
        "learned": len(learned), "held": len(held), "steps": found.steps, "seconds": found.seconds,
        "figures": {figure.measure: [figure.before, figure.after] for figure in figures},
        "others": measure_changes(others, maps),
    }  # fmt: skip


def measure_pairs(encoder: Encoder, data: Path, count: int, sets: Sequence[PhotoSet]) -> dict[str, object]:
    """The same for captions of all kinds, so many of `wide`, and the processor's time."""
    rows = [row for row in _read(data / "wide" / "texts.csv") if row["kind"] == "caption"]
    drawn = np.random.default_rng(0).permutation(len(rows))[:count]
    pairs = [(rows[row]["image"], rows[row]["text"]) for row in drawn]
    own = embed_set(encoder, "captions", data / "wide" / "images", pairs, Task())
    began = time.process_time()
    found = adapt(encoder, own, "measured")
    seconds = round(time.process_time() - began, 1)
    gains = {figure.measure: [figure.before, figure.after] for figure in found.gains}
    changes = measure_changes(sets, get_maps(found.adapter))
    return {"pairs": len(own.pairs), "photos": len(own), "processor_s": seconds, "figures": gains, "others": changes}


def measure_changes(sets: Sequence[PhotoSet], maps: Maps) -> dict[str, float]:
    """What changes for sets that were not adapted to."""
    figures = [figure for entry in sets for figure in measure_examples(entry.name, entry.examples, maps)]
    return {f"{figure.of} {figure.measure}": round(figure.after - figure.before, 4) for figure in figures}


def get_maps(adapter: Adapter) -> Maps:
    return Maps(adapter.images, adapter.texts, 0)


def split_set(examples: Examples, seed: int) -> tuple[Examples, Examples]:
    """Learned and held-out photos. Seed 0 holds out the last ones of each class, others random ones."""
    rng = np.random.default_rng(seed)
    order = np.arange(len(examples)) if seed == 0 else rng.permutation(len(examples))
    held = []
    if examples.source == "captions":
        held = order[-len(examples) // HELD :].tolist()
    else:
        of = {int(row): int(number) for row, number in examples.pairs}
        for number in range(len(examples.texts)):
            held += [int(row) for row in order if of[int(row)] == number][-HELD:]
    learned = np.setdiff1d(np.arange(len(examples)), held)
    return examples.take(learned), examples.take(np.array(sorted(held)))


def load_sets(encoder: Encoder, data: Path, asked: Sequence[str], task: Task) -> list[PhotoSet]:
    """The sets of classes with 1.5 photos and more on average, those asked for, ImageNet's names, and Flickr8k."""
    by_set: dict[str, list[tuple[str, str]]] = defaultdict(list)
    kinds: dict[str, str] = {}
    for row in _read(data / "wide" / "texts.csv"):
        by_set[row["set"]].append((row["image"], row["text"]))
        kinds[row["set"]] = row["kind"]
    sets = []
    for name, pairs in sorted(by_set.items()):
        classes = {text for _, text in pairs}
        is_classes = kinds[name] == "label" and 1 < len(classes) <= len(pairs) / 1.5
        if is_classes or name in asked:
            source: Source = "labels" if is_classes else "captions"
            sets.append(PhotoSet(name, embed_set(encoder, source, data / "wide" / "images", pairs, task)))
    names = imagenet_names()
    labelled = [
        (row["image"], row["label"]) for row in _read(data / "labelled" / "labels.csv") if row["label"] in names
    ]
    own = embed_set(encoder, "labels", data / "labelled" / "images", labelled, task, classes=names)
    captions = [
        (row["image"], row["caption"]) for row in _read(data / "flickr8k" / "captions.csv") if row["split"] == "dev"
    ]
    flickr = embed_set(encoder, "captions", data / "flickr8k" / "images", captions, task)
    return [*sets, PhotoSet("imagenet names", own), PhotoSet("flickr8k dev", flickr)]


def embed_set(
    encoder: Encoder,
    source: Source,
    folder: Path,
    pairs: Sequence[tuple[str, str]],
    task: Task,
    *,
    classes: Sequence[str] = (),
) -> Examples:
    """The photos and texts of a set. classes: those of all labels, also of absent ones."""
    files = list(dict.fromkeys(file for file, _ in pairs))
    embedded = embed_files(encoder, folder, files, task=task)
    texts = tuple(dict.fromkeys([*classes, *(text for _, text in pairs)]))
    number = {text: place for place, text in enumerate(texts)}
    ids = tuple(embedded.rows)
    numbers = [(embedded.rows[file], number[text]) for file, text in pairs if file in embedded.rows]
    return Examples(source, ids, embedded.vectors, texts, embed_texts(encoder, texts), np.array(numbers, np.int64))


def summarize(rows: Sequence[dict[str, object]]) -> list[str]:
    """One line for each set: means over the seeds."""
    lines = []
    for name in dict.fromkeys(row["set"] for row in rows):
        own = [row for row in rows if row["set"] == name]
        for measure in own[0]["figures"]:  # type: ignore[attr-defined]
            before, after = np.mean([row["figures"][measure] for row in own], axis=0)  # type: ignore[index]
            lines.append(f"{name}, held out, {measure}: {before:.3f} -> {after:.3f} ({after - before:+.3f})")
        changes = {key: np.mean([row["others"][key] for row in own]) for key in own[0]["others"]}  # type: ignore
        worst = sorted(changes.items(), key=lambda pair: pair[1])[:3]
        lines.append(
            f"  {len(changes)} other figures: mean {np.mean(list(changes.values())):+.4f}, lowest "
            + ", ".join(f"{key} {value:+.3f}" for key, value in worst)
        )
    return lines


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--sets", default=SETS, metavar="NAME,NAME", help=f"default: {SETS}")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="splits (default: 3)")
    parser.add_argument("--pairs", type=int, default=0, metavar="N", help="also adapt to so many captions of all kinds")
    parser.add_argument("--encoder", default="embedded", metavar="NAME")
    return parser.parse_args()


if __name__ == "__main__":
    main()
