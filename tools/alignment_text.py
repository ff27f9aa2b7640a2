"""MiniLM in torch for training: the lower layers run once and are kept, the upper ones carry low-rank adapters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from alignment_model import half
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from core.encoders.embedded.weights import text_weights, tokenizer_file

_MAX_TOKENS = 64  # captions and class descriptions are shorter
_WIDTH, _HEADS = 384, 12


class _Layer(nn.Module):
    """One post-norm BERT layer, frozen, bf16; with adapters W x + up (down x) where `rank` > 0 (LoRA, Hu 2021)."""

    def __init__(self, weights: dict[str, Tensor], index: int, rank: int) -> None:
        super().__init__()
        prefix = f"encoder.layer.{index}."
        parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
        parts += ["attention.output.dense", "intermediate.dense", "output.dense"]
        self.names = [prefix + part for part in parts]
        self.linear = [(weights[f"{n}.weight"].bfloat16(), weights[f"{n}.bias"].bfloat16()) for n in self.names]
        self.norms = [
            (weights[f"{prefix}{n}.LayerNorm.weight"].bfloat16(), weights[f"{prefix}{n}.LayerNorm.bias"].bfloat16())
            for n in ("attention.output", "output")
        ]
        self.down, self.up = nn.ParameterList(), nn.ParameterList()
        for matrix, _ in self.linear if rank else []:
            self.down.append(nn.Parameter(torch.randn(rank, matrix.shape[1]) / math.sqrt(matrix.shape[1])))
            self.up.append(nn.Parameter(torch.zeros(matrix.shape[0], rank)))

    def _apply_linear(self, index: int, x: Tensor) -> Tensor:
        y = F.linear(x, *self.linear[index])
        if not len(self.down):
            return y
        return y + F.linear(F.linear(x, self.down[index].bfloat16()), self.up[index].bfloat16())

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        n, tokens, _ = x.shape
        query, key, value = (self._apply_linear(i, x).view(n, tokens, _HEADS, -1).transpose(1, 2) for i in range(3))
        shares = torch.softmax(query @ key.transpose(-1, -2) / math.sqrt(_WIDTH // _HEADS) + bias, dim=-1)
        mixed = self._apply_linear(3, (shares @ value).transpose(1, 2).reshape(n, tokens, _WIDTH))
        x = F.layer_norm(x + mixed, (_WIDTH,), *self.norms[0], eps=1e-12)
        return F.layer_norm(
            x + self._apply_linear(5, F.gelu(self._apply_linear(4, x))), (_WIDTH,), *self.norms[1], eps=1e-12
        )


class TextTower(nn.Module):
    """`keep` runs the frozen lower layers once for all texts; calling it runs the adapted upper layers on those."""

    def __init__(self, *, adapted_layers: int, rank: int) -> None:
        super().__init__()
        weights = {name: torch.from_numpy(value) for name, value in text_weights().items()}
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = weights["embeddings.position_embeddings.weight"]
        self._places = self._places + weights["embeddings.token_type_embeddings.weight"][0]
        self._norm = (weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"])
        layers = sum(name.endswith("intermediate.dense.weight") for name in weights)
        self._lower = [_Layer(weights, index, 0) for index in range(layers - adapted_layers)]
        self.upper = nn.ModuleList(_Layer(weights, index, rank) for index in range(layers - adapted_layers, layers))
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file()))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.no_padding()

    @torch.no_grad()
    def keep(self, texts: Sequence[str]) -> list[Tensor]:
        """Per text the states (tokens, 384) below the adapted layers, bf16."""
        ids = [torch.tensor(item.ids) for item in self._tokenizer.encode_batch(list(texts))]
        cached: list[Tensor] = [torch.empty(0)] * len(ids)
        for chosen in _alike(ids, 256):
            padded, mask = _pad([self._words[ids[i]] for i in chosen])
            x = F.layer_norm(padded + self._places[: padded.shape[1]], (_WIDTH,), *self._norm, eps=1e-12).bfloat16()
            for layer in self._lower:
                x = layer(x, _bias(mask))
            for row, index in enumerate(chosen):
                cached[index] = x[row, : len(ids[index])].clone()
        return cached

    def forward(self, cached: Sequence[Tensor]) -> Tensor:
        """Kept states of n texts to their sentences (n, 384): mean over the tokens, of length sqrt(384)."""
        chunks, order = [], []
        for chosen in _alike(cached, 128):
            x, mask = _pad([cached[i] for i in chosen])
            for layer in self.upper:
                x = layer(x, _bias(mask))
            share = (mask / mask.sum(1, keepdim=True))[..., None]
            chunks.append((x.float() * share).sum(1))
            order.extend(chosen)
        sentences = torch.cat(chunks)[torch.from_numpy(np.argsort(order))]
        return F.normalize(sentences, dim=-1) * math.sqrt(_WIDTH)

    @torch.no_grad()
    def take(self, adapters: Mapping[str, NDArray[np.float32]]) -> None:
        """Goes on from the adapters of a heads file."""
        for layer in self.upper:
            for name, down, up in zip(layer.names, layer.down, layer.up, strict=True):
                down.copy_(torch.from_numpy(adapters[f"{name}.down"]))
                up.copy_(torch.from_numpy(adapters[f"{name}.up"]))

    def adapters(self) -> dict[str, NDArray[np.float16]]:
        """`{layer}.down` (rank, in) and `{layer}.up` (out, rank) of every adapted matrix."""
        found = {}
        for layer in self.upper:
            for name, down, up in zip(layer.names, layer.down, layer.up, strict=True):
                found[f"{name}.down"] = half(down)
                found[f"{name}.up"] = half(up)
        return found


class KeptTexts:
    """The states of texts below the adapted layers, each text run once; kept in a file between runs where `cache` is
    given."""

    def __init__(self, tower: TextTower, cache: Path | None) -> None:
        self._tower = tower
        self._file = cache / f"texts-{len(tower.upper)}.npz" if cache else None
        self._known: dict[str, Tensor] = {}
        if self._file and self._file.is_file():
            with np.load(self._file, allow_pickle=False) as kept:
                texts = kept["texts"].tobytes().decode().split("\0")
                states = torch.from_numpy(kept["states"]).view(torch.bfloat16).split(kept["lengths"].tolist())
            self._known = dict(zip(texts, states, strict=True))

    def __call__(self, texts: Sequence[str]) -> list[Tensor]:
        """States (tokens, 384) of each text."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(missing, self._tower.keep(missing), strict=True)
        return [self._known[text] for text in texts]

    def store(self) -> None:
        """Writes what is kept to the file."""
        if not self._file:
            return
        states = torch.cat(list(self._known.values())).view(torch.int16).numpy()
        lengths = np.array([len(rows) for rows in self._known.values()])
        self._file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            self._file, texts=np.frombuffer("\0".join(self._known).encode(), np.uint8), states=states, lengths=lengths
        )


def _alike(items: Sequence[Tensor], size: int) -> Iterator[list[int]]:
    """Indices in chunks of items of alike length, so that little is padding."""
    order = sorted(range(len(items)), key=lambda index: len(items[index]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _pad(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    mask = nn.utils.rnn.pad_sequence([torch.ones(len(row)) for row in rows], batch_first=True)
    return nn.utils.rnn.pad_sequence(list(rows), batch_first=True), mask


def _bias(mask: Tensor) -> Tensor:
    return ((mask[:, None, None, :] - 1) * 1e4).bfloat16()
