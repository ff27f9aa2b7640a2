"""Texts as the word pieces of MiniLM, in batches of similar length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from core.encoders.embedded.weights import tokenizer_file

_BATCH = 64

Inputs = dict[str, NDArray[np.int64]]


def open_tokenizer(max_tokens: int) -> Tokenizer:
    """The tokenizer of all-MiniLM-L6-v2, which cuts texts after `max_tokens` word pieces."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file()))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.enable_padding()
    return tokenizer


def batch_tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[tuple[list[int], Inputs]]:
    """Yields the numbers of up to 64 texts, and the inputs `ids` and `mask` of the text tower for them.

    Similar lengths come together, since a batch is padded to its longest text.
    """
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        tokens = tokenizer.encode_batch([texts[index] for index in chosen])
        ids = np.array([item.ids for item in tokens], np.int64)
        yield chosen, {"ids": ids, "mask": np.array([item.attention_mask for item in tokens], np.int64)}
