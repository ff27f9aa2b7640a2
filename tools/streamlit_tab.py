"""A browser tab of a Streamlit app without the browser: it speaks the protocol of the websocket, and draws nothing.

What a browser does, it does too: it keeps the states of the widgets and the address, sends them all with each run,
keeps large messages of the last runs so that they are not sent again, and drops the elements that a run did not send.
Read from `streamlit/proto/*.proto` and `streamlit/web/server/starlette/starlette_websocket.py` of Streamlit 1.67.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

_ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
_KEPT_RUNS = 2  # as a browser keeps what was sent


@dataclass(slots=True)
class Tab:
    """One visit. query: what the address bar says behind the question mark. received: bytes, in all. pages: the last
    part of each page's address, the one that opens first as "".
    """

    socket: ClientConnection
    query: dict[str, str] = field(default_factory=dict)
    received: int = 0
    pages: list[str] = field(default_factory=list)
    _states: dict[str, WidgetState] = field(default_factory=dict)
    _elements: dict[tuple[int, ...], tuple[int, str, Element]] = field(default_factory=dict)  # run, fragment, element
    _kept: dict[str, tuple[int, ForwardMsg]] = field(default_factory=dict)
    _page: str = ""
    _runs: int = 0

    @classmethod
    @asynccontextmanager
    async def opened(cls, address: str) -> AsyncIterator[Self]:
        """A tab at an app; address: as http://localhost:8501. Raises OSError where nobody answers there."""
        stream = address.replace("http", "ws", 1) + "/_stcore/stream"
        async with connect(stream, subprotocols=["streamlit"], max_size=None, compression=None) as socket:
            yield cls(socket)

    async def go(self, page: str, *, timeout_s: float = 60.0, **query: str) -> float:
        """Opens a page of the app by the last part of its address, with more in the link; seconds until it stands."""
        self.query |= query
        self._states.clear()
        return await self._run(BackMsg(), timeout_s, page=page)

    async def type_into(self, label: str, text: str, *, parameter: str, timeout_s: float = 60.0) -> float:
        """Types into the text field of that label, which the link holds as `parameter`; seconds until the answer."""
        element = self.text_field(label)
        self.query[parameter] = text
        return await self._set(WidgetState(id=element.text_input.id, string_value=text), element, timeout_s)

    async def press(self, label: str, timeout_s: float = 60.0) -> float:
        """Presses the button of that label; seconds until the page stands, where work may just have begun. Raises
        LookupError."""
        element = self._found(
            entry for entry in self.elements() if entry.HasField("button") and entry.button.label == label
        )
        try:
            return await self._set(WidgetState(id=element.button.id, trigger_value=True), element, timeout_s)
        finally:
            self._states.pop(element.button.id, None)  # it is pressed once

    async def tell(self, component: str, timeout_s: float = 60.0, **state: Any) -> float:
        """Sets state of a component (v2), as its `setStateValue` does; seconds until the answer."""
        element = self.component(component)
        return await self._set(
            WidgetState(id=element.bidi_component.id, json_value=json.dumps(state)), element, timeout_s
        )

    def text_field(self, label: str) -> Element:
        """Raises LookupError where there is none."""
        return self._found(
            element
            for element in self.elements()
            if element.HasField("text_input") and element.text_input.label == label
        )

    def component(self, name: str) -> Element:
        """The first component (v2) of that name. Raises LookupError where there is none."""
        return self._found(
            element
            for element in self.elements()
            if element.HasField("bidi_component") and element.bidi_component.component_name.endswith(name)
        )

    def elements(self) -> list[Element]:
        """All that stands on the page and in the sidebar."""
        return [element for _, _, element in self._elements.values()]

    @property
    def is_busy(self) -> bool:
        """Whether the page shows a bar of progress."""
        return any(element.HasField("progress") for element in self.elements())

    def wrong(self) -> list[str]:
        """Exceptions and errors that the page shows."""
        exceptions = [entry.exception for entry in self.elements() if entry.HasField("exception")]
        alerts = [entry.alert for entry in self.elements() if entry.HasField("alert")]
        return [entry.message or entry.type for entry in exceptions] + [
            entry.body for entry in alerts if entry.format == Alert.ERROR
        ]

    def _found(self, elements: Iterator[Element]) -> Element:
        element = next(elements, None)
        if element is None:
            raise LookupError(f"It is not on the page, which says: {self.wrong() or 'nothing wrong'}")
        return element

    async def _set(self, state: WidgetState, element: Element, timeout_s: float) -> float:
        self._states[state.id] = state
        fragment = next(name for _, name, entry in self._elements.values() if entry is element)
        message = BackMsg()
        message.rerun_script.fragment_id = fragment  # "" outside a fragment: the whole page runs
        return await self._run(message, timeout_s)

    async def _run(self, message: BackMsg, timeout_s: float, page: str | None = None) -> float:
        """Sends what a browser sends for a run, and reads until the run has ended. Raises TimeoutError."""
        request = message.rerun_script
        request.query_string = urlencode(self.query)
        request.widget_states.widgets.extend(self._states.values())
        request.cached_message_hashes.extend(self._kept)
        request.context_info.url = "http://localhost"
        if page is not None:
            request.page_name = page
        else:
            request.page_script_hash = self._page
        self._runs += 1
        began = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        async with asyncio.timeout(timeout_s):
            while not self._ended(await self._next()):
                pass
        elapsed = time.perf_counter() - began
        self._forget(whole_image=not request.fragment_id)
        return elapsed

    async def _next(self) -> ForwardMsg:
        data = await self.socket.recv(decode=False)
        self.received += len(data)
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "ref_hash":
            cached = ForwardMsg()
            cached.CopyFrom(self._kept[message.ref_hash][1])
            cached.metadata.CopyFrom(message.metadata)
            self._kept[message.ref_hash] = (self._runs, self._kept[message.ref_hash][1])
            return cached
        if message.metadata.cacheable:
            self._kept[message.hash] = (self._runs, message)
        return message

    def _ended(self, message: ForwardMsg) -> bool:
        """Takes a message in; True where it ends the run that was asked for."""
        kind = message.WhichOneof("type")
        if kind == "delta":
            path = tuple(message.metadata.delta_path)
            if message.delta.HasField("new_element"):
                self._elements[path] = (self._runs, message.delta.fragment_id, message.delta.new_element)
            else:
                self._elements.pop(path, None)
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash
            pages = [page for page in message.navigation.app_pages if not page.is_hidden]
            self.pages = ["" if page.is_default else page.url_pathname or page.page_name for page in pages]
        elif kind == "page_info_changed":
            self.query = dict(parse_qsl(message.page_info_changed.query_string))
        return kind == "script_finished" and message.script_finished in _ENDS

    def _forget(self, *, whole_image: bool) -> None:
        """Drops elements that a run of the whole page did not send, and messages that no run used of late."""
        if whole_image:
            self._elements = {path: element for path, element in self._elements.items() if element[0] == self._runs}
            there = {element.bidi_component.id or element.text_input.id for element in self.elements()}
            self._states = {name: state for name, state in self._states.items() if name in there}
        self._kept = {name: element for name, element in self._kept.items() if element[0] > self._runs - _KEPT_RUNS}
