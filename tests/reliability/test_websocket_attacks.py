"""What a stranger's program may send over the websocket of a public server, and what it does to the others."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
from effort import WHOLE, rounds
from serving import served
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from streamlit_tab import Tab

from ui.shell.navigation import PAGES

pytestmark = pytest.mark.reliability

MESSAGES = rounds(20, 200)
MOST_S = 1.5  # the 95th percentile of another visitor's pages meanwhile, in the long form
FORGED = ("build_sample", "embed_waiting", "press map", "remove_library", "new_library", "save_concept")


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[str, psutil.Process, Path]]:
    """A public server, its process, and its home: with an empty library, in the long form also the sample library."""
    from core.library.registry import create_library

    home = request.getfixturevalue("sample_home") if WHOLE else tmp_path_factory.mktemp("attacked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMBLANCE_HOME", str(home))
        if not WHOLE or not (home / "libraries" / "Shared").exists():
            create_library("Shared")
    with served(home, SEMBLANCE_PUBLIC="1") as address:
        port = address.rpartition(":")[2]
        process = next(child for child in psutil.Process().children() if port in child.cmdline())
        yield address, process, home


def files(home: Path) -> dict[str, int]:
    """What visitors share, and when it changed."""
    return {
        str(path): path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file() and "models" not in path.parts
    }


T = TypeVar("T")


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """What it returns, from a thread of its own: the one of the tests may have Playwright's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def attack(address: str, process: psutil.Process) -> tuple[list[int], list[float]]:
    """Threads of the server after each of a few rounds of messages, and how long another visitor waited."""
    threads: list[int] = []
    waited: list[float] = []
    async with Tab.opened(address) as one, Tab.opened(address) as other:
        await one.go("")
        await other.go(
            "search_images" if WHOLE else "library", library="Sample photos" if WHOLE else "Shared", q="a cat"
        )
        for number in range(MESSAGES):
            await one.socket.send(BackMsg(clear_cache=True).SerializeToString())
            if number % 4 == 3:
                await one.go("")
                if WHOLE:
                    text = f"a cup of coffee {number}"
                    waited.append(await other.type_into("What to look for", text, parameter="q"))
                else:
                    waited.append(await other.go("library"))
                threads.append(process.num_threads())
        assert other.wrong() == []
    return threads, waited


def test_messages_that_clear_caches_start_nothing_that_stays(server: tuple[str, psutil.Process, Path]) -> None:
    address, process, _ = server
    threads, waited = run_apart(attack(address, process))
    assert max(threads[1:]) <= threads[0] + 2, threads  # pools of the server may still grow by one or two
    if WHOLE:
        assert sorted(waited)[int(0.95 * len(waited))] < MOST_S, waited


def test_messages_of_a_developer_do_nothing(server: tuple[str, psutil.Process, Path]) -> None:
    address, process, _ = server

    async def send() -> None:
        async with Tab.opened(address) as one:
            await one.go("")
            for message in (BackMsg(debug_shutdown_runtime=True), BackMsg(set_run_on_save=True), BackMsg()):
                await one.socket.send(message.SerializeToString())
            await one.socket.send(b"\xff\xfe no message")
        async with Tab.opened(address) as other:
            await other.go("")

    run_apart(send())
    assert process.is_running()


def test_presses_of_buttons_that_the_page_does_not_show_change_nothing(
    server: tuple[str, psutil.Process, Path],
) -> None:
    address, _, home = server
    before = files(home)

    async def forge() -> None:
        async with Tab.opened(address) as one:
            for page in ("library", "explore"):
                await one.go(page, library="Shared")
                message = BackMsg()
                for name in FORGED:
                    for form in (f"$$ID-0123456789abcdef0123456789abcdef-{name}", f"$$WIDGET_ID-x-{name}", name):
                        message.rerun_script.widget_states.widgets.append(WidgetState(id=form, trigger_value=True))
                        message.rerun_script.widget_states.widgets.append(WidgetState(id=form, string_value="/etc"))
                await one._run(message, 60)  # Streamlit may refuse to draw this tab's page after that
        async with Tab.opened(address) as other:
            await other.go("library", library="Shared")
            assert other.wrong() == []

    run_apart(forge())
    assert files(home) == before


class Ear:
    """The socket of a tab, and all that came through it."""

    def __init__(self, socket: Any) -> None:
        self._socket, self.heard = socket, bytearray()

    async def send(self, data: bytes) -> None:
        await self._socket.send(data)

    async def recv(self, *, decode: bool) -> bytes:
        data: bytes = await self._socket.recv(decode=decode)
        self.heard += data
        return data


@pytest.mark.skipif(not WHOLE, reason="takes minutes: make reliability. In short: tests/ui/test_public_pages.py")
def test_no_id_from_disk_is_sent_on_any_page(server: tuple[str, psutil.Process, Path]) -> None:
    from core import Library

    address, _, home = server
    ids = Library(home / "libraries" / "Sample photos").items()["id"].to_pylist()

    async def walk() -> dict[str, bytes]:
        heard = {}
        for page in PAGES:
            async with Tab.opened(address) as tab:
                tab.socket = ear = Ear(tab.socket)
                await tab.go(page, timeout_s=300, library="Sample photos", q="a cat", classes="cat\ndog")
                heard[page] = bytes(ear.heard)
        return heard

    heard = run_apart(walk())
    assert all(len(data) > 5_000 for data in heard.values())
    assert {page for page, data in heard.items() for item_id in ids if item_id.encode() in data} == set()
    assert b"item:" in heard["distance"] and b'"cards"' in heard["search_images"], "there was something to tell"
