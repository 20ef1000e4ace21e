"""The resources under /api/ogc as pages for people: one template, filled by what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.collections.model import Collection, Features
from serving.visit import Visit, visit
from wording.formatting import number

MOST_COLUMNS, MOST_LETTERS = 6, 60
#: What stands in every row alike, or on the map.
_LEFT_OUT = frozenset(
    {"id", "campaign", "edition", "longitude", "latitude", "placed_by", "relation"}
)
Told = Mapping[str, Any]


def landing(request: Request, told: Told) -> HTMLResponse:
    """Show the landing page."""
    here = visit(request)
    _ = here.words.gettext
    ways = [
        {"address": "/api/ogc/collections?f=html", "name": _("All collections")},
        {"address": "/api/ogc/api?f=html", "name": _("What can be asked, for programmers")},
        {
            "address": "/api/ogc/conformance?f=html",
            "name": _("Which parts of the standard are kept"),
        },
    ]
    return _page(here, str(told["title"]), [str(told["description"])], ways=ways)


def service(request: Request, told: Told) -> HTMLResponse:
    """Show what can be asked, as a table of addresses."""
    here = visit(request)
    _ = here.words.gettext
    rows = [
        [address, str(verbs["get"]["summary"])]
        for address, verbs in told["paths"].items()
        if "/collections/" not in address or "{collectionId}" in address
    ]
    asked = told["components"]["parameters"].values()
    more = [[one["name"], one["description"]] for one in asked]
    said = [_("Parameters of an address that are not known are refused, never ignored.")]
    table = {"head": [_("Address"), _("What it gives")], "rows": rows + more}
    return _page(here, _("What can be asked, for programmers"), said, table=table)


def conformance(request: Request, told: Told) -> HTMLResponse:
    """Show which conformance classes are kept."""
    here = visit(request)
    _ = here.words.gettext
    table = {"head": [_("Conformance class")], "rows": [[one] for one in told["conformsTo"]]}
    return _page(here, _("Which parts of the standard are kept"), [], table=table)


def collections(request: Request, told: Told) -> HTMLResponse:
    """Show all collections."""
    here = visit(request)
    _ = here.words.gettext
    ways = [
        {
            "address": f"/api/ogc/collections/{one['id']}?f=html",
            "name": one["title"],
            "note": one["description"],
        }
        for one in told["collections"]
    ]
    return _page(here, _("All collections"), [], ways=ways)


def collection(request: Request, told: Told) -> HTMLResponse:
    """Show one collection, and how programs open it."""
    here = visit(request)
    _ = here.words.gettext
    base = f"/api/ogc/collections/{told['id']}"
    ways = [
        {"address": f"{base}/items?f=html&limit=20", "name": _("Look at the features")},
        {"address": f"{base}/items?f=json&limit=10000", "name": "GeoJSON"},
        {"address": f"{base}/schema?f=html", "name": _("What the features have")},
        {"address": f"{base}/queryables?f=html", "name": _("What may be asked of them")},
        {"address": f"/api/tiles/{told['id']}.json", "name": _("As vector tiles (TileJSON)")},
    ]
    said = [
        str(told["description"]),
        _(
            "In QGIS: Layer, Add Layer, Add WFS / OGC API - Features Layer; the address is {url}"
        ).format(url=str(told["links"][0]["href"]).split("/collections/")[0]),
    ]
    return _page(here, str(told["title"]), said, ways=ways)


def queryables(request: Request, told: Told) -> HTMLResponse:
    """Show what may be asked of a collection."""
    here = visit(request)
    return _properties(here, here.words.gettext("What may be asked of them"), told)


def schema(request: Request, told: Told) -> HTMLResponse:
    """Show what the features of a collection have."""
    here = visit(request)
    return _properties(here, here.words.gettext("What the features have"), told)


def _properties(here: Visit, heading: str, told: Told) -> HTMLResponse:
    """Show the properties of a schema: title, type and unit, what their codes mean."""
    _ = here.words.gettext
    rows = [
        [name, one["title"], _type(one), _codes(one) or one.get("description", "")]
        for name, one in told["properties"].items()
    ]
    head = [_("Property"), _("What it is"), _("Type"), _("Meaning")]
    return _page(here, heading, [str(told["title"])], table={"head": head, "rows": rows})


def _type(told: Told) -> str:
    kind = str(told.get("format", told.get("type", "")))
    return f"{kind} ({told['x-ogc-unit']})" if "x-ogc-unit" in told else kind


def _codes(told: Told) -> str:
    return "; ".join(f"{one['const']}: {one['title']}" for one in told.get("oneOf", ()))


def items(
    request: Request,
    found: Collection,
    features: Features,
    links: Sequence[Told],
    title: str,
) -> HTMLResponse:
    """Show a page of features as a table."""
    here = visit(request)
    _ = here.words.gettext
    names = [one.name for one in found.fields if one.name not in _LEFT_OUT][:MOST_COLUMNS]
    base = f"/api/ogc/collections/{found.about.id}/items"
    rows = [
        [name, *(_short(one.get(each)) for each in names)]
        for name, one in zip(features.ids, features.properties, strict=True)
    ]
    addresses = [f"{base}/{name}?f=html" for name in features.ids]
    said = [
        _("{shown} of {all} features.").format(
            shown=_number(here, len(features)), all=_number(here, features.matched)
        )
    ]
    ways = [
        {"address": one["href"], "name": _("Further ones")} for one in links if one["rel"] == "next"
    ]
    table = {"head": ["id", *names], "rows": rows, "addresses": addresses}
    return _page(here, title, said, ways=ways, table=table)


def item(
    request: Request, found: Collection, feature: Features, links: Sequence[Told], title: str
) -> HTMLResponse:
    """Show one feature."""
    del links
    here = visit(request)
    _ = here.words.gettext
    (told,) = feature.properties
    (name,) = feature.ids
    meanings = {one.name: one.meaning for one in found.fields}
    rows = [[each, value, meanings.get(each, "")] for each, value in told.items()]
    table = {"head": [_("Property"), _("Value"), _("Meaning")], "rows": rows}
    ways = [
        {
            "address": f"/api/ogc/collections/{found.about.id}/items/{name}?f=json",
            "name": "GeoJSON",
        }
    ]
    return _page(here, f"{title}: {name}", [], ways=ways, table=table)


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        return f"{value[: MOST_LETTERS - 1]}…"
    return value


def _number(here: Visit, value: int) -> str:
    return number(value, here.lang)


def _page(
    here: Visit,
    heading: str,
    said: Sequence[str],
    *,
    ways: Sequence[Told] = (),
    table: Told | None = None,
) -> HTMLResponse:
    return here.page("ogc.html", heading=heading, said=said, ways=ways, table=table)
