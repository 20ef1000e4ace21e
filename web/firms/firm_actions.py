"""What a firm sends: yes to the terms, a question, a scheme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from core import errors
from geo.reading.limits import form_limits
from geo.reading.table import ALL_LAYERS
from layers.read_upload import MOST_MB, read_file
from packs.links import accept_terms, open_row
from packs.questions import ask_question
from packs.schemes import Sent, hand_back_layer, hand_back_pdf
from people.access.rate_limit import LimitKind
from serving import attempts
from serving.errors import status_of
from serving.guards import DEVICE
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from web.desk.posted_form import token_of
from web.firms.firm_page import PATH, Key, room_page, terms_digest
from wording.packs.desk_words import pack_sentence

router = APIRouter(dependencies=[DEVICE])
MOST_FIELDS = 20
TYPED = ("note", "crs", "encoding", "token", "unit")
_PDF = b"%PDF-"


@router.post("/firm/{key}/accept")
def accept(here: Reader, key: Key, name: Annotated[str, Form(max_length=300)] = "") -> Response:
    """Accept the terms by name."""
    digest = terms_digest(here)
    act = lambda: here.write(accept_terms, key, name=name, terms=digest, now=now())  # noqa: E731
    return _done(here, key, "terms", act, {"name": name})


@router.post("/firm/{key}/ask")
def ask(
    here: Reader, key: Key, text: Annotated[str, Form()] = "", token: Annotated[str, Form()] = ""
) -> Response:
    """Ask the office something."""

    def act() -> None:
        with attempts.attempt(here, LimitKind.COMMENT):
            here.write(ask_question, key, text=text, token=token_of(token), now=now())

    return _done(here, key, "questions", act, {"text": text, "token": token})


@router.post("/firm/{key}/schemes")
async def hand_back(here: Reader, request: Request, key: Key) -> Response:
    """Take a scheme: a file with geometries, or a PDF."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
        file = sent.get("file")
        data = await file.read(MOST_MB * 2**20 + 1) if isinstance(file, UploadFile) else b""
        name = str(file.filename or "") if isinstance(file, UploadFile) else ""
        return await in_turn(here.room.reading, _take, here, key, sent, name, data)


def _take(here: Visit, key: str, sent: FormData, name: str, data: bytes) -> Response:
    told = {
        one: str(sent.get(one) or "")[:2_100]
        for one in ("note", "crs", "encoding", "token", "unit")
    }

    def act() -> None:
        with here.room.database.reading() as session:  # before anything is read
            open_row(session, here.actor, key, now=now())
        with attempts.attempt(here, LimitKind.HAND_BACK):
            _keep(here, key, told, name, data)

    return _done(here, key, "schemes", act, told)


def _keep(here: Visit, key: str, told: dict[str, str], name: str, data: bytes) -> None:
    """Read a scheme and keep it. Raises ``BadFileError`` for what cannot be read."""
    sent = Sent.of(name, data, told["note"], token_of(told["token"]))
    if not data:
        raise errors.BadFileError(reason="no file", problem=errors.FileProblem.ABSENT)
    if name.lower().endswith(".pdf"):
        _keep_pdf(here, key, sent, data)
        return
    read = read_file(
        name,
        data,
        crs=told["crs"],
        encoding=told["encoding"],
        unit=told["unit"],
        layers=(ALL_LAYERS,),
        limits=form_limits(here.settings),
    )
    here.write(hand_back_layer, key, sent, read, now=now())


def _keep_pdf(here: Visit, key: str, sent: Sent, data: bytes) -> None:
    """Keep a PDF as it is: nothing here opens it."""
    if not data.startswith(_PDF) or len(data) > MOST_MB * 2**20:
        raise errors.BadFileError(reason="pdf", problem=errors.FileProblem.UNREADABLE)
    file = here.room.packs.keep(data, "pdf")
    here.write(hand_back_pdf, key, sent, file, now=now())


def _done(
    here: Visit, key: str, what: str, act: Callable[[], Any], typed: dict[str, str]
) -> Response:
    """Do what was sent and show the room; what is refused stands there as it was typed."""
    try:
        act()
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said = pack_sentence(error, here.words, here.lang)
        return room_page(here, key, status=status_of(error), problems={what: said}, typed=typed)
    return RedirectResponse(f"{PATH}/{key}#{what}", status_code=303)
