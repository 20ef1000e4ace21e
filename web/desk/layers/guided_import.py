"""A file that was sent is looked at: what was detected, with what confidence; then it is kept.

Works without JavaScript: looking again and keeping are buttons of one form. The file waits on the
server (``layers.sent_files``), so that nothing has to be chosen or sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from core import errors
from geo.crs import BD09, CGCS2000, GCJ02, WGS84
from geo.datum.compare import KnownGround
from geo.datum.find_system import Sureness
from geo.reading.file_kinds import FileKind
from geo.reading.limits import form_limits
from layers.inspection import Inspection, inspect_file
from layers.manage import add_layer, replace_features, version_of
from layers.models import UploadedLayer
from layers.queries import layer_seen
from layers.read_choices import ReadChoices
from layers.read_upload import UploadRead, read_chosen
from layers.sent_files import SentFileView, drop_sent_file, remember_choices, sent_file
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from web.desk.frame import desk_page
from web.desk.layers.known_ground import known_ground
from web.desk.layers.layer_fields import (
    MOST_FIELDS,
    layer_texts,
    loading_places,
    typed_fields,
    usual_fields,
)
from web.desk.layers.layers_pages import PATH, choices
from web.desk.layers.where_map import where_map
from wording.imports import detection as say
from wording.imports.former_systems import accuracy_line
from wording.layers import layer_sentence, use_names
from wording.upload_errors import encoding_names

router = APIRouter(dependencies=[desk(Act.LOAD_LAYER)])
Token = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
SENT = f"{PATH}/sent"
#: Offered beside the systems by which a file would lie near.
_USUAL = (WGS84, CGCS2000, GCJ02, BD09, "EPSG:4548", "EPSG:4527")
_OTHER = "other"


@router.get("/desk/layers/sent/{token}", response_class=HTMLResponse)
def look(here: Reader, token: Token) -> Response:
    """Show what was detected in a file, and what is to be said of its layer."""
    with here.room.database.reading() as session:
        sent = sent_file(session, here.actor, token)
    return _page(here, sent, sent.choices, sent.typed)


@router.post("/desk/layers/sent/{token}")
async def act(here: Reader, request: Request, token: Token) -> Response:
    """Look again as it was chosen, keep it as a layer, or let it go."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        return await in_turn(here.room.reading, _act, here, token, form)


def _act(here: Visit, token: str, form: FormData) -> Response:
    with here.room.database.reading() as session:
        sent = sent_file(session, here.actor, token)
    if form.get("do") == "drop":
        here.write(drop_sent_file, token, now=now())
        return RedirectResponse(PATH, status_code=303)
    chosen, typed = _chosen(form), typed_fields(form)
    here.write(remember_choices, token, choices=chosen, typed=typed, now=now())
    if form.get("do") != "keep":
        return _page(here, sent, chosen, typed)
    try:
        address = _kept(here, sent, chosen, typed, str(form.get("version") or "")[:40])
    except errors.LuJianError as error:
        said, status = layer_sentence(error, here.words), status_of(error)
        return _page(here, sent, chosen, typed, status=status, problem=said)
    return RedirectResponse(address, status_code=303)


def _chosen(form: FormData) -> ReadChoices:
    told: dict[str, Any] = {name: form.get(name) for name in ("unit", "encoding", "x", "y")}
    crs = str(form.get("crs") or "")
    told["crs"] = str(form.get("crs_other") or "") if crs == _OTHER else crs
    told["approximate"] = form.get("approximate") == "1"
    told["layers"] = [str(one) for one in form.getlist("layers")]
    return ReadChoices.from_json(
        {**told, "swapped": form.get("swapped"), "each": form.get("each") == "1"}
    )


def _kept(
    here: Visit, sent: SentFileView, chosen: ReadChoices, typed: dict[str, Any], version: str
) -> str:
    """Keep the file as a layer, or as several; return the address to go on to."""
    limits = form_limits(here.room.settings)
    found = read_chosen(sent.name, sent.data, chosen, limits=limits)

    def keep(session: Session) -> str:
        if sent.layer_id is not None:
            address = _replaced(session, here, sent, found[0][1], version)
        else:
            address = _added(session, here, sent, found, typed)
        drop_sent_file(session, here.actor, sent.token, now=now())
        return address

    return here.room.database.write(keep)


def _replaced(
    session: Session, here: Visit, sent: SentFileView, read: UploadRead, version: str
) -> str:
    assert sent.layer_id is not None
    replace_features(
        session, here.actor, sent.layer_id, read, file_name=sent.name, version=version, now=now()
    )
    return f"{PATH}/{sent.layer_id}?done=replaced"


def _added(
    session: Session,
    here: Visit,
    sent: SentFileView,
    found: Sequence[tuple[str, UploadRead]],
    typed: dict[str, Any],
) -> str:
    made = [
        add_layer(
            session,
            here.actor,
            layer_texts(typed, part=layer),
            read,
            token=f"{sent.token} {number}",
            subdistrict=typed["place"],
            file_name=sent.name,
            now=now(),
        )
        for number, (layer, read) in enumerate(found)
    ]
    return f"{PATH}/{made[0]}?done=loaded" if len(made) == 1 else f"{PATH}?done=loaded"


