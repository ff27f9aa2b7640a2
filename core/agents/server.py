"""The server of the Model Context Protocol: the tools of a library, under their names and with what they say of
themselves (package `mcp`)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core import __version__
from core.agents.tools import Answer, LibraryTools
from core.encoders.base import Encoder
from core.errors import SemblanceError
from core.library.store import Library

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

_INSTRUCTIONS = (
    "Semblance: a library of somebody's photos, videos and documents, searched by what they show or say. Read-only. A "
    "match is a probability from 0 to 1; null where it was not measured. Files are named by path and id; use the id to "
    "ask about one. Pictures follow the facts in the order of the results."
)


def make_server(library: Library, encoder: Encoder) -> MCPServer:
    """A server with the tools search, moments, locate, classify, ask and summarize.

    Parameters
    ----------
    library : Library
    encoder : Encoder
        One that has vectors there.

    Returns
    -------
    MCPServer
        `run()` serves over stdin and stdout.
    """
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("semblance", instructions=_INSTRUCTIONS, version=__version__, log_level="ERROR")
    tools, one_at_a_time = LibraryTools(library, encoder), threading.Lock()

    def answer(call: Callable[..., Answer], *arguments: Any) -> list[Any]:
        with one_at_a_time:  # an encoder computes with all cores by itself
            return _to_content(call, *arguments)

    def search(query: str, k: int = 10, kind: str = "any", pictures: int = 4) -> list[Any]:
        return answer(tools.search, query, k, kind, pictures)

    def moments(query: str, k: int = 10, pictures: int = 4) -> list[Any]:
        return answer(tools.moments, query, k, pictures)

    def locate(item: str, time_s: float | None = None, pictures: int = 4) -> list[Any]:
        return answer(tools.locate, item, time_s, pictures)

    def classify(classes: list[str], items: list[str] | None = None) -> list[Any]:
        return answer(tools.classify, classes, items or [])

    def ask(question: str, after: str = "", k: int = 5, pictures: int = 4) -> list[Any]:
        return answer(tools.ask, question, after, k, pictures)

    def summarize(items: list[str] | None = None, k: int = 5, pictures: int = 4) -> list[Any]:
        return answer(tools.summarize, items or [], k, pictures)

    for tool in (search, moments, locate, classify, ask, summarize):
        _add(server, tool, _DESCRIPTIONS[tool.__name__])
    return server


def _add(server: MCPServer, tool: Callable[..., list[Any]], description: str) -> None:
    from mcp.types import ToolAnnotations

    hints = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    server.add_tool(tool, description=description, annotations=hints, structured_output=False)


def _to_content(call: Callable[..., Answer], *arguments: Any) -> list[Any]:
    """What a tool answers: its facts as JSON, then pictures. Our errors become errors of the tool, with their text."""
    from mcp.server.mcpserver import Image
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        answer = call(*arguments)
    except SemblanceError as error:
        raise ToolError(str(error)) from error
    return [
        json.dumps(answer.facts, ensure_ascii=False),
        *(Image(data=data, format="webp") for data in answer.pictures),
    ]


_DESCRIPTIONS = {
    "search": (
        "Finds photos, videos and passages of documents by words, best first. query: words ('a dog on a beach'); "
        "'beach - people' is beach and not people; 'item:ID' is what looks like that item. k: most hits, up to 50. "
        "kind: image, video, text, or any. pictures: thumbnails of the first hits, up to 10."
    ),
    "moments": (
        "Finds moments of videos by words, best first, with start, end and best second. k: most moments, up to 50. "
        "pictures: frames of the first moments, up to 10."
    ),
    "locate": (
        "Finds the videos that show a picture of the library, and the second. item: id or path of a picture, or of a "
        "video together with time_s."
    ),
    "ask": (
        "Answers a question with sentences of the documents, each with its file and place; found is false where no "
        "passage probably answers. Pictures and moments that fit come beside. after: the question before, if this one "
        "leans on it."
    ),
    "summarize": (
        "Boils down items of one kind: texts to sentences, one video to chapters, pictures to a few that cover them. "
        "items: ids or paths, up to 200; left out: all pictures. k: how many, up to 20. covered: 0 to 1."
    ),
    "classify": (
        "Sorts items into classes told in words ('cat', 'dog'), or 'none of these'. classes: 2 to 50. items: ids or "
        "paths, up to 200; left out: the whole library, with counts and 50 examples."
    ),
}
