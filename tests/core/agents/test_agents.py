"""Agents ask a library through the protocol: what they get is bounded, and of the library alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="mcp is not installed")

from fakes import ColorEncoder
from mcp import Client, StdioServerParameters
from PIL import Image

from core.agents import LibraryTools, make_server
from core.errors import QueryError
from core.library import Library, ingest

Call = Callable[..., Any]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: where browser tests ran before, this one has a loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def ask(server: object, name: str, **arguments: object) -> Any:
    """The result of one tool, as a client gets it."""

    async def call() -> Any:
        async with Client(server) as client:  # type: ignore[arg-type]
            return await client.call_tool(name, arguments)

    return run(call())


@pytest.fixture
def server(library: Library, encoder: ColorEncoder) -> object:
    return make_server(library, encoder)


def facts_of(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content
    facts: dict[str, Any] = json.loads(result.content[0].text)
    return facts


def test_the_tools_say_what_they_do_and_that_they_change_nothing(server: object) -> None:
    async def listed() -> Any:
        async with Client(server) as client:  # type: ignore[arg-type]
            return await client.list_tools()

    tools = {tool.name: tool for tool in run(listed()).tools}
    assert {"search", "moments", "locate", "classify"} <= tools.keys()
    assert all(tool.annotations.read_only_hint and len(tool.description) > 50 for tool in tools.values())
    assert tools["search"].input_schema["required"] == ["query"]


def test_a_search_tells_files_and_shows_thumbnails(server: object, library: Library) -> None:
    result = ask(server, "search", query="red", k=3, pictures=2)
    hits = facts_of(result)["hits"]
    assert len(hits) == 3 and Path(hits[0]["path"]).name == "red.png" and hits[0]["kind"] == "image"
    pictures = result.content[1:]
    assert [picture.mime_type for picture in pictures] == ["image/webp"] * 2
    assert len(facts_of(ask(server, "search", query="red", k=10_000))["hits"]) <= 50
    assert facts_of(ask(server, "moments", query="red"))["moments"] == [], "there is no video"


def test_classes_are_told_for_some_items_or_counted_for_all(server: object) -> None:
    hits = facts_of(ask(server, "search", query="blue", k=2))["hits"]
    told = facts_of(ask(server, "classify", classes=["red", "blue"], items=[hits[0]["id"], hits[1]["path"]]))
    assert {row["id"] for row in told["items"]} == {hit["id"] for hit in hits} and told["classified"] == 2
    whole = facts_of(ask(server, "classify", classes=["red", "blue"]))
    assert sum(whole["counts"].values()) == whole["classified"] > 2


@pytest.mark.parametrize(
    ("tool", "arguments", "why"),
    [
        ("search", {"query": "  "}, "empty"),
        ("search", {"query": "x" * 501}, "shorten"),
        ("search", {"query": "red", "kind": "smell"}, "Unknown kind"),
        ("locate", {"item": "/etc/passwd"}, "not in the library"),
        ("locate", {"item": "../secret.png"}, "not in the library"),
        ("classify", {"classes": ["one"]}, "2 to 50 classes"),
        ("classify", {"classes": ["a", "b"], "items": ["nowhere.jpg"]}, "not in the library"),
        ("search", {"query": "item:nothing"}, ""),
    ],
)
def test_what_cannot_be_asked_is_an_error_of_the_tool_with_a_reason(
    server: object, tool: str, arguments: dict[str, object], why: str
) -> None:
    result = ask(server, tool, **arguments)
    assert result.is_error and why in result.content[0].text and "Traceback" not in result.content[0].text


def test_no_file_beside_the_library_is_read(library: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (40, 40), "red").save(secret)
    tools = LibraryTools(library, encoder)
    with pytest.raises(QueryError):
        tools.locate(str(secret))
    for query in (f"file:{secret}", str(secret), f"./{secret.name}"):
        with contextlib.suppress(QueryError):
            told = json.dumps(tools.search(query).facts)
            assert "secret" not in told and not any(hit["match"] == 1 for hit in json.loads(told)["hits"])


@pytest.mark.slow
def test_the_command_serves_over_stdin_and_stdout(tmp_path: Path) -> None:
    from core import open_encoder

    photos = tmp_path / "photos"
    photos.mkdir()
    for color in ("red", "blue"):
        Image.new("RGB", (64, 64), color).save(photos / f"{color}.png")
    ingest(Library(tmp_path / "library", create=True), open_encoder("embedded"), [photos])
    command = ["-m", "core", "mcp", "--library", str(tmp_path / "library")]
    server = StdioServerParameters(command=sys.executable, args=command, cwd=Path(__file__).resolve().parents[3])
    hits = facts_of(ask(server, "search", query="a red square", k=1))["hits"]
    assert Path(hits[0]["path"]).name == "red.png"
