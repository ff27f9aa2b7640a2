"""The figures that training prints: retrieval by captions and zero-shot over names, in plain numpy."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from alignment_wide import UNSEEN, Wide
from alignment_words import PROMPT
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


def recalls(captions: Vectors, photos: Vectors, owner: NDArray[np.int64]) -> str:
    """Caption -> photo and photo -> any of its captions: R@1 / R@5 / R@10."""
    similarities = captions @ photos.T
    own = similarities[np.arange(len(owner)), owner]
    forward = (similarities > own[:, None]).sum(1)
    best = np.full(len(photos), -np.inf, np.float32)
    np.maximum.at(best, owner, own)
    backward = (best[:, None] < similarities.T).sum(1)
    return " · ".join(
        f"{title} " + " / ".join(f"{np.mean(ranks < k):.3f}" for k in (1, 5, 10))
        for title, ranks in (("caption -> photo", forward), ("photo -> caption", backward))
    )


def zero_shot(photos: Vectors, names: Vectors, label: NDArray[np.int64]) -> str:
    """Share of photos whose label is first, over all names and over the names that are present."""
    similarities = photos @ names.T
    everything = np.mean(similarities.argmax(1) == label)
    present = np.unique(label)
    among = np.mean(present[similarities[:, present].argmax(1)] == label)
    return f"zero-shot top-1 over {len(names)} names {everything:.3f}, over the {len(present)} present {among:.3f}"


def top1_by_set(
    wide: Wide, held: NDArray[np.bool_], photos: Vectors, encode: Callable[[Sequence[str]], Vectors]
) -> dict[str, float]:
    """Per set of several names the share of its held photos whose name is first among all names of the set.

    wide: all photos. photos: vectors of the held ones. encode: texts to vectors.
    """
    text = dict(zip(wide.captions.owner.tolist(), wide.captions.texts, strict=True))
    rows = np.flatnonzero(held)
    found = {}
    for name in sorted(wide.labelled):
        names, label = np.unique([text[row] for row in np.flatnonzero(wide.sets == name)], return_inverse=True)
        if len(names) > 1:
            truth = label[held[wide.sets == name]]
            vectors = encode(names.tolist()) + encode([PROMPT.format(one) for one in names])
            found[name] = float(np.mean((photos[wide.sets[rows] == name] @ vectors.T).argmax(1) == truth))
    return found


def told(top1: dict[str, float]) -> str:
    """The mean over the sets, and each of the sets that the training never met."""
    seen = [value for name, value in top1.items() if name not in UNSEEN]
    return f"mean top-1 of {len(seen)} sets {np.mean(seen):.3f} · " + " · ".join(f"{n} {top1[n]:.3f}" for n in UNSEEN)


def read_labels(folder: Path, names: list[str]) -> tuple[list[Path], NDArray[np.int64]]:
    """`labels.csv` (image, label) of a folder with `images/`; labels as indices into names, others left out."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in names]
    return [folder / "images" / row["image"] for row in rows], np.array([names.index(row["label"]) for row in rows])
