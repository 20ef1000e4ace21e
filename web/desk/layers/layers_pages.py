"""Layers at the desk: the list, one layer with its map and table, and the ground below it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from shapely.geometry import box, mapping
from sqlalchemy.orm import Session

from core.language import content_language
from core.page import page_of
from layers import built_in
from layers.background.base_map import current_base_map
from layers.basemap import ground
from layers.manage import version_of
from layers.map import folium_map
from layers.queries import LayerView, features_of, layer_seen, layers_seen
from layers.read_upload import ENDINGS
from layers.visibility import Shown
from moderation import overview
from people.access.actor import Where
from people.access.permissions import Act, may, may_somewhere
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit
from submissions.campaigns.subdistricts import subdistricts
from submissions.proposals.queries import CampaignView
from web import paging
from web.desk.frame import desk_page
from web.take_files import take_form
from wording import formatting
from wording.imports.detection import system_name
from wording.imports.former_systems import accuracy_line, kept_accuracy
from wording.layers import encoding_line, gap_lines, odd_rows_line, shown_names, use_names
from wording.maps import map_words
from wording.review.review_map import uploaded_layer

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
PATH = "/w/desk/layers"
ROWS_SHOWN = 10
#: Beside a layer's box, on its map; where no campaign lies so near, that is said.
BESIDE_DEG = 0.02


@router.get("/desk/layers", response_class=HTMLResponse)
def the_layers(here: Reader) -> Response:
    """List the layers that this person may see, those removed, and the map's own."""
    with here.room.database.reading() as session:
        seen = layers_seen(session, here.actor)
        removed = layers_seen(session, here.actor, removed=True)
        names = place_names(session, here)
    return desk_page(
        here,
        "layers.html",
        room="layers",
        loads=may_somewhere(here.actor, Act.LOAD_LAYER),
        chooses=may(here.actor, Act.MANAGE_OFFICE),
        layers=[layer_words(here, one, names) for one in seen],
        removed=[layer_words(here, one, names) for one in removed],
        own=[
            {
                "name": here.said(one.title),
                "take": take_form(here, [(f"layers/{one.name}", here.said(one.title))], 116.3),
                "schematic": one.schematic,
            }
            for one in built_in.CATALOGUE
        ],
    )


def layer_words(here: Visit, layer: LayerView, names: dict[str, str]) -> dict[str, Any]:
    """Return a layer in the reader's words."""
    words, lang = here.words, here.lang
    many = words.ngettext("{n} feature", "{n} features", layer.features)
    return {
        "id": layer.id,
        "address": f"{PATH}/{layer.id}",
        "title": here.said(layer.title),
        "use": use_names(words, lang)[layer.use],
        "shown": shown_names(words)[layer.shown],
        "shown_key": str(layer.shown),
        "place": names.get(layer.subdistrict, layer.subdistrict),
        "colour": layer.colour,
        "features": many.format(n=formatting.number(layer.features, lang)),
        "by": layer.by,
        "updated": formatting.moment(layer.updated, lang),
        "schematic": layer.schematic,
        "changeable": layer.changeable,
        "about": [
            said
            for said in (
                layer.source,
                layer.licence,
                layer.data_date,
                layer.edition,
                system_name(words, layer.crs),
            )
            if said
        ],
    }


def place_names(session: Session, here: Visit) -> dict[str, str]:
    """Return what the subdistricts at hand are called, by code; the whole platform by none."""
    known = {
        one.code: here.said(one.name)
        for one in subdistricts(session, here.actor, Act.SEE_DESK)
        if one.code
    }
    return {"": here.words.gettext("The whole platform"), **known}


@router.get("/desk/layers/{layer_id}", response_class=HTMLResponse)
def layer_page(here: Reader, layer_id: Number) -> Response:
    """Show one layer."""
    return one_layer(here, layer_id)


def one_layer(
    here: Visit,
    layer_id: int,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
    asks: dict[str, str] | None = None,
) -> HTMLResponse:
    """Return the page of a layer; ``problems`` by form, and what was typed into its settings.

    ``asks`` by form: what has to be confirmed before it is done.
    """
    with here.room.database.reading() as session:
        layer = layer_seen(session, here.actor, layer_id)
        names = place_names(session, here)
        found = features_of(session, layer)
        properties, areas = found.properties, holds_areas(found.geometries)
        rows = page_of(properties, paging.asked(here, "rows"), ROWS_SHOWN)
        around = campaigns_around(session, here, layer)
    return desk_page(
        here,
        "layer.html",
        room="layers",
        status=status,
        layer=layer_words(here, layer, names),
        version=version_of(layer),
        typed={**_settings(layer), **(typed or {})},
        problems={"edit": "", "replace": "", "show": "", **(problems or {})},
        asks={"edit": "", "show": "", **(asks or {})},
        done=here.request.query_params.get("done", "") if not (problems or asks) else "",
        read=_read_words(here, layer),
        far=not around,
        uses=choices(use_names(here.words, here.lang)),
        ways=[
            one
            for one in choices(shown_names(here.words))
            if layer.publishable or one["key"] != Shown.PUBLIC
        ],
        columns=[one.name for one in layer.fields],
        rows=[[_cell(row.get(one.name)) for one in layer.fields] for row in rows.items],
        row_pages=paging.pager(here, rows, lambda n: f"{PATH}/{layer.id}?rows={n}#table"),
        take=take_form(
            here,
            [(f"layers/uploaded/{layer.id}", here.said(layer.title))],
            (layer.bounds[0] + layer.bounds[2]) / 2,
            public=layer.shown == Shown.PUBLIC,
        ),
        borders=f"{PATH}/{layer.id}/communities" if areas and may_be_borders(here, layer) else "",
        campaign={"ground": f"{PATH}/{layer.id}/ground.json"},
        map=_map(here, layer),
        **file_choices(here),
    )


