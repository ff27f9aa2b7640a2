"""The error of files of which nobody can be sure that they hold no place."""

from __future__ import annotations

from core.errors import MediaError


class Unsure(MediaError):
    """It cannot be said whether a file, or a copy of it, tells where it was taken."""
