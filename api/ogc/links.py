"""Links between the resources under /api/ogc, as whole addresses."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from serving.context import context, spoken_by

JSON, HTML, GEOJSON = "application/json", "text/html", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SCHEMA_OF = "http://www.opengis.net/def/rel/ogc/1.0/schema"
FORM_OF = {JSON: "json", GEOJSON: "json", SCHEMA: "json", OPENAPI: "json", HTML: "html"}
Link = dict[str, str]


def api_base(request: Request) -> str:
    """Return the address of the API, without a slash at its end."""
    public = context(request).settings.public_url.rstrip("/")
    if public:
        return f"{public}/api"
    here = request.url
    return f"{here.scheme}://{here.netloc}{request.scope.get('root_path', '')}"


def ogc_base(request: Request) -> str:
    """Return the address of the landing page."""
    return f"{api_base(request)}/ogc"


def link(href: str, rel: str, kind: str, title: str = "") -> Link:
    """Return a link as JSON has it."""
    return {"href": href, "rel": rel, "type": kind, **({"title": title} if title else {})}


def itself(address: str, kind: str, *, shown: str, **kept: str) -> list[Link]:
    """Return the links to this resource and to the other form of it.

    ``kind`` is its type as JSON, ``shown`` the form of this answer, ``kept`` its parameters.
    """
    found = []
    for each in (kind, HTML):
        rel = "self" if FORM_OF[each] == shown else "alternate"
        name = "JSON" if each != HTML else "HTML"
        found.append(link(with_query(address, **{**kept, "f": FORM_OF[each]}), rel, each, name))
    return sorted(found, key=lambda one: one["rel"] != "self")


def with_query(address: str, **parameters: Any) -> str:
    """Return an address with parameters."""
    return f"{address}?{urlencode(parameters, quote_via=quote)}" if parameters else address


def lang_of(request: Request) -> str:
    """Return the language that a request asks for, by its address before all."""
    return spoken_by(request, request.query_params.get("lang"))
