"""The form in which an administrator says who the office is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from core.errors import LuJianError, NotAllowedError, NotFoundError
from core.language import CONTENT_LANGUAGES, LANGUAGES
from layers.background.base_map import current_base_map
from people.access.permissions import Act, may
from people.office import change_office
from people.office.logo import MEDIA_TYPES, MOST_BYTES, clean_logo
from people.office.office import (
    LONG,
    NONE,
    PLAIN,
    WORDS,
    Office,
    note_office,
    set_by_operator,
    stored_office,
)
from serving.errors import status_of
from serving.guards import desk
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from web.desk.frame import desk_page
from wording.office.office_texts import default_text
from wording.office.office_words import field_words, office_sentence
from wording.office.plain_text import blocks_of

router = APIRouter(dependencies=[desk(Act.MANAGE_OFFICE)])
ROOM = "/w/desk/office"
#: In the order of the form; the long texts have pages of their own.
SHORT = tuple(name for name in WORDS if name not in LONG)
MOST_TYPED = 30_000
EXAMPLES = {
    "telephone": "12345",
    "email": "office@example.org",
    "icp": "京ICP备05000000号",
    "police_record": "京公网安备11010802000000号",
}
Typed = Mapping[str, str]


@router.get("/desk/office", response_class=HTMLResponse)
def office(here: Reader) -> Response:
    """Show what is filled in."""
    _check_everywhere(here)
    stored = _stored(here)
    return _page(here, stored, _typed_of(stored))


@router.post("/desk/office", response_class=HTMLResponse)
async def save(here: Reader, request: Request) -> Response:
    """Save what is typed."""
    async with request.form(max_files=0, max_fields=100) as sent:
        typed = _typed_from(sent)
        version = str(sent.get("version") or "")
    return await in_turn(here.room.writing, _save, here, typed, version)


@router.post("/desk/office/logo", response_class=HTMLResponse)
async def save_logo(here: Reader, request: Request) -> Response:
    """Give the office a logo, or take it away."""
    async with request.form(max_files=1, max_fields=10) as sent:
        file = sent.get("logo")
        data = await file.read(MOST_BYTES + 1) if isinstance(file, UploadFile) else b""
        version, removed = str(sent.get("version") or ""), bool(sent.get("remove"))
    return await in_turn(here.room.cleaning, _save_logo, here, data, version, removed)


def _check_everywhere(here: Visit) -> None:
    """Raise ``NotFoundError`` for whoever administers a part of the platform alone."""
    if not may(here.actor, Act.MANAGE_OFFICE):
        raise NotFoundError(kind="page")


def _save(here: Visit, typed: Typed, version: str) -> Response:
    words = {name: {lang: typed[f"{name}_{lang}"] for lang in CONTENT_LANGUAGES} for name in WORDS}
    plain = {name: typed[name] for name in PLAIN}
    return _done(
        here,
        lambda: here.write(change_office.change_office, words, plain, version=version, now=now()),
        typed,
    )


def _save_logo(here: Visit, data: bytes, version: str, removed: bool) -> Response:
    def change() -> Office:
        logo = None if removed else clean_logo(data)
        return here.write(change_office.change_logo, logo, version=version, now=now())

    return _done(here, change, None)


def _done(here: Visit, change: Callable[[], Office], typed: Typed | None) -> Response:
    """Change the office; what was refused is shown again with the reason."""
    try:
        note_office(here.room.database, change())
    except (NotFoundError, NotAllowedError):
        raise
    except LuJianError as error:
        stored = _stored(here)
        return _page(here, stored, typed or _typed_of(stored), error=error)
    return RedirectResponse(f"{ROOM}?done=saved", status_code=303)


def _stored(here: Visit) -> Office:
    with here.room.database.reading() as session:
        return stored_office(session)


def _typed_of(stored: Office) -> Typed:
    words = {
        f"{name}_{lang}": stored.words.get(name, {}).get(lang, "")
        for name in WORDS
        for lang in CONTENT_LANGUAGES
    }
    return {**words, **{name: stored.plain.get(name, "") for name in PLAIN}}


def _typed_from(sent: FormData) -> Typed:
    return {name: str(sent.get(name) or "")[:MOST_TYPED] for name in _typed_of(Office())}


def _page(
    here: Visit, stored: Office, typed: Typed, *, error: LuJianError | None = None
) -> HTMLResponse:
    held = _typed_of(stored)
    other = {name: held[name] for name in held if error and held[name] != typed[name]}
    return desk_page(
        here,
        "office_form.html",
        room="office",
        status=status_of(error) if error else 200,
        problem=office_sentence(error, here.words) if error else "",
        done=here.request.query_params.get("done", "") if not error else "",
        typed=typed,
        other=other if error and error.params.get("reason") == "stale" else {},
        version=stored.version,
        logo=stored.logo,
        names=field_words(here.words),
        languages={lang: LANGUAGES[lang] for lang in CONTENT_LANGUAGES},
        short={name: WORDS[name] for name in SHORT},
        plain=PLAIN,
        examples=EXAMPLES,
        long={name: WORDS[name] for name in LONG},
        defaults={name: _default(here, name) for name in LONG},
        operator=_typed_of(set_by_operator(here.room.settings)),
        nothing=NONE,
        logo_types=MEDIA_TYPES,
    )


def _default(here: Visit, name: str) -> Any:
    text = default_text(
        name,
        here.office,
        here.room.settings,
        current_base_map(here.room.database, here.room.settings),
        here.words,
        here.lang,
    )
    return blocks_of(text)
