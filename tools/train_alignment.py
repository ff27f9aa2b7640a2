"""Trains the embedded encoder's alignment from scratch: python tools/train_alignment.py --data DIR

DIR holds `flickr8k/` (images/, captions.csv: image, caption, split) and, for figures only, `labelled/` (images/,
labels.csv: image, label). Photos pass the frozen part of the image tower once; then its copied last block, the adapters
of MiniLM and the heads are trained together against captions and class names. Half an hour on 2 cores with bf16.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import onnx
import torch
from alignment_data import (
    PROMPT,
    Captions,
    Photos,
    calibrate,
    class_names,
    class_texts,
    extract,
    read_captions,
    read_views,
)
from alignment_fit import Corpus, Model, Settings, encode_photos, encode_texts, fit
from alignment_model import ClassPhotos, Space, TunedBranch
from alignment_report import read_labels, recalls, zero_shot
from alignment_text import TextTower
from safetensors.numpy import save_file
from torch import Tensor
from tqdm import tqdm

from core.encoders.embedded.heads import HEADS_FILE
from core.encoders.embedded.image_tower import LAST_BLOCK, fold_norms, image_tower
from core.encoders.embedded.quantize import quantize
from core.encoders.embedded.weights import image_weights

SIZE = 260
_CALIBRATION_PHOTOS = 128  # of each folder
_CUT = f"_blocks.{LAST_BLOCK - 1}.sum"


@dataclass(frozen=True)
class Check:
    """What figures are measured on: unseen photos with their captions, and labelled photos where there are some."""

    captions: Captions
    photos: Photos
    labelled: Photos | None
    label: np.ndarray


class Extractor:
    """Photos through the frozen tower, in 8 bits as the encoder runs it; kept in `cache` between runs where given."""

    def __init__(self, folded: dict[str, np.ndarray], pixels: np.ndarray, cache: Path | None) -> None:
        tower = image_tower(folded, size=SIZE)
        self._tower: onnx.ModelProto = quantize(tower, calibrate(tower, pixels))
        self._cache = cache

    def __call__(self, what: str, paths: list[Path], views: int, *, smallest: float = 0.5) -> Photos:
        key = hashlib.sha256("".join(path.name for path in paths).encode()).hexdigest()[:12]
        path = self._cache / f"{what}-{views}-{smallest}-{SIZE}-{key}.npz" if self._cache else None
        if path and path.is_file():
            with np.load(path, allow_pickle=False) as cached:
                return Photos(cached["maps"], cached["features"], float(cached["step"]), float(cached["zero"]))
        with tqdm(total=len(paths), desc=what, unit="photo", mininterval=1) as bar:
            tick: Callable[[int], None] = lambda done: bar.update(done - bar.n)  # noqa: E731
            photos = extract(self._tower, paths, cut=_CUT, size=SIZE, views=views, smallest=smallest, tick=tick)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, maps=photos.maps, features=photos.features, step=photos.step, zero=photos.zero)
        return photos


def run(data: Path, out: Path, settings: Settings, *, cache: Path | None, hold: int) -> None:
    """Trains with the settings and writes the heads; with `hold`, so many training photos are for figures instead."""
    began = time.monotonic()
    torch.manual_seed(settings.seed)
    train, dev = (read_captions(data / "flickr8k", split) for split in ("train", "dev"))
    folded, pixels = fold_norms(image_weights()), calibration_pixels(train.photos)
    photos_of = Extractor(folded, pixels, cache)
    photos = photos_of("train", train.photos, settings.views)
    if hold:
        held = np.zeros(len(train.photos), bool)
        held[np.random.default_rng(1).permutation(len(held))[:hold]] = True
        dev, dev_photos = train.part(held), photos.part(held)
        train, photos = train.part(~held), photos.part(~held)
    else:
        dev_photos = photos_of("dev", dev.photos, 1)
    paths, label = read_labels(data / "labelled", class_names()) if (data / "labelled").is_dir() else ([], np.empty(0))
    check = Check(dev, dev_photos, photos_of("labelled", paths, 1) if paths else None, label)
    model = new_model(folded, photos, settings)
    fit(model, build_corpus(photos, train, model.tower), settings, report=reporter(model, check))
    save(model, folded, pixels, out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB after {time.monotonic() - began:.0f} s")


def calibration_pixels(paths: list[Path]) -> np.ndarray:
    rng = np.random.default_rng(0)
    chosen = [paths[index] for index in rng.permutation(len(paths))[:_CALIBRATION_PHOTOS]]
    return np.stack([read_views(path, SIZE, 1, rng)[0] for path in chosen])


def new_model(folded: dict[str, np.ndarray], photos: Photos, settings: Settings) -> Model:
    tower = TextTower(adapted_layers=settings.adapted_layers, rank=settings.rank)
    features = torch.from_numpy(photos.features[:, 0].astype(np.float32))
    with torch.no_grad():
        names = tower(tower.keep(class_names()))
    weight, bias = (torch.from_numpy(folded[f"_fc.{part}"]) for part in ("weight", "bias"))
    space = Space(names, features, dim=settings.dim, share=settings.share)
    return Model(tower, TunedBranch(folded), space, ClassPhotos(weight, bias, features))


def build_corpus(photos: Photos, captions: Captions, tower: TextTower) -> Corpus:
    wordings = class_texts()
    supply = iter(tower.keep([text for prompts, rest in wordings for text in (*prompts, *rest)]))
    names: list[list[Tensor]] = []
    synonyms: list[list[Tensor]] = []
    for prompts, rest in wordings:
        names.append([next(supply) for _ in prompts])
        synonyms.append([next(supply) for _ in rest])
    by_photo = [np.flatnonzero(captions.owner == index) for index in range(len(captions.photos))]
    return Corpus(photos, tower.keep(captions.texts), by_photo, names, synonyms)


def reporter(model: Model, check: Check) -> Callable[[int], None]:
    """Prints the figures as they stand after a step."""
    texts = model.tower.keep(check.captions.texts)
    names = model.tower.keep([PROMPT.format(name) for name in class_names()])

    def report(step: int) -> None:
        model.space.eval()
        line = recalls(encode_texts(model, texts), encode_photos(model, check.photos), check.captions.owner)
        if check.labelled:
            photos = encode_photos(model, check.labelled)
            line += " · " + zero_shot(photos, encode_texts(model, names), check.label)
        print(f"\nstep {step}: {line}", flush=True)
        model.space.train()

    return report


def save(model: Model, folded: dict[str, np.ndarray], pixels: np.ndarray, out: Path) -> None:
    tuned = model.branch.tensors()
    whole = folded | {name: value.astype(np.float32) for name, value in tuned.items()}
    tensors = model.space.tensors() | tuned
    tensors |= {f"adapter.{name}": value for name, value in model.tower.adapters().items()}
    tensors |= {f"range.{name}": value for name, value in calibrate(image_tower(whole, size=SIZE), pixels).items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with flickr8k/ and labelled/")
    parser.add_argument("--out", type=Path, default=HEADS_FILE, help="where the heads go")
    parser.add_argument("--cache", type=Path, help="folder where maps of photos are kept between runs (0.6 GB)")
    parser.add_argument("--hold", type=int, default=0, help="measure on so many photos held out of train, not on dev")
    for name, value in vars(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    data, out, cache, hold = (given.pop(name) for name in ("data", "out", "cache", "hold"))
    run(data, out, Settings(**given), cache=cache, hold=hold)


if __name__ == "__main__":
    main()
