"""A child process and the connection to it. It is started anew and never forked, because this process has threads."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from multiprocessing import Pipe
from pathlib import Path

Block = bytes | memoryview

_START_S = 60.0
_LOOK_S = 0.2
_LINE = 8192  # bytes of standard error that make one line of the log at most
_ROOT = str(Path(__file__).parents[2])  # for a parent that found the package in a folder that it has left
_log = logging.getLogger(__name__)

# What a child may know of the environment: it reads files of strangers, and the rest may hold keys and passwords.
_KNOWN = {"PATH", "HOME", "USER", "SHELL", "TMPDIR", "TEMP", "TMP", "LANG", "LANGUAGE", "TZ", "VIRTUAL_ENV"}
_KNOWN |= {"XDG_CACHE_HOME", "SYSTEMROOT", "HOMEDRIVE", "HOMEPATH", "USERPROFILE"}
_KNOWN_BEGINNINGS = (
    "SEMBLANCE_",
    "PYTHON",
    "LC_",
    "LD_",
    "DYLD_",
    "OMP_",
    "OPENBLAS_",
    "MKL_",
    "NUMBA_",
    "COV_",
    "COVERAGE_",
)

_START = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from core.isolation.worker import serve
serve(int(sys.argv[2]))
"""


def _get_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in _KNOWN or name.startswith(_KNOWN_BEGINNINGS)}


class NoReply(Exception):
    """The process did not answer in time."""


class ProcessEnded(Exception):
    """The process has ended."""


class Process:
    """A child that runs `core.isolation.worker`. Blocks of bytes are sent to it and received from it."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """settings: environment variables. Raises ProcessEnded if the process cannot be started."""
        try:
            self._connection, theirs = Pipe()
        except OSError:
            raise ProcessEnded from None
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _START, json.dumps([*sys.path, _ROOT]), str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    env=_get_environment() | dict(settings),
                )
            except OSError:  # no more processes, files or memory
                self._connection.close()
                raise ProcessEnded from None
        try:
            threading.Thread(target=self._watch, name="reaper", daemon=True).start()
        except RuntimeError:  # no more threads
            self.end()
            self._watch()
            raise ProcessEnded from None
        try:
            self.receive(_START_S)
        except BaseException as error:
            self.end()
            if isinstance(error, NoReply):
                raise ProcessEnded from None
            raise

    def send(self, *blocks: Block) -> None:
        """Raises ProcessEnded."""
        try:
            for block in blocks:
                self._connection.send_bytes(block)
        except OSError:
            raise ProcessEnded from None

    def receive(self, limit_s: float, cancel: threading.Event | None = None) -> bytes | None:
        """The next block; None if `cancel` is set first. Raises NoReply and ProcessEnded."""
        until = time.monotonic() + limit_s
        try:
            while not self._connection.poll(max(0.0, min(_LOOK_S, until - time.monotonic()))):
                if cancel is not None and cancel.is_set():
                    return None
                if time.monotonic() > until:
                    raise NoReply
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            raise ProcessEnded from None

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended by itself."""
        return self._process.poll() is not None

    def end(self) -> int:
        """Ends the process; returns its exit status, as `subprocess` gives it."""
        self._connection.close()
        self._process.kill()
        return self._process.wait()

    def _watch(self) -> None:
        """Copies standard error to the log, where decoders report damage; then asks for the exit status, as a process
        that nobody asks stays in the system's table of processes."""
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            while line := lines.readline(_LINE):
                _log.info("process %d: %s", self._process.pid, line.decode(errors="replace").rstrip())
        self._process.wait()
