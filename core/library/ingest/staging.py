"""The ids under which the vectors of a video are stored for as long as it is not finished."""

from __future__ import annotations


def make_staging_id(item_id: str, sampling: str) -> str:
    """Under which the vectors of a video are stored until the last one is there: no item has it, so none is shown."""
    return f"{item_id}~{sampling}"


def split_staging_id(vector_id: str) -> tuple[str, str]:
    """The item and the sampling that a `partial_id` was made from."""
    item_id, _, sampling = vector_id.partition("~")
    return item_id, sampling


def is_staging_id(vector_id: str) -> bool:
    """Whether an id is one of `partial_id`."""
    return "~" in vector_id
