"""Files are compressed once and kept, not at each request; Streamlit sends its own as they are.

Streamlit's front end is 2.7 MB of scripts, of which a phone needs 0.6 MB when they are compressed.
It leaves that to a server in front, because Starlette would compress anew for every visitor.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

import brotli
from anyio import sleep_forever, to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BELOW = ("/assets/", "/static/", "/component/")
_TEXT = (".js", ".css", ".json", ".svg", ".map")
LEAST_BYTES = 600
_HASHED = re.compile(r"\.[0-9a-zA-Z_-]{8}\.(?:chunk\.)?(?:js|css)$")
_YEAR = "public, max-age=31536000, immutable"
#: Brotli at its best takes a second for Streamlit's largest script: that is done afterwards.
_QUICK, _BEST = 5, 11
_DROPPED = (b"accept-encoding", b"range", b"if-range")
Key = tuple[str, str, str]


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def _brotli(body: bytes, quality: int = _QUICK) -> bytes:
    return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality))


CODINGS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}


class PackingMiddleware:
    """Answers requests for scripts and styles with bytes packed before.

    The application below is asked for the head of each answer, so that its ETag, its caching and
    its refusals stay its own. What is kept are files: as many as there are on disk.
    """

    def __init__(self, app: ASGIApp, below: tuple[str, ...] = BELOW) -> None:
        self._app = app
        self._below = below
        self._packed: dict[Key, bytes] = {}
        self._later: SimpleQueue[tuple[Key, bytes]] = SimpleQueue()
        Thread(target=self._better, name="packing", daemon=True).start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        coding = self._coding(scope)
        if coding is None:
            await self._app(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if pair[0] not in _DROPPED]
        plain = {**scope, "headers": headers}
        head = _Held()
        await self._app({**plain, "method": "HEAD"}, _patient, head)
        if not head.packable:
            await self._app(plain, receive, send)
            return
        key = (scope["path"], head.headers.get("etag", ""), coding)
        body = self._packed.get(key) or await self._pack(key, plain)
        await send({**head.start, "headers": _dressed(head.headers, scope["path"], coding, body)})
        await send({"type": "http.response.body", "body": body})

    def _coding(self, scope: Scope) -> str | None:
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        path = scope["path"]
        if not path.startswith(self._below) or not path.endswith(_TEXT):
            return None
        headers = Headers(scope=scope)
        accepted = headers.get("accept-encoding", "")
        known = {name.partition(";")[0].strip() for name in accepted.split(",")}
        return None if "range" in headers else next((one for one in CODINGS if one in known), None)

    async def _pack(self, key: Key, plain: Scope) -> bytes:
        whole = _Held()
        await self._app(plain, _patient, whole)
        packed = await to_thread.run_sync(CODINGS[key[2]], whole.body)
        if not whole.is_whole:
            return packed
        self._packed[key] = packed
        if key[2] == "br":
            self._later.put((key, whole.body))
        return packed

    def _better(self) -> None:
        while True:
            key, body = self._later.get()
            self._packed[key] = _brotli(body, _BEST)


async def _patient() -> Message:
    """Stand in for a visitor who never hangs up: what is kept for all must not be cut short."""
    await sleep_forever()
    raise AssertionError


class _Held:
    """Holds an answer instead of sending it."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    @property
    def headers(self) -> Headers:
        return Headers(raw=self.start["headers"])

    @property
    def is_whole(self) -> bool:
        """Tell whether all of it came: a file may be replaced while it is read."""
        return len(self.body) == int(self.headers.get("content-length", -1))

    @property
    def packable(self) -> bool:
        """Tell whether it is a whole file that packing makes smaller.

        Streamlit answers an unknown address with its page: that is no file.
        """
        kind = self.headers.get("content-type", "")
        large = int(self.headers.get("content-length", LEAST_BYTES)) >= LEAST_BYTES
        return self.start["status"] == 200 and large and not kind.startswith("text/html")


def _dressed(headers: Headers, path: str, coding: str, body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the head of the packed answer; the same file packed is the same only weakly."""
    told = MutableHeaders(raw=list(headers.raw))
    told["Content-Encoding"] = coding
    told["Content-Length"] = str(len(body))
    told["Vary"] = "Accept-Encoding"
    if "accept-ranges" in told:
        del told["accept-ranges"]
    if "etag" in told and not told["etag"].startswith("W/"):
        told["ETag"] = f"W/{told['etag']}"
    if path.startswith("/component/") and _HASHED.search(path):
        told["Cache-Control"] = _YEAR
    return told.raw
