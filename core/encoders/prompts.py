"""Texts embedded through prompt templates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.encoders.base import Encoder, Vectors, unit_rows


def embed_texts(encoder: Encoder, texts: Sequence[str], *, templates: Sequence[str] | None = None) -> Vectors:
    """Unit vectors (n, dim) of texts, each embedded through every template, averaged and normalised again.

    Prompt ensembling as of Radford et al. 2021 (CLIP), section 3.1.4.
    """
    templates = tuple(encoder.templates if templates is None else templates)
    prompts = [template.replace("{}", text) for text in texts for template in templates]
    if not prompts:
        return np.empty((0, encoder.dim), np.float32)
    return unit_rows(encoder.encode_texts(prompts).reshape(len(texts), len(templates), -1).mean(axis=1))