def _page(
    here: Visit,
    sent: SentFileView,
    chosen: ReadChoices,
    typed: dict[str, Any],
    *,
    status: int = 200,
    problem: str = "",
) -> HTMLResponse:
    found: Inspection | None = None
    with here.room.database.reading() as session:
        ground = known_ground(session, here)
        places = loading_places(session, here)
        target = _target(session, here, sent)
    try:
        limits = form_limits(here.room.settings)
        found = inspect_file(sent.name, sent.data, chosen, ground, limits=limits)
    except errors.LuJianError as error:
        problem = problem or layer_sentence(error, here.words)
        status = status if status != 200 else status_of(error)
    return desk_page(
        here,
        "import_look.html",
        room="layers",
        status=status,
        problem=problem,
        address=f"{SENT}/{sent.token}",
        file_name=sent.name,
        target=target,
        chosen=chosen,
        found=found,
        told=_told(here, found) if found else [],
        where=_where(here, ground, found),
        systems=_systems(here, chosen, found),
        crs=_preset(chosen, found),
        swapped=chosen.swapped or (found is not None and found.system.swapped),
        units=choices(say.unit_names(here.words)),
        unit=chosen.unit or (found.system.unit if found else ""),
        is_drawing=found is not None and found.kind == FileKind.DXF,
        is_table=found is not None and found.kind in (FileKind.TEXT_TABLE, FileKind.WORKBOOK),
        off=_off(here, found),
        inside={
            name: say.layer_inside(here.words, kind, number)
            for name, (kind, number) in (found.inside if found else {}).items()
        },
        encodings=choices(encoding_names(here.words)),
        typed=usual_fields(places) | {"title_zh": _stem(sent.name)} | typed,
        uses=choices(use_names(here.words, here.lang)),
        places=places,
    )


def _stem(name: str) -> str:
    return name.rpartition(".")[0][:80]


def _target(session: Session, here: Visit, sent: SentFileView) -> dict[str, str] | None:
    """Return the layer in whose place the file is to come."""
    if sent.layer_id is None:
        return None
    layer = layer_seen(session, here.actor, sent.layer_id)
    row = session.get_one(UploadedLayer, sent.layer_id)
    return {
        "title": here.said(layer.title),
        "address": f"{PATH}/{layer.id}",
        "version": version_of(row),
    }


def _told(here: Visit, found: Inspection) -> list[dict[str, str]]:
    """Return what was detected: what it is, what was found, how sure that is."""
    _ = here.words.gettext
    lines = []
    encoding, sure = say.encoding_words(here.words, found.encoding, found.encoding_sure)
    if encoding:
        lines.append({"what": _("Characters"), "found": encoding, "sure": sure})
    if found.delimiter:
        name = say.delimiter_name(here.words, found.delimiter)
        lines.append({"what": _("Cells separated by"), "found": name, "sure": _("found out")})
    if found.x and found.y:
        columns = f"{found.x} · {found.y}"
        lines.append({"what": _("Columns of coordinates"), "found": columns, "sure": ""})
    system = say.system_line(here.words, found)
    sure = say.sure_name(here.words, found.system.sure)
    lines.append({"what": _("Coordinate system"), "found": system, "sure": sure})
    if found.kind == FileKind.DXF:
        unit = say.unit_names(here.words)[found.system.unit] if found.system.unit else "–"
        known = _("please choose") if not found.system.unit else sure
        stated = _("the file says so") if found.stated_unit else known
        lines.append({"what": _("Unit of the drawing"), "found": unit, "sure": stated})
    return lines


def _where(here: Visit, ground: KnownGround, found: Inspection | None) -> dict[str, Any]:
    """Return the little map and what it says in words."""
    _ = here.words.gettext
    if found is None:
        return {"map": "", "said": "", "far": False, "numbered": []}
    said, far = say.where_line(here.words, found.away_km)
    open_ = found.system.sure in (Sureness.OPEN, Sureness.DOUBTED)
    offered = found.system.candidates if open_ and not found.shapes else ()
    made = where_map(
        ground, found.shapes, offered, label=_("Map of where the file would lie in the area here")
    )
    numbered = [say.candidate_line(here.words, one) for one in offered]
    return {"map": made, "said": said, "far": far, "numbered": numbered}


def _off(here: Visit, found: Inspection | None) -> dict[str, Any]:
    """Return what is said of how far off a file may lie, and whether that is to be confirmed."""
    accuracy = found.accuracy if found else None
    said = accuracy_line(here.words, accuracy)
    return {"said": said, "ask": accuracy is not None and not accuracy.published}


def _systems(here: Visit, chosen: ReadChoices, found: Inspection | None) -> list[dict[str, str]]:
    """Return the systems to choose from: those by which it would lie near first."""
    _ = here.words.gettext
    near: dict[str, str] = {}
    for one in found.system.candidates if found else ():
        near.setdefault(one.system, say.candidate_line(here.words, one))
    named = (
        {"": _("As the file says")}
        if found is None or found.stated_crs
        else {"": _("Please choose")}
    )
    if found is not None and found.system.crs:
        near.setdefault(found.system.crs, say.system_name(here.words, found.system.crs))
    usual = {code: say.system_name(here.words, code) for code in _USUAL if code not in near}
    former = found.former if found else ()
    usual |= {code: say.system_name(here.words, code) for code in former if code not in near}
    if chosen.crs and chosen.crs not in near and chosen.crs not in usual:
        usual[chosen.crs] = say.system_name(here.words, chosen.crs)
    return choices({**named, **near, **usual, _OTHER: _("Another one, by its EPSG number …")})


def _preset(chosen: ReadChoices, found: Inspection | None) -> str:
    """Return the system that is chosen, or was found out; nothing where it must be chosen."""
    if chosen.crs or found is None:
        return chosen.crs
    return "" if found.system.sure is Sureness.STATED else found.system.crs
