"""An embedding to take away."""

from __future__ import annotations

from core.learn.epochs import Embedding
from core.learn.movies import Movies
from core.utils.tables import csv_text


def embedding_csv(movies: Movies, embedding: Embedding) -> str:
    """title, year, genres (joined by |) and a column for each dimension: d1, d2, ..."""
    rows: list[list[object]] = [["title", "year", "genres", *(f"d{at + 1}" for at in range(embedding.shape[1]))]]
    for number, vector in enumerate(embedding):
        weights = (float(f"{value:.6g}") for value in vector)
        year = int(movies.years[number]) or ""
        rows.append([movies.titles[number], year, "|".join(movies.genres[number]), *weights])
    return csv_text(rows)
