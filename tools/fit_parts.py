"""Adds the visual and the sentence part to a heads file: python tools/fit_parts.py --data DIR --heads FILE --out FILE

DIR is that of the training; its dev photos are not read. With `--measure`, nothing is written. Then the visual part is
fitted without the sets in MEASURED, and it prints for several settings how well their pictures are told apart: share of
the four nearest that have the same label, accuracy with 1 label a class (nearest) and with 4 (probe), AMI of k-means.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import onnxruntime as ort
from alignment_data import read_captions, read_views
from alignment_parts import PartSettings, fit_parts, read_sentences, sample_texts
from alignment_wide import Wide, read_wide
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_mutual_info_score
from tqdm import tqdm

from core.classify.training import PROBE_C
from core.encoders.base import unit_rows
from core.encoders.embedded.heads import HEADS_FILE, Heads
from core.encoders.embedded.image_tower import TUNED, fold_norms, image_tower
from core.encoders.embedded.quantize import quantize
from core.encoders.embedded.weights import image_weights

SIZE = 260
MEASURED = ("flowers_oxford17", "clothing", "weather", "pacs_art_cartoon_sketch", "textures_dtd", "aerial_aid")
GRID = {"dim": (96, 192, 384), "share": (0.3, 0.5, 0.7), "whitening": (0.0, 0.5, 1.0)}
DRAWS, NEAREST, SHOTS = 5, 4, 4
_BATCH = 32

Floats = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with flickr8k/ and wide/")
    parser.add_argument("--heads", type=Path, default=HEADS_FILE)
    parser.add_argument("--out", type=Path, help="where the heads with both parts go; by default into their own file")
    parser.add_argument("--measure", action="store_true", help="only print what other settings of the visual part give")
    options = parser.parse_args()
    flickr = read_captions(options.data / "flickr8k", "train")
    wide, dev = read_wide(options.data / "wide")
    tower = Tower(options.heads)
    if options.measure:
        measure(tower, flickr.photos, wide)
        return
    wide = wide.part(~dev)
    _, _, original = tower(flickr.photos + wide.captions.photos)
    parts = fit_parts(original, read_sentences(sample_texts(flickr.texts, wide.captions.texts)))
    save_file(load_file(options.heads) | parts, options.out or options.heads)


class Tower:
    """The image tower of a heads file, and the joint vectors that it gives."""

    def __init__(self, path: Path) -> None:
        tensors = {
            name: value for name, value in load_file(path).items() if not name.startswith(("visual.", "sentence."))
        }
        self._joint = Heads("", {name: value.astype(np.float32) for name, value in tensors.items()})
        tuned = {name: value for name, value in self._joint.tensors.items() if name.startswith(TUNED)}
        tower = quantize(image_tower(fold_norms(image_weights()) | tuned, size=SIZE), self._joint.group("range"))
        self._session = ort.InferenceSession(tower.SerializeToString())

    def __call__(self, paths: list[Path]) -> tuple[Floats, Floats, Floats]:
        """Features and original features (n, 1280) and logits (n, 1000) of the middle squares of photos, in the order
        features, logits, original."""
        found, unused = [], np.random.default_rng(0)
        for start in tqdm(range(0, len(paths), _BATCH), "photos", unit="batch"):
            pixels = np.stack([read_views(path, SIZE, 1, unused)[0] for path in paths[start : start + _BATCH]])
            found.append(self._session.run(["features", "logits", "original"], {"pixels": pixels}))
        features, logits, original = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return features, logits, original

    def join(self, features: Floats, logits: Floats) -> Floats:
        """The joint parts alone (n, dim), unit rows."""
        return self._joint.image_vectors(features, logits)


def measure(tower: Tower, photos: list[Path], wide: Wide) -> None:
    """Prints a line for the joint parts alone, and one for each setting of the visual part beside them."""
    fitted = ~np.isin(wide.sets, MEASURED)
    _, _, seen = tower(photos + wide.part(fitted).captions.photos)
    unseen = wide.part(~fitted)
    features, logits, original = tower(unseen.captions.photos)
    joint, names = tower.join(features, logits), dict(zip(unseen.captions.owner, unseen.captions.texts, strict=True))
    labels = np.array([names[row] for row in range(len(joint))])
    print(
        "components, share, whitening: neighbors, 1 label, 4 labels, AMI", "alone", figures(joint, labels, unseen.sets)
    )
    for settings in (PartSettings(*values) for values in product(*GRID.values())):
        parts = fit_parts(seen, None, visual=settings, sentence=None)
        visual = unit_rows((original - parts["visual.mean"]) @ parts["visual.components"].T.astype(np.float32))
        share = settings.share
        vectors = np.concatenate([np.sqrt(1 - share) * joint, np.sqrt(share) * visual], axis=1)
        print(*vars(settings).values(), figures(vectors, labels, unseen.sets), flush=True)


def figures(vectors: Floats, labels: NDArray[np.str_], sets: NDArray[np.str_]) -> str:
    """The four figures, each the mean over the sets."""
    rows = [
        _figures(vectors[sets == name], np.unique(labels[sets == name], return_inverse=True)[1]) for name in MEASURED
    ]
    return " ".join(f"{value:.3f}" for value in np.mean(rows, axis=0))


def _figures(vectors: Floats, labels: NDArray[np.int64]) -> list[float]:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    same = labels[np.argsort(-cosines, axis=1)[:, :NEAREST]] == labels[:, None]
    rng, nearest, probe = np.random.default_rng(0), [], []
    for _ in range(DRAWS):
        order = rng.permutation(len(labels))
        turn = np.array([np.sum(labels[order[:place]] == labels[row]) for place, row in enumerate(order)])
        first, few, rest = order[turn == 0], order[turn < SHOTS], order[turn >= SHOTS]
        nearest.append(np.mean(labels[first[(vectors[rest] @ vectors[first].T).argmax(axis=1)]] == labels[rest]))
        fitted = LogisticRegression(C=PROBE_C, max_iter=300).fit(vectors[few], labels[few])
        probe.append(fitted.score(vectors[rest], labels[rest]))
    groups = KMeans(labels.max() + 1, n_init=5, random_state=0).fit_predict(vectors)
    return [float(np.mean(value)) for value in (same, nearest, probe)] + [adjusted_mutual_info_score(labels, groups)]


if __name__ == "__main__":
    main()
