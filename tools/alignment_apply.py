"""The towers with what is trained beside them: applied to photos and texts, step by step or once and for all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from alignment_corpus import Corpus, Source, Texts, grouped
from alignment_data import Photos
from alignment_model import ClassPhotos, Space, TunedBranch
from alignment_text import TextTower
from torch import Tensor, nn


class Sentences(nn.Module):
    """Stands for a text tower whose sentences were computed before."""

    def __init__(self) -> None:
        super().__init__()
        self.upper = nn.ModuleList()

    def forward(self, sentences: Texts) -> Tensor:
        return torch.stack(sentences)


@dataclass(frozen=True)
class Model:
    """`branch`: None where its features were computed before (see `freeze`)."""

    tower: TextTower | Sentences
    branch: TunedBranch | None
    space: Space
    class_photos: ClassPhotos

    def see(self, source: Source, rows: np.ndarray, view: np.ndarray) -> tuple[Tensor, Tensor]:
        """Both kinds of features of photos, (n, 1280): of the original tower and of the tuned branch."""
        original = source.features(rows, view)
        return original, self.branch(source.maps(rows, view)) if self.branch else source.tuned_features(rows, view)

    def parts(self) -> nn.ModuleDict:
        """All that is trained."""
        return nn.ModuleDict(
            {"space": self.space, "adapters": self.tower.upper, "branch": self.branch or nn.Identity()}
        )


@torch.no_grad()
def freeze(model: Model, corpus: Corpus) -> tuple[Model, Corpus]:
    """Runs both towers over all that the steps draw from, so that the heads alone are left to train."""
    frozen = replace(
        corpus,
        flickr=_freeze_source(model, corpus.flickr),
        wide=_freeze_source(model, corpus.wide),
        **{kind: _freeze_texts(model, getattr(corpus, kind)) for kind in ("names", "synonyms", "nouns")},
        definitions=list(model.tower(corpus.definitions)),
    )
    return Model(Sentences(), None, model.space, model.class_photos), frozen


def _freeze_source(model: Model, source: Source) -> Source:
    rows, views = np.arange(len(source.texts)), source.photos.features.shape[1]
    tuned = np.empty(source.photos.features.shape, np.float16)
    for view in range(views):
        for chunk in np.array_split(rows, max(1, len(rows) // 128)):
            tuned[chunk, view] = model.see(source, chunk, np.full(len(chunk), view))[1].numpy()
    broad = {group: (shown, list(model.tower(texts))) for group, (shown, texts) in source.broad.items()}
    return replace(source, texts=_freeze_texts(model, source.texts), tuned=tuned, broad=broad)


def _freeze_texts(model: Model, texts: list[Texts]) -> list[Texts]:
    return grouped(model.tower([text for some in texts for text in some]), texts)


@torch.no_grad()
def encode_photos(model: Model, photos: Photos) -> np.ndarray:
    source = Source(photos, [], np.empty(0, np.int64), np.empty(0, np.int64))
    parts = []
    for rows in np.array_split(np.arange(len(photos.maps)), max(1, len(photos.maps) // 128)):
        original, tuned = model.see(source, rows, np.zeros(len(rows), np.int64))
        parts.append(model.space.encode_image(tuned, model.class_photos.logits(original)).numpy())
    return np.concatenate(parts)


@torch.no_grad()
def encode_texts(model: Model, cached: Texts) -> np.ndarray:
    return model.space.encode_text(model.tower(cached)).numpy()
