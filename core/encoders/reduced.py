"""Encoders with fewer dimensions: a linear map of another encoder's vectors, learned from a library and saved."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.config import get_home
from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.derived import DerivedEncoder
from core.encoders.saved_files import write_saved
from core.errors import DataError, EncoderError
from core.utils.array_files import SUFFIX, pack_arrays, unpack_arrays

Method = Literal["pca", "truncate", "random"]

MARK = "@"  # separates the names of encoder and reduction: "embedded@pca128-1f3a..."
METHOD_NAMES: dict[str, str] = {"pca": "PCA", "truncate": "truncation", "random": "random projection"}

_NAME = re.compile(r"(?P<base>.+)@(?P<method>pca|truncate|random)(?P<dim>\d+)-[0-9a-f]+")
_LEARNED_FROM = 20_000  # vectors; principal components change little beyond


@dataclass(frozen=True, eq=False)
class Reduction:
    """A linear map of an encoder's vectors to fewer dimensions.

    Attributes
    ----------
    method : {"pca", "truncate", "random"}
    encoder_id, encoder_name : str
        The encoder whose vectors it applies to.
    weights : ndarray of float32, shape (encoder.dim, dim)
    """

    method: Method
    encoder_id: str
    encoder_name: str
    weights: NDArray[np.float32]

    @property
    def dim(self) -> int:
        """Length of the reduced vectors."""
        return int(self.weights.shape[1])

    @property
    def name(self) -> str:
        """The name for `open_encoder`."""
        digest = hashlib.sha256(self.encoder_id.encode() + self.weights.tobytes()).hexdigest()[:10]
        return f"{self.encoder_name}{MARK}{self.method}{self.dim}-{digest}"

    def apply(self, vectors: Vectors) -> Vectors:
        """(n, dim) to unit rows (n, d)."""
        return unit_rows(vectors @ self.weights)


def learn_reduction(
    encoder: Encoder, vectors: Vectors, dim: int, *, method: Method = "pca", seed: int = 0
) -> Reduction:
    """Learns a linear map to fewer dimensions.

    Parameters
    ----------
    encoder : Encoder
    vectors : ndarray of float32, shape (n, encoder.dim)
        Unit rows to learn from.
    dim : int
        1 to encoder.dim.
    method : {"pca", "truncate", "random"}
        "pca": the directions that keep most of the inner products (truncated SVD, not centered, so that it fits texts
        too). "truncate": the first dimensions. "random": a Gaussian map [1]_.
    seed : int
        Of the random map.

    Returns
    -------
    Reduction

    Raises
    ------
    DataError
        The method is unknown, `dim` is out of range, or "pca" has no vectors.

    References
    ----------
    .. [1] Johnson and Lindenstrauss 1984, "Extensions of Lipschitz mappings into a Hilbert space"
    """
    if method not in get_args(Method):
        raise DataError(f"Unknown method {method!r}: choose {', '.join(get_args(Method))}.")
    if not 1 <= dim <= encoder.dim:
        raise DataError(f"The vectors have {encoder.dim} dimensions: choose 1 to {encoder.dim}, not {dim}.")
    return Reduction(method, encoder.id, encoder.name, compute_weights(vectors, dim, method=method, seed=seed))


def compute_weights(vectors: Vectors, dim: int, *, method: Method, seed: int = 0) -> NDArray[np.float32]:
    """Weights of a reduction, (vectors.shape[1], dim); see `learn_reduction`."""
    full_dim = vectors.shape[1]
    if method == "truncate":
        return np.eye(full_dim, dim, dtype=np.float32)
    if method == "random":
        return (np.random.default_rng(seed).normal(size=(full_dim, dim)) / np.sqrt(dim)).astype(np.float32)
    if not len(vectors):
        raise DataError("There are no vectors to learn principal components from.")
    return np.ascontiguousarray(compute_principal_axes(vectors)[:, :dim])


def compute_principal_axes(vectors: Vectors) -> NDArray[np.float32]:
    """(dim, dim) orthonormal columns, by descending mean square of inner products."""
    sample = vectors
    if len(vectors) > _LEARNED_FROM:
        sample = vectors[np.random.default_rng(0).choice(len(vectors), _LEARNED_FROM, replace=False)]
    _, axes = np.linalg.eigh((sample.T @ sample).astype(np.float64))
    return np.ascontiguousarray(axes[:, ::-1], np.float32)


class ReducedEncoder(DerivedEncoder):
    """Encodes with a base encoder and reduces its vectors.

    Scoring and calibration are those of the base: with fewer dimensions, probabilities are less exact.
    """

    def __init__(self, base: Encoder, reduction: Reduction) -> None:
        if base.id != reduction.encoder_id:
            raise EncoderError(
                f"The reduction {reduction.name} was learned with other weights of {base.name}: create it again."
            )
        name = reduction.name
        super().__init__(base, name=name, id_suffix=f"{MARK}{name.rpartition(MARK)[2]}", dim=reduction.dim)
        self.reduction = reduction

    def map_images(self, vectors: Vectors) -> Vectors:
        return self.reduction.apply(vectors)

    def map_texts(self, vectors: Vectors) -> Vectors:
        return self.reduction.apply(vectors)


def save_reduction(reduction: Reduction) -> Path:
    """Saves a reduction in the home folder, so that `open_encoder` finds it."""
    path = _path(reduction.name)
    about = {"method": reduction.method, "encoder_id": reduction.encoder_id, "encoder_name": reduction.encoder_name}
    return write_saved(path, pack_arrays({"weights": reduction.weights}, about))


def load_reduction(name: str) -> Reduction:
    """Loads a saved reduction by its name. Raises EncoderError if it is missing or damaged."""
    try:
        arrays, about = unpack_arrays(_path(name).read_bytes())
        method: Method = next(arg for arg in get_args(Method) if arg == about["method"])
        reduction = Reduction(method, about["encoder_id"], about["encoder_name"], arrays["weights"])
        if reduction.weights.ndim == 2 and reduction.name == name:
            return reduction
    except (OSError, DataError, KeyError, StopIteration):
        pass
    raise EncoderError(
        f"The reduction {name!r} is not on this machine, or its file is damaged: create it again from a library."
    )


def reduction_names() -> list[str]:
    """Names of the saved reductions."""
    names = []
    for path in sorted((get_home() / "reductions").glob(f"*{SUFFIX}")):
        try:
            about = unpack_arrays(path.read_bytes())[1]
            names.append(f"{about['encoder_name']}{MARK}{path.stem}")
        except (OSError, DataError, KeyError):
            continue
    return names


def reduced_title(name: str) -> str | None:
    """Display name of a reduction, such as "embedded, 128 dimensions (PCA)"; None for other names."""
    match = _NAME.fullmatch(name)
    return f"{match['base']}, {match['dim']} dimensions ({METHOD_NAMES[match['method']]})" if match else None


def parse_reduced_name(name: str) -> tuple[str, Method, int] | None:
    """Name of the base, method and dimensions of a reduction's name; None for other names."""
    match = _NAME.fullmatch(name)
    method = next((arg for arg in get_args(Method) if match and arg == match["method"]), None)
    return (match["base"], method, int(match["dim"])) if match and method else None


def _path(name: str) -> Path:
    """The file of a reduction; the last part of a name ends in a digest."""
    last = name.rpartition(MARK)[2]
    if not last.replace("-", "").isalnum():
        raise EncoderError(f"{name!r} is not the name of a reduction.")
    return get_home() / "reductions" / f"{last}{SUFFIX}"
