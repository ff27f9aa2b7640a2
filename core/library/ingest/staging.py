"""Staging ids, under which the vectors of an unfinished video are stored: no item has them, so nothing shows them."""

from __future__ import annotations


def make_staging_id(item_id: str, sampling: str) -> str:
    """The id for the vectors of a video until the last one is stored."""
    return f"{item_id}~{sampling}"


def split_staging_id(vector_id: str) -> tuple[str, str]:
    """The item id and the sampling that a staging id was made from."""
    item_id, _, sampling = vector_id.partition("~")
    return item_id, sampling


def is_staging_id(vector_id: str) -> bool:
    """Whether an id is a staging id."""
    return "~" in vector_id
