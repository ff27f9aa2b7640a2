"""Vectors and tables in files that lie, are damaged, or unpack to gigabytes: one sentence each, and no memory."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import DataError
from core.policy import LOCAL
from core.share.vector_formats import open_vectors
from core.tables.table_reader import Limits, read_table

pytestmark = pytest.mark.reliability
MOST_MB = 300
PUBLIC = Limits(file_bytes=50e6, unpacked_bytes=500e6, table_rows=1e6)  # as the policy for strangers has them


def _array(shape: tuple[int, ...], kind: str = "<f4", order: bool = False, data: bytes = b"") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"shape": shape, "fortran_order": order, "descr": kind})
    return file.getvalue() + data


def _npz(file: Path, packed: int = zipfile.ZIP_DEFLATED, **arrays: bytes) -> None:
    with zipfile.ZipFile(file, "w", packed) as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)


PATHS = _array((4,), "<U5", data="a.jpgb.jpgc.jpgd.jpg".encode("utf-32-le"))
VECTORS = _array((4, 3), data=bytes(48))


def broken_header(path: Path) -> None:
    _npz(path, path=PATHS, vectors=VECTORS.replace(b"(4, 3)", b"(4, 3("))


def damaged(path: Path, kind: int) -> None:
    _npz(path, kind, path=PATHS, vectors=VECTORS + np.random.default_rng(0).bytes(400))
    data = bytearray(path.read_bytes())
    at = data.index(b"vectors.npy") + len("vectors.npy")
    data[at + 20 : at + 40] = b"\xff" * 20
    path.write_bytes(data)


def encrypted(path: Path) -> None:
    _npz(path, path=PATHS, vectors=VECTORS)
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset] |= 1
    path.write_bytes(data)


def many_rows_npz(path: Path) -> None:
    rows = 9_000_000
    _npz(path, path=_array((rows,), "<U60", data=bytes(100_000)), vectors=_array((rows, 2), data=bytes(100_000)))


def wide_text(path: Path) -> None:
    _npz(path, path=_array((4,), f"<U{10**8}", data=bytes(10**6)), vectors=VECTORS)


def long_header(path: Path) -> None:
    _npz(path, path=PATHS, vectors=b"\x93NUMPY\x02\x00" + struct.pack("<I", 3 * 10**9) + b" " * 10**7)


def by_columns(path: Path) -> None:
    _npz(path, path=PATHS, vectors=_array((4, 10**9), order=True, data=bytes(10**6)))


def no_size(path: Path) -> None:
    _npz(path, path=_array((4,), "<U0"), vectors=VECTORS)


def negative(path: Path) -> None:
    _npz(path, path=PATHS, vectors=_array((-4, 3)))


def fewer_bytes(path: Path) -> None:
    _npz(path, path=PATHS, vectors=VECTORS[:-8])


def many_rows(path: Path) -> None:
    rows = 2_000_000
    one = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["a" * 60 + ".jpg"]))
    values = pa.DictionaryArray.from_arrays(pa.array(np.zeros(2 * rows, np.int32)), pa.array([1.0], pa.float32()))
    vectors = pa.FixedSizeListArray.from_arrays(values.dictionary_decode(), 2)
    pq.write_table(pa.table({"path": one.dictionary_decode(), "vector": vectors}), path, compression="zstd")


def long_paths(path: Path) -> None:
    numbers = pa.array(np.zeros(50_000, np.int32))
    one = pa.DictionaryArray.from_arrays(numbers, pa.array(["a" * 100_000]))
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(100_000, np.float32)), 2)
    pq.write_table(pa.table({"path": one, "vector": vectors}), path)


def long_captions(path: Path, rows: int = 1_000_000, noise: int = 0) -> None:
    """One caption of 2 kB, which a dictionary holds once. noise: bytes that make the file itself larger."""
    named = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["a.jpg"]))
    numbers = pa.array(np.zeros(rows, np.int32))
    words = pa.DictionaryArray.from_arrays(numbers, pa.array(["a" * 2_000]))
    captions = pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32)), words)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(2 * rows, np.float32)), 2)
    table = pa.table({"path": named, "vector": vectors, "captions": captions})
    if noise:
        other = np.random.default_rng(0).bytes(noise)
        table = table.append_column("other", pa.array([other] + [b""] * (rows - 1), pa.binary()))
    pq.write_table(table, path)


def _with_vectors(path: Path, **columns: object) -> None:
    pq.write_table(pa.table({"path": ["a.jpg"], "vector": [[1.0, 2.0]], **columns}), path)


def cut_parquet(path: Path) -> None:
    _with_vectors(path)
    path.write_bytes(path.read_bytes()[:-20] + bytes(20))


def odd_footer(path: Path) -> None:
    _with_vectors(path)
    path.write_bytes(path.read_bytes()[:-8] + struct.pack("<I", 2**31) + b"PAR1")


@pytest.mark.parametrize(
    ("suffix", "make"),
    [
        *((".npz", make) for make in (broken_header, encrypted, many_rows_npz, wide_text, long_header, by_columns)),
        *((".npz", make) for make in (no_size, negative, fewer_bytes)),
        (".npz", lambda path: damaged(path, zipfile.ZIP_LZMA)),
        (".npz", lambda path: damaged(path, zipfile.ZIP_DEFLATED)),
        (".npz", lambda path: damaged(path, zipfile.ZIP_BZIP2)),
        *((".parquet", make) for make in (many_rows, long_paths, long_captions, cut_parquet, odd_footer)),
    ],
)
def test_a_hostile_file_gets_one_sentence_and_no_memory(
    tmp_path: Path, suffix: str, make: Callable[[Path], None]
) -> None:
    path = tmp_path / f"file{suffix}"
    make(path)
    before, most = _memory(), [0]
    with _watching(most), pytest.raises(DataError) as told:
        list(open_vectors(path).vectors())
    assert str(told.value).startswith("file.") or "In it" in str(told.value) or "array" in str(told.value)
    assert "\n" not in str(told.value) and "Traceback" not in str(told.value)
    assert max(most[0], _memory()) - before < MOST_MB * 1e6, f"{(most[0] - before) / 1e6:.0f} MB"


def test_what_a_dictionary_holds_once_counts_for_each_row_in_the_limit_of_the_policy(tmp_path: Path) -> None:
    long_captions(tmp_path / "file.parquet", 100_000, noise=10_000_000)  # 200 MB: not too many for a file of this size
    before, most = _memory(), [0]
    with _watching(most), pytest.raises(DataError, match="the limit is 50 MB"):
        open_vectors(tmp_path / "file.parquet", limits=replace(LOCAL, import_bytes=50_000_000))
    assert max(most[0], _memory()) - before < MOST_MB * 1e6, f"{(most[0] - before) / 1e6:.0f} MB"


def test_a_file_over_the_limit_of_the_policy_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "file.npz"
    np.savez(path, path=np.array(["a.jpg"] * 100), vectors=np.ones((100, 64)))
    with pytest.raises(DataError, match="the limit is 0 MB"):
        open_vectors(path, limits=replace(LOCAL, import_bytes=10_000))
    assert len(open_vectors(path, limits=replace(LOCAL, import_bytes=200_000))) == 100


def _names(count: int) -> bytes:
    return ",".join(f"c{number}" for number in range(count)).encode() + b"\n"


def _parquet(column: pa.Array, **options: bool) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"item": column}), file, **options)
    return file.getvalue()


def _one_text(rows: int, length: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["a" * length]))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: _names(10_000) + b"a\n" * 1_000_000, "10,000 columns and"),
        (lambda: _names(10_000) + (b"," * 9_999 + b"\n") * 4_900, "10,000 columns and"),
        (lambda: b"".join(b'{"k%d":1}\n' % number for number in range(100_000)), "columns and"),
        (lambda: (b"{" + b",".join(b'"%d":1' % key for key in range(100_000)) + b"}\n") * 20, "100,000 columns"),
        (lambda: _parquet(_one_text(1_000_000, 2_000)), "more than 500 MB"),
        (lambda: _parquet(_one_text(100_000, 60_000), store_schema=False), "more memory than it may"),
    ],
    ids=["rows that end early", "empty cells", "other keys", "many keys", "a dictionary", "a long text"],
)  # fmt: skip
def test_a_table_of_a_stranger_with_too_many_cells_takes_no_memory(make: Callable[[], bytes], says: str) -> None:
    data = make()
    before, most = _memory(), [0]
    with _watching(most), pytest.raises(DataError, match=says) as told:
        read_table(data, limits=PUBLIC)
    assert "\n" not in str(told.value)
    assert max(most[0], _memory()) - before < 2 * MOST_MB * 1e6, f"{(most[0] - before) / 1e6:.0f} MB"


def _memory() -> int:
    """Bytes that this process and its children have for themselves: a child that has just been forked shares all pages
    of its parent, and would count as large as it."""
    own = psutil.Process()
    total = own.memory_full_info().uss
    for child in own.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            total += child.memory_full_info().uss
    return total


class _watching:
    """Notes the largest memory meanwhile."""

    def __init__(self, most: list[int]) -> None:
        import threading

        self._most, self._ended = most, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self._most[0] = max(self._most[0], _memory())

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
