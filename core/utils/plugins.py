"""Records that installed packages add to a registry, by the entry points of their metadata."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

_LOG = logging.getLogger("semblance")


def load_plugins(group: str, add: Callable[[Any], object]) -> None:
    """Adds what the entry points of a group name. A broken package is logged, and costs its own record only.

    Parameters
    ----------
    group : str
        Such as `semblance.encoders`.
    add : callable
        Takes a record into its registry; it raises for one that does not fit.
    """
    for entry in entry_points(group=group):
        try:
            add(entry.load())
        except Exception:
            _LOG.exception("The plugin %s (%s) of the group %s cannot be loaded", entry.name, entry.value, group)
