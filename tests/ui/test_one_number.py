"""The same picture and the same words have the same number on each page that shows one."""

from __future__ import annotations

import pytest
from visiting import SEARCH, component, visit

from core import Library

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
WORDS = ("red", "green", "blue")


def shown(page: str, text: str, **link: str) -> dict[str, str]:
    """What a page says of each picture, by its name."""
    grid = component(visit(page, library="Colours", **link), "cards")[-1]
    return {card["name"]: card[text] for card in grid["cards"]}


def test_search_recommend_and_classify_say_the_same(colours: Library) -> None:
    classes = shown("pages/classify.py", "chance_text", classes="\n".join(WORDS), fits="0.0")
    best = {word: f"{word}.png" for word in WORDS}
    for word, name in best.items():
        searched = shown(SEARCH, "chance_text", q=word)
        recommended = shown("pages/recommend.py", "why", find=word)
        assert "% match" in searched[name]
        assert searched[name] == recommended[name] == classes[name], word
        both = searched.keys() & recommended.keys()
        assert len(both) > 1 and all(searched[other] == recommended[other] for other in both)
