"""Five hundred links that nobody would make, over all pages: each opens. In short: tests/ui/test_link_values.py."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from effort import WHOLE
from visiting import library_of_shades, said, visit

from ui.shell.navigation import PAGES

pytestmark = [
    pytest.mark.reliability,
    pytest.mark.skipif(not WHOLE, reason="takes minutes: make reliability"),
    pytest.mark.usefixtures("world"),
]
_RECORDED = (Path(__file__).parents[1] / "data" / "recorded_links.txt").read_text().splitlines()
_KEYS = [line for line in _RECORDED if line and not line.startswith("#")]
_VALUES = (
    "", "0", "-0", "-1", "1e400", "inf", "nan", "true", "[]", "{}", "None", "\0", "\x1b[31m", "%00", "../../etc/passwd",
    "item:", "item:@", "item:x@inf", "concept:", "concept:\"", "1:", "999999:red", "+ - +", "- red", "embedded@pca4-0",
    "imported:x:512", "https://evil.example", "<script>alert(1)</script>", "ключ", "👩‍👩‍👧", "a" * 20_000, ";" * 500,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_links_of_chance_open(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    library_of_shades(tmp_path)
    for _ in range(25):
        page = rng.choice(list(PAGES))
        link = {key: rng.choice(_VALUES) for key in rng.sample(_KEYS, rng.randint(1, 4))}
        assert "went wrong" not in said(visit(f"pages/{page}.py", **{"library": "Shades"} | link)), (page, link)
