"""An embedding as a table to take away."""

from __future__ import annotations

from core.learn.source import Items
from core.learn.state import Embedding
from core.utils.tables import Redact, csv_text


def embedding_csv(items: Items, embedding: Embedding, *, redact: Redact) -> str:
    """An embedding as CSV.

    Parameters
    ----------
    items : Movies or Vocabulary
    embedding : array of float32, shape (items, d)
    redact : callable
        Hides parts of paths, see `core.policy`.

    Returns
    -------
    str
        With the columns of the items (title, year and genres of movies; word and count of words), then d1, d2, ...
    """
    columns = items.columns
    rows: list[list[object]] = [[*columns, *(f"d{at + 1}" for at in range(embedding.shape[1]))]]
    for facts, vector in zip(zip(*columns.values(), strict=True), embedding, strict=True):
        rows.append([*facts, *(float(f"{value:.6g}") for value in vector)])
    return csv_text(rows, redact=redact)
