"""Embeds texts through prompt templates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.encoders.base import Encoder, Vectors, unit_rows


def embed_texts(encoder: Encoder, texts: Sequence[str], *, templates: Sequence[str] | None = None) -> Vectors:
    """Embeds texts by prompt ensembling [1]_: the normalized mean over all templates.

    Parameters
    ----------
    encoder : Encoder
    texts : sequence of str
        n texts, without a template.
    templates : sequence of str, optional
        With one `{}` each; by default those of the encoder.

    Returns
    -------
    ndarray of float32, shape (n, encoder.dim)
        Unit rows.

    References
    ----------
    .. [1] Radford et al. 2021, "Learning transferable visual models from natural language supervision", section 3.1.4
    """
    templates = tuple(encoder.templates if templates is None else templates)
    prompts = [template.replace("{}", text) for text in texts for template in templates]
    if not prompts:
        return np.empty((0, encoder.dim), np.float32)
    return unit_rows(encoder.encode_texts(prompts).reshape(len(texts), len(templates), -1).mean(axis=1))
