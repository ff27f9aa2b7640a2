"""`app`: opens the app in the browser. Streamlit's server replaces this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from core.cli.options import Options
from core.errors import SemblanceError
from core.progress import Task


def add(tree: Any) -> None:
    """Adds `app`."""
    text = "open the app in the browser; Ctrl-C stops it"
    parser = tree.add_parser("app", help=text, description=text)
    parser.set_defaults(run=run_app, show=None, quiet=True, json=False)
    parser.add_argument("--port", type=int, default=8501, metavar="N", help="default: 8501")
    text = "who can open it (default: localhost, this machine only; 0.0.0.0: the network)"
    parser.add_argument("--address", default="localhost", metavar="HOST", help=text)
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open a browser tab")


def run_app(options: Options, task: Task) -> dict[str, Any]:
    """`app`: replaces this process by Streamlit's server, which gets signals and sets the exit code."""
    command = app_command(port=options.port, address=options.address, browser=options.browser)
    sys.stdout.flush()
    os.execv(command[0], command)


def app_command(*, port: int, address: str = "localhost", browser: bool = True) -> list[str]:
    """The program and its arguments that serve the app.

    The safety settings stand here too, beside those in the app's folder: neither environment variables nor a
    `.streamlit` folder in the current folder change them.

    Raises
    ------
    SemblanceError
        The app is not installed beside this package.
    """
    settings = {
        "server.address": address,
        "server.port": port,
        "server.headless": not browser,
        "server.showEmailPrompt": False,
        "client.showErrorDetails": "none",
        "browser.gatherUsageStats": False,
    }
    # -P: do not import a folder `core` or `ui` of the current folder
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(app_file())]
    return command + [f"--{name}={str(value).lower()}" for name, value in settings.items()]


def app_file() -> Path:
    """`app.py`: in the folder that is installed beside `core`, or at the top of a checkout."""
    root = Path(__file__).resolve().parents[3]
    for folder in (root / "semblance_app", root):
        if (folder / "app.py").is_file() and (folder / "pages").is_dir():
            return folder / "app.py"
    raise SemblanceError(f"There is no app beside {root / 'core'}: install Semblance again.")
