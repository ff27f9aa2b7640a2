"""Where the user's data is stored (libraries, prepared models, thumbnails), and saved settings."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from core.utils.files import locked, to_absolute, write_atomic


def get_home() -> Path:
    """The folder of the user's data: `SEMBLANCE_HOME`, or `~/.semblance`. Read at each call; not created."""
    return to_absolute(os.environ.get("SEMBLANCE_HOME") or "~/.semblance")


def make_home() -> None:
    """Makes the folder of the user's data where there is none yet, for this user alone. One that is there stays as it
    is; `health` tells of one that others may read. Never raises: whoever writes there says what is wrong."""
    with contextlib.suppress(OSError):
        get_home().parent.mkdir(parents=True, exist_ok=True)
        get_home().mkdir(mode=0o700)


def load_settings() -> dict[str, Any]:
    """All settings; empty if there are none or the file is damaged (settings are a convenience, not data)."""
    try:
        settings = json.loads(settings_file().read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return settings if isinstance(settings, dict) else {}


def save_settings(**changes: Any) -> None:
    """Changes some settings; None removes one. Atomic; a read-only home is no error."""
    with contextlib.suppress(OSError), locked(settings_file()):
        settings = {key: value for key, value in {**load_settings(), **changes}.items() if value is not None}
        write_atomic(settings_file(), json.dumps(settings, indent=1).encode())


def settings_file() -> Path:
    """The file of all settings."""
    return get_home() / "settings.json"
