"""The systems that Semblance runs on."""

from __future__ import annotations

import sys

from core.errors import SemblanceError


def check_system() -> None:
    """Raises SemblanceError on Windows, which cannot hand open files to child processes this way."""
    if sys.platform == "win32":
        raise SemblanceError("Semblance runs on Linux and macOS, not on Windows itself: use it inside WSL.")
