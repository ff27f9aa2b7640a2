"""Folders of files that can be made again."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from core.utils.files import write_atomic

_LEFT = 0.9  # of `max_bytes`, once files were removed
_lock = threading.Lock()
_writes: dict[Path, int] = {}
_sweeping: set[Path] = set()


@dataclass(frozen=True, slots=True)
class CacheFolder:
    """A bounded folder of files that can be made again. A damaged disk, or a full one, costs speed and nothing else.

    Parameters
    ----------
    path : Path
        The folder; made with the first file.
    max_bytes : int, optional
        Size of all files together; beyond it the oldest go, until a tenth is free.
    max_files : int, optional
        Number of files; beyond it the oldest go.
    by_use : bool
        Whether a file's age counts from when it was last read, and not from when it was written.
    sweep_every : int
        Number of writes between two checks of the limits. Above 1, a thread checks them, as a folder may hold 100,000
        files.
    """

    path: Path
    max_bytes: int | None = None
    max_files: int | None = None
    by_use: bool = False
    sweep_every: int = 1

    def load(self, name: str) -> bytes | None:
        """The content of a file; None if it is not there. name: may lie in folders, `a/b`."""
        try:
            data = (self.path / name).read_bytes()
        except OSError:
            return None
        if self.by_use:
            with contextlib.suppress(OSError):
                os.utime(self.path / name)
        return data

    def store(self, name: str, data: bytes) -> None:
        """Writes a file whole, if it can be written."""
        with contextlib.suppress(OSError):
            write_atomic(self.path / name, data)
            with _lock:
                is_due = _writes.get(self.path, 0) % self.sweep_every == 0 and self.path not in _sweeping
                _writes[self.path] = _writes.get(self.path, 0) + 1
                if is_due:
                    _sweeping.add(self.path)
            if is_due and self.sweep_every > 1:
                threading.Thread(target=self._sweep, name="cache sweep", daemon=True).start()
            elif is_due:
                self._sweep()

    def limit(self) -> None:
        """Removes the oldest files until the limits hold."""
        files = []
        for path in self.path.rglob("*"):
            with contextlib.suppress(OSError):  # removed since it was listed
                if path.is_file():
                    files.append((path.stat().st_mtime, path.stat().st_size, path))
        total, count = sum(size for _, size, _ in files), len(files)
        target = total if self.max_bytes is None or total <= self.max_bytes else self.max_bytes * _LEFT
        most = count if self.max_files is None else self.max_files
        for _, size, path in sorted(files):
            if total <= target and count <= most:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                total, count = total - size, count - 1

    def _sweep(self) -> None:
        try:
            with contextlib.suppress(OSError):
                self.limit()
        finally:
            with _lock:
                _sweeping.discard(self.path)
