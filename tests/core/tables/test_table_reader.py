"""Tables that people bring, in all the ways in which programs write them."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import DataError
from core.tables.table_reader import Limits, read_table


def parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def category(cells: list[str]) -> pa.Array:
    return pa.array(cells).dictionary_encode()


ROWS = {"image": ["café.jpg", "b, c.jpg"], "label": ["cat", "dog"]}
WAYS = {
    "commas": 'image,label\ncafé.jpg,cat\n"b, c.jpg",dog\n'.encode(),
    "semicolons": "image;label\ncafé.jpg;cat\nb, c.jpg;dog\n".encode(),
    "tabs": "image\tlabel\ncafé.jpg\tcat\nb, c.jpg\tdog\n".encode(),
    "tabs in UTF-16": "image\tlabel\ncafé.jpg\tcat\nb, c.jpg\tdog\n".encode("utf-16"),
    "a mark, capitals and spaces": '\ufeff Image , LABEL \n café.jpg , cat\n "b, c.jpg", dog \n'.encode(),
    "quoted names": '"Image";"Label"\r\n"café.jpg";"cat"\r\n"b, c.jpg";"dog"\r\n'.encode(),
    "blank lines": "\n\nimage;label\n\ncafé.jpg;cat\n;\nb, c.jpg;dog\n\n".encode(),
    "letters in parts": unicodedata.normalize("NFD", "image;label\ncafé.jpg;cat\nb, c.jpg;dog\n").encode(),
    "cells after the last": 'image,label\ncafé.jpg,cat,\n"b, c.jpg",dog,,\n'.encode(),
    "JSON lines": '{"image": "café.jpg", "label": "cat"}\n{"image": "b, c.jpg", "label": "dog"}\n'.encode(),
    "Parquet": parquet(pa.table(ROWS)),
    "Parquet with categories": parquet(pa.table({name: category(cells) for name, cells in ROWS.items()})),
    "Parquet with large texts": parquet(pa.table(ROWS).cast(pa.schema([(name, pa.large_string()) for name in ROWS]))),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_table_says_the_same_however_it_is_written(way: str, tmp_path: Path) -> None:
    (tmp_path / "table.txt").write_bytes(WAYS[way])
    for table in (read_table(WAYS[way]), read_table(tmp_path / "table.txt")):
        assert {name: table.texts(column) for name, column in zip(ROWS, table.require(*ROWS), strict=True)} == ROWS


def test_cells_stay_as_they_are_written() -> None:
    table = read_table(b'user,item,note\n007,NA,\n1,2.50,"two\nlines, ""quoted"""\nx\n')
    assert [table.texts(name) for name in table.columns] == [
        ["007", "1", "x"], ["NA", "2.50", ""], ["", 'two\nlines, "quoted"', ""],
    ]  # fmt: skip
    assert read_table(b"item\nholiday, 2019.jpg\n").texts("item") == ["holiday, 2019.jpg"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is empty"),
        (b"image,label\na.jpg,a dog, running\n", "row 2 has 3 cells and its header 2"),
        (b'image,label\na.jpg,"a dog\nb.jpg,a cat\n', "not a CSV in UTF-8 .unexpected end"),
        (b"image,label\n\xe9.jpg,cat\n", "not a CSV in UTF-8"),
        (b"image,label\n\0,cat\n", "not a CSV"),
        (b"image,Image \na,b\n", "two columns of one name"),
        (b"PAR1 and nothing else", "cannot be read as a table"),
        (b'{"image": "a.jpg"}\n{"image": \n', "cannot be read as a table"),
        (b"x" * 3_000_000, "not a CSV"),
        (b"," * 20_000, "20,001 columns"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_one_line(data: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says) as refusal:
        read_table(data)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "limits", "says"),
    [
        (b"a,b\n" + b"1,2\n" * 100, Limits(file_bytes=200), "is larger than"),
        (b"a,b\n" + b"1,2\n" * 100, Limits(table_rows=50), "more than 50 rows"),
        (b'a,b\n"1",2\n' + b"1,2\n" * 9_000, Limits(table_rows=50), "more than 50 rows"),
        (parquet(pa.table({"a": category(["x"] * 1_000_000)})), Limits(unpacked_bytes=5e6), "1,000,000 rows"),
        (parquet(pa.table({"a": ["x"] * 100})), Limits(table_rows=50), "more than 50 rows"),
    ],
    ids=["bytes", "rows", "quoted rows", "small in the file, large in memory", "rows of a Parquet"],
)  # fmt: skip
def test_limits_hold_before_a_table_is_in_memory(data: bytes, limits: Limits, says: str) -> None:
    assert len(read_table(data).rows)
    with pytest.raises(DataError, match=says):
        read_table(data, limits=limits)
