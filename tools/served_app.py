"""The app as a process of its own, and how much memory it takes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
MB = 1_000_000
_STARTS_S = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running app. address: as http://localhost:12345."""

    address: str
    process: psutil.Process

    def memory_mb(self) -> float:
        """Memory of the server and of its processes, in MB, as a container's limit counts it: what they share counts
        once (proportional set size; resident memory where the system does not tell it)."""
        return round(sum(_memory(entry) for entry in (self.process, *self.process.children(recursive=True))) / MB, 1)

    def cpu_s(self) -> float:
        """Processor time that the server has used, in seconds."""
        times = self.process.cpu_times()
        return times.user + times.system


@contextmanager
def served(
    home: Path, *, script: Path = ROOT / "app.py", log: Path | None = None, **environment: str
) -> Iterator[Served]:
    """Runs the app (or another script of Streamlit) over a home folder, and ends it.

    log: a file for what it prints. Raises RuntimeError where it does not answer within a minute.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.headless", "true", "--server.port", str(port)]
    with (log or Path(os.devnull)).open("wb") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, "SEMBLANCE_HOME": str(home), **environment},
        )  # fmt: skip
        try:
            _wait_for(f"http://localhost:{port}/_stcore/health", server)
            yield Served(f"http://localhost:{port}", psutil.Process(server.pid))
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def sample_home(home: Path) -> None:
    """Builds the sample library in a home folder, or brings it up to date."""
    command = [sys.executable, "-m", "core", "sample", "--quiet", "--json"]
    environment = {**os.environ, "SEMBLANCE_HOME": str(home)}
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=environment)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _STARTS_S
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"The app ended at once, with code {server.returncode}")
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("The app does not answer")


def _memory(process: psutil.Process) -> int:
    try:
        predictions = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # one that has just ended
        return 0
    return getattr(predictions, "pss", predictions.rss)