def file_choices(here: Visit) -> dict[str, Any]:
    """Return what a form with a file offers: the kinds of file."""
    return {"file_kinds": ENDINGS}


def holds_areas(geometries: Iterable[Any]) -> bool:
    """Tell whether a layer is of polygons alone, so that it can be borders of communities."""
    return all(shape.geom_type in ("Polygon", "MultiPolygon") for shape in geometries)


def may_be_borders(here: Visit, layer: LayerView) -> bool:
    """Tell whether this person may make the areas of a layer the borders of communities."""
    return may(here.actor, Act.LOAD_COMMUNITIES, Where(layer.subdistrict))


def choices(names: dict[Any, str]) -> list[dict[str, str]]:
    """Return names to choose from, by key."""
    return [{"key": str(key), "name": name} for key, name in names.items()]


def _settings(layer: LayerView) -> dict[str, Any]:
    english = layer.title["en"] if layer.title["en"] != layer.title["zh_CN"] else ""
    return {
        "title_zh": layer.title["zh_CN"],
        "title_en": english,
        "use": str(layer.use),
        "colour": layer.colour,
        "source": layer.source,
        "schematic": layer.schematic,
        "licence": layer.licence,
        "data_date": layer.data_date,
        "edition": layer.edition,
        "name_field": layer.name_field,
        "public": list(layer.public_fields),
    }


def _read_words(here: Visit, layer: LayerView) -> list[str]:
    """Say how the file was read, what was repaired and what was left out."""
    _, lang = here.words.gettext, here.lang
    lines = [
        _("File: {name}").format(name=layer.file_name or "–"),
        _("Coordinate system of the file: {crs}").format(crs=system_name(here.words, layer.crs)),
    ]
    if said := accuracy_line(here.words, kept_accuracy(layer.reading)):
        lines.append(said)
    if layer.file_layer:
        lines.append(_("Layer in the file: {name}").format(name=layer.file_layer))
    if layer.encoding:
        sure = str(layer.reading.get("sure", ""))
        lines.append(encoding_line(here.words, layer.encoding, sure))
    if odd := layer.reading.get("odd_rows"):
        total = max(int(layer.reading.get("odd", 0)), len(odd))
        lines.append(odd_rows_line(here.words, odd, total))
    if layer.repaired:
        said = here.words.ngettext(
            "{n} shape that crossed itself was repaired",
            "{n} shapes that crossed themselves were repaired",
            layer.repaired,
        )
        lines.append(said.format(n=formatting.number(layer.repaired, lang)))
    gaps = gap_lines(here.words, lang, layer.left_out)
    if gaps:
        lines.append(_("Left out: {what}").format(what=formatting.enumerated(gaps, lang)))
    return lines


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def campaigns_around(session: Session, here: Visit, layer: LayerView) -> list[CampaignView]:
    """Return the campaigns within reach at whose area the layer lies, or beside it."""
    beside = box(*layer.bounds).buffer(BESIDE_DEG)
    found = overview.campaigns_within(session, here.actor, Act.SEE_DESK)
    return [one for one in found if beside.intersects(box(*one.area.bounds))]


def _map(here: Visit, layer: LayerView) -> folium_map.MapParts:
    west, south, east, north = layer.bounds
    margin = max(east - west, north - south, 0.002) * 0.1
    made = folium_map.local_map(
        f"layer-{layer.id}",
        bounds=(west - margin, south - margin, east + margin, north + margin),
        lang=content_language(here.lang),
        words=map_words(here.words, here.lang),
        ground=f"{PATH}/{layer.id}/ground.json",
        tiles=current_base_map(here.room.database, here.room.settings),
    )
    shown = {"key": layer.key, "title": here.said(layer.title), "shown": True, "opacity": 100}
    layers = [{**shown, **uploaded_layer(here, layer)}]
    folium_map.AddressLayer("review", layers=layers, at="").add_to(made)
    return folium_map.map_parts(made)


@router.get("/desk/layers/{layer_id}/ground.json")
def layer_ground(here: Reader, layer_id: Number) -> Response:
    """Return what is drawn below a layer: the ground of a campaign there, or just its own box."""
    with here.room.database.reading() as session:
        layer = layer_seen(session, here.actor, layer_id)
        around = campaigns_around(session, here, layer)
        body = _campaign_ground(session, around) if around else _bare(layer.bounds)
    headers = {"Cache-Control": "private, no-store"}
    return Response(body, media_type="application/json", headers=headers)


def _campaign_ground(session: Session, campaigns: Sequence[CampaignView]) -> bytes:
    newest = campaigns[-1]
    found = ground(session, newest.edition, newest.area, subdistrict=newest.subdistrict)
    return found.body


def _bare(bounds: tuple[float, float, float, float]) -> bytes:
    outline = {"type": "Feature", "properties": {}, "geometry": mapping(box(*bounds))}
    parts = {"outline": {"type": "FeatureCollection", "features": [outline]}}
    return json.dumps({"schematic": False, **parts}).encode()
