"""Signing in and out, and the first change of a password."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote, urlencode

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core import errors
from people.access.permissions import Act, may_somewhere
from people.accounts import password_login, sessions
from people.accounts.account_list import own_account
from people.accounts.accounts import change_password
from people.accounts.known_devices import device_keys
from people.accounts.sessions import SESSION_COOKIE, SignedIn
from people.accounts.user_agent import device_name
from serving.context import signed_in_of
from serving.errors import status_of
from serving.guards import DEVICE, HAS_SESSION, PUBLIC, kept_by
from serving.visit import Reader, Visit, now, visit
from web.desk.frame import desk_page
from wording import error_messages
from wording.accounts import provider_sentence

router = APIRouter()
Typed = Annotated[str, Form(max_length=1000)]
Address = Annotated[str, Form(max_length=2000)]

DESK = "/w/desk"
ME = "/w/desk/me"
PASSWORD = "/w/desk/password"
BY_PROVIDER = "/w/desk/oidc"
#: Browsers take a backslash for a slash and leave out line breaks and tabs.
_LOCAL = re.compile(r"/(?!/)[^\\\x00-\x20\x7f]*")


def safe_next(address: str) -> str:
    """Return a path of this server; the desk for what is none."""
    return address if _LOCAL.fullmatch(address) else DESK


def signed_in(here: Visit) -> SignedIn:
    """Return who is signed in, on a route that is guarded by a session."""
    found = signed_in_of(here.request)
    assert found is not None
    return found


@router.get("/desk/sign-in", response_class=HTMLResponse, dependencies=[PUBLIC])
def ask(here: Reader, next: str = DESK) -> Response:
    """Show the form; whoever is signed in goes on to where they wanted."""
    found = signed_in_of(here.request)
    if found is None:
        return sign_in_page(here, next)
    wanted = safe_next(next)
    if wanted == DESK and not may_somewhere(here.actor, Act.SEE_DESK):
        wanted = ME
    to = f"{PASSWORD}?{urlencode({'next': wanted})}" if found.must_change else wanted
    return RedirectResponse(to, status_code=303)


async def _ask_again(request: Request, error: errors.LuJianError) -> Response:
    """Show the form with the login that was typed."""
    sent = await request.form(max_files=0, max_fields=10)
    login, next = (str(sent.get(name) or "")[:2_000] for name in ("login", "next"))
    here = await to_thread.run_sync(visit, request)
    said = error_messages.sentence_of(error, here.words)
    return sign_in_page(here, next, login=login, problem=said, status=status_of(error))


@router.post("/desk/sign-in", response_class=HTMLResponse, dependencies=[DEVICE])
@kept_by(_ask_again)
def sign_in(here: Reader, login: Typed = "", password: Typed = "", next: Address = "") -> Response:
    """Begin a session, or say that it cannot be."""
    room = here.room
    try:
        sessions.check_key(room.settings.secret_key)
        token = password_login.sign_in(
            room.database,
            room.door,
            login=login,
            password=password,
            address=here.address,
            device=_device(here),
            device_keys=device_keys(room.settings.secret_key, here.actor.device),
            now=now(),
        )
    except errors.NoKeyError:
        said = no_key_sentence(here)
        return sign_in_page(here, next, login=login, problem=said, status=503)
    except errors.LuJianError as error:
        said = error_messages.sentence_of(error, here.words)
        answer = sign_in_page(here, next, login=login, problem=said, status=status_of(error))
        return _retry_after(answer, error)
    ask_again = f"/w/desk/sign-in?{urlencode({'next': safe_next(next)})}"
    return let_in(here, token, ask_again)


@router.post("/desk/sign-out", dependencies=[DEVICE])
def sign_out(here: Reader) -> Response:
    """End this session."""
    _end_session(here)
    answer = RedirectResponse("/w/desk/sign-in", status_code=303)
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return answer


@router.get("/desk/password", response_class=HTMLResponse, dependencies=[HAS_SESSION])
def ask_password(here: Reader, next: str = DESK) -> Response:
    """Show the form for a new password, which must or may be chosen."""
    return password_page(here, next)


@router.post("/desk/password", response_class=HTMLResponse, dependencies=[HAS_SESSION])
def set_password(
    here: Reader,
    old: Typed = "",
    new: Typed = "",
    again: Typed = "",
    next: Address = "",
) -> Response:
    """Change the password; the sessions on other devices end."""
    who, moment = signed_in(here), now()
    try:
        if new != again:
            raise errors.BadPasswordError(problem=errors.PasswordProblem.TWICE)
        with here.room.door.guarding(f"password of {who.account_id}", now=moment):
            change_password(here.room.database, who, old, new, now=moment)
    except errors.LuJianError as error:
        said = error_messages.sentence_of(error, here.words)
        page = password_page(here, next, problem=said, status=status_of(error))
        return _retry_after(page, error)
    return RedirectResponse(safe_next(next), status_code=303)


def password_page(here: Visit, next: str, *, problem: str = "", status: int = 200) -> HTMLResponse:
    """Return the page with the form for a new password. Nothing typed is sent back."""
    who = signed_in(here)
    with here.room.database.reading() as session:
        login = own_account(session, who.account_id).login
    return desk_page(
        here,
        "password.html",
        room="me",
        status=status,
        must=who.must_change,
        login=login,
        next=safe_next(next),
        problem=problem,
    )


def sign_in_page(
    here: Visit, next: str, *, login: str = "", problem: str = "", status: int = 200
) -> HTMLResponse:
    """Return the page with the form to sign in and the ways in by providers."""
    return desk_page(
        here,
        "sign_in.html",
        room="sign_in",
        status=status,
        next=safe_next(next),
        login=login[:80],
        problem=problem,
        providers=_providers(here),
    )


def _providers(here: Visit) -> list[dict[str, str]]:
    """Return the ways in by an organisation's account: what each says, and where it leads."""
    return [
        {
            "said": provider_sentence(one, here.words),
            "address": f"{BY_PROVIDER}/{quote(one.key)}/start",
        }
        for one in here.room.providers
    ]


def no_key_sentence(here: Visit) -> str:
    """Say that nobody can sign in before the operator has set a key."""
    _ = here.words.gettext
    return _("Nobody can sign in yet: the operator has to set LUJIAN_SECRET_KEY.")


def _retry_after(answer: Response, error: errors.LuJianError) -> Response:
    """Say to programs, too, how long to wait."""
    if isinstance(error, errors.SlowedError):
        answer.headers["Retry-After"] = str(error.params["wait_s"])
    return answer


def let_in(here: Visit, token: str, to: str) -> Response:
    """Give the device its session, in the place of one that it had."""
    _end_session(here)
    answer = RedirectResponse(to, status_code=303)
    answer.set_cookie(
        SESSION_COOKIE,
        sessions.cookie_of(here.room.settings.secret_key, token),
        path="/",
        httponly=True,
        samesite="lax",
        secure=here.request.url.scheme == "https",
    )
    return answer


def _end_session(here: Visit) -> None:
    """End the session that the device has, if any."""
    if (found := signed_in_of(here.request)) is not None:
        here.write(sessions.end_session, found.session_id, now=now())


def _device(here: Visit) -> str:
    return device_name(here.request.headers.get("user-agent", ""))
