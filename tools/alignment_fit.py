"""The training itself: what a step draws, its loss, the optimiser, and encoding with what was trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from alignment_data import Photos
from alignment_model import ClassPhotos, Space, TunedBranch, contrast
from alignment_text import TextTower
from torch import Tensor, nn
from tqdm import tqdm


@dataclass(frozen=True)
class Settings:
    """How the committed heads were trained."""

    steps: int = 380
    batch: int = 512
    classes: int = 128
    views: int = 4
    adapted_layers: int = 2
    rank: int = 24
    dim: int = 512
    share: float = 0.6
    rate: float = 1.5e-3
    adapter_rate: float = 1e-3
    branch_rate: float = 3e-4
    class_weight: float = 0.5
    seed: int = 0


@dataclass(frozen=True)
class Corpus:
    """All that the steps draw from. `kept` of texts: states below the adapted layers of the text tower."""

    photos: Photos
    captions: list[Tensor]
    by_photo: list[np.ndarray]
    names: list[list[Tensor]]
    synonyms: list[list[Tensor]]


@dataclass(frozen=True)
class Model:
    tower: TextTower
    branch: TunedBranch
    space: Space
    class_photos: ClassPhotos


def maps_of(photos: Photos, rows: np.ndarray, view: np.ndarray | int) -> Tensor:
    return (torch.from_numpy(photos.maps[rows, view]).float() - photos.zero) * photos.step


def features_of(photos: Photos, rows: np.ndarray, view: np.ndarray | int) -> Tensor:
    return torch.from_numpy(photos.features[rows, view].astype(np.float32))


def draw_class_texts(corpus: Corpus, classes: np.ndarray, rng: np.random.Generator) -> list[Tensor]:
    """Two thirds the plain name in a prompt, one third a synonym or a description."""
    pools = [corpus.names[c] if rng.random() < 0.65 else corpus.synonyms[c] for c in classes]
    return [pool[rng.integers(len(pool))] for pool in pools]


def loss_of(model: Model, corpus: Corpus, rows: np.ndarray, settings: Settings, rng: np.random.Generator) -> Tensor:
    """One batch: photos against a caption each, made-up class photos against a wording of the class each."""
    view = rng.integers(0, settings.views, len(rows))
    texts = [corpus.captions[rng.choice(corpus.by_photo[row])] for row in rows]
    classes = rng.choice(1000, settings.classes, replace=False)
    sentences = model.tower([*texts, *draw_class_texts(corpus, classes, rng)])
    original, tuned = features_of(corpus.photos, rows, view), model.branch(maps_of(corpus.photos, rows, view))
    drawn = torch.randint(0, len(rows), (len(classes),))
    kinds = torch.from_numpy(classes)
    made, made_logits = model.class_photos.draw(kinds, original[drawn], tuned[drawn].detach())
    features = torch.cat([tuned, made])
    logits = torch.cat([model.class_photos.logits(original), made_logits])
    with torch.autocast("cpu", torch.bfloat16):
        text, image = model.space.encode_text(sentences).float(), model.space.encode_image(features, logits).float()
    n, space = len(rows), model.space
    captions = contrast(text[:n] @ image[:n].T, torch.from_numpy(rows), space.caption_scale)
    return captions + settings.class_weight * contrast(text[n:] @ image[n:].T, kinds, space.class_scale)


def fit(model: Model, corpus: Corpus, settings: Settings, *, report: Callable[[int], None]) -> None:
    rng = np.random.default_rng(settings.seed)
    groups = [
        {"params": list(model.space.parameters()), "lr": settings.rate, "weight_decay": 0.05},
        {"params": list(model.tower.upper.parameters()), "lr": settings.adapter_rate, "weight_decay": 0.01},
        {"params": list(model.branch.parameters()), "lr": settings.branch_rate, "weight_decay": 0.01},
    ]
    optimizer = torch.optim.AdamW(groups)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [group["lr"] for group in groups], total_steps=settings.steps, pct_start=0.15
    )
    order = np.empty(0, np.int64)
    bar = tqdm(range(settings.steps), "training", unit="step")
    for step in bar:
        if len(order) < settings.batch:
            order = rng.permutation(len(corpus.by_photo))
        rows, order = order[: settings.batch], order[settings.batch :]
        loss = loss_of(model, corpus, rows, settings, rng)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([p for group in groups for p in group["params"]], 3.0)
        optimizer.step()
        schedule.step()
        bar.set_postfix(loss=f"{loss.item():.3f}")
        if (step + 1) % 100 == 0 or step + 1 == settings.steps:
            report(step + 1)


@torch.no_grad()
def encode_photos(model: Model, photos: Photos) -> np.ndarray:
    rows = np.arange(len(photos.maps))
    parts = []
    for chunk in np.array_split(rows, max(1, len(rows) // 128)):
        logits = model.class_photos.logits(features_of(photos, chunk, 0))
        parts.append(model.space.encode_image(model.branch(maps_of(photos, chunk, 0)), logits).numpy())
    return np.concatenate(parts)


@torch.no_grad()
def encode_texts(model: Model, cached: list[Tensor]) -> np.ndarray:
    return model.space.encode_text(model.tower(cached)).numpy()
