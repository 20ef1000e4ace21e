"""A visitor without a browser: speaks Streamlit's websocket protocol and times script runs.

A run is what a browser sets off with one ``rerun_script``: the server answers with deltas and
``script_finished``. The visitor keeps the value of the map as a browser would, so that a tap makes
the server do everything a resident's tap makes it do.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from people.access.device_cookie import COOKIE

MAP_COMPONENT = "streamlit_folium.st_folium"
_ENDS = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR}


@dataclass
class Run:
    """One script run as the visitor saw it.

    ``alerts`` are the sentences in coloured boxes, ``headings`` those of what folds away;
    ``waiting``: something is being worked out.
    """

    seconds: float = 0.0
    scripts: int = 0
    messages: int = 0
    received_bytes: int = 0
    map_id: str = ""
    waiting: bool = False
    alerts: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def take(self, message: ForwardMsg) -> bool:
        """Note one message; return whether it ends the run."""
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._take_element(message.delta.new_element)
            if message.delta.add_block.HasField("expandable"):
                self.headings.append(message.delta.add_block.expandable.label)
        elif kind == "new_session":
            self.alerts.clear()
            self.headings.clear()
        elif kind == "session_event":
            self.failures.append(str(message.session_event)[:200])
        elif kind == "script_finished":
            self.scripts += 1
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self.failures.append("the script does not compile")
            return message.script_finished in _ENDS
        return False

    def _take_element(self, element: object) -> None:
        kind = element.WhichOneof("type")  # type: ignore[attr-defined]
        if kind == "alert":
            self.alerts.append(element.alert.body)  # type: ignore[attr-defined]
        elif kind == "exception":
            self.failures.append(element.exception.message)  # type: ignore[attr-defined]
        elif kind == "progress":
            self.waiting = True
        elif kind == "component_instance":
            part = element.component_instance  # type: ignore[attr-defined]
            if part.component_name == MAP_COMPONENT:
                self.map_id = part.id


class Visitor:
    """One open page: ``async with Visitor(url, campaign="bike-parking") as visitor``."""

    def __init__(self, url: str, *, page: str = "", timeout_s: float = 120.0, **query: str) -> None:
        self._address = f"ws://{urlsplit(url).netloc}/_stcore/stream"
        self._query, self._page = urlencode(query), page
        self._timeout_s = timeout_s
        self._cookie = f"{COOKIE}={secrets.token_urlsafe(24)}"
        self._socket: ClientConnection | None = None
        self._map_id = ""
        self._tapped: str | None = None

    async def __aenter__(self) -> Visitor:
        """Open the connection."""
        self._socket = await connect(
            self._address,
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": self._cookie},
            max_size=None,
            open_timeout=self._timeout_s,
            ping_interval=None,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        if self._socket is not None:
            await self._socket.close()

    async def tap(self, longitude: float, latitude: float) -> Run:
        """Tap the map (WGS 84 degrees); the page must have been loaded."""
        self._tapped = json.dumps({"last_clicked": {"lat": latitude, "lng": longitude}})
        return await self.rerun()

    def ask(self, **query: str) -> None:
        """Let the address say something else from the next run on."""
        self._query = urlencode(query)

    async def rerun(self) -> Run:
        """Run the script with the widgets as they stand, until it has finished."""
        return await asyncio.wait_for(self._rerun(), self._timeout_s)

    async def _rerun(self) -> Run:
        assert self._socket is not None
        request = BackMsg()
        request.rerun_script.query_string = self._query
        request.rerun_script.page_name = self._page
        if self._tapped is not None:
            widget = request.rerun_script.widget_states.widgets.add()
            widget.id, widget.json_value = self._map_id, self._tapped
        run = Run()
        started = time.perf_counter()
        await self._socket.send(request.SerializeToString())
        finished = False
        while not finished:
            data = await self._socket.recv()
            assert isinstance(data, bytes)
            run.messages += 1
            run.received_bytes += len(data)
            finished = run.take(ForwardMsg.FromString(data))
        run.seconds = time.perf_counter() - started
        self._map_id = run.map_id or self._map_id
        return run


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used so far, of all its threads (Linux)."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def machine_cpu_seconds() -> float:
    """Return the processor time that everything on this machine has used (Linux)."""
    user, nice, system, _idle, _wait, *rest = Path("/proc/stat").read_text().split()[1:8]
    ticks = sum(int(value) for value in (user, nice, system, *rest))
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Return the memory a process holds now, in MB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return float("nan")
