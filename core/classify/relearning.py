"""Trains heads of earlier weights again, from the labels of a library: a head itself does not hold its samples."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from core.classify.heads import ClassHead, Head, NumberHead, read_head
from core.classify.training import ClassKind, fit_classes
from core.classify.zero_shot import ClassName, ZeroShot
from core.encoders.base import Encoder
from core.encoders.saved_files import list_saved_earlier
from core.errors import DataError
from core.library.store import Library
from core.library.track import get_item_vectors


def list_earlier_heads(encoder: Encoder) -> dict[str, Path]:
    """Heads that were saved with earlier weights of an encoder only.

    Parameters
    ----------
    encoder : Encoder

    Returns
    -------
    dict of str to Path
        Files by name, for `read_head`.
    """
    return list_saved_earlier("heads", encoder)


def find_training_labels(library: Library, head: Head, name: str) -> dict[str, str]:
    """The labels by people from which a head like this one is trained.

    Parameters
    ----------
    library : Library
    head : Head
    name : str
        Of the head: a task of the same name comes first, else that with most labels.

    Returns
    -------
    dict of str to str
        Labels by item id, of one task whose labels are the head's classes (a blend may have more); empty if there is
        none, and for heads that predict a number.
    """
    if isinstance(head, NumberHead):
        return {}
    tasks: dict[str, dict[str, str]] = {}
    for label in library.labels():
        if label.by == "person":
            tasks.setdefault(label.task, {})[label.item_id] = label.label
    fitting = {task: labels for task, labels in tasks.items() if _fits(set(labels.values()), head)}
    best = max(fitting, key=lambda task: (task == name, len(fitting[task])), default=None)
    return fitting[best] if best is not None else {}


def relearn_head(library: Library, encoder: Encoder, path: Path) -> ClassHead:
    """Trains a head again with other weights, by the same method, from the labels that a library has now.

    The blend starts from the names of the classes: descriptions that they had are not known.

    Parameters
    ----------
    library : Library
        Holds the labels, and vectors of `encoder`.
    encoder : Encoder
    path : Path
        The file of the head, under the name that it has.

    Returns
    -------
    ClassHead

    Raises
    ------
    DataError
        The file is damaged, or the library has no labels of these classes.
    """
    head = read_head(path.read_bytes())
    labels = find_training_labels(library, head, path.stem)
    if not labels:
        raise DataError(
            f"This library has no labels of the classes of {path.stem!r}: choose the one it was trained on."
        )
    ids, vectors = get_item_vectors(library.index(encoder), list(labels))
    words = None
    if head.kind == "blend":
        words = ZeroShot.of(encoder, [ClassName(name) for name in head.names]).within(library.index(encoder))
    kind = cast(ClassKind, head.kind)
    return fit_classes(encoder, kind, vectors, [labels[item_id] for item_id in ids], zero_shot=words)


def _fits(found: set[str], head: Head) -> bool:
    return len(found) >= 2 and (found <= set(head.names) if head.kind == "blend" else found == set(head.names))
