"""The page while the database or the disk is in trouble: what was typed can be sent again.

It asks the database nothing, not even who is reading.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import FormData, UploadFile

from core import errors
from serving.errors import outage_in, status_of
from serving.guards import has_sender
from serving.sender_check import check_sender
from serving.visit import Visit, stranger
from wording import error_messages

#: Fields of passwords: they never stand in a page.
SECRET = {"password", "old", "new", "again"}
MOST_FILES, MOST_FIELDS, MOST_KEPT = 40, 1_000, 100_000


async def on_outage(request: Request, error: Exception) -> Response:
    """Say in the reader's language that it does not work just now, and keep what was sent."""
    assert isinstance(error, errors.UnavailableError)
    here, status = stranger(request), status_of(error)
    said = error_messages.sentence_of(error, here.words)
    if here.wants_json:
        return JSONResponse({"sentence": said, "code": error.code}, status)
    heading = here.words.gettext("This does not work just now")
    if request.method != "POST":
        again = {"address": here.address_here, "name": here.words.gettext("Try again")}
        return here.notice(heading, said, status=status, links=(again,))
    sent = await _sent(request) if _is_ours(request) else FormData()
    said = " ".join(filter(None, (said, _files_said(here, sent))))
    return here.notice(heading, said, status=status, kept=_longest(sent), again=_fields(sent))


def _is_ours(request: Request) -> bool:
    """Tell whether a page of ours sent it: what another site wrote must not be sent by ours."""
    try:
        check_sender(request)
    except errors.NotAllowedError:
        return False
    return has_sender(request)


async def on_system(request: Request, error: Exception) -> Response:
    """Answer a disk in trouble; every other error of the system is a fault of ours."""
    if (outage := outage_in(error)) is None:
        raise error
    return await on_outage(request, outage)


async def _sent(request: Request) -> FormData:
    """Return the form, which may have been read already; empty where it cannot be read."""
    try:
        return await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
    except Exception:  # a body that broke off, or what was read of it before the disk was full
        return FormData()


def _texts(sent: FormData) -> list[tuple[str, str]]:
    return [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]


def _files(sent: FormData) -> list[str]:
    return [
        name for name, value in sent.multi_items() if isinstance(value, UploadFile) and value.size
    ]


def _fields(sent: FormData) -> tuple[tuple[str, str], ...]:
    """Return what can be sent again as it was: no passwords, and nothing that needs its file."""
    texts = _texts(sent)
    secret = any(name in SECRET for name, _ in texts)
    needed = any(name != "photo" for name in _files(sent))
    if secret or needed or sum(len(value) for _, value in texts) > MOST_KEPT:
        return ()
    return tuple(texts)


def _longest(sent: FormData) -> str:
    """Return the longest of what was typed, to be copied; not a token, and no password."""
    typed = [
        value
        for name, value in _texts(sent)
        if name not in SECRET and (" " in value.strip() or not value.isascii())
    ]
    return max(typed, key=len, default="")[:MOST_KEPT]


def _files_said(here: Visit, sent: FormData) -> str:
    if not _files(sent):
        return ""
    return here.words.gettext("Photos and files have to be chosen again.")
