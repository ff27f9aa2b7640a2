"""Changes bytes in the files of a library, and looks in a process apart what becomes of it."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fakes import ColorEncoder

_ANSWER_S = 60.0


def files_by_kind(library: Path) -> dict[str, list[str]]:
    """The files of a library, by what they are."""
    kinds: dict[str, list[str]] = {}
    for path in sorted(library.rglob("*")):
        name = path.relative_to(library)
        if path.is_file() and not path.name.startswith("."):
            kind = name.name if len(name.parts) < 3 else f"{name.parts[0].partition('_')[0]}/{name.parts[1]}"
            kinds.setdefault(kind, []).append(str(name))
    return kinds


def change(path: Path, rng: random.Random) -> None:
    """Changes 1 to 8 bytes, near the end in half of the cases, where lengths are; or 64 become zero."""
    data = bytearray(path.read_bytes())
    first = max(0, len(data) - 200) if rng.random() < 0.5 else 0
    if rng.random() < 0.1:
        at = rng.randrange(first, len(data))
        data[at : at + 64] = bytes(len(data[at : at + 64]))
    else:
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(first, len(data))] ^= rng.randint(1, 255)
    path.write_bytes(data)


def tell(library: Path) -> dict[str, Any]:
    """All that a library says of itself: `facts`, or the `error`; and the files that are not as written."""
    from core.errors import LibraryError
    from core.library import Library

    encoder = ColorEncoder()
    try:
        opened = Library(library)
        rows = [
            [row["id"], row["path"], row["status"], row["width"], row["bytes"]] for row in opened.items().to_pylist()
        ]
        index = opened.index(encoder)
        vectors = index.vectors(index.item_rows.argsort()).tobytes()
        facts = [
            rows,
            hashlib.sha256(vectors).hexdigest(),
            len(opened.labels()),
            len(opened.captions()),
            opened.counts(),
        ]
        facts.append([[label.item_id, label.label] for label in opened.labels()])
        return {"facts": json.loads(json.dumps(facts)), "damage": opened.find_damage()}
    except LibraryError as error:
        return {"error": str(error)}


def _serve(pipe: Connection) -> None:
    try:
        while True:
            pipe.send(tell(Path(pipe.recv())))
    except EOFError:
        return


class Teller:
    """A process that tells of libraries, one after the other, as a server would: it should never end."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self.ended = 0
        self._start()

    def ask(self, library: Path) -> dict[str, Any]:
        try:
            self._pipe.send(str(library))
            if self._pipe.poll(_ANSWER_S):
                return self._pipe.recv()
        except (EOFError, OSError):
            pass
        self.close()
        self.ended += 1
        self._start()
        return {"ended": True}

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()


def changes(library: Path, scratch: Path, count: int, seed: int = 0) -> Iterator[tuple[str, str, str]]:
    """(kind of file, what happened, more) of each change: "harmless", "told", "told by a check", "ended", "wrong"."""
    rng, teller = random.Random(seed), Teller()
    try:
        right = teller.ask(library)["facts"]
        kinds = files_by_kind(library)
        for number in range(count):
            kind = sorted(kinds)[number % len(kinds)]
            name = rng.choice(kinds[kind])
            copy = scratch / f"{number}"
            shutil.copytree(library, copy)
            change(copy / name, rng)
            found = teller.ask(copy)
            shutil.rmtree(copy)
            if "facts" in found and found["facts"] == right:
                yield kind, "harmless", name
            elif found.get("damage"):
                yield kind, "told by a check", " ".join(found["damage"])
            elif "error" in found:
                yield kind, "told", found["error"]
            else:
                yield kind, "ended" if "ended" in found else "wrong", name
    finally:
        teller.close()


def main() -> None:
    """PYTHONPATH=.:tests/helpers python tests/helpers/flips.py LIBRARY SCRATCH COUNT"""
    import sys

    library, scratch, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    seen: Counter[tuple[str, str]] = Counter()
    for kind, what, more in changes(library, scratch, count):
        seen[kind, what] += 1
        if what in ("ended", "wrong"):
            print(kind, what, more)
    for key, times in sorted(seen.items()):
        print(*key, times)


if __name__ == "__main__":
    main()
