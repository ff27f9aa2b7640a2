"""The first request of a fresh server is a link to a page. Streamlit then runs the page's file without `app.py`.

A few pages are opened in the browser; all others by what the browser would send, in a third of the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from serving import free_port, served_anew
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.RootContainer_pb2 import RootContainer
from websockets.sync.client import connect

from ui.shell.navigation import PAGES

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

LISTED = {name: page.title for name, page in PAGES.items() if page.is_listed}
FIRST = next(iter(PAGES))  # at the bare address
IN_THE_BROWSER = ["", FIRST, "search_images", "learn"]
OF_THE_SAMPLE = ["search_images", "explore", "distance"]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
def first_visitor(profile: BrowserContext, port: int, home: Path) -> Iterator[Visitor]:
    """Whoever visits a fresh server first."""
    with served_anew(home, port) as address:
        visitor = Visitor(address, profile.new_page())
        yield visitor
        visitor.check()
        visitor.leave()


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Three pages find the sample library there, the others nothing."""
    samples = request.node.callspec.params["name"] in OF_THE_SAMPLE
    return request.getfixturevalue("sample_home") if samples else tmp_path


@pytest.mark.parametrize("name", [name for name in PAGES if name not in IN_THE_BROWSER])
def test_a_fresh_server_answers_a_link_with_its_page(home: Path, port: int, name: str) -> None:
    with served_anew(home, port) as address:
        answer = first_answer(address, name)
    assert [status for status in map(finished, answer) if status is not None] == [ForwardMsg.FINISHED_SUCCESSFULLY]
    assert not any(message.WhichOneof("type") == "page_not_found" for message in answer)
    elements = [message.delta.new_element for message in answer if message.delta.HasField("new_element")]
    assert not any(element.WhichOneof("type") == "exception" for element in elements)
    titles = [element.heading.body for element in elements if element.heading.tag == "h1"]
    assert titles == [PAGES[name].heading or PAGES[name].title]
    navigation = [message.navigation for message in answer if message.WhichOneof("type") == "navigation"][-1]
    pages = {page.page_script_hash: page.page_name for page in navigation.app_pages if not page.is_hidden}
    assert len(pages) == len(LISTED) and pages.get(navigation.page_script_hash) == LISTED.get(name)
    sidebar = [message for message in answer if list(message.metadata.delta_path[:1]) == [RootContainer.SIDEBAR]]
    assert sidebar, "the sidebar is there too"


def first_answer(address: str, name: str) -> list[ForwardMsg]:
    """What the server sends to a browser that opens a link, until the page's script has ended."""
    ask = BackMsg(rerun_script=ClientState(page_name=name))
    answer: list[ForwardMsg] = []
    with connect(f"{address.replace('http', 'ws')}/_stcore/stream", max_size=None) as socket:
        socket.send(ask.SerializeToString())
        while not answer or finished(answer[-1]) is None:
            answer.append(ForwardMsg.FromString(bytes(socket.recv(60))))
    return answer


def finished(message: ForwardMsg) -> int | None:
    """How the script ended, if the message says that it did."""
    return message.script_finished if message.WhichOneof("type") == "script_finished" else None


@pytest.mark.parametrize("name", IN_THE_BROWSER)
def test_a_link_into_a_fresh_server_opens_its_page(first_visitor: Visitor, name: str) -> None:
    page, info = first_visitor.go(name).page, PAGES[name or FIRST]
    assert page.locator("h1").all_inner_texts() == [info.heading or info.title]
    links = page.get_by_test_id("stSidebarNavLink")
    assert links.count() == len(LISTED)
    here = page.locator("[data-testid=stSidebarNavLink][aria-current=page]")
    titles = here.get_by_test_id("stMarkdownContainer").all_inner_texts()
    assert [title.strip() for title in titles] == ([info.title] if info.is_listed else [])
    assert page.get_by_role("dialog").count() == 0, "the page was not found"
    assert page.get_by_text("Library", exact=True).count() > 1, "the sidebar is there too"
