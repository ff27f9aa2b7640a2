"""Likes of one visit, as the page Recommend takes them: its component tells all clicks of late, each with a number."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from streamlit_tab import Tab

_FEED = "semblance_feed"
_TOLD = 40  # as in ui/components/feed/feed.js


@dataclass(slots=True)
class Likes:
    """mount: of the component, anew for each opening of the page. said: number, item, what, and place of each click."""

    mount: str = field(default_factory=lambda: secrets.token_hex(4))
    said: list[tuple[int, str, str, int]] = field(default_factory=list)

    async def like(self, tab: Tab) -> float:
        """Likes the first card that nothing was said of; seconds until the feed has turned. Raises LookupError where
        there is none, RuntimeError where the answer does not know of the like."""
        place, card = next(((place, card) for place, card in enumerate(_cards(tab)) if not card["said"]), (0, None))
        if card is None:
            raise LookupError("Every card of the feed is liked or disliked")
        self.said = [*self.said, (self.said[-1][0] + 1 if self.said else 1, card["id"], "like", place)][-_TOLD:]
        elapsed = await tab.tell(_FEED, said={"mount": self.mount, "list": self.said})
        if not any(entry["id"] == card["id"] and entry["said"] == "like" for entry in _cards(tab)):
            raise RuntimeError(f"The like of {card['name']} was not taken")
        return elapsed


def _cards(tab: Tab) -> list[dict[str, Any]]:
    return json.loads(tab.component(_FEED).bidi_component.json)["cards"]
