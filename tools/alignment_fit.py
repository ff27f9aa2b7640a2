"""The training itself: what a step draws, its loss, and the optimiser with its checkpoint."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from alignment_apply import Model
from alignment_corpus import Corpus, Texts
from alignment_model import contrast, structure
from torch import Tensor, nn
from tqdm import tqdm

_EVERY = 50  # steps from one checkpoint to the next


@dataclass(frozen=True)
class Settings:
    """How the committed heads were trained.

    flickr, wide, classes, nouns: how many of each a step draws. hard: share of the steps whose wide photos are of a few
    sets alone. views, wide_views: how many of each photo. blend: weight of what was trained against `start` in what is
    written. share, learned_share: weight of the learned part in a cosine, in the training and in what is written.
    """

    steps: int = 400
    flickr: int = 320
    wide: int = 256
    classes: int = 128
    nouns: int = 64
    hard: float = 0.4
    broad: float = 0.3
    views: int = 3
    wide_views: int = 5
    adapted_layers: int = 2
    rank: int = 24
    dim: int = 512
    share: float = 0.6
    learned_share: float = 0.56
    blend: float = 0.9
    rate: float = 2e-3
    adapter_rate: float = 8e-4
    branch_rate: float = 3e-4
    class_weight: float = 0.5
    noun_weight: float = 0.2
    meaning_weight: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class _Batch:
    """Flickr8k's rows first, then those of the wide photos."""

    rows: np.ndarray
    wide_rows: np.ndarray
    texts: Texts
    meanings: Tensor
    classes: Tensor
    identity: Tensor


def draw(corpus: Corpus, rows: np.ndarray, settings: Settings, rng: np.random.Generator) -> _Batch:
    """`rows`: of Flickr8k. Texts in the order: captions, texts of wide photos, of classes, nouns, definitions."""
    turn = rng.random()
    wide = corpus.wide.draw_balanced(settings.wide, rng, hard=turn < settings.hard)
    if turn >= 1 - settings.broad:
        told, identity = corpus.wide.draw_broad_texts(wide, rng)
    else:
        told, identity = corpus.wide.draw_texts(wide, rng), corpus.wide.identity[wide]
    classes = rng.choice(len(corpus.names), settings.classes, replace=False)
    nouns = rng.choice(len(corpus.nouns), settings.nouns, replace=False)
    texts = [*corpus.flickr.draw_texts(rows, rng), *told]
    texts += corpus.draw_class_texts(classes, rng)
    word = [rng.integers(len(corpus.nouns[noun])) for noun in nouns]
    texts += [corpus.nouns[noun][index] for noun, index in zip(nouns, word, strict=True)]
    texts += [corpus.definitions[noun] for noun in nouns]
    meanings = [corpus.noun_meanings[noun][index] for noun, index in zip(nouns, word, strict=True)]
    meanings += [corpus.definition_meanings[noun] for noun in nouns]
    identity = np.concatenate([corpus.flickr.identity[rows], len(corpus.flickr.identity) + identity])
    return _Batch(rows, wide, texts, torch.stack(meanings), torch.from_numpy(classes), torch.from_numpy(identity))


def loss_of(model: Model, corpus: Corpus, batch: _Batch, settings: Settings, rng: np.random.Generator) -> Tensor:
    """Photos against a text each, made-up class photos against a wording of the class each, nouns against their
    definitions, and what is alike among these as MiniLM knew it."""
    sentences = model.tower(batch.texts)
    seen = [
        model.see(source, rows, source.draw_views(len(rows), rng))
        for source, rows in ((corpus.flickr, batch.rows), (corpus.wide, batch.wide_rows))
    ]
    original, tuned = (torch.cat(kind) for kind in zip(*seen, strict=True))
    drawn = torch.randint(0, len(original), (len(batch.classes),))
    made, made_logits = model.class_photos.draw(batch.classes, original[drawn], tuned[drawn].detach())
    features, logits = torch.cat([tuned, made]), torch.cat([model.class_photos.logits(original), made_logits])
    with torch.autocast("cpu", torch.bfloat16):
        text, image = model.space.encode_text(sentences).float(), model.space.encode_image(features, logits).float()
    n, space = len(original), model.space
    paired, rest = text[: len(image)] @ image.T, F.normalize(text[len(image) :], dim=-1)
    nouns, definitions = rest.split(settings.nouns)
    loss = contrast(paired[:n, :n], batch.identity, space.caption_scale)
    loss = loss + settings.class_weight * contrast(paired[n:, n:], batch.classes, space.class_scale)
    own = torch.arange(settings.nouns)
    loss = loss + settings.noun_weight * contrast(nouns @ definitions.T, own, space.noun_scale)
    return loss + settings.meaning_weight * structure(space.learned(rest), batch.meanings)


