"""New words from examples: a concept is one more vector of the space, used like a word, with nothing trained again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prior
from core.encoders.saved_files import get_saved_path, list_saved
from core.errors import DataError, QueryError
from core.utils.array_files import pack_arrays, unpack_arrays
from core.utils.files import write_atomic


@dataclass(frozen=True)
class Concept:
    """name: how it is called in queries (`concept:NAME`) and classes. vector: (dim,) unit. examples: learned from."""

    name: str
    encoder_id: str
    vector: NDArray[np.float32]
    examples: int


def learn_concept(
    encoder: Encoder, name: str, examples: Vectors, background: Vectors, *, baseline_cosine: Vectors | None = None
) -> Concept:
    """A concept from the unit vectors of some pictures that show it.

    What sets the examples apart from other pictures is carried over to where texts are: pictures and texts lie in
    different parts of the space (the modality gap, Liang et al. 2022), so that a mean of pictures would be nearer to
    every picture than any word is, and could stand beside no other class. In formulas, with the means m of the
    pictures and t of the neutral prompts, and the prompts' mean distance r from theirs:

        vector = unit(t + r unit(mean(examples) - mean(unlike or background)))

    examples: (n, dim), n >= 1. background: (b, dim), pictures of any kind. unlike: (u, dim), what it is not, instead.
    Raises DataError where there is no example, or the examples do not differ from the others.
    """
    get_saved_path("concepts", encoder, name)  # raises for a name that cannot be kept
    if len(examples) == 0:
        raise DataError("Choose at least one example of the concept.")
    rest = background if baseline_cosine is None or len(baseline_cosine) == 0 else baseline_cosine
    texts = embed_reference_prompts(encoder)[get_reference_prior() > 0.5]
    center = texts.mean(axis=0)
    radius = float(np.linalg.norm(texts - center, axis=1).mean())
    in_subprocess = examples.mean(axis=0) - rest.mean(axis=0)
    if np.linalg.norm(in_subprocess) < 1e-3:
        raise DataError("The examples do not differ from the other pictures: choose some that show the concept alone.")
    return Concept(name, encoder.id, unit_rows(center + radius * unit_rows(in_subprocess)), len(examples))


def list_concepts(encoder: Encoder) -> dict[str, Path]:
    """The concepts that the home folder keeps for an encoder, by name."""
    return list_saved("concepts", encoder)


def save_concept(concept: Concept, encoder: Encoder) -> Path:
    """Keeps a concept under its name, for all libraries of its encoder; one of the same name is replaced."""
    path = get_saved_path("concepts", encoder, concept.name)
    about = {"name": concept.name, "encoder_id": concept.encoder_id, "examples": str(concept.examples)}
    write_atomic(path, pack_arrays({"vector": concept.vector}, about))
    return path


def load_concept(encoder: Encoder, name: str) -> Concept:
    """A kept concept. Raises QueryError where there is none of this name for this encoder, or it is damaged."""
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
    """Where a concept is kept, or would be. Raises DataError for a name that cannot be kept."""
    return get_saved_path("concepts", encoder, name)


def forget_concept(encoder: Encoder, name: str) -> None:
    """Removes a kept concept, if it is there."""
    get_saved_path("concepts", encoder, name).unlink(missing_ok=True)
