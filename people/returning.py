"""Writes down whose sign-in a provider has just answered, before the browser hears of it.

Streamlit takes the provider's answer at ``/oauth2callback``, checks it with the provider itself,
and signs the identity into a cookie. Whoever knew the key of that cookie could write one, too; but
a row comes only from here, and without one ``people.claims`` gives no ticket.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from database import Database
from people.claims import ENTRY_COOKIE, identity_mark, note_return

CALLBACK = "/oauth2callback"


class ReturnMiddleware:
    """Notes every answer that Streamlit has accepted, for the browser that it came to."""

    def __init__(
        self, app: ASGIApp, database: Database, now: Callable[[], datetime] | None = None
    ) -> None:
        self._app, self._database = app, database
        self._now = now or (lambda: datetime.now(UTC))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].endswith(CALLBACK):
            await self._app(scope, receive, send)
            return
        entry = HTTPConnection(scope).cookies.get(ENTRY_COOKIE, "")

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                mark = identity_mark(_cookies_set(Headers(raw=message["headers"])))
                if entry and mark is not None:
                    await to_thread.run_sync(self._note, entry, mark)
            await send(message)

        await self._app(scope, receive, send_noted)

    def _note(self, entry: str, mark: str) -> None:
        now = self._now()
        self._database.write(lambda session: note_return(session, entry, mark, now=now))


def _cookies_set(headers: Headers) -> dict[str, str]:
    """Return the cookies that an answer sets, as the browser will send them."""
    found: dict[str, str] = {}
    for line in headers.getlist("set-cookie"):
        try:
            found |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        except CookieError:
            continue
    return found
