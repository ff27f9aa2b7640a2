"""A second copy of a library's vectors with fewer dimensions."""

from __future__ import annotations

from contextlib import suppress

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.encoders.reduced import (
    MARK,
    Method,
    ReducedEncoder,
    Reduction,
    learn_reduction,
    load_reduction,
    parse_reduced_name,
    save_reduction,
)
from core.errors import DataError, EncoderError
from core.library.derived_copy import store_derived
from core.library.schema import EncoderEntry
from core.library.store import Library
from core.progress import SILENT, Task


def list_reductions(library: Library, encoder: Encoder) -> list[EncoderEntry]:
    """The copies of this encoder's vectors with fewer dimensions that the library stores."""
    return [entry for entry in library.encoders() if entry.id.startswith(encoder.id + MARK)]


def list_earlier_reductions(library: Library, encoder: Encoder) -> list[EncoderEntry]:
    """Those that were made of vectors of this encoder's earlier weights. They stay searchable while these open."""
    others = [entry for entry in library.encoders() if entry.name.startswith(encoder.name + MARK)]
    return [entry for entry in others if not entry.id.startswith(encoder.id + MARK)]


@task_keywords
def renew_reduced(library: Library, encoder: Encoder, entry: EncoderEntry, *, task: Task = SILENT) -> ReducedEncoder:
    """Stores a reduction of earlier weights again, by the same method and to as many dimensions, and drops the earlier
    one. Raises what `store_reduced` raises, and DataError where the entry is no reduction."""
    parsed = parse_reduced_name(entry.name)
    if parsed is None:
        raise DataError(f"{entry.name} has all dimensions: choose a reduction.")
    _, method, dim = parsed
    reduced = store_reduced(library, encoder, get_reduction(library, encoder, dim, method=method), task=task)
    library.drop_encoder(entry.id)
    return reduced


def get_reduction(library: Library, encoder: Encoder, dim: int, *, method: Method = "pca") -> Reduction:
    """The map to `dim` dimensions that this library has stored vectors of, so that new items are mapped as the others
    were; else one that is learned from the vectors here, a random sample of up to 4,096 of them. Raises DataError, see
    `learn_reduction`, and LibraryError."""
    for entry in list_reductions(library, encoder):
        with suppress(EncoderError):  # of a file that is gone: learned anew
            cached = load_reduction(entry.name)
            if (cached.encoder_id, cached.method, cached.dim) == (encoder.id, method, dim):
                return cached
    return learn_reduction(encoder, library.index(encoder).background, dim, method=method)


@task_keywords
def store_reduced(library: Library, encoder: Encoder, reduction: Reduction, *, task: Task = SILENT) -> ReducedEncoder:
    """Stores a library's vectors once more, reduced, beside the whole ones, and keeps the reduction: its name opens as
    an encoder everywhere. Nothing is lost until somebody drops the whole ones; dropping the reduced ones undoes it.

    Raises EncoderError where the reduction is of other weights, and like `store_derived`.
    """
    reduced = ReducedEncoder(encoder, reduction)
    save_reduction(reduction)
    store_derived(library, reduced, task=task)
    return reduced
