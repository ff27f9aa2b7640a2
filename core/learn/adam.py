"""Adam (Kingma and Ba 2015) by torch's own function for a step.

Without `torch.optim.Adam` around it, which loads torch's compiler and SymPy: 100 MB and seconds, for nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.optim.adam import adam


class Adam:
    """Moves parameters against their gradients. first, second: their running moments, by name. steps: taken so far."""

    def __init__(self, parameters: Mapping[str, nn.Parameter], *, rate: float, decay: float) -> None:
        """decay: pulls parameters to 0 (L2)."""
        self._parameters, self._rate, self._decay = parameters, rate, decay
        self.first = {name: torch.zeros_like(entry) for name, entry in parameters.items()}
        self.second = {name: torch.zeros_like(entry) for name, entry in parameters.items()}
        self.steps = 0

    @torch.no_grad()
    def step(self) -> None:
        """Takes a step and forgets the gradients."""
        moved = {name: parameter.grad for name, parameter in self._parameters.items() if parameter.grad is not None}
        adam(
            [self._parameters[name] for name in moved], list(moved.values()), [self.first[name] for name in moved],
            [self.second[name] for name in moved], [], [torch.tensor(float(self.steps)) for _ in moved],
            foreach=False, amsgrad=False, beta1=0.9, beta2=0.999, eps=1e-8, lr=self._rate, weight_decay=self._decay,
            maximize=False,
        )  # fmt: skip
        self.steps += 1
        for parameter in self._parameters.values():
            parameter.grad = None
