"""The layers that everybody may see: where each is from, of when, under which licence; files."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from layers import built_in
from layers.queries import LayerView, layers_seen
from layers.visibility import Shown
from people.access.actor import Actor
from serving.guards import PUBLIC
from serving.visit import Reader, Visit
from web.take_files import take_form
from wording import formatting
from wording.imports.detection import system_name
from wording.imports.former_systems import accuracy_line, kept_accuracy
from wording.layers import use_names

router = APIRouter(dependencies=[PUBLIC])
#: The longitude of the layers that came with the software.
QINGHE_DEG = 116.3


@router.get("/layers", response_class=HTMLResponse)
def layer_catalogue(here: Reader) -> HTMLResponse:
    """List the public layers, whoever asks, and those that came with the software."""
    with here.room.database.reading() as session:
        seen = [one for one in layers_seen(session, Actor()) if one.shown == Shown.PUBLIC]
    return here.page(
        "layer_catalogue.html",
        layers=[_told(here, one) for one in seen],
        own=[
            {
                "title": here.said(one.title),
                "take": take_form(here, [(f"layers/{one.name}", here.said(one.title))], QINGHE_DEG),
            }
            for one in built_in.CATALOGUE
        ],
        own_licence=built_in.LICENCE,
        url=f"{here.base_url}/w/layers",
    )


def _told(here: Visit, layer: LayerView) -> dict[str, Any]:
    """Return what is said of a layer: lines that there are, each with its name."""
    words, lang = here.words, here.lang
    _ = words.gettext
    many = words.ngettext("{n} feature", "{n} features", layer.features)
    facts = (
        (_("What it is for"), use_names(words, lang)[layer.use]),
        (_("Source"), layer.source),
        (_("Licence"), layer.licence or here.room.settings.licence),
        (_("Of which date"), layer.data_date),
        (_("Edition"), layer.edition),
        (_("Surveyed in"), system_name(words, layer.crs)),
        (_("How exact"), accuracy_line(words, kept_accuracy(layer.reading))),
        (_("Last changed"), formatting.day(layer.updated, lang)),
    )
    return {
        "id": layer.id,
        "title": here.said(layer.title),
        "features": many.format(n=formatting.number(layer.features, lang)),
        "schematic": layer.schematic,
        "facts": [{"name": name, "said": said} for name, said in facts if said],
        "take": take_form(
            here,
            [(f"layers/uploaded/{layer.id}", here.said(layer.title))],
            (layer.bounds[0] + layer.bounds[2]) / 2,
        ),
    }
