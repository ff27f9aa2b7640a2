"""Trains the embedded encoder's alignment from scratch: python tools/train_alignment.py --data DIR

DIR holds `flickr8k/` (images/, captions.csv: image, caption, split), `wide/` (images/, texts.csv: image, text, kind,
set) and, for figures only, `labelled/` (images/, labels.csv: image, label). Photos pass the frozen part of the image
tower once; then its copied last block, the adapters of MiniLM and the heads are trained together against captions,
names of photos, class names, and nouns with their definitions. 45 minutes on 2 cores with bf16. With --checkpoint it
goes on after a kill.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import onnx
import torch
from alignment_corpus import Corpus, build_corpus
from alignment_data import Captions, Photos, calibrate, extract, read_captions, read_views
from alignment_fit import Fit, Model, Settings, encode_photos, encode_texts
from alignment_model import ClassPhotos, Space, TunedBranch
from alignment_report import read_labels, recalls, told, top1_by_set, zero_shot
from alignment_text import KeptTexts, TextTower
from alignment_wide import FREE, Wide, read_wide
from alignment_words import PROMPT, class_names
from safetensors.numpy import save_file
from tqdm import tqdm

from core.encoders.embedded.heads import HEADS_FILE
from core.encoders.embedded.image_tower import LAST_BLOCK, fold_norms, image_tower
from core.encoders.embedded.quantize import quantize
from core.encoders.embedded.weights import image_weights

SIZE = 260
_CALIBRATION_PHOTOS = 128  # of each folder
_SMALLEST = 0.25  # share of the area of a wide photo that a view shows at least: a flower must fill the picture
_CUT = f"_blocks.{LAST_BLOCK - 1}.sum"


@dataclass(frozen=True)
class Data:
    """Photos that the training sees, and those that figures are measured on.

    `wide`: all wide photos, of which `held` are for figures alone and `used` are trained on.
    """

    train: Captions
    dev: Captions
    wide: Wide
    held: np.ndarray
    used: np.ndarray
    labelled: list[Path]
    label: np.ndarray

    @property
    def calibration(self) -> list[Path]:
        """Photos that tell the ranges of the activations."""
        wide = self.wide.part(~self.held).captions.photos
        return [path for photos in (self.train.photos, wide) for path in _some(photos)]


@dataclass(frozen=True)
class Seen:
    """The same photos after the frozen part of the image tower."""

    train: Photos
    dev: Photos
    wide: Photos
    labelled: Photos | None


class Extractor:
    """Photos through the frozen tower, in 8 bits as the encoder runs it; kept in `cache` between runs where given."""

    def __init__(self, folded: dict[str, np.ndarray], pixels: np.ndarray, cache: Path | None) -> None:
        tower = image_tower(folded, size=SIZE)
        self._tower: onnx.ModelProto = quantize(tower, calibrate(tower, pixels))
        self._cache = cache

    def __call__(self, what: str, paths: list[Path], views: int, *, smallest: float = 0.5) -> Photos:
        """views, smallest: see `read_views`."""
        key = hashlib.sha256("".join(path.name for path in paths).encode()).hexdigest()[:12]
        path = self._cache / f"{what}-{views}-{smallest}-{SIZE}-{key}.npz" if self._cache else None
        if path and path.is_file():
            with np.load(path, allow_pickle=False) as cached:
                return Photos(cached["maps"], cached["features"], float(cached["step"]), float(cached["zero"]))
        with tqdm(total=len(paths), desc=what, unit="photo", mininterval=5) as bar:
            tick: Callable[[int], None] = lambda done: bar.update(done - bar.n)  # noqa: E731
            photos = extract(self._tower, paths, cut=_CUT, size=SIZE, views=views, smallest=smallest, tick=tick)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, maps=photos.maps, features=photos.features, step=photos.step, zero=photos.zero)
        return photos


def run(data: Data, out: Path, settings: Settings, *, cache: Path | None, hold: int, checkpoint: Path | None) -> None:
    """Trains with the settings and writes the heads; with `hold`, so many training photos are for figures instead."""
    began = time.monotonic()
    torch.manual_seed(settings.seed)
    folded, pixels = fold_norms(image_weights()), calibration_pixels(data.calibration)
    seen = see(data, Extractor(folded, pixels, cache), settings)
    if hold:
        data, seen = hold_out(data, seen, hold)
    tower = TextTower(adapted_layers=settings.adapted_layers, rank=settings.rank)
    kept = KeptTexts(tower, cache)
    corpus = build_corpus(seen.train, data.train, seen.wide.part(data.used), data.wide.part(data.used), kept)
    model = new_model(tower, folded, corpus, settings)
    report = reporter(model, data, seen, kept)
    kept.store()
    Fit(model, corpus, settings, checkpoint=checkpoint).run(report)
    save(model, folded, pixels, out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB after {time.monotonic() - began:.0f} s")


def read_data(folder: Path, *, free: bool) -> Data:
    """Reads the tables. free: of the wide photos, only sets whose licence allows commercial use and passing on."""
    wide, held = read_wide(folder / "wide")
    used = ~held & np.isin(wide.sets, FREE) if free else ~held
    labelled = folder / "labelled"
    paths, label = read_labels(labelled, class_names()) if labelled.is_dir() else ([], np.empty(0, np.int64))
    train, dev = (read_captions(folder / "flickr8k", split) for split in ("train", "dev"))
    return Data(train, dev, wide, held, used, paths, label)


def see(data: Data, photos_of: Extractor, settings: Settings) -> Seen:
    labelled = photos_of("labelled", data.labelled, 1) if data.labelled else None
    wide = photos_of("wide", data.wide.captions.photos, settings.wide_views, smallest=_SMALLEST)
    train = photos_of("train", data.train.photos, settings.views)
    return Seen(train, photos_of("dev", data.dev.photos, 1), wide, labelled)


def hold_out(data: Data, seen: Seen, count: int) -> tuple[Data, Seen]:
    """`count` training photos of Flickr8k in the place of `dev`."""
    held = np.zeros(len(data.train.photos), bool)
    held[np.random.default_rng(1).permutation(len(held))[:count]] = True
    data = replace(data, train=data.train.part(~held), dev=data.train.part(held))
    return data, replace(seen, train=seen.train.part(~held), dev=seen.train.part(held))


def _some(photos: list[Path]) -> list[Path]:
    return [photos[index] for index in np.random.default_rng(0).permutation(len(photos))[:_CALIBRATION_PHOTOS]]


def calibration_pixels(paths: list[Path]) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([read_views(path, SIZE, 1, rng)[0] for path in paths])


def new_model(tower: TextTower, folded: dict[str, np.ndarray], corpus: Corpus, settings: Settings) -> Model:
    first = [source.features(np.arange(len(source.texts)), np.array(0)) for source in (corpus.flickr, corpus.wide)]
    with torch.no_grad():
        names = tower(tower.keep(class_names()))
    weight, bias = (torch.from_numpy(folded[f"_fc.{part}"]) for part in ("weight", "bias"))
    space = Space(names, torch.cat(first), dim=settings.dim, share=settings.share)
    branch = TunedBranch(folded) if settings.adapted_layers else None
    return Model(tower, branch, space, ClassPhotos(weight, bias, first[0]))


def reporter(model: Model, data: Data, seen: Seen, kept: KeptTexts) -> Callable[[int], None]:
    """Prints the figures as they stand after a step."""
    captions, names = kept(data.dev.texts), kept([PROMPT.format(name) for name in class_names()])
    wide = seen.wide.part(data.held)
    wide = Photos(wide.maps[:, :1], wide.features[:, :1], wide.step, wide.zero)

    def report(step: int) -> None:
        model.space.eval()
        lines = [recalls(encode_texts(model, captions), encode_photos(model, seen.dev), data.dev.owner)]
        if seen.labelled:
            lines.append(zero_shot(encode_photos(model, seen.labelled), encode_texts(model, names), data.label))
        top1 = top1_by_set(
            data.wide, data.held, encode_photos(model, wide), lambda texts: encode_texts(model, kept(texts))
        )
        print(f"\nstep {step}: " + " · ".join([*lines, told(top1)]), flush=True)
        model.space.train()

    return report


def save(model: Model, folded: dict[str, np.ndarray], pixels: np.ndarray, out: Path) -> None:
    tuned = model.branch.tensors() if model.branch else {}
    whole = folded | {name: value.astype(np.float32) for name, value in tuned.items()}
    tensors = model.space.tensors() | tuned
    tensors |= {f"adapter.{name}": value for name, value in model.tower.adapters().items()}
    tensors |= {f"range.{name}": value for name, value in calibrate(image_tower(whole, size=SIZE), pixels).items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with flickr8k/, wide/ and labelled/")
    parser.add_argument("--out", type=Path, default=HEADS_FILE, help="where the heads go")
    parser.add_argument("--cache", type=Path, help="folder where maps of photos are kept between runs (1 GB)")
    parser.add_argument("--checkpoint", type=Path, help="file from which a training that was stopped goes on")
    parser.add_argument("--hold", type=int, default=0, help="measure on so many photos held out of train, not on dev")
    text = "of the wide photos, train only on sets whose licence allows commercial use and passing on"
    parser.add_argument("--free-data", action="store_true", help=text)
    text = "train the heads on the frozen towers: a few minutes, some points worse"
    parser.add_argument("--heads-only", action="store_true", help=text)
    for name, value in vars(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    others = ("data", "out", "cache", "checkpoint", "hold", "free_data", "heads_only")
    folder, out, cache, checkpoint, hold, free, heads_only = (given.pop(name) for name in others)
    settings = Settings(**given)
    if heads_only:
        settings = replace(settings, adapted_layers=0, alone=settings.steps)
    run(read_data(folder, free=free), out, settings, cache=cache, hold=hold, checkpoint=checkpoint)


if __name__ == "__main__":
    main()
