"""Faults that were found by reading: what happens where two do the same at once, or the system says no."""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from fakes import ColorEncoder

from core.cleanup.image_quality import load_cached_qualities, store_qualities
from core.config import load_settings, save_settings
from core.encoders.text_cache import get_text_vectors
from core.explore.clustering import ward_of_groups
from core.isolation import process as apart
from core.isolation.process import Process, ProcessEnded
from core.library import Library, ingest
from core.library.store.tables import atomic_table_write


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_captions_stay_when_the_file_is_saved_again(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    items = {Path(row["path"]).name: row["id"] for row in library.items().to_pylist()}
    library.put_captions([(items["red.png"], "a red thing"), (items["red.png"], "warm"), (items["blue.png"], "sea")])
    path = next(photos.rglob("red.png"))
    path.write_bytes(path.read_bytes() + b"\0\0")
    ingest(library, encoder, [photos])
    now = {row["id"]: Path(row["path"]).name for row in library.items().to_pylist()}
    predictions = sorted((now[item_id], caption) for item_id, caption in library.captions())
    assert predictions == [("blue.png", "sea"), ("red.png", "a red thing"), ("red.png", "warm")]


def test_a_process_that_ends_by_itself_is_reaped() -> None:
    process = Process({})
    child = psutil.Process(process._process.pid)
    child.kill()
    until = time.monotonic() + 10  # looked at, not waited for: that would reap it here
    while (is_there := psutil.pid_exists(child.pid)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_there
    process.end()


@pytest.mark.parametrize("refused", ["Pipe", "Popen"])
def test_a_process_that_cannot_start_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(apart if refused == "Pipe" else apart.subprocess, refused, refuse)
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(ProcessEnded) as caught:
        Process({})
    assert len(os.listdir("/proc/self/fd")) == before, caught


class _Waits(ColorEncoder):
    """Embeds texts only once it is let."""

    def __init__(self, name: str) -> None:
        super().__init__(name, name)
        self.asked, self.go_on, self.times = threading.Event(), threading.Event(), 0

    def encode_texts(self, texts):  # type: ignore[no-untyped-def]
        self.times += 1
        self.asked.set()
        assert self.go_on.wait(60)
        return super().encode_texts(texts)


def test_texts_of_one_encoder_do_not_hold_up_those_of_another(home: Path) -> None:
    slow = _Waits("slow-1")
    threads = [threading.Thread(target=get_text_vectors, args=(slow, ["red"]), kwargs={"name": "t"}) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert slow.asked.wait(30)
    done = threading.Event()

    def other() -> None:
        get_text_vectors(ColorEncoder("quick-1", "quick"), ["red"], name="t")
        done.set()

    threading.Thread(target=other, daemon=True).start()
    was_done = done.wait(10)
    slow.go_on.set()
    for thread in threads:
        thread.join(30)
    assert was_done
    assert slow.times == 1


def _all_at_once(work, count: int = 8) -> None:  # type: ignore[no-untyped-def]
    gate = threading.Barrier(count)

    def one(number: int) -> None:
        gate.wait()
        for step in range(10):
            work(f"{number}-{step}")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_settings_that_are_saved_at_once_are_all_kept(home: Path) -> None:
    _all_at_once(lambda key: save_settings(**{key: 1}))
    assert len(load_settings()) == 80


def test_qualities_that_are_saved_at_once_are_all_kept(home: Path) -> None:
    _all_at_once(lambda key: store_qualities({key: (1.0, 2.0, 3.0)}))
    assert len(load_cached_qualities()) == 80


def test_taking_a_commit_back_leaves_those_of_others(library: Library) -> None:
    folder = library.path / "items.lance"
    theirs, ours = folder / "_versions" / "98.manifest", folder / "_versions" / "99.manifest"
    with pytest.raises(OSError), atomic_table_write(folder):
        (folder / "data" / "theirs.lance").write_bytes(b"whole LANC")
        theirs.write_bytes(b"theirs.lance LANC")
        (folder / "data" / "ours.lance").write_bytes(b"cut off")
        ours.write_bytes(b"ours.lance LANC")
    assert theirs.exists()
    assert not ours.exists()


def test_a_wrong_value_is_not_told_as_a_fault_of_the_disk(library: Library) -> None:
    with pytest.raises(ValueError):
        library.put_captions([("id", "caption", "one too many")])  # type: ignore[list-item]


def test_ward_on_weighted_groups_is_ward_on_their_points() -> None:
    from scipy.cluster.hierarchy import fcluster, ward

    rng = np.random.default_rng(0)
    means = rng.normal(size=(40, 5))
    sizes = rng.integers(1, 30, 40)
    points = np.repeat(means, sizes, axis=0)
    whole = fcluster(ward(points), 6, "maxclust")
    ours = np.repeat(ward_of_groups(means, sizes, 6), sizes)
    assert len(set(zip(whole, ours, strict=True))) == len(set(whole)) == 6
