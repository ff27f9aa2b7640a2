"""The systems that Semblance runs on."""

from __future__ import annotations

import sys

from core.errors import SemblanceError


def check_system() -> None:
    """Raises SemblanceError on Windows: processes apart are handed files in a way that it does not know."""
    if sys.platform == "win32":
        raise SemblanceError("Semblance runs on Linux and macOS, not on Windows itself: use it inside WSL.")
