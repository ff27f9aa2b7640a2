"""A disk that is full, and one that cannot be written: in a mount of its own, which goes when its process ends.

`python tools/fault_disks.py full|read-only PLACE` runs one of them where it may mount a tmpfs; `on_small_disk` starts
that in a namespace (`unshare`), so that no rights are needed where the system allows that.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fault_place import ColorEncoder, Library, ingest, make_media, refusal, snapshot, whole

from core.search.images import search
from core.search.query import parse_query

_SIZE_MB = 24


def on_small_disk(fault: str, place: Path) -> dict[str, Any]:
    """What one of the faults showed; {"skipped": why} where no file system can be mounted."""
    program = [sys.executable, str(Path(__file__).resolve()), fault, str(place)]
    why = "no unshare"
    for way in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
        if shutil.which(way[0]):
            done = subprocess.run([*way, *program], capture_output=True, text=True, timeout=600)
            if done.returncode == 0:
                return json.loads(done.stdout.splitlines()[-1])
            why = (done.stderr.splitlines() or ["unshare failed"])[-1]
            if "mount" not in why and "unshare" not in why:
                raise AssertionError(done.stderr)
    return {"skipped": why, "ok": True}


def full(place: Path) -> dict[str, Any]:
    """The disk fills up while indexing: the message says so, what was committed stays, and room cures it."""
    few = make_media(place / "few", photos=60, videos=0, seed=1)
    many = make_media(place / "many", photos=400, videos=1, seed=2)
    ingest(Library(place / "disk" / "library", create=True), ColorEncoder(), [few])
    before = snapshot(place / "disk" / "library")
    _fill(place / "disk" / "ballast", leave=150_000)
    message = refusal(lambda: ingest(Library(place / "disk" / "library"), ColorEncoder(), [few, many]))
    after = snapshot(place / "disk" / "library")
    hits = len(_found(place / "disk" / "library"))
    (place / "disk" / "ballast").unlink()
    report = ingest(Library(place / "disk" / "library"), ColorEncoder(), [few, many])
    ingest(Library(place / "reference", create=True), ColorEncoder(), [few, many])
    cached = all(after.get(path) == before[path] for path in before)
    same = snapshot(place / "disk" / "library") == snapshot(place / "reference")
    says = "free space" in message
    return {
        "how": f"tmpfs of {_SIZE_MB} MB, filled up",
        "message": message,
        "committed_before": len(whole(before)),
        "whole_after": len(whole(after)),
        "hits_while_full": hits,
        "embedded_after_cure": report.embedded,
        "same_as_undisturbed": same,
        "ok": cached and says and same and hits >= len(whole(before)),
    }


def read_only(place: Path) -> dict[str, Any]:
    """A library on a disk that cannot be written: it is searched, and every way to write says what to do."""
    folder = make_media(place / "media", photos=40, videos=1)
    library = place / "disk" / "library"
    ingest(Library(library, create=True), ColorEncoder(), [folder])
    before = snapshot(library)
    _mount("-o", "remount,ro", place / "disk")
    hits = len(_found(library))
    make_media(folder, photos=2, videos=0, seed=9)
    messages = {
        "index": refusal(lambda: ingest(Library(library), ColorEncoder(), [folder])),
        "make": refusal(lambda: Library(place / "disk" / "other", create=True)),
        "label": refusal(lambda: Library(library).put_labels([_label(library)])),
        "remove": refusal(Library(library).delete),
        "forget": refusal(lambda: Library(library).drop_encoder(ColorEncoder().id)),
    }
    says = all("permission" in message.lower() or "read-only" in message.lower() for message in messages.values())
    return {"hits": hits, "messages": messages, "ok": hits == 41 and says and snapshot(library) == before}


def cut_short(place: Path, *, limits: Sequence[int]) -> dict[str, Any]:
    """No file may grow beyond a limit, of several: writing fails at other places each time, the last bytes included.

    The library opens all the same, with what was committed, and is whole once the limit is gone.
    """
    folder = make_media(place / "media", photos=120, videos=0)
    ingest(Library(place / "reference", create=True), ColorEncoder(), [folder])
    target, messages, wrong = snapshot(place / "reference"), set[str](), list[int]()
    for limit in limits:
        library = place / f"library{limit}"
        message = _run_limited(library, folder, limit)
        left = snapshot(library) if (library / "library.json").exists() else {}
        if any(row != target[path] for path, row in left.items()) or (message and "free space" not in message):
            wrong.append(limit)
        messages |= {message.replace(str(library), "LIBRARY")} - {""}
        ingest(Library(library, create=True), ColorEncoder(), [folder])
        if snapshot(library) != target:
            wrong.append(limit)
    return {"limits": len(limits), "messages": sorted(messages), "wrong": wrong, "ok": bool(messages) and not wrong}


def _run_limited(library: Path, folder: Path, limit: int) -> str:
    """The message of a run that may write no file longer than so many bytes; empty where it was refused nothing."""
    program = (
        "import resource, runpy, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    child = [sys.executable, "-c", program, str(Path(__file__).with_name("fault_place.py")), str(library), str(folder)]
    done = subprocess.run(child, stdout=subprocess.PIPE, check=True, timeout=600)
    return str(json.loads(done.stdout.splitlines()[-1]).get("error", ""))


def _found(library: Path) -> list[Any]:
    return search(Library(library), ColorEncoder(), parse_query("red"), top_k=1000, fold_duplicates=False).hits


def _label(library: Path) -> Any:
    from core.library.schema import Label

    return Label(Library(library).items()["id"][0].as_py(), "mood", "calm", "person")


def _fill(path: Path, *, leave: int) -> None:
    free = shutil.disk_usage(path.parent).free
    with path.open("wb") as file:
        file.write(bytes(max(0, free - leave)))


def _mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


def main() -> None:
    fault, place = sys.argv[1], Path(sys.argv[2])
    (place / "disk").mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", f"size={_SIZE_MB}m", "tmpfs", place / "disk")
    print(json.dumps({"full": full, "read-only": read_only}[fault](place)))


if __name__ == "__main__":
    main()
