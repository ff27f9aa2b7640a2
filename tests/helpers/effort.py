"""How hard the tests of reliability try: a short form in `make test`, the whole by `make reliability`."""

import os

WHOLE = os.environ.get("SEMBLANCE_RELIABILITY") == "whole"


def rounds(short: int, whole: int) -> int:
    """The number of rounds of this run."""
    return whole if WHOLE else short
