"""What is trained beside the adapters of MiniLM: the tuned last block of the image tower and the heads of the space."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from core.encoders.embedded.image_tower import LAST_BLOCK, TUNED

_TRAINED_SCALE = 25.0  # about where the scales of the losses end
_CHUNK = 128  # photos at once through the branch: its inner maps are wide


class TunedBranch(nn.Module):
    """A second copy of the last block and head of EfficientNet-Lite2, to be trained; norms folded, 1x1 convolutions
    as matrices, bf16."""

    def __init__(self, folded: dict[str, NDArray[np.float32]]) -> None:
        super().__init__()
        block = f"_blocks.{LAST_BLOCK}."
        self._names = [f"{block}_expand_conv", f"{block}_depthwise_conv", f"{block}_project_conv", "_conv_head"]
        self.kernels = nn.ParameterList(torch.from_numpy(folded[f"{name}.weight"]).clone() for name in self._names)
        self.biases = nn.ParameterList(torch.from_numpy(folded[f"{name}.bias"]).clone() for name in self._names)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (n, places, channels) to features (n, 1280), the mean over places."""
        return torch.cat([self._features(chunk) for chunk in maps.split(_CHUNK)])

    def _features(self, x: Tensor) -> Tensor:
        n, places, _ = x.shape
        side = math.isqrt(places)
        x = F.relu6(self._pointwise(0, x.bfloat16())).view(n, side, side, -1).permute(0, 3, 1, 2)
        kernel, bias = self.kernels[1].bfloat16(), self.biases[1].bfloat16()
        x = F.relu6(F.conv2d(x, kernel, bias, padding=kernel.shape[2] // 2, groups=kernel.shape[0]))
        x = self._pointwise(2, x.permute(0, 2, 3, 1).reshape(n, places, -1))
        return F.relu6(self._pointwise(3, x)).float().mean(1)

    def _pointwise(self, index: int, x: Tensor) -> Tensor:
        return F.linear(x, self.kernels[index][:, :, 0, 0].bfloat16(), self.biases[index].bfloat16())

    @torch.no_grad()
    def take(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Goes on from the branch of a heads file."""
        for name, kernel, bias in zip(self._names, self.kernels, self.biases, strict=True):
            kernel.copy_(torch.from_numpy(tensors[f"{TUNED}{name}.weight"]))
            bias.copy_(torch.from_numpy(tensors[f"{TUNED}{name}.bias"]))

    def tensors(self) -> dict[str, NDArray[np.float16]]:
        """The branch under the names that `image_tower` looks for."""
        named = zip(self._names, self.kernels, self.biases, strict=True)
        parts = [(f"{TUNED}{name}", kernel, bias) for name, kernel, bias in named]
        found = {f"{name}.weight": half(kernel) for name, kernel, _ in parts}
        return found | {f"{name}.bias": half(bias) for name, _, bias in parts}


class Projection(nn.Module):
    """A linear map plus one hidden layer of GELU."""

    def __init__(self, width_in: int, width_out: int, *, hidden: int, dropout: float) -> None:
        super().__init__()
        self.skip, self.up = nn.Linear(width_in, width_out), nn.Linear(width_in, hidden)
        self.down, self.dropout = nn.Linear(hidden, width_out), nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dropout(x)
        return self.skip(x) + self.down(self.dropout(F.gelu(self.up(x))))


class Space(nn.Module):
    """The heads: cosine = share * learned part + (1 - share) * class part (see core/encoders/embedded/heads.py)."""

    def __init__(self, names: Tensor, features: Tensor, *, dim: int, share: float) -> None:
        """names: sentences of the class names (1000, 384). features: of the original tower, for their scale."""
        super().__init__()
        self.share = share
        self.image = Projection(features.shape[1], dim, hidden=768, dropout=0.35)
        self.text = Projection(names.shape[1], dim, hidden=1024, dropout=0.3)
        self.kind = Projection(names.shape[1], names.shape[1], hidden=512, dropout=0.1)
        # alike classes start alike, yet each apart from all others
        start = F.normalize(names - names.mean(0), dim=-1) + 0.5 * F.normalize(torch.randn(names.shape), dim=-1)
        self.classes = nn.Parameter(F.normalize(start, dim=-1))
        self.sharpness, self.caption_scale, self.class_scale, self.noun_scale = (
            nn.Parameter(torch.tensor(value)) for value in (0.0, *(math.log(14.0),) * 3)
        )
        self.register_buffer("mean", features.mean(0))
        self.register_buffer("deviation", features.std(0).mean())

    def encode_image(self, features: Tensor, logits: Tensor) -> Tensor:
        """Features (n, 1280) and logits (n, 1000) to unit rows: learned part, class part."""
        learned = F.normalize(self.image((features - self.mean) / self.deviation), dim=-1)
        kind = F.normalize(torch.softmax(logits * self.sharpness.exp(), dim=-1) @ self.classes, dim=-1)
        return self._join(learned, kind)

    def encode_text(self, sentences: Tensor) -> Tensor:
        """Sentences (n, 384) to rows no longer than 1: the class part of a text may be shorter than a picture's."""
        kind = self.kind(sentences)
        length = kind.norm(dim=-1, keepdim=True)
        return self._join(F.normalize(self.text(sentences), dim=-1), kind / length * torch.tanh(length))

    def learned(self, rows: Tensor) -> Tensor:
        """The learned part of rows, not of unit length."""
        return rows[:, : rows.shape[1] - self.classes.shape[1]]

    def _join(self, model: Tensor, kind: Tensor) -> Tensor:
        return torch.cat([math.sqrt(self.share) * model, math.sqrt(1 - self.share) * kind], dim=-1)

    @torch.no_grad()
    def take(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Goes on from the heads of a file, which has no scales of the losses."""
        found = {name: torch.from_numpy(value) for name, value in tensors.items()}
        self.mean.copy_(found["image.mean"])
        self.deviation.copy_(found["image.deviation"])
        self.classes.copy_(found["classes"])
        self.sharpness.copy_(found["sharpness"].log())
        for side, network in (("image", self.image), ("text", self.text), ("kind", self.kind)):
            for layer in ("skip", "up", "down"):
                linear = getattr(network, layer)
                linear.weight.copy_(found[f"{side}.{layer}.weight"])
                linear.bias.copy_(found[f"{side}.{layer}.bias"])
        for scale in (self.caption_scale, self.class_scale):
            scale.fill_(math.log(_TRAINED_SCALE))

    def tensors(self) -> dict[str, NDArray[np.float16]]:
        """Everything that the encoder needs of the heads."""
        found = {
            "image.mean": half(self.mean),
            "image.deviation": half(self.deviation),
            "classes": half(self.classes),
        }
        found["sharpness"] = half(self.sharpness.exp())
        for side, network in (("image", self.image), ("text", self.text), ("kind", self.kind)):
            for layer in ("skip", "up", "down"):
                linear = getattr(network, layer)
                found |= {f"{side}.{layer}.weight": half(linear.weight), f"{side}.{layer}.bias": half(linear.bias)}
        return found


class ClassPhotos:
    """Made-up features of photos of a class, since no ImageNet photo is at hand: a real photo's features, moved
    along the direction in which the classifier looks for the class."""

    def __init__(self, weight: Tensor, bias: Tensor, features: Tensor) -> None:
        self._weight, self._bias, self._mean = weight, bias, features.mean(0)
        self._directions = F.normalize(weight - weight.mean(0), dim=-1)
        self._length = (features - self._mean).norm(dim=-1).mean()

    def draw(self, classes: Tensor, original: Tensor, tuned: Tensor) -> tuple[Tensor, Tensor]:
        """classes (n,); original, tuned: both kinds of features (n, 1280) of n photos. Gives tuned features, logits."""
        step = self._length * torch.empty(len(classes), 1).uniform_(0.35, 0.8) * self._directions[classes]
        cached = torch.empty(len(classes), 1).uniform_(0.5, 0.9)
        moved = [(self._mean + step + cached * (rows - self._mean)).clamp(min=0) for rows in (original, tuned)]
        return moved[1], self.logits(moved[0])

    def logits(self, features: Tensor) -> Tensor:
        """The classifier of the original tower: features (n, 1280) to logits (n, 1000)."""
        return features @ self._weight.T + self._bias


def contrast(similarities: Tensor, identity: Tensor, log_scale: Tensor) -> Tensor:
    """Symmetric InfoNCE (Radford 2021) over (n, n); pairs of one identity are positives of each other."""
    target = (identity[:, None] == identity[None]).float()
    target = target / target.sum(1, keepdim=True)
    logits = similarities * log_scale.exp().clamp(max=100)
    rows, columns = F.log_softmax(logits, dim=1), F.log_softmax(logits.T, dim=1)
    return -(target * rows).sum(1).mean() - (target * columns).sum(1).mean()


def structure(rows: Tensor, meanings: Tensor, *, sharpness: float = 10.0) -> Tensor:
    """How far rows (n, d) are from being alike as their meanings (n, m) are: the Kullback-Leibler divergence of the
    softmax over all others, as in relational distillation (Park 2019)."""
    itself = torch.eye(len(rows), dtype=torch.bool)
    ours, theirs = (
        F.log_softmax((unit @ unit.T * sharpness).masked_fill(itself, -1e4), dim=1)
        for unit in (F.normalize(rows, dim=-1), F.normalize(meanings, dim=-1))
    )
    return F.kl_div(ours, theirs, log_target=True, reduction="batchmean")


def half(tensor: Tensor) -> NDArray[np.float16]:
    # safetensors writes the memory as it lies: it must lie in the order of the axes
    return np.array(tensor.detach().numpy(), np.float16, order="C")
