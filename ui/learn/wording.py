"""How the page names what it learns from."""

from __future__ import annotations

from core.learn.movies import Watched
from core.learn.source import Source
from core.learn.words.text import Text
from ui.text import counted


def get_target(source: Source) -> str:
    """What is predicted."""
    if isinstance(source, Text) and source.context == "around":
        return "missing word"
    return f"next {source.items.noun}"


def get_example(source: Source) -> str:
    """What an example that is held out comes from."""
    return "viewer" if isinstance(source, Watched) else "word"


def get_size(source: Source) -> str:
    """How large the data are, a sentence."""
    if isinstance(source, Watched):
        viewers = counted(len(source.log.user_names), "viewer")
        return f"{viewers}, {counted(len(source.movies), 'movie')}, {len(source.log):,} views."
    assert isinstance(source, Text)
    return f"{counted(len(source.tokens), 'word')}, {len(source.words):,} different ones."
