"""What a host needs that runs the app and has no step before it."""

from __future__ import annotations

import subprocess
import sys

from ui.server.state import once


@once
def make_sample() -> None:
    """The sample library, made once for a server. Raises CalledProcessError."""
    # in a process of its own: what encoding videos and preparing the encoder take is given back when it ends
    subprocess.run([sys.executable, "-m", "core", "sample", "--quiet"], check=True, stdout=sys.stderr)
