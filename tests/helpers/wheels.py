"""The built wheel in an environment and a folder of their own.

A new environment would install torch anew, minutes at every run: so the libraries are those of the running one, put
behind what the new environment has itself. `core` and the app come from the wheel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from answers import wait_for
from serving import free_port

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Installed:
    """The wheel in an environment; the folder that its programs run in holds nothing of the project."""

    wheel: Path
    environment: Path
    folder: Path

    @property
    def packages(self) -> Path:
        """Where what was installed lies."""
        base = str(self.environment)
        return Path(sysconfig.get_path("purelib", vars={"base": base, "platbase": base}))

    def run(self, program: str, *arguments: str | Path, **settings: str) -> str:
        """Runs a program of the environment, and returns what it prints."""
        done = subprocess.run(
            [self.environment / "bin" / program, *arguments], cwd=self.folder, env=_environment(settings),
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def app(self, home: Path, **settings: str) -> Iterator[tuple[str, psutil.Process]]:
        """The address and the process of the app, as `semblance app` starts it."""
        port = free_port()
        command = [self.environment / "bin" / "semblance", "app", "--port", str(port), "--no-browser"]
        server = subprocess.Popen(
            command, cwd=self.folder, env=_environment({**settings, "SEMBLANCE_HOME": str(home)}),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_for(f"http://localhost:{port}/_stcore/health", lambda: server.poll() is None)
            yield f"http://localhost:{port}", psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait(20)


def install_wheel(place: Path) -> Installed:
    """The wheel of the checkout in an environment below a folder; both are made unless they are there."""
    if (place / "whole").exists():
        return _installed(place)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (place / "empty").mkdir()
    installed = _installed(place)
    venv.create(installed.environment, symlinks=True)
    rest = [entry for entry in sys.path if Path(entry).name == "site-packages"]
    (installed.packages / "behind.pth").write_text("\n".join(rest))
    pip = [sys.executable, "-m", "pip", "--python", str(installed.environment / "bin" / "python"), "install"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(installed.wheel)], check=True, capture_output=True)
    (place / "whole").touch()
    return installed


def _installed(place: Path) -> Installed:
    (wheel,) = (place / "dist").glob("*.whl")
    return Installed(wheel, place / "environment", place / "empty")


def _environment(settings: dict[str, str]) -> dict[str, str]:
    """Without the paths of the tests, which lead to the checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | settings
