"""Servers that the tests start: whether they answer yet."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest


def wait_for(address: str, runs: Callable[[], bool]) -> None:
    """Waits until an address answers, as long as its server `runs`."""
    for _ in range(300):
        assert runs(), "the server ended"
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail("the server does not answer")
