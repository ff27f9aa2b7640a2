"""Concepts: words learned from example images. A concept is a vector that queries and classes use like a word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prior
from core.encoders.saved_files import get_saved_path, list_saved, list_saved_earlier, remove_saved, write_saved
from core.errors import DataError, QueryError
from core.library.store import Library
from core.library.track import get_item_vectors
from core.utils.array_files import pack_arrays, unpack_arrays


@dataclass(frozen=True)
class Concept:
    """name: in queries (`concept:NAME`) and classes. vector: (dim,) unit. examples: the number it was learned from.

    item_ids: those examples, where they are items of a library, so that it can be learned again with other weights.
    """

    name: str
    encoder_id: str
    vector: NDArray[np.float32]
    examples: int
    item_ids: tuple[str, ...] = ()


def learn_concept(
    encoder: Encoder, name: str, examples: Vectors, background: Vectors, *, counterexamples: Vectors | None = None
) -> Concept:
    """Learns a concept from the vectors of images that show it.

    Images and texts lie in different parts of the space (the modality gap [1]_). A mean of images would be nearer to
    every image than any word, and could not compete with other classes. So the difference of the examples from other
    images is added to the mean t of the reference prompts, scaled to their mean distance r from t:

        vector = unit(t + r unit(mean(examples) - mean(counterexamples or background)))

    Where parts of a vector are for images or for texts alone, no word is seen by images at its full length. There the
    difference is shortened to what they see of a word, and the part of texts is filled from the nearest prompt.

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
    direction = _shorten_to_words(encoder, unit_rows(direction), examples, texts)
    return Concept(name, encoder.id, unit_rows(center + radius * direction), len(examples))


def _shorten_to_words(
    encoder: Encoder, direction: NDArray[np.float32], examples: Vectors, texts: Vectors
) -> NDArray[np.float32]:
    """The direction (dim,), as long for images as a word is; unchanged if texts have no part of their own."""
    of_images, of_texts = (_find_dimensions(encoder, only) for only in ("image", "text"))
    if not of_texts.any():
        return direction
    seen = _mean_length(examples[:, ~of_images]) * _mean_length(texts[:, ~of_texts])
    nearest = texts[(texts @ direction).argmax()]
    return seen * direction + np.sqrt(1 - seen**2) * unit_rows(np.where(of_texts, nearest, 0))


def _find_dimensions(encoder: Encoder, only: str) -> NDArray[np.bool_]:
    """(dim,) which dimensions only one kind of input fills."""
    found = np.zeros(encoder.dim, bool)
    for part in getattr(encoder, "parts", ()):
        found[part.start : part.stop] = part.only == only
    return found


def _mean_length(vectors: Vectors) -> float:
    return float(np.linalg.norm(vectors, axis=1).mean())


def learn_concept_of_items(library: Library, encoder: Encoder, name: str, item_ids: Sequence[str]) -> Concept:
    """Learns a concept from items of a library, against the others; see `learn_concept`. The concept keeps their ids.

    Raises DataError also if none of them has a vector of the encoder.
    """
    index = library.index(encoder)
    found, examples = get_item_vectors(index, item_ids)
    return replace(learn_concept(encoder, name, examples, index.background), item_ids=tuple(found))


def relearn_concept(library: Library, encoder: Encoder, name: str) -> Concept:
    """Learns a concept of earlier weights again, from those of its examples that a library holds.

    Raises DataError if it does not know its examples, as those of earlier versions, or the library holds none of them.
    """
    path = list_earlier_concepts(encoder).get(name)
    item_ids = _read(path).item_ids if path else ()
    if not item_ids:
        raise DataError(f"What the concept {name!r} was learned from is not known: save it again from pictures.")
    return learn_concept_of_items(library, encoder, name, item_ids)


def list_earlier_concepts(encoder: Encoder) -> dict[str, Path]:
    """The files of concepts that were saved with earlier weights of an encoder only, by name."""
    return list_saved_earlier("concepts", encoder)


def knows_examples(path: Path) -> bool:
    """Whether a concept of such a file can be learned again. Raises DataError if the file is damaged."""
    return bool(_read(path).item_ids)


def list_concepts(encoder: Encoder) -> dict[str, Path]:
    """The files of the saved concepts of an encoder, by name."""
    return list_saved("concepts", encoder)


def save_concept(concept: Concept, encoder: Encoder) -> Path:
    """Saves a concept under its name for all libraries of its encoder; replaces one of that name."""
    path = get_saved_path("concepts", encoder, concept.name)
    about = {"name": concept.name, "encoder_id": concept.encoder_id, "examples": str(concept.examples)}
    about |= {"item_ids": json.dumps(concept.item_ids)}
    return write_saved(path, pack_arrays({"vector": concept.vector}, about))


def load_concept(encoder: Encoder, name: str) -> Concept:
    """A saved concept. Raises QueryError if the encoder has none of this name, or it is damaged."""
    try:
        concept = _read(get_saved_path("concepts", encoder, name))
    except OSError:
        if name in list_earlier_concepts(encoder):
            raise QueryError(
                f"The concept {name!r} was made with earlier weights of {encoder.name}: learn it again (page Classify, "
                "Made before)."
            ) from None
        known = ", ".join(list_concepts(encoder)) or "none yet"
        raise QueryError(f"There is no concept {name!r} for {encoder.name} (there are: {known}).") from None
    except DataError as error:
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


def _read(path: Path) -> Concept:
    """Raises OSError, and DataError if the file is damaged."""
    arrays, about = unpack_arrays(path.read_bytes())
    try:
        item_ids = tuple(map(str, json.loads(about.get("item_ids", "[]"))))
        return Concept(about["name"], about["encoder_id"], arrays["vector"], int(about["examples"]), item_ids)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise DataError(f"The concept {path.stem!r} is damaged.") from error
