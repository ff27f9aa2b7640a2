"""Concepts: words learned from example images. A concept is a vector that queries and classes use like a word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prior
from core.encoders.saved_files import get_saved_path, list_saved, remove_saved, write_saved
from core.errors import DataError, QueryError
from core.utils.array_files import pack_arrays, unpack_arrays


@dataclass(frozen=True)
class Concept:
    """name: in queries (`concept:NAME`) and classes. vector: (dim,) unit. examples: the number it was learned from."""

    name: str
    encoder_id: str
    vector: NDArray[np.float32]
    examples: int


def learn_concept(
    encoder: Encoder, name: str, examples: Vectors, background: Vectors, *, counterexamples: Vectors | None = None
) -> Concept:
    """Learns a concept from the vectors of images that show it.

    Images and texts lie in different parts of the space (the modality gap [1]_). A mean of images would be nearer to
    every image than any word, and could not compete with other classes. So the difference of the examples from other
    images is added to the mean t of the reference prompts, scaled to their mean distance r from t:

        vector = unit(t + r unit(mean(examples) - mean(counterexamples or background)))

    Parameters
    ----------
    encoder : Encoder
    name : str
    examples : ndarray of float32, shape (n, dim)
        Unit rows, n >= 1.
    background : ndarray of float32, shape (b, dim)
        Images of any kind.
    counterexamples : ndarray of float32, shape (c, dim), optional
        Images that do not show the concept; they replace the background.

    Raises
    ------
    DataError
        The name is invalid, there is no example, or the examples do not differ from the others.

    References
    ----------
    .. [1] Liang et al. 2022, "Mind the gap: understanding the modality gap in multi-modal contrastive learning"
    """
    get_saved_path("concepts", encoder, name)  # raises for an invalid name
    if len(examples) == 0:
        raise DataError("Choose at least one example of the concept.")
    others = background if counterexamples is None or len(counterexamples) == 0 else counterexamples
    texts = embed_reference_prompts(encoder)[get_reference_prior() > 0.5]
    center = texts.mean(axis=0)
    radius = float(np.linalg.norm(texts - center, axis=1).mean())
    direction = examples.mean(axis=0) - others.mean(axis=0)
    if np.linalg.norm(direction) < 1e-3:
        raise DataError("The examples do not differ from the other pictures: choose some that show the concept alone.")
    return Concept(name, encoder.id, unit_rows(center + radius * unit_rows(direction)), len(examples))


def list_concepts(encoder: Encoder) -> dict[str, Path]:
    """The files of the saved concepts of an encoder, by name."""
    return list_saved("concepts", encoder)


def save_concept(concept: Concept, encoder: Encoder) -> Path:
    """Saves a concept under its name for all libraries of its encoder; replaces one of that name."""
    path = get_saved_path("concepts", encoder, concept.name)
    about = {"name": concept.name, "encoder_id": concept.encoder_id, "examples": str(concept.examples)}
    return write_saved(path, pack_arrays({"vector": concept.vector}, about))


def load_concept(encoder: Encoder, name: str) -> Concept:
    """A saved concept. Raises QueryError if the encoder has none of this name, or it is damaged."""
    try:
        arrays, about = unpack_arrays(get_saved_path("concepts", encoder, name).read_bytes())
        concept = Concept(about["name"], about["encoder_id"], arrays["vector"], int(about["examples"]))
    except OSError:
        known = ", ".join(list_concepts(encoder)) or "none yet"
        raise QueryError(f"There is no concept {name!r} for {encoder.name} (there are: {known}).") from None
    except (DataError, KeyError, ValueError) as error:
        raise QueryError(f"The concept {name!r} cannot be used: learn it again.") from error
    if concept.encoder_id != encoder.id or concept.vector.shape != (encoder.dim,):
        raise QueryError(f"The concept {name!r} belongs to another encoder: learn it again.")
    return concept


def concept_file(encoder: Encoder, name: str) -> Path:
    """The path of a concept, whether or not it exists. Raises DataError for an invalid name."""
    return get_saved_path("concepts", encoder, name)


def forget_concept(encoder: Encoder, name: str) -> None:
    """Removes a saved concept, if it exists."""
    remove_saved(get_saved_path("concepts", encoder, name))
