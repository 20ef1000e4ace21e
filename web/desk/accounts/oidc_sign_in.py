"""The ways in by OpenID Connect: to the provider, and back from it to the desk."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from core import errors
from core.errors import SignInProblem, WrongSignInError
from people.accounts import oidc_login
from people.accounts.oidc_client import (
    FLOW_S,
    FORMER_CALLBACK,
    OidcClient,
    new_flow,
    opened_flow,
    sealed_flow,
)
from people.accounts.oidc_providers import NAME
from people.accounts.user_agent import device_name
from serving.errors import status_of
from serving.guards import PUBLIC
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from web.desk.accounts.sign_in import DESK, let_in, no_key_sentence, sign_in_page
from wording import error_messages

router = APIRouter(dependencies=[PUBLIC])
Key = Annotated[str, Path(max_length=40)]
Told = Annotated[str, Query(max_length=4000)]
PATH = "/w/desk/oidc"
#: Keeps a sign-in that has begun, in the browser in which it has.
FLOW_COOKIE = "lujian_oidc"


@router.get("/desk/oidc/{provider}/start")
async def start(here: Reader, provider: Key) -> Response:
    """Lead to a provider. Raises ``NotFoundError`` for one that is not set up."""
    client = _client(here, provider)
    flow = new_flow(provider, client.redirect_uri(here.base_url))
    try:
        cookie = sealed_flow(here.room.settings.secret_key, flow)
        address = await client.begin(flow)
    except (WrongSignInError, errors.NoKeyError) as error:
        return await to_thread.run_sync(_refused, here, error)
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(
        FLOW_COOKIE,
        cookie,
        max_age=FLOW_S,
        path=PATH,
        httponly=True,
        samesite="lax",
        secure=here.request.url.scheme == "https",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/desk/oidc/{provider}/callback")
async def callback(
    here: Reader, provider: Key, code: Told = "", state: Told = "", iss: Told = ""
) -> Response:
    """Take a provider's answer to this browser, once, and begin a session.

    Raises ``NotFoundError`` for a provider that is not set up.
    """
    _client(here, provider)
    try:
        token = await _entered(here, provider, code, state, iss)
        answer = await to_thread.run_sync(let_in, here, token, DESK)
    except WrongSignInError as error:
        answer = await to_thread.run_sync(_refused, here, error)
    answer.delete_cookie(FLOW_COOKIE, path=PATH, httponly=True, samesite="lax")
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _entered(here: Visit, provider: str, code: str, state: str, issuer: str) -> str:
    """Return the token of a new session. Raises ``WrongSignInError``."""
    room, moment = here.room, now()
    kept = here.request.cookies.get(FLOW_COOKIE, "")
    flow = opened_flow(room.settings.secret_key, kept) if room.settings.secret_key else None
    if flow is None or not code or not flow.is_of(provider, state):
        raise WrongSignInError(problem=SignInProblem.EXPIRED)
    told = await room.oidc[provider].finish(flow, code, issuer)
    source = next(one for one in room.providers if one.key == provider)
    identity = oidc_login.identity_of(told, source.claim, now=moment)
    if identity is None:
        raise WrongSignInError(problem=SignInProblem.EXPIRED)
    device = device_name(here.request.headers.get("user-agent", ""))
    begin = partial(oidc_login.enter_once, state=state, device=device, now=moment)
    return await in_turn(room.writing, begin, room.database, source, identity)


def _client(here: Visit, provider: str) -> OidcClient:
    client = here.room.oidc.get(provider)
    if client is None:
        raise errors.NotFoundError(kind="page")
    return client


def _refused(here: Visit, error: errors.LuJianError) -> Response:
    said = error_messages.sentence_of(error, here.words)
    status = 503 if error.params.get("problem") == SignInProblem.AWAY else status_of(error)
    if isinstance(error, errors.NoKeyError):
        said = no_key_sentence(here)
    return sign_in_page(here, DESK, problem=said, status=status)


def former_routes() -> list[BaseRoute]:
    """Return the routes at the addresses of Streamlit's own sign-in, up to 0.5.0.

    Providers may know ``/oauth2callback`` alone: it leads on to the provider that the state names.
    Streamlit's own ways in and out are closed.
    """
    return [
        Route(FORMER_CALLBACK, _lead_back),
        Route("/sign-in", _lead_to_sign_in),
        Route("/auth/{rest:path}", _closed, methods=["GET", "POST"]),
    ]


def _lead_back(request: Request) -> Response:
    key = request.query_params.get("state", "").partition(".")[0]
    if NAME.fullmatch(key) is None:
        return _closed(request)
    answer = RedirectResponse(f"{PATH}/{key}/callback?{request.url.query}", status_code=303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _lead_to_sign_in(_request: Request) -> Response:
    return RedirectResponse("/w/desk/sign-in", status_code=303)


def _closed(_request: Request) -> Response:
    return PlainTextResponse("Not Found", status_code=404)
