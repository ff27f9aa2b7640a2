"""Logs from files of any kind, clicks that are kept, and what stands for an item."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from fakes import ColorEncoder

from core.errors import DataError
from core.library import Item, Library
from core.library.item_lookup import get_item_names
from core.recommend.click_log import forget_clicks, load_clicks, store_click
from core.recommend.collaborative import learn_behavior
from core.recommend.feed import recommend
from core.recommend.log_reader import make_log, read_log
from core.recommend.model import learn_from_log


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_names_stay_as_they_are_written(tmp_path: Path) -> None:
    log = read_log(write(tmp_path / "log.csv", "user,item\n007,NA\n1,2.50\n,x\n"))
    assert (log.user_names, log.item_names, len(log)) == (("007", "1"), ("2.50", "NA"), 2)
    pa.parquet.write_table(pa.table({"userId": [3, 3], "movieId": [10, 9], "rating": [4, 5]}), tmp_path / "log.parquet")
    log = read_log(tmp_path / "log.parquet")
    assert (log.item_names, log.weights.tolist()) == (("10", "9"), [4.0, 5.0])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"user,item\n\xe9,b\n", "cannot be read"),
        (b"\x00\x01\x02", "cannot be read"),
        (b"user,item\na,b,c\n", "cannot be read"),
        (b"user,item,user\na,b,c\n", "two columns of one name"),
        (b"user:item\na:b\n", "needs the columns"),
        (b"user,item,weight\na,b,nan\n", "above 0"),
        (b"user,item,weight\na,b,1e300\n", "above 0"),
        (b"user,item,time\na,b,\nc,d,2\n", "1 empty cells"),
    ],
)
def test_what_is_no_log_is_refused_in_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says) as predictions:
        read_log(write(tmp_path / "log.csv", data))
    assert "\n" not in str(predictions.value)
    with pytest.raises(DataError, match="cannot be read"):
        read_log(write(tmp_path / "log.parquet", data))


def test_a_large_log_is_read_and_learned_from_within_seconds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    users, items = rng.integers(3_000, size=100_000), (rng.pareto(1.2, 100_000) * 100).astype(int) % 4_000
    table = pa.table({"user": pa.array(users), "item": pa.array(items), "time": rng.random(100_000)})
    pa.csv.write_csv(table, tmp_path / "log.csv")
    log = read_log(tmp_path / "log.csv")
    assert len(log) == 100_000 and (np.diff(log.times) >= 0).all()
    together = learn_behavior(log, methods=("together",)).co_occurrence
    assert together is not None and together.diagonal().max() == 0
    assert np.diff(together.indptr).max() <= 200  # however much goes with an item: it fits into memory


def test_clicks_of_many_at_once_are_all_kept(library: Library) -> None:
    def click(visit: int) -> None:
        for number in range(20):
            store_click(library, f"visit {visit}", f"item {number}")

    threads = [threading.Thread(target=click, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = load_clicks(library)
    assert log is not None and len(log) == 80 and len(log.user_names) == 4


def test_the_last_click_counts_and_broken_lines_are_passed_over(library: Library) -> None:
    assert load_clicks(library) is None
    for item, weight in (("a", 1.0), ("b", 1.0), ("a", 2.0), ("b", 0.0)):
        store_click(library, "me", item, weight)
    file = library.path / "clicks.jsonl"
    hostile = [
        b'{"visit": "me"',
        b"[" * 5000,
        b'{"visit": 1, "item": "x", "weight": 1, "time": 1}',
        b"\xff\xfe",
        b"null",
    ]
    hostile.append(json.dumps({"visit": "me", "item": "x", "weight": float("nan"), "time": 1}).encode())
    file.write_bytes(file.read_bytes() + b"\n".join(hostile))  # the last one is torn: no line ends it
    store_click(library, "me", "c")
    log = load_clicks(library)
    assert log is not None and [log.item_names[item] for item in log.items] == ["a", "c"]
    assert log.weights.tolist() == [2.0, 1.0]
    forget_clicks(library)
    assert load_clicks(library) is None


def test_an_item_is_known_by_its_id_its_path_and_what_ends_it_alone(library: Library) -> None:
    library.put_items([Item(f"n{n}", f"/else/{n}/same.png", "image", "ok", 1, 1) for n in range(2)])
    library.put_items([Item("gone", "/else/gone.png", "image", "missing", 1, 1)])
    names = get_item_names(library)
    red = next(row for row in library.items().to_pylist() if row["path"].endswith("photos/red.png"))
    assert {names[red["id"]], names[red["path"]], names["red.png"], names["photos/red.png"]} == {red["id"]}
    assert "same.png" not in names and (names["0/same.png"], names["1/same.png"]) == ("n0", "n1")
    assert "gone.png" not in names and "gone" not in names
    assert get_item_names(Library(library.path.parent / "empty", create=True)) == {}


def test_a_log_is_learned_for_a_library(library: Library, encoder: ColorEncoder) -> None:
    """Red goes with yellow in the log; nobody ever had to do with orange, which looks like both."""
    rows = [
        (f"u{n}", item) for n in range(40) for item in (("red.png", "yellow.png"), ("blue.png", "green.png"))[n % 2]
    ]
    learned = learn_from_log(library, encoder, make_log([*rows, ("u1", "nowhere.png")]))
    names = get_item_names(library)
    assert learned.unknown == ("nowhere.png",) and set(learned.scores([])) == set(names.values())
    scores = learned.scores([names["red.png"]])
    assert scores[names["yellow.png"]] > max(scores[names[entry]] for entry in ("blue.png", "green.png"))
    assert scores[names["orange.png"]] > scores[names["black.png"]]
    nobody = learned.scores(["a stranger"])
    assert min(nobody[names[entry]] for entry in ("red.png", "blue.png")) > nobody[names["black.png"]]
    feed = recommend(
        library, encoder, [names["red.png"]], k=2, exploration=0.0, diversity=0.0, behavior=scores, mix=1.0
    ).recommendations
    assert {Path(entry.item.path).stem for entry in feed} == {"yellow", "orange"}
    assert {entry.by for entry in feed} == {"behaviour"}
    stranger = learn_from_log(library, encoder, make_log([("u", "nowhere.png")]))
    assert (stranger.unknown, len(stranger.log)) == (("nowhere.png",), 0)
