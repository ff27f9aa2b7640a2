"""The figures that training prints: retrieval by captions and zero-shot over class names, in plain numpy."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def recalls(captions: NDArray[np.float32], photos: NDArray[np.float32], owner: NDArray[np.int64]) -> str:
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


def zero_shot(photos: NDArray[np.float32], names: NDArray[np.float32], label: NDArray[np.int64]) -> str:
    """Share of photos whose label is first, over all names and over the names that are present."""
    similarities = photos @ names.T
    everything = np.mean(similarities.argmax(1) == label)
    present = np.unique(label)
    among = np.mean(present[similarities[:, present].argmax(1)] == label)
    return f"zero-shot top-1 over {len(names)} names {everything:.3f}, over the {len(present)} present {among:.3f}"


def read_labels(folder: Path, names: list[str]) -> tuple[list[Path], NDArray[np.int64]]:
    """`labels.csv` (image, label) of a folder with `images/`; labels as indices into names, others left out."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in names]
    return [folder / "images" / row["image"] for row in rows], np.array([names.index(row["label"]) for row in rows])
