"""API tokens: ``Authorization: Bearer lj_…`` at the API and at the pages, instead of cookies."""

from __future__ import annotations

from datetime import UTC, datetime

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from core.database import Database
from core.errors import UnavailableError
from people.accounts.api_tokens import find_token
from serving.errors import answer, status_of


class TokenMiddleware:
    """Looks up a bearer token before anything else; one that does not hold is answered 401.

    What a program asks for must not be answered as if it had asked as nobody. Whoever comes with a
    token comes without a device: its cookies count for nothing, so no other site can make a
    browser send one. Other schemes (a proxy's own password, say) pass by.
    """

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app, self._database = app, database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        given = Headers(scope=scope).get("authorization", "") if scope["type"] == "http" else ""
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer":
            await self._app(scope, receive, send)
            return
        try:
            acting = await to_thread.run_sync(self._look_up, token.strip())
        except UnavailableError as error:
            await answer(status_of(error), error.code)(scope, receive, send)
            return
        if acting is None:
            refusal = answer(401, "bad_token")
            refusal.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            await refusal(scope, receive, send)
            return
        scope = {**scope, "state": {**scope.get("state", {}), "acting": acting}}
        await self._app(scope, receive, send)

    def _look_up(self, token: str) -> object:
        return find_token(self._database, token, now=datetime.now(UTC))
