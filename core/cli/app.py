"""`app`: the app in the browser. It is a program of its own, which takes this process over."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from core.errors import SemblanceError
from core.progress import OnProgress


def add_app(tree: Any) -> None:
    """Adds `app`."""
    text = "open the app in the browser; Ctrl-C ends it"
    parser = tree.add_parser("app", help=text, description=text)
    parser.set_defaults(run=run_app, show=None, quiet=True, json=False)
    parser.add_argument("--port", type=int, default=8501, metavar="N", help="default: 8501")
    text = "who may reach it (default: localhost, this machine only; 0.0.0.0: the network)"
    parser.add_argument("--address", default="localhost", metavar="HOST", help=text)
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open a browser tab")


def run_app(options: argparse.Namespace, bar: OnProgress) -> dict[str, Any]:
    """`app`: becomes Streamlit's server, so that signals and the exit code are its own. Never returns."""
    command = app_command(port=options.port, address=options.address, browser=options.browser)
    sys.stdout.flush()
    os.execv(command[0], command)


def app_command(*, port: int, address: str = "localhost", browser: bool = True) -> list[str]:
    """The program and its arguments that serve the app.

    What keeps a visitor safe is said here too, beside the settings in the app's folder: variables of the environment
    and a `.streamlit` folder where somebody happens to stand do not undo it.

    Raises
    ------
    SemblanceError
        Where the app is not installed beside this package.
    """
    settings = {
        "server.address": address,
        "server.port": port,
        "server.headless": not browser,
        "server.showEmailPrompt": False,
        "client.showErrorDetails": "none",
        "browser.gatherUsageStats": False,
    }
    # -P: a folder called `core` or `ui` where somebody happens to stand is not ours
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(app_file())]
    return command + [f"--{name}={str(value).lower()}" for name, value in settings.items()]


def app_file() -> Path:
    """The first file of the app: in the folder that is installed beside `core`, or at the top of a checkout."""
    root = Path(__file__).resolve().parents[2]
    for folder in (root / "semblance_app", root):
        if (folder / "app.py").is_file() and (folder / "pages").is_dir():
            return folder / "app.py"
    raise SemblanceError(f"There is no app beside {root / 'core'}: install Semblance anew.")