class Fit:
    """A training that can be taken up again from its checkpoint."""

    def __init__(self, model: Model, corpus: Corpus, settings: Settings, *, checkpoint: Path | None) -> None:
        self._corpus, self._settings, self._checkpoint = corpus, settings, checkpoint
        self._model, self._parts = model, model.parts()
        rates = {"space": settings.rate, "adapters": settings.adapter_rate, "branch": settings.branch_rate}
        decay = {"space": 0.05, "adapters": 0.01, "branch": 0.01}
        trained = [name for name in rates if any(True for _ in self._parts[name].parameters())]
        self._optimizer = torch.optim.AdamW(
            [{"params": list(self._parts[n].parameters()), "lr": rates[n], "weight_decay": decay[n]} for n in trained]
        )
        cycle: Callable[[int], float] = lambda step: _one_cycle(step / settings.steps)  # noqa: E731
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, cycle)
        self._rng = np.random.default_rng(settings.seed)
        self._order = np.empty(0, np.int64)
        self._step = 0
        self._resume()

    def run(self, report: Callable[[int], None]) -> None:
        """Trains to the last step; reports after every hundredth."""
        bar = tqdm(total=self._settings.steps, initial=self._step, desc="training", unit="step", mininterval=5)
        while self._step < self._settings.steps:
            bar.set_postfix(loss=f"{self._train_step():.3f}", refresh=False)
            bar.update()
            if self._step % _EVERY == 0:
                self._store()
            if self._step % 100 == 0 or self._step == self._settings.steps:
                report(self._step)

    def _train_step(self) -> float:
        if len(self._order) < self._settings.flickr:
            self._order = self._rng.permutation(len(self._corpus.flickr.texts))
        rows, self._order = np.split(self._order, [self._settings.flickr])
        batch = draw(self._corpus, rows, self._settings, self._rng)
        loss = loss_of(self._model, self._corpus, batch, self._settings, self._rng)
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._parts.parameters(), 3.0)
        self._optimizer.step()
        self._schedule.step()
        self._step += 1
        return loss.item()

    def _store(self) -> None:
        if self._checkpoint:
            states = {"parts": self._parts.state_dict(), "optimizer": self._optimizer.state_dict()}
            states |= {
                "schedule": self._schedule.state_dict(),
                "step": self._step,
                "order": torch.from_numpy(self._order),
            }
            states |= {"torch": torch.get_rng_state(), "numpy": self._rng.bit_generator.state}
            states |= {"settings": vars(self._settings)}
            self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._checkpoint.with_suffix(".tmp")
            torch.save(states, unfinished)
            os.replace(unfinished, self._checkpoint)

    def _resume(self) -> None:
        if not (self._checkpoint and self._checkpoint.is_file()):
            return
        states = torch.load(self._checkpoint, weights_only=True)
        if states["settings"] != vars(self._settings):
            raise SystemExit(
                f"{self._checkpoint} is of a training with other settings: delete it, or name another file."
            )
        self._parts.load_state_dict(states["parts"])
        self._optimizer.load_state_dict(states["optimizer"])
        self._schedule.load_state_dict(states["schedule"])
        self._step, self._order = states["step"], states["order"].numpy()
        torch.set_rng_state(states["torch"])
        self._rng.bit_generator.state = states["numpy"]


def _one_cycle(done: float, *, rise: float = 0.15) -> float:
    """Share of the highest rate when so much of the training is done: up along a cosine, then down to nothing."""
    return 0.5 - 0.5 * math.cos(math.pi * (done / rise if done < rise else (1 - done) / (1 - rise)))
