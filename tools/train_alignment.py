"""Trains the embedded encoder's alignment from scratch: python tools/train_alignment.py --data DIR

DIR holds `flickr8k/` (images/, captions.csv: image, caption, split), `wide/` (images/, texts.csv: image, text, kind,
set) and, for figures only, `labelled/` (images/, labels.csv: image, label). Photos pass the frozen part of the image
tower once; then its copied last block, the adapters of MiniLM and the heads are trained together against captions,
names of photos, class names, and nouns with their definitions. 45 minutes on 2 cores with bf16. With --checkpoint it
goes on after a kill.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from alignment_apply import Model, encode_photos, encode_texts, freeze
from alignment_corpus import Corpus, build_corpus
from alignment_data import Photos, calibrate
from alignment_fit import Fit, Settings
from alignment_model import ClassPhotos, Space, TunedBranch
from alignment_parts import fit_parts, read_sentences, sample_texts
from alignment_report import recalls, told, top1_by_set, zero_shot
from alignment_seen import SIZE, Data, Extractor, Seen, calibration_pixels, hold_out, read_data, see
from alignment_text import KeptTexts, TextTower
from alignment_words import PROMPT, class_names
from safetensors.numpy import save_file

from core.encoders.embedded.heads import HEADS_FILE, Heads
from core.encoders.embedded.image_tower import TUNED, fold_norms, image_tower
from core.encoders.embedded.weights import image_weights


@dataclass(frozen=True)
class Options:
    """What a run is besides its settings.

    start: heads to go on from. cache: folder for what the frozen towers make of photos and texts. checkpoint: file from
    which a training that was stopped goes on. hold: so many training photos of Flickr8k are for figures in the place of
    `dev`. heads_only: the towers stay as they are.
    """

    start: Path | None
    cache: Path | None
    checkpoint: Path | None
    hold: int
    heads_only: bool


@dataclass(frozen=True)
class Blend:
    """What is written: a mean of the trained weights and those the training went on from, which keeps more of what was
    known before (Wortsman 2022, "Robust fine-tuning of zero-shot models"). learned: weight of the learned part in a
    cosine."""

    start: Path | None
    trained: float
    learned: float

    def apply(self, trained: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if not self.start:
            return trained
        before = Heads.load(self.start).tensors
        mean = {name: self.trained * value + (1 - self.trained) * before[name] for name, value in trained.items()}
        return {name: np.array(value, np.float16, order="C") for name, value in mean.items()}


def run(data: Data, out: Path, settings: Settings, options: Options) -> None:
    """Trains and writes the heads."""
    began = time.monotonic()
    torch.manual_seed(settings.seed)
    folded, pixels = fold_norms(image_weights()), calibration_pixels(data.calibration)
    photos_of = Extractor(folded, pixels, options.cache)
    seen = see(data, photos_of, views=settings.views, wide_views=settings.wide_views)
    if options.hold:
        data, seen = hold_out(data, seen, options.hold)
    tower = TextTower(adapted_layers=settings.adapted_layers, rank=settings.rank)
    kept = KeptTexts(tower, options.cache)
    wide, photos = data.wide.part(data.used), seen.wide.part(data.used)
    corpus = build_corpus(seen.train, data.train, photos, wide, kept, torch.no_grad()(tower))
    model = new_model(tower, folded, corpus, settings, options.start)
    report = reporter(model, data, seen, kept)
    kept.store()
    fitted = freeze(model, corpus) if options.heads_only else (model, corpus)
    Fit(*fitted, settings, checkpoint=options.checkpoint).run(report)
    originals = np.concatenate([part.features[:, 0].astype(np.float32) for part in (seen.train, photos)])
    parts = fit_parts(originals, read_sentences(sample_texts(data.train.texts, wide.captions.texts)))
    save(model, folded, pixels, out, Blend(options.start, settings.blend, settings.learned_share), parts)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB after {time.monotonic() - began:.0f} s")


def new_model(
    tower: TextTower, folded: dict[str, np.ndarray], corpus: Corpus, settings: Settings, start: Path | None
) -> Model:
    """An untrained model; with `start`, one that goes on from a heads file."""
    first = [source.features(np.arange(len(source.texts)), np.array(0)) for source in (corpus.flickr, corpus.wide)]
    with torch.no_grad():
        names = tower(tower.keep(class_names()))
    weight, bias = (torch.from_numpy(folded[f"_fc.{part}"]) for part in ("weight", "bias"))
    space = Space(names, torch.cat(first), dim=settings.dim, share=settings.share)
    branch = TunedBranch(folded)
    if start:
        heads = Heads.load(start)
        space.take(heads.tensors)
        branch.take(heads.tensors)
        tower.take(heads.group("adapter"))
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


def save(
    model: Model,
    folded: dict[str, np.ndarray],
    pixels: np.ndarray,
    out: Path,
    blend: Blend,
    parts: dict[str, np.ndarray],
) -> None:
    adapters = {f"adapter.{name}": value for name, value in model.tower.adapters().items()}
    write(model.space.tensors() | model.branch.tensors() | adapters, folded, pixels, out, blend, parts)


def write(
    trained: dict[str, np.ndarray],
    folded: dict[str, np.ndarray],
    pixels: np.ndarray,
    out: Path,
    blend: Blend,
    parts: dict[str, np.ndarray],
) -> None:
    """Writes heads that lie between those trained and those the training went on from, with the ranges of the tower's
    activations, and the parts that were not trained (`alignment_parts`)."""
    tensors = blend.apply(trained)
    whole = folded | {name: value.astype(np.float32) for name, value in tensors.items() if name.startswith(TUNED)}
    tensors |= {f"range.{name}": value for name, value in calibrate(image_tower(whole, size=SIZE), pixels).items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors | parts | {"learned.share": np.array(blend.learned, np.float32)}, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with flickr8k/, wide/ and labelled/")
    parser.add_argument("--out", type=Path, default=HEADS_FILE, help="where the heads go")
    parser.add_argument("--start", type=Path, help="heads to go on from; without them, from scratch")
    parser.add_argument("--cache", type=Path, help="folder where maps of photos are kept between runs (1 GB)")
    parser.add_argument("--checkpoint", type=Path, help="file from which a training that was stopped goes on")
    parser.add_argument("--hold", type=int, default=0, help="measure on so many photos held out of train, not on dev")
    text = "of the wide photos, train only on sets whose licence allows commercial use and passing on"
    parser.add_argument("--free-data", action="store_true", help=text)
    text = "train the heads alone, on the towers of --start: a few minutes, some points worse"
    parser.add_argument("--heads-only", action="store_true", help=text)
    for name, value in vars(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    folder, out, free = (given.pop(name) for name in ("data", "out", "free_data"))
    options = Options(**{field.name: given.pop(field.name) for field in fields(Options)})
    run(read_data(folder, free=free), out, Settings(**given), options)


if __name__ == "__main__":
    main()
