"""Curated hub models. Any other dual encoder works too, by its hub id."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CuratedModel:
    """A recommended hub model.

    Attributes
    ----------
    hub_id, title : str
    size_mb : int
        Approximate download size in megabytes.
    dim : int
        Length of its vectors.
    good_for : str
        What it is good for, in one sentence.
    """

    hub_id: str
    title: str
    size_mb: int
    dim: int
    good_for: str

    @property
    def size(self) -> str:
        """Download size for display, such as "600 MB"."""
        return f"{self.size_mb} MB" if self.size_mb < 1000 else f"{self.size_mb / 1000:.1f} GB"


CURATED: tuple[CuratedModel, ...] = (
    CuratedModel(
        hub_id="openai/clip-vit-base-patch32",
        title="CLIP ViT-B/32 (OpenAI)",
        size_mb=600,
        dim=512,
        good_for="Fast, English, well studied; a good first step up from the embedded encoder.",
    ),
    CuratedModel(
        hub_id="laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        title="CLIP ViT-B/32 (LAION-2B)",
        size_mb=600,
        dim=512,
        good_for="As fast as OpenAI's, English; trained on two billion open pairs and better at retrieval.",
    ),
    CuratedModel(
        hub_id="google/siglip2-base-patch16-224",
        title="SigLIP 2 B/16",
        size_mb=1550,
        dim=768,
        good_for="The best results of this list, in many languages; takes about four times as long per picture.",
    ),
    CuratedModel(
        hub_id="google/siglip-base-patch16-256-multilingual",
        title="SigLIP B/16 multilingual",
        size_mb=1500,
        dim=768,
        good_for="Queries in many languages, pictures at 256 pixels; the predecessor of SigLIP 2.",
    ),
)
