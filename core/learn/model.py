"""The network: an embedding layer, the mean of a context, and a score for every item (torch)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.learn.state import TrainingSettings

_SPREAD = 0.2  # standard deviation of weights before the first step


class ContextModel(nn.Module):
    """The network: one input node per item and per joined feature, with d edges each.

    The embedding of an item is the sum of the weights of its own node and of its features. The scores of all items are
    linear in the mean embedding of the context (continuous bag of words, Mikolov et al. 2013).
    """

    def __init__(self, features: NDArray[np.float32], settings: TrainingSettings, random: torch.Generator) -> None:
        """features: (items, f), see `Items.features`."""
        super().__init__()

        def draw(rows: int) -> nn.Parameter:
            return nn.Parameter(_SPREAD * torch.randn(rows, settings.dim, generator=random))

        items, count = features.shape
        self.features = torch.from_numpy(features)
        self.own, self.shared = draw(items), draw(count)
        self.out, self.bias = draw(items), nn.Parameter(torch.zeros(items))

    def embedding(self) -> Tensor:
        """Vectors of all items, (items, d)."""
        return self.own + self.features @ self.shared if self.features.shape[1] else self.own

    def forward(self, contexts: Tensor, weights: Tensor) -> Tensor:
        """Weighted means of the contexts, (n, d). contexts, weights: (n, c)."""
        return functional.embedding_bag(contexts, self.embedding(), per_sample_weights=weights, mode="sum")

    def scores(self, places: Tensor) -> Tensor:
        """Log probabilities of the target, (n, items), up to a constant per row."""
        return functional.linear(places, self.out, self.bias)

    def loss(self, places: Tensor, targets: Tensor, negatives: Tensor | None) -> Tensor:
        """Mean cross-entropy of the targets (n,) among all items, or among them and their negatives (n, k).

        Negatives are drawn uniformly, which needs no correction (sampled softmax, Jean et al. 2015). A negative equal
        to the target is ignored.
        """
        if negatives is None:
            return functional.cross_entropy(self.scores(places), targets)
        candidates = torch.cat([targets[:, None], negatives], dim=1)
        scores = torch.einsum("nd,nkd->nk", places, functional.embedding(candidates, self.out)) + self.bias[candidates]
        same = functional.pad(negatives == targets[:, None], (1, 0))
        return functional.cross_entropy(scores.masked_fill(same, -torch.inf), torch.zeros_like(targets))
