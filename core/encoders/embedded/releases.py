"""Which weights the embedded encoder opens with: the newest, and those of the version before, for libraries of it.

When new heads come, `heads.safetensors` is replaced and `NEWEST` gets what was measured with them. The file before is
kept under its digest, and listed with what was measured with it. Weights before those go.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.encoders.calibration import EMBEDDED, EMBEDDED_3, Calibration
from core.encoders.embedded.heads import HEADS_FILE

_DIGITS = 12  # of a digest, in an id and in the name of a file that is kept


@dataclass(frozen=True)
class Release:
    """One set of weights, with what belongs to it alone.

    Parameters
    ----------
    version : int
        Part of the id: raised when preprocessing or the graphs change without the heads.
    heads : Path
        The heads file, which also holds the trained parts of the towers.
    calibration : Calibration
        Measured with these weights.
    digest : str
        The first 12 digits of the file's SHA-256; empty: read from the file when it is asked for.
    """

    version: int
    heads: Path
    calibration: Calibration
    digest: str = ""

    @cached_property
    def id(self) -> str:
        """The id of an encoder with these weights. Raises OSError if the file has to be read and cannot be."""
        digest = self.digest or hashlib.sha256(self.heads.read_bytes()).hexdigest()
        return make_id(self.version, digest)


def make_id(version: int, digest: str) -> str:
    """The id of an encoder of this version with heads of this SHA-256."""
    return f"embedded-{version}-{digest[:_DIGITS]}"


def _kept(version: int, digest: str, calibration: Calibration) -> Release:
    return Release(version, HEADS_FILE.with_name(f"heads-{digest}.safetensors"), calibration, digest)


NEWEST = Release(4, HEADS_FILE, EMBEDDED)
EARLIER = (_kept(3, "db138bc34dc2", EMBEDDED_3),)
