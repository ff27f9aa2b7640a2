"""Work in processes apart: it gives what it gives here, can be ended at any moment, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from core.errors import ApartError, Cancelled, DataError
from core.isolation.calls import run_isolated, stream_isolated
from core.isolation.serialization import pack, unpack
from core.learn.state import TrainingSettings
from core.media.isolated import read_image
from core.progress import SILENT, Progress, Task

ROOT = Path(__file__).parents[3]


def doubled(rows: np.ndarray, *, task: Task = SILENT) -> tuple[np.ndarray, int]:
    task.stage("double").report(1, 1)
    return rows * 2, os.getpid()


def counted(most: int, *, task: Task = SILENT) -> Iterator[int]:
    for number in range(most):
        if task.is_cancelled:
            return
        yield number
        time.sleep(0.05)


def goes_well() -> int:
    return os.getppid()


def goes_wrong(how: str) -> None:
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "crash":
        os.abort()
    if how == "memory":
        raise MemoryError
    if how == "refused":
        raise DataError("Give more rows.")
    raise KeyError("a fault of ours")


def deaf(*, task: Task = SILENT) -> None:
    stage = task.stage("deaf")
    for number in range(10_000):
        stage.report(number, 10_000)
        time.sleep(0.01)


def test_what_waits_for_questions_makes_room(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    read_image((tmp_path / "red.png").read_bytes(), min_side=16)
    decoders = children()
    assert decoders
    assert run_isolated(goes_well) == os.getpid()
    assert not any(entry.is_running() for entry in decoders) and not children()
    assert read_image((tmp_path / "red.png").read_bytes(), min_side=16).size == (40, 30)


def children() -> list[psutil.Process]:
    return [entry for entry in psutil.Process().children() if "core.isolation.worker" in " ".join(entry.cmdline())]


def test_a_call_gives_what_it_gives_here_and_its_process_is_gone() -> None:
    predictions: list[Progress] = []
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    found, process = run_isolated(doubled, rows, task=Task(predictions.append))
    assert np.array_equal(found, rows * 2) and found.dtype == rows.dtype and process != os.getpid()
    assert [entry.stage for entry in predictions] == ["starting", "double"]
    assert not psutil.pid_exists(process) and not children()


def test_values_come_back_as_they_went() -> None:
    value = {
        "settings": TrainingSettings(dim=3, rate=0.1), "rows": np.eye(2), "none": np.zeros((0, 4), np.int64),
        "flag": True, "raw": b"\0\xff", "empty": b"", "words": ("ä", None, 1.5), "number": np.float32(0.1),
    }  # fmt: skip
    first, *more = pack(value)
    back = unpack(bytes(first), lambda: bytes(more.pop(0)))
    assert back["settings"] == value["settings"] and back["words"] == value["words"] and back["flag"] is True
    assert (back["raw"], back["empty"]) == (b"\0\xff", b"")
    assert (
        np.array_equal(back["rows"], np.eye(2)) and back["none"].shape == (0, 4) and back["number"] == np.float32(0.1)
    )
    back["rows"][0, 0] = 5  # may be worked on


@pytest.mark.parametrize("wrong", [object(), Path("x"), {b"x"}, np.array([object()]), {1: 2}, subprocess.run])
def test_what_is_no_plain_value_stays_here(wrong: object) -> None:
    with pytest.raises(TypeError):
        pack(wrong)


@pytest.mark.parametrize("named", ["os:system", "core.utils.files:write_atomic", "core.nothing:Thing"])
def test_values_name_no_code(named: str) -> None:
    predictions = f'{{"value": {{"of": "{named}", "fields": {{}}}}, "parts": []}}'
    with pytest.raises((TypeError, ImportError)):
        unpack(predictions.encode(), bytes)


@pytest.mark.parametrize(
    ("how", "kind", "why"),
    [
        ("killed", ApartError, "want of memory"), ("crash", ApartError, "broke down"),
        ("memory", ApartError, "fewer items"), ("refused", DataError, "Give more rows"),
        ("fault", RuntimeError, "a fault of ours"),
    ],
)  # fmt: skip
def test_what_goes_wrong_there_is_told_here(how: str, kind: type[Exception], why: str) -> None:
    with pytest.raises(kind, match=why):
        run_isolated(goes_wrong, how)
    assert not children()


def test_values_are_given_as_they_come_until_one_stops() -> None:
    cancel, found = threading.Event(), []
    for number in stream_isolated(counted, 500, task=Task(cancel=cancel)):
        found.append(number)
        if number == 3:
            assert len(children()) == 1
            cancel.set()
    assert found[:4] == [0, 1, 2, 3] and len(found) < 50 and not children()


def test_who_looks_no_further_ends_the_process() -> None:
    for _ in stream_isolated(counted, 500):
        break
    assert not children()


@pytest.mark.reliability
def test_what_does_not_stop_is_ended() -> None:
    cancel = threading.Event()

    def stop(progress: Progress) -> None:
        if progress.stage == "deaf":
            cancel.set()

    started = time.monotonic()
    with pytest.raises(Cancelled):
        run_isolated(deaf, task=Task(stop, cancel))
    assert time.monotonic() - started < 30, "it takes 100 s by itself"
    assert not children()


@pytest.mark.reliability
def test_a_process_does_not_outlive_the_one_that_asked() -> None:
    source = f"import sys; sys.path[:0] = {[str(ROOT), str(Path(__file__).parent)]!r}\n"
    source += "from core import Task; from core.isolation.calls import run_isolated; import test_calls\n"
    source += "run_isolated(test_calls.deaf, task=Task(lambda progress: print(progress.stage, flush=True)))"
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None and "deaf\n" in asking.stdout  # it is at work
        theirs = [
            each
            for each in psutil.Process(asking.pid).children()
            if "core.isolation.worker" in " ".join(each.cmdline())
        ]
        assert theirs
        asking.kill()
    assert not psutil.wait_procs(theirs, timeout=20)[1]


def lists_modules() -> tuple[str, ...]:
    import pandas  # libraries look for it, and find it

    sys.stderr.write(f"a complaint about {pandas.__name__}\n")
    return tuple(sys.modules)


def test_a_process_knows_no_keys_of_the_server() -> None:
    source = "import os; from core.isolation.calls import run_isolated\n"
    source += "print([run_isolated(os.getenv, name) for name in ('CLOUD_SECRET', 'HF_TOKEN', 'SEMBLANCE_HOME')])"
    secrets = {"CLOUD_SECRET": "one", "HF_TOKEN": "two", "SEMBLANCE_HOME": "/a/home"}
    found = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, env=os.environ | secrets, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[None, None, '/a/home']"


def test_a_process_loads_nothing_of_the_app_and_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="core.isolation"):
        modules = run_isolated(lists_modules)
        until = time.monotonic() + 20
        while "a complaint about pandas" not in caplog.text and time.monotonic() < until:
            time.sleep(0.01)
    assert "a complaint about pandas" in caplog.text
    assert "core" in modules and not {"streamlit", "ui", "core.library", "core.encoders.base"} & set(modules)
