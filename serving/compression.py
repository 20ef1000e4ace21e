"""Fixed files are compressed once, not at each request; Streamlit sends its own as they are.

Streamlit's front end is 2.7 MB of scripts, of which a phone needs 0.6 MB when they are compressed.
It leaves that to a server in front, because Starlette would compress anew for every visitor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from anyio import Lock, sleep_forever, to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.worker import SerialWorker
from serving.fixed_files import BEST, CODINGS, LEAST_BYTES, QUICK, fixed_addresses, prepared

_HASHED = re.compile(r"\.[0-9a-zA-Z_-]{8}\.(?:chunk\.)?(?:js|css)$")
_YEAR = "public, max-age=31536000, immutable"
_DROPPED = (b"accept-encoding", b"range", b"if-range")


@dataclass(frozen=True)
class _Packed:
    """A compressed file and the ETag of what was compressed."""

    etag: str
    body: bytes


class PackingMiddleware:
    """Answers requests for scripts and styles with bytes compressed before.

    The application below is asked for the head of each answer, so that its ETag, its caching and
    its refusals stay its own. ``fixed`` are the addresses of files; for any other address nothing
    is compressed or kept, so there is never more of that than files on disk.
    """

    def __init__(self, app: ASGIApp, fixed: frozenset[str] | None = None) -> None:
        self._app = app
        self._fixed = fixed_addresses() if fixed is None else fixed
        self._kept: dict[tuple[str, str], _Packed] = {}
        self._turn = Lock()
        self._later = SerialWorker("packing", failed="a file could not be compressed further")

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
        body = await self._packed(head.headers.get("etag", ""), coding, plain)
        await send({**head.start, "headers": _dressed(head.headers, scope["path"], coding, body)})
        await send({"type": "http.response.body", "body": body})

    def _coding(self, scope: Scope) -> str | None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in self._fixed:
            return None
        headers = Headers(scope=scope)
        accepted = headers.get("accept-encoding", "")
        known = {name.partition(";")[0].strip() for name in accepted.split(",")}
        return None if "range" in headers else next((one for one in CODINGS if one in known), None)

    async def _packed(self, etag: str, coding: str, plain: Scope) -> bytes:
        """Return the compressed file; who asks while it is compressed waits for the same."""
        key = (plain["path"], coding)
        kept = self._kept.get(key)
        if kept is None or kept.etag != etag:
            async with self._turn:
                kept = self._kept.get(key)
                if kept is None or kept.etag != etag:
                    return await self._pack(etag, coding, plain)
        return kept.body

    async def _pack(self, etag: str, coding: str, plain: Scope) -> bytes:
        whole = _Held()
        await self._app(plain, _patient, whole)
        ready = await to_thread.run_sync(prepared, whole.body, coding)
        if ready is None:
            body = await to_thread.run_sync(partial(CODINGS[coding], whole.body, QUICK))
        else:
            body = ready
        if whole.is_whole:
            self._kept[plain["path"], coding] = _Packed(etag, body)
            if coding == "br" and ready is None:
                self._later.submit(self._better, plain["path"], coding, etag, whole.body)
        return body

    def _better(self, path: str, coding: str, etag: str, body: bytes) -> None:
        packed = _Packed(etag, CODINGS[coding](body, BEST))
        if self._kept[path, coding].etag == etag:
            self._kept[path, coding] = packed


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
