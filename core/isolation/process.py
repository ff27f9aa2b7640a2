"""One process apart and the connection to it. It is started anew and never forked: this one has threads."""

from __future__ import annotations

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

# The package without its `__init__`, which would load tables and encoders: 0.2 s instead of a second.
_START = """
import importlib, sys, types
core = types.ModuleType("core")
core.__path__ = [sys.argv[1]]
sys.modules["core"] = core
importlib.import_module(sys.argv[2]).serve(int(sys.argv[3]))
"""


class NoReply(Exception):
    """The process did not answer in time."""


class ProcessEnded(Exception):
    """The process has ended."""


class Process:
    """What is sent to it and received from it are blocks of bytes."""

    def __init__(self, module: str, settings: Mapping[str, str]) -> None:
        """module: whose `serve(handle)` it runs; it says one block once it is ready. settings: of its environment.

        Raises Gone where it cannot be started.
        """
        try:
            self._connection, theirs = Pipe()
        except OSError:
            raise ProcessEnded from None
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _START, str(Path(__file__).parents[1]), module, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # where decoders complain of damage
                    env=os.environ | settings,
                )
            except OSError:  # no more processes, files or memory
                self._connection.close()
                raise ProcessEnded from None
        try:
            # Whenever it ends, also by itself, somebody has to ask how, or it stays in the system's table of processes.
            threading.Thread(target=self._process.wait, name="reaper", daemon=True).start()
            self.receive(_START_S)
        except BaseException as error:
            self.end()
            if isinstance(error, NoReply | ProcessEnded | RuntimeError):  # the last: no more threads
                raise ProcessEnded from None
            raise

    def send(self, *blocks: Block) -> None:
        """Raises Gone."""
        try:
            for block in blocks:
                self._connection.send_bytes(block)
        except OSError:
            raise ProcessEnded from None

    def receive(self, limit_s: float, cancel: threading.Event | None = None) -> bytes | None:
        """The next block; None where `cancel` came first. Raises Silent and Gone."""
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
        return self._process.poll() is not None

    def end(self) -> int:
        """Ends it; returns how it ended, as `subprocess` says it."""
        self._connection.close()
        self._process.kill()
        return self._process.wait()
