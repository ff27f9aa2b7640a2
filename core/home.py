"""Where a user's data lives: libraries, prepared models, thumbnails."""

from __future__ import annotations

import os
from pathlib import Path

from core.files import absolute


def home() -> Path:
    """The folder of the user's data: `SEMBLANCE_HOME`, or `~/.semblance`. Read anew at each call; not created."""
    return absolute(os.environ.get("SEMBLANCE_HOME") or "~/.semblance")
