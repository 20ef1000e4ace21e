"""What is sent about layers: a file to load, settings, who sees it, a newer file, its removal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from core import errors
from geo.datum.compare import KnownGround
from geo.reading.limits import form_limits
from layers.inspection import inspect_file
from layers.manage import edit_layer, remove_layer, restore_layer, show_layer
from layers.queries import layer_seen
from layers.read_choices import ReadChoices
from layers.read_upload import MOST_MB
from layers.sent_files import keep_sent_file
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from web.desk.frame import desk_page
from web.desk.layers.layer_fields import MOST_FIELDS, layer_texts, typed_fields
from web.desk.layers.layers_pages import PATH, file_choices, one_layer
from web.desk.layers.publishing import asks_first
from wording.layers import layer_sentence

#: What is wrong with a file only until somebody says how it is to be read.
_ASKED = (errors.FileProblem.ENCODING, errors.FileProblem.COORDINATES)
router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
Version = Annotated[str, Form(max_length=40)]


@router.get("/desk/layers/new", response_class=HTMLResponse, dependencies=[desk(Act.LOAD_LAYER)])
def new(here: Reader) -> Response:
    """Ask for a file."""
    return _new(here)


def _new(here: Visit, *, status: int = 200, problem: str = "") -> HTMLResponse:
    return desk_page(
        here, "layer_new.html", room="layers", status=status, problem=problem, **file_choices(here)
    )


@router.post("/desk/layers/new", dependencies=[desk(Act.LOAD_LAYER)])
async def load(here: Reader, request: Request) -> Response:
    """Take a file in and lead on to what was detected in it."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
        name, data = await _file(sent)
        return await in_turn(here.room.reading, _load, here, name, data)


def _load(here: Visit, name: str, data: bytes) -> Response:
    try:
        token = _taken(here, name, data, ReadChoices())
    except errors.LuJianError as error:
        said, status = layer_sentence(error, here.words), status_of(error)
        return _new(here, status=status, problem=said)
    return RedirectResponse(f"{PATH}/sent/{token}", status_code=303)


def _taken(
    here: Visit, name: str, data: bytes, choices: ReadChoices, layer_id: int | None = None
) -> str:
    """Keep a file that can be read until it is confirmed. Raises ``BadFileError`` for others.

    One whose characters or columns must be said first can be read as soon as they are.
    """
    limits = form_limits(here.room.settings)
    try:
        inspect_file(name, data, choices, KnownGround(), limits=limits)
    except errors.BadFileError as error:
        if error.problem not in _ASKED:
            raise
    return here.write(keep_sent_file, name, data, choices=choices, layer_id=layer_id, now=now())


@router.post("/desk/layers/{layer_id}/edit")
async def edit(here: Reader, request: Request, layer_id: Number) -> Response:
    """Save what is said of a layer, and which columns anybody may read."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as sent:
        typed = typed_fields(sent)
        typed["name_field"] = str(sent.get("name_field") or "")
        typed["public"] = [str(name) for name in sent.getlist("public")]
        version = str(sent.get("version") or "")[:40]
        confirmed = bool(sent.get("confirmed"))

    act = partial(
        edit_layer,
        texts=layer_texts(typed),
        name_field=typed["name_field"],
        public=typed["public"],
        version=version,
    )
    return await in_turn(here.room.writing, _edit, here, layer_id, act, typed, confirmed)


def _edit(
    here: Visit, layer_id: int, act: Callable[..., None], typed: dict[str, Any], confirmed: bool
) -> Response:
    """Save what is said of a layer; what everybody sees asks before it replaces another."""
    with here.room.database.reading() as session:
        shown = layer_seen(session, here.actor, layer_id).shown
    question = "" if confirmed else asks_first(here, layer_id, shown=shown, use=typed["use"])
    if question:
        return one_layer(here, layer_id, typed=typed, asks={"edit": question})
    return _done(here, layer_id, act, "edit", "saved", typed)


@router.post("/desk/layers/{layer_id}/show")
def show(
    here: Reader,
    layer_id: Number,
    shown: Annotated[str, Form(max_length=12)] = "",
    version: Version = "",
    confirmed: Annotated[str, Form(max_length=1)] = "",
) -> Response:
    """Choose who sees a layer; one that would replace a layer of the map is asked about first."""
    with here.room.database.reading() as session:
        layer = layer_seen(session, here.actor, layer_id)
    asks = layer.publishable and not confirmed
    question = asks_first(here, layer_id, shown=shown, use=layer.use) if asks else ""
    if question:
        return one_layer(here, layer_id, asks={"show": question})
    act = partial(show_layer, shown=shown, version=version)
    return _done(here, layer_id, act, "show", "shown")


@router.post("/desk/layers/{layer_id}/replace", dependencies=[desk(Act.LOAD_LAYER)])
async def replace(here: Reader, request: Request, layer_id: Number) -> Response:
    """Take in a newer file for a layer; the choices made for the one before are offered again."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
        name, data = await _file(sent)
        return await in_turn(here.room.reading, _replace, here, layer_id, name, data)


def _replace(here: Visit, layer_id: int, name: str, data: bytes) -> Response:
    with here.room.database.reading() as session:
        layer = layer_seen(session, here.actor, layer_id)
    if not layer.changeable:
        raise errors.NotAllowedError(action="change_layer")
    before = ReadChoices.from_json(layer.reading.get("choices", {}))
    try:
        token = _taken(here, name, data, _still_fits(here, name, data, before), layer_id)
    except errors.LuJianError as error:
        problems = {"replace": layer_sentence(error, here.words)}
        return one_layer(here, layer_id, status=status_of(error), problems=problems)
    return RedirectResponse(f"{PATH}/sent/{token}", status_code=303)


def _still_fits(here: Visit, name: str, data: bytes, before: ReadChoices) -> ReadChoices:
    """Return the choices of the file before, or none where this one cannot be read by them."""
    try:
        limits = form_limits(here.room.settings)
        inspect_file(name, data, before, KnownGround(), limits=limits)
    except errors.LuJianError:
        return ReadChoices()
    return before


@router.post("/desk/layers/{layer_id}/remove")
def remove(here: Reader, layer_id: Number, version: Version = "") -> Response:
    """Take a layer away."""
    return _done(here, layer_id, partial(remove_layer, version=version), "show", "")


@router.post("/desk/layers/{layer_id}/restore")
def restore(here: Reader, layer_id: Number) -> Response:
    """Bring a layer back."""
    return _done(here, layer_id, restore_layer, "", "restored")


def _done(
    here: Visit,
    layer_id: int,
    act: Callable[..., None],
    form: str,
    told: str,
    typed: dict[str, Any] | None = None,
) -> Response:
    """Change a layer and show it; a refusal shows its page with what is wrong at its form."""
    try:
        here.write(act, layer_id, now=now())
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        if not form:
            raise
        said = layer_sentence(error, here.words)
        return one_layer(
            here, layer_id, status=status_of(error), problems={form: said}, typed=typed
        )
    return RedirectResponse(f"{PATH}/{layer_id}?done={told}" if told else PATH, status_code=303)


async def _file(sent: FormData) -> tuple[str, bytes]:
    file = sent.get("file")
    if not isinstance(file, UploadFile):
        return "", b""
    return file.filename or "", await file.read(MOST_MB * 2**20 + 1)
