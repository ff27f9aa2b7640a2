"""With which weights of an encoder a library is searched: those that it was indexed with, until all has newer vectors.

A name such as "embedded" opens the newest weights, whose vectors a library that was made before does not have. So it is
searched, and added to, with the earlier ones, until `core.library.ingest.reembed` has embedded all its items again.
"""

from __future__ import annotations

from core.encoders.base import Encoder
from core.encoders.reduced import parse_reduced_name
from core.encoders.registry import DEFAULT_ENCODER, list_earlier_weights, open_encoder
from core.library.store import Library
from core.progress import OnProgress


def find_weights(library: Library, name: str) -> str:
    """The name that opens an encoder with the weights that a library is searched with.

    Parameters
    ----------
    library : Library
    name : str
        As `open_encoder` takes it.

    Returns
    -------
    str
        The id of the earliest weights that the library has vectors of, as later ones are not complete before these
        are gone; else the name. Of a reduction that the library has no vectors of, the name of one by the same method
        and to as many dimensions that it has.
    """
    if reduction := parse_reduced_name(name):
        stored = [entry.name for entry in library.encoders() if parse_reduced_name(entry.name) == reduction]
        return name if name in stored or not stored else stored[0]
    earlier = reversed(list_earlier_weights(name))
    return next((entry for entry in earlier if library.vector_count(entry)), name)


def open_library_encoder(
    library: Library, name: str = DEFAULT_ENCODER, *, on_progress: OnProgress | None = None
) -> Encoder:
    """Opens an encoder with the weights that a library was indexed with; the newest where it has no vectors of it.

    Parameters
    ----------
    library : Library
    name : str
    on_progress : callable, optional
        See `open_encoder`.

    Returns
    -------
    Encoder

    Raises
    ------
    EncoderError
        See `open_encoder`.
    """
    return open_encoder(find_weights(library, name), on_progress=on_progress)
