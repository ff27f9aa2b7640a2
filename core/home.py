"""Where a user's data lives: libraries, prepared models, thumbnails."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder of the user's data: `SEMBLANCE_HOME`, or `~/.semblance`. Read anew at each call; not created."""
    return absolute(os.environ.get("SEMBLANCE_HOME") or "~/.semblance")


def absolute(path: Path | str) -> Path:
    """A path as a person wrote it, made absolute: ~ is their home, links are kept. Never raises."""
    return Path(os.path.abspath(os.path.expanduser(path)))
