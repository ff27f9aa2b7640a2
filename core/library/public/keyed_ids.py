"""Ids of items as strangers get them.

On disk an id is a digest of path and content, by which whoever has a file can tell whether it lies in some folder. So
whatever leaves a public server carries ids encrypted with the secret of its home, which the same server reads back.
At home both functions change nothing.

The cipher is a Feistel network of four rounds with keyed BLAKE2b [1]_: it needs no table of ids, no two of them become
one, and an id that was not sealed here reads as that of no item.

.. [1] M. Luby and C. Rackoff, "How to construct pseudorandom permutations from pseudorandom functions", 1988.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from operator import xor

from core.library.public.home_secret import get_secret
from core.policy import rules

_ROUNDS = range(4)
_DIGEST = re.compile(r"(?:[0-9a-f]{2}){8,32}")  # any other id was chosen by whoever made the library, and stays


def seal(item_id: str) -> str:
    """The id of an item for whoever visits: on a public server as long as the one on disk, and unlike it."""
    return _permute_digest(item_id, _ROUNDS) if rules().public else item_id


def unseal(text: str) -> str:
    """The id on disk of what `seal` returned; on a public server the id of no item for anything else."""
    return _permute_digest(text, _ROUNDS[::-1]) if rules().public else text


def _permute_digest(text: str, rounds: range) -> str:
    """Checked before the cache, which would keep whatever strangers write."""
    return _permute(text, get_secret(), rounds) if _DIGEST.fullmatch(text) else text


@lru_cache(maxsize=20_000)
def _permute(item_id: str, key: bytes, rounds: range) -> str:
    data = bytes.fromhex(item_id)
    halves = [data[: len(data) // 2], data[len(data) // 2 :]]
    for number in rounds:
        here, there = halves[number % 2], halves[1 - number % 2]
        mask = hashlib.blake2b(there, digest_size=len(here), key=key, person=b"item %d" % number).digest()
        halves[number % 2] = bytes(map(xor, here, mask))
    return b"".join(halves).hex()
