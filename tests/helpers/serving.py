"""An app that runs for the tests."""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
import unittest.mock
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from answers import wait_for

_ROOT = Path(__file__).parents[2]
_LIBRARIES = ["numpy", "pandas", "plotly.graph_objects", "pyarrow", "streamlit.web.cli"]


@contextmanager
def served(home: Path, **environment: str) -> Iterator[str]:
    """Runs the app on a home, with these variables of the environment; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", *_arguments(port)]
    environment = {**os.environ, "SEMBLANCE_HOME": str(home), **environment}
    server = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://localhost:{port}/_stcore/health", lambda: server.poll() is None)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def served_anew(home: Path, port: int) -> Iterator[str]:
    """The same in half the time, for tests that need many fresh servers, one after the other.

    Each is forked from a process that has loaded the libraries and nothing of the app. On one port, a browser keeps the
    compiled scripts of the app.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LIBRARIES)
    server = context.Process(target=_serve, args=(home, port))
    with unittest.mock.patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
        server.start()  # it imports the main module, and tests of pages leave app.py as that
    try:
        wait_for(f"http://localhost:{port}/_stcore/health", server.is_alive)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.join(10)


def _serve(home: Path, port: int) -> None:
    assert not sys.modules.keys() & {"core", "ui"}, "this server is not fresh"
    from streamlit.web.cli import main

    os.environ["SEMBLANCE_HOME"] = str(home)
    os.chdir(_ROOT)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    main(_arguments(port))


def _arguments(port: int) -> list[str]:
    return ["run", "app.py", "--server.headless", "true", "--server.port", str(port)]


def free_port() -> int:
    """A port that no server uses."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return free.getsockname()[1]
