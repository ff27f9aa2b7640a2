"""Vectors in parts: found as in one, and shared by what comes after."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.vectors.parts import VectorParts

ROWS, DIM = 40_000, 20


@pytest.fixture(scope="module")
def rows() -> NDArray[np.float16]:
    rows = np.random.default_rng(0).standard_normal((ROWS, DIM), np.float32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def parts(rows: NDArray[np.float16]) -> VectorParts:
    return VectorParts(DIM).extended(np.array_split(rows, 7))


def best(rows: NDArray[np.float16], numbers: NDArray[np.int64], query: NDArray[np.float32], k: int) -> list[int]:
    products = rows[numbers].astype(np.float32) @ query
    return numbers[np.argsort(-products, kind="stable")[:k]].tolist()


@pytest.mark.parametrize("share", [1.0, 0.5, 0.01, 0.0001])
def test_the_best_of_all_and_of_some_are_found(rows: NDArray[np.float16], parts: VectorParts, share: float) -> None:
    rng = np.random.default_rng(1)
    query = rows[123].astype(np.float32)
    among = np.flatnonzero(rng.random(ROWS) < share)
    products, numbers = parts.search(query, 50, among=among)
    assert numbers.tolist() == best(rows, among, query, 50)
    assert np.allclose(products, rows[numbers].astype(np.float32) @ query, atol=1e-5)
    assert len(parts.search(query, 50, among=np.empty(0, np.int64))[0]) == 0


def test_equal_rows_come_in_the_order_of_their_numbers(rows: NDArray[np.float16]) -> None:
    parts = VectorParts(DIM).extended([np.repeat(rows[:1], 20_000, axis=0)])
    assert parts.search(rows[0].astype(np.float32), 20_000)[1].tolist() == [*range(20_000)]


def test_rows_come_back_as_they_went_in(rows: NDArray[np.float16], parts: VectorParts) -> None:
    numbers = np.array([39_999, 0, 16_384, 16_383, 0])
    assert np.array_equal(parts.get(numbers), rows[numbers].astype(np.float32)) and len(parts) == ROWS
    assert parts.get(np.empty(0, np.int64)).shape == (0, DIM)


def test_what_is_added_or_left_out_changes_nothing_before(rows: NDArray[np.float16], parts: VectorParts) -> None:
    mask = np.ones(ROWS, bool)
    mask[20_000:20_010] = False
    fewer, more = parts.kept(mask), parts.extended([rows[:30]])
    assert np.array_equal(fewer.get(np.arange(len(fewer))), rows[mask].astype(np.float32))
    assert np.array_equal(more.get(np.arange(ROWS, len(more))), rows[:30].astype(np.float32))
    assert len(parts) == ROWS and more.parts[0] is fewer.parts[0] is parts.parts[0], "what stays is shared"
    assert np.array_equal(parts.get(np.arange(ROWS)), rows.astype(np.float32))
    assert len(parts.kept(np.zeros(ROWS, bool))) == 0
