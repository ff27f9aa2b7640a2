"""What does a first search show and hide? python tools/measure_walk.py --data DIR

DIR is that of `tools/measure_labels.py`: the `dev` photos of Flickr8k and 40 clips become a library. It is searched for
eight things of everyday life, and "more like this" of forty photos of dogs. An item has a thing that two of its
captions name (one, of a clip). Prints, for each thing, how many items have it, how many stand above the divider and how
many of these are right, how many can be reached, and how many of the first ones ranked, as many as have it, are right;
and of "more like this", how often it says that nothing matches, how many other photos it calls the same picture or a
part of it, and how many of the first ten are dogs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure_labels import CLASSES, Walk, names_thing, read_walk

from core.encoders import open_encoder
from core.search import SearchResult, Term, search

THINGS = CLASSES | {
    "people running": r"\b(runs?|running|ran|races?|racing|jog(s|ging)?|sprint(s|ing)?)\b",
    "a beach": r"\b(beach(es)?|shore|seashore)\b",
}
DOGS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--library", type=Path, help="where the library is, or is to be kept (default: nowhere)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        walk = read_walk(options.data, open_encoder(), options.library or Path(folder))
        print(f"{len(walk.items)} items")
        report_things(walk)
        report_more_like_dogs(walk)


def report_things(walk: Walk) -> None:
    """Prints the table of the things."""
    print(f"{'thing':<16}{'there':>7}{'above':>7}{'right':>7}{'reachable':>11}{'right of first':>16}")
    for thing, words in THINGS.items():
        has = find_items(walk, words)
        found = search_all(walk, Term("text", thing))
        ids = [item.id for hit in found.hits for item in (hit.item, *hit.duplicates)]
        right = [hit.item.id in has for hit in found.hits]
        above = found.cutoff if found.judged else 0
        figures = (len(has), above, sum(right[:above]), len(has & set(ids)), sum(right[: len(has)]))
        print(f"{thing:<16}{figures[0]:>7}{figures[1]:>7}{figures[2]:>7}{figures[3]:>11}{figures[4]:>16}")


def report_more_like_dogs(walk: Walk) -> None:
    """Prints what "more like this" says of photos of dogs."""
    dogs = find_items(walk, CLASSES["a dog"])
    photos = [item.id for item in walk.items if item.id in dogs and item.kind == "image"][:DOGS]
    found = [search_all(walk, Term("item", photo)) for photo in photos]
    refused = sum(result.judged and not result.cutoff for result in found)
    copies = sum(hit.copy is not None for result in found for hit in result.hits)
    first = [hit.item.id in dogs for result in found for hit in result.hits[:10]]
    print(
        f"more like this, {len(photos)} dogs: {refused} say that nothing matches, {copies} others are called copies, "
        f"{sum(first) / len(first):.2f} of the first ten are dogs"
    )


def find_items(walk: Walk, words: str) -> set[str]:
    """Ids of the items that have a thing."""
    return {item.id for item in walk.items if names_thing(walk.captions[item.path], words)}


def search_all(walk: Walk, term: Term) -> SearchResult:
    """The whole ranking of the library."""
    return search(walk.library, walk.encoder, [term], top_k=len(walk.items))


if __name__ == "__main__":
    main()
