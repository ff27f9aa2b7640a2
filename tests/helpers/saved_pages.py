"""Pages in one file, as a browser reads them."""

from __future__ import annotations

import re
from html.parser import HTMLParser


class Seen(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


def checked(content: str) -> Seen:
    """A page that fetches nothing and runs nothing but its own script."""
    seen = Seen(content)
    for tag, attributes in seen.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        source = attributes.get("src") or attributes.get("href") or ""
        assert source == "" or re.fullmatch(r"data:image/webp;base64,[\w+/=]+", source), (tag, source)
        assert tag not in ("link", "iframe", "object", "base", "a")
    assert not re.search(r"https?://", content) and "@@" not in content
    assert [attributes.get("type") for tag, attributes in seen.tags if tag == "script"] in (
        [],
        ["application/json", None],
    )
    policies = [entry.get("content") for tag, entry in seen.tags if tag == "meta" and entry.get("http-equiv")]
    assert len(policies) == 1 and str(policies[0]).startswith("default-src 'none'")
    return seen
