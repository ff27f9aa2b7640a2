"""Where a user's data lives: libraries, prepared models, thumbnails."""

from __future__ import annotations

import os
from pathlib import Path

from core.utils.files import to_absolute


def get_home() -> Path:
    """The folder of the user's data: `SEMBLANCE_HOME`, or `~/.semblance`. Read anew at each call; not created."""
    return to_absolute(os.environ.get("SEMBLANCE_HOME") or "~/.semblance")
