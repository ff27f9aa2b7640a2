"""The network: an embedding layer, the mean of what was watched, and a score for every movie (torch)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.learn.state import TrainingSettings

_SPREAD = 0.2  # standard deviation of weights before the first step


class NextMovie(nn.Module):
    """One input node for each movie, and for each genre and the year where these are joined; d edges go out of each.

    The edge weights of a movie's own node, plus those of the features that it has, are its embedding. A score for every
    movie is linear in the mean of the embeddings that were watched (Mikolov et al. 2013, continuous bag of words).
    """

    def __init__(self, features: NDArray[np.float32], settings: TrainingSettings, random: torch.Generator) -> None:
        """features: (movies, f), see `joined`."""
        super().__init__()

        def drawn(rows: int) -> nn.Parameter:
            return nn.Parameter(_SPREAD * torch.randn(rows, settings.dim, generator=random))

        movies, count = features.shape
        self.features = torch.from_numpy(features)
        self.own, self.shared = drawn(movies), drawn(count)
        self.out, self.bias = drawn(movies), nn.Parameter(torch.zeros(movies))

    def embedding(self) -> Tensor:
        """(movies, d)."""
        return self.own + self.features @ self.shared if self.features.shape[1] else self.own

    def forward(self, histories: Tensor, weights: Tensor) -> Tensor:
        """(n, d): where the weighted mean of the movies watched lies. histories, weights: (n, HISTORY)."""
        return functional.embedding_bag(histories, self.embedding(), per_sample_weights=weights, mode="sum")

    def scores(self, places: Tensor) -> Tensor:
        """(n, movies): the logarithm of how probable each movie is next, but for a number of each row."""
        return functional.linear(places, self.out, self.bias)

    def loss(self, places: Tensor, targets: Tensor, negatives: Tensor | None) -> Tensor:
        """Mean cross-entropy of the next movies (n,) among all movies, or among them and their negatives (n, k).

        Negatives are drawn alike often, so that no correction is due (sampled softmax: Jean et al. 2015). A negative
        that is the next movie itself does not count.
        """
        if negatives is None:
            return functional.cross_entropy(self.scores(places), targets)
        among = torch.cat([targets[:, None], negatives], dim=1)
        scores = torch.einsum("nd,nkd->nk", places, functional.embedding(among, self.out)) + self.bias[among]
        same = functional.pad(negatives == targets[:, None], (1, 0))
        return functional.cross_entropy(scores.masked_fill(same, -torch.inf), torch.zeros_like(targets))
