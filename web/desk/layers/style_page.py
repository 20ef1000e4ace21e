"""How a layer is drawn, chosen at the desk by a form; a look at it first, without any script."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, QueryParams

from core import errors
from geo.datum.compare import KnownGround
from geo.writing.styling import LayerStyle
from layers.manage import style_layer, version_of
from layers.models import UploadedLayer
from layers.queries import Features, LayerView, features_of, layer_seen
from layers.styles import (
    LEAST_CLASSES,
    MOST_CATEGORIES,
    MOST_CLASSES,
    RAMPS,
    StyleChoices,
    as_number,
    drawn_value,
    made_style,
    style_of,
)
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from web.desk.frame import desk_page
from web.desk.layers.known_ground import known_ground
from web.desk.layers.layer_fields import MOST_FIELDS
from web.desk.layers.layers_pages import PATH, choices
from web.desk.layers.where_map import MOST_DRAWN, coloured_map
from wording.layers import layer_sentence, style_words

router = APIRouter(dependencies=[desk(Act.LOAD_LAYER)])
_TEXTS = ("kind", "field", "method", "ramp", "colour", "label", "stroke")
_NUMBERS = ("fill_opacity", "point_px", "stroke_px")


@router.get("/desk/layers/{layer_id}/style", response_class=HTMLResponse)
def choose(here: Reader, layer_id: Number) -> Response:
    """Show how a layer is drawn, or would be with other choices."""
    layer, found, version = _opened(here, layer_id)
    asked = here.request.query_params
    typed = _typed(asked) if asked.get("look") else _as_it_is(style_of(layer))
    return _page(here, layer, found, typed, version, looked=bool(asked.get("look")))


@router.post("/desk/layers/{layer_id}/style")
async def save(here: Reader, request: Request, layer_id: Number) -> Response:
    """Keep how a layer is drawn."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as sent:
        return await in_turn(
            here.room.writing, _save, here, layer_id, _typed(sent), str(sent.get("version") or "")
        )


def _save(here: Visit, layer_id: int, typed: StyleChoices, version: str) -> Response:
    layer, found, there = _opened(here, layer_id)
    try:
        style = made_style(typed, _columns(layer), found.properties)
        here.write(style_layer, layer_id, style, version=version, now=now())
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said = layer_sentence(error, here.words)
        status = status_of(error)
        return _page(here, layer, found, typed, there, status=status, problem=said, looked=True)
    return RedirectResponse(f"{PATH}/{layer_id}?done=saved", status_code=303)


def _opened(here: Visit, layer_id: int) -> tuple[LayerView, Features, str]:
    """Return a layer that this person may change. Raises ``NotFoundError`` for any other."""
    with here.room.database.reading() as session:
        layer = layer_seen(session, here.actor, layer_id)
        if not layer.changeable:
            raise errors.NotFoundError(kind="page")
        version = version_of(session.get_one(UploadedLayer, layer_id))
        return layer, features_of(session, layer), version


def _columns(layer: LayerView) -> list[str]:
    return [one.name for one in layer.fields]


def _typed(given: FormData | QueryParams) -> StyleChoices:
    plain = StyleChoices()
    told: dict[str, Any] = {
        name: str(given.get(name) or getattr(plain, name))[:200] for name in _TEXTS
    }
    for name in _NUMBERS:
        number = as_number(str(given.get(name) or ""))
        told[name] = getattr(plain, name) if number is None else number
    classes = as_number(str(given.get("classes") or ""))
    told["classes"] = plain.classes if classes is None else int(min(max(classes, 0), 99))
    return StyleChoices(**told, turned=bool(given.get("turned")))


def _as_it_is(style: LayerStyle) -> StyleChoices:
    """Return choices that make a style again, as far as they can be told from it."""
    colours = tuple(one.colour for one in style.entries)
    ramps = [(name, turned) for name in RAMPS for turned in (False, True)]
    ramp, turned = next(
        (one for one in ramps if style.kind == "classes" and _runs(colours, *one)),
        ("ylgnbu", False),
    )
    return StyleChoices(
        kind=style.kind,
        field=style.field,
        classes=len(style.entries) if style.kind == "classes" else 5,
        ramp=ramp,
        turned=turned,
        colour=style.entries[0].colour,
        label=style.label,
        fill_opacity=style.fill_opacity,
        point_px=style.point_px,
        stroke_px=style.stroke_px,
        stroke=style.stroke,
    )


def _runs(colours: tuple[str, ...], ramp: str, turned: bool) -> bool:
    whole = RAMPS[ramp][::-1] if turned else RAMPS[ramp]
    return bool(colours) and colours[0] == whole[0] and colours[-1] == whole[-1]


def _page(
    here: Visit,
    layer: LayerView,
    found: Features,
    typed: StyleChoices,
    version: str,
    *,
    status: int = 200,
    problem: str = "",
    looked: bool = False,
) -> HTMLResponse:
    style: LayerStyle | None = None
    try:
        style = made_style(typed, _columns(layer), found.properties)
    except errors.LuJianError as error:
        problem = problem or (layer_sentence(error, here.words) if looked else "")
        status = status if status != 200 or not looked else status_of(error)
    with here.room.database.reading() as session:
        ground = known_ground(session, here)
    words = style_words(here.words)
    return desk_page(
        here,
        "layer_style.html",
        room="layers",
        status=status,
        problem=problem,
        title=here.said(layer.title),
        address=f"{PATH}/{layer.id}",
        version=version,
        typed=typed,
        columns=_columns(layer),
        numbers=_with_numbers(layer, found),
        kinds=choices(words["kind"]),
        methods=choices(words["method"]),
        ramps=[{"key": key, "name": words["ramp"][key], "colours": RAMPS[key]} for key in RAMPS],
        classes=range(LEAST_CLASSES, MOST_CLASSES + 1),
        most_categories=MOST_CATEGORIES,
        legend=style.entries if style is not None and style.kind != "single" else (),
        map=_map(here, ground, found, style),
    )


def _with_numbers(layer: LayerView, found: Features) -> set[str]:
    """Return the columns that hold any number: of which classes can be made."""
    return {
        name
        for name in _columns(layer)
        if any(as_number(row.get(name)) is not None for row in found.properties)
    }


def _map(here: Visit, ground: KnownGround, found: Features, style: LayerStyle | None) -> Any:
    if style is None:
        return ""
    step = len(found.geometries) // MOST_DRAWN + 1
    rows = range(0, len(found.geometries), step)
    drawn = [
        (
            found.geometries[row],
            style.colour_of(drawn_value(style, found.properties[row].get(style.field))),
            str(found.properties[row].get(style.label) or "") if style.label else "",
        )
        for row in rows
    ]
    return coloured_map(ground, drawn, style, label=here.words.gettext("How it would look"))
