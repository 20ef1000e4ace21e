"""What is sent about layers: a file to load, settings, who sees it, a newer file, its removal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from core import errors
from geo.crs import MissingCrsError
from geo.reading.limits import form_limits
from layers.manage import (
    LayerTexts,
    add_layer,
    edit_layer,
    remove_layer,
    replace_features,
    restore_layer,
    show_layer,
)
from layers.queries import layer_seen
from layers.read_upload import MOST_MB, UploadRead, read_file
from layers.visibility import LayerUse
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from submissions.campaigns.subdistricts import subdistricts
from web.desk.frame import desk_page
from web.desk.layers.layers_pages import PATH, choices, file_choices, one_layer
from web.desk.layers.publishing import asks_first
from web.desk.posted_form import token_of
from wording.layers import layer_sentence, use_names
from wording.upload_errors import encoding_names

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
Version = Annotated[str, Form(max_length=40)]
#: A new layer's colour goes on through these (ColorBrewer's Dark2).
COLOURS = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#a6761d")
_TYPED = ("title_zh", "title_en", "use", "place", "source", "colour", "crs", "encoding", "layer")
MOST_FIELDS = 200


@router.get("/desk/layers/new", response_class=HTMLResponse, dependencies=[desk(Act.LOAD_LAYER)])
def new(here: Reader) -> Response:
    """Ask for a file and what it is."""
    return _new(here, {})


def _new(
    here: Visit,
    typed: dict[str, Any],
    *,
    status: int = 200,
    problem: str = "",
    field: str = "",
    layers: Sequence[str] = (),
) -> HTMLResponse:
    with here.room.database.reading() as session:
        places = _places(session, here)
    given = dict.fromkeys(_TYPED, "") | {
        "use": str(LayerUse.REFERENCE),
        "colour": COLOURS[0],
        "place": places[0]["key"] if places else "",
        "schematic": False,
        "token": uuid4().hex,
    }
    return desk_page(
        here,
        "layer_new.html",
        room="layers",
        status=status,
        problem=problem,
        field=field,
        file_layers=layers,
        typed=given | typed,
        places=places,
        uses=choices(use_names(here.words, here.lang)),
        **file_choices(here),
    )


def _places(session: Session, here: Visit) -> list[dict[str, str]]:
    """Return where this person may load layers, each place once."""
    whole = here.words.gettext("The whole platform")
    found = {
        one.code: here.said(one.name) if one.code else whole
        for one in reversed(subdistricts(session, here.actor, Act.LOAD_LAYER))
    }
    return [{"key": code, "name": name} for code, name in found.items()]


@router.post("/desk/layers/new", dependencies=[desk(Act.LOAD_LAYER)])
async def load(here: Reader, request: Request) -> Response:
    """Read a file and keep it as a layer."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
        name, data = await _file(sent)
        return await in_turn(here.room.reading, _load, here, sent, name, data)


def _load(here: Visit, sent: FormData, name: str, data: bytes) -> Response:
    typed = _typed_in(sent)
    try:
        made = here.write(
            add_layer,
            _texts(typed),
            _read(here, typed, name, data),
            token=token_of(typed["token"]),
            subdistrict=typed["place"],
            file_name=name,
            now=now(),
        )
    except errors.LuJianError as error:
        said, status = layer_sentence(error, here.words), status_of(error)
        field = "crs" if isinstance(error, MissingCrsError) else ""
        layers = error.params.get("layers", ())
        return _new(here, typed, status=status, problem=said, field=field, layers=layers)
    return RedirectResponse(f"{PATH}/{made}?done=loaded", status_code=303)


@router.post("/desk/layers/{layer_id}/edit")
async def edit(here: Reader, request: Request, layer_id: Number) -> Response:
    """Save what is said of a layer, and which columns anybody may read."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as sent:
        typed = _typed_in(sent)
        typed["name_field"] = str(sent.get("name_field") or "")
        typed["public"] = [str(name) for name in sent.getlist("public")]
        version = str(sent.get("version") or "")[:40]
        confirmed = bool(sent.get("confirmed"))

    act = partial(
        edit_layer,
        texts=_texts(typed),
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
    """Put a newer file in the place of a layer's."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
        name, data = await _file(sent)
        typed, version = _typed_in(sent), str(sent.get("version") or "")[:40]
        return await in_turn(
            here.room.reading, _replace, here, layer_id, typed, version, name, data
        )


def _replace(
    here: Visit, layer_id: int, typed: dict[str, Any], version: str, name: str, data: bytes
) -> Response:
    try:
        read = _read(here, typed, name, data)
    except errors.LuJianError as error:
        problems = {"replace": layer_sentence(error, here.words)}
        status, layers = status_of(error), error.params.get("layers", ())
        return one_layer(here, layer_id, status=status, problems=problems, layers=layers)
    act = partial(replace_features, read=read, file_name=name, version=version)
    return _done(here, layer_id, act, "replace", "replaced")


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


def _read(here: Visit, typed: dict[str, Any], name: str, data: bytes) -> UploadRead:
    if typed["encoding"] not in encoding_names(here.words):
        raise errors.InvalidError(field="form")
    return read_file(
        name,
        data,
        crs=typed["crs"],
        layer=typed["layer"],
        encoding=typed["encoding"],
        ask_layer=True,
        limits=form_limits(here.room.settings),
    )


def _typed_in(sent: FormData) -> dict[str, Any]:
    typed: dict[str, Any] = {name: str(sent.get(name) or "")[:2_000] for name in _TYPED}
    typed["token"] = str(sent.get("token") or "")[:80]
    typed["schematic"] = bool(sent.get("schematic"))
    return typed


def _texts(typed: dict[str, Any]) -> LayerTexts:
    return LayerTexts(
        title_zh=typed["title_zh"],
        title_en=typed["title_en"],
        use=typed["use"],
        colour=typed["colour"],
        source=typed["source"],
        schematic=typed["schematic"],
    )
