"""What a page weighs: every byte and every request that Chromium needed for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page

KB = 1000
#: A page is there when nothing has been under way for this long.
_QUIET_S = 1.5


@dataclass
class Scale:
    """Counts what comes over the line from now on; bytes as sent, with headers and compressed."""

    page: Page
    moved: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    socket_bytes: int = 0

    def __post_init__(self) -> None:
        self._under_way: dict[str, str] = {}
        self._last = time.monotonic()
        self.wire: CDPSession = self.page.context.new_cdp_session(self.page)
        self.wire.send("Network.enable")
        self.wire.on("Network.requestWillBeSent", self._begun)
        self.wire.on("Network.loadingFinished", self._finished)
        self.wire.on("Network.loadingFailed", self._failed)
        self.wire.on("Network.webSocketFrameReceived", self._heard)

    @classmethod
    def of(cls, context: BrowserContext, address: str) -> Scale:
        """Open a page, wait until it is all there, close it again, and return what it weighed."""
        page = context.new_page()
        scale = cls(page)
        page.goto(address)
        scale.wait()
        page.close()
        return scale

    @property
    def kilobytes(self) -> float:
        """Everything received, the websocket's messages among it; 1 kB is 1,000 bytes."""
        return (sum(self.moved.values()) + self.socket_bytes) / KB

    @property
    def requests(self) -> int:
        """How many went over the line; what the browser still held counts for nothing."""
        return sum(size > 0 for size in self.moved.values())

    def wait(self, timeout_s: float = 60.0) -> None:
        """Wait until nothing has been under way for a moment."""
        deadline = time.monotonic() + timeout_s
        while self._under_way or time.monotonic() - self._last < _QUIET_S:
            if time.monotonic() > deadline:
                raise TimeoutError(f"still loading: {sorted(self._under_way.values())}")
            self.page.wait_for_timeout(100)

    def heaviest(self, most: int = 12) -> list[tuple[str, int]]:
        """Return addresses with their bytes, the heaviest first."""
        found = sorted(self.moved.items(), key=lambda item: -item[1])[:most]
        return [(self.kinds[name], size) for name, size in found]

    def _begun(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self._under_way[event["requestId"]] = event["request"]["url"]
            self._last = time.monotonic()

    def _finished(self, event: dict[str, Any]) -> None:
        address = self._under_way.pop(event["requestId"], None)
        if address is not None:
            self.moved[event["requestId"]] = int(event["encodedDataLength"])
            self.kinds[event["requestId"]] = address
            self._last = time.monotonic()

    def _failed(self, event: dict[str, Any]) -> None:
        if self._under_way.pop(event["requestId"], None) is not None:
            self._last = time.monotonic()

    def _heard(self, event: dict[str, Any]) -> None:
        """A message of the websocket: its text, or its bytes in base64."""
        frame = event["response"]
        length = len(frame["payloadData"])
        self.socket_bytes += length * 3 // 4 if frame["opcode"] == 2 else length
        self._last = time.monotonic()
