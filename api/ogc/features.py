"""The addresses of OGC API - Features, each as JSON and as a page for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.collections.catalogue import collection, collections
from api.collections.model import About, Collection
from api.ogc import documents, html_pages, schemas
from api.ogc.asked import form_of, is_gdal, read_page, system_asked
from api.ogc.conformance import CLASSES
from api.ogc.links import GEOJSON, JSON, OPENAPI, SCHEMA, itself, lang_of, link, ogc_base
from api.ogc.openapi30 import description, items_parameters
from core.language import translations
from serving.context import Context, Room
from serving.etag import unchanged
from serving.guards import PUBLIC
from serving.parameters import with_own_parameters
from wording.doors.collections import collection_about, collection_title, service_words

router = APIRouter(prefix="/ogc", tags=["ogc"], dependencies=[PUBLIC])
Name = Annotated[str, Path(alias="collection", max_length=90)]
FeatureId = Annotated[str, Path(max_length=80)]
Form = Annotated[str, Query(description="json or html.")]
System = Annotated[str, Query(description="The address of a system of coordinates.")]


@router.get("")
def landing_page(request: Request, f: Form = "") -> Response:
    """Lead to all that there is."""
    del f
    words = service_words(translations(lang_of(request)))
    told = documents.landing(ogc_base(request), words, form_of(request))
    return _answer(request, told, html_pages.landing)


@router.get("/api")
def api_description(room: Room, request: Request, f: Form = "") -> Response:
    """Describe the addresses in OpenAPI 3.0, or on a page."""
    del f
    named = [one.id for one in collections(room, request)]
    told = description(ogc_base(request), named, service_words(translations(lang_of(request))))
    return _answer(request, told, html_pages.service, kind=OPENAPI)


@router.get("/conformance")
def conformance(request: Request, f: Form = "") -> Response:
    """List the conformance classes that are kept."""
    del f
    return _answer(request, {"conformsTo": list(CLASSES)}, html_pages.conformance)


@router.get("/collections")
def all_collections(room: Room, request: Request, f: Form = "") -> Response:
    """List the collections that you may see."""
    del f
    base, seen = ogc_base(request), collections(room, request)
    told = {
        "links": itself(f"{base}/collections", JSON, shown=form_of(request)),
        "collections": [_told(request, one) for one in seen],
    }
    private = any(one.private for one in seen)
    return _answer(request, documents.with_systems(told), html_pages.collections, private=private)


@router.get("/collections/{collection}")
def one_collection(room: Room, request: Request, name: Name, f: Form = "") -> Response:
    """Describe one collection."""
    del f
    about = collection(room, request, name).about
    told = documents.with_systems(_told(request, about))
    return _answer(request, told, html_pages.collection, private=about.private)


@router.get("/collections/{collection}/queryables")
def queryables(room: Room, request: Request, name: Name, f: Form = "") -> Response:
    """Say what may be asked of a collection, as JSON Schema."""
    del f
    return _schema(room, request, name, schemas.queryables, html_pages.queryables)


@router.get("/collections/{collection}/schema")
def schema(room: Room, request: Request, name: Name, f: Form = "") -> Response:
    """Say what the features of a collection have, as JSON Schema."""
    del f
    return _schema(room, request, name, schemas.schema, html_pages.schema)


@router.get("/collections/{collection}/items", openapi_extra=items_parameters())
@with_own_parameters
def items(room: Room, request: Request, name: Name) -> Response:
    """Return features of a collection, page by page.

    Parameters: limit, bbox, bbox-crs, datetime, crs, filter (CQL2 text), filter-crs, and each
    property by its name.
    """
    found = collection(room, request, name)
    asked = read_page(request, found)
    etag = _etag(request, found)
    if (same := unchanged(request, etag)) is not None:
        return same
    features, title = found.page(asked.asked), _title(request, found.about)
    links = documents.page_links(ogc_base(request), found, asked, features, title)
    headers = _headers(found, etag) | {"Content-Crs": f"<{asked.system.address}>"}
    if asked.form == "html":
        page = html_pages.items(request, found, features, links, title)
        return _with(page, headers)
    headers |= {"Link": _link_header(links)}
    text = documents.page_text(features, links, asked.system)
    return Response(text, media_type=GEOJSON, headers=headers)


@router.get("/collections/{collection}/items/{feature}")
def item(
    room: Room, request: Request, name: Name, feature: FeatureId, crs: System = "", f: Form = ""
) -> Response:
    """Return one feature."""
    del crs, f
    found, system, form = collection(room, request, name), system_asked(request), form_of(request)
    etag = _etag(request, found)
    one = found.feature(feature)
    if (same := unchanged(request, etag)) is not None:
        return same
    address = f"{ogc_base(request)}/collections/{found.about.id}"
    title = _title(request, found.about)
    links = [
        *itself(f"{address}/items/{feature}", GEOJSON, shown=form),
        link(address, "collection", JSON, title),
    ]
    headers = _headers(found, etag) | {"Content-Crs": f"<{system.address}>"}
    if form == "html":
        return _with(html_pages.item(request, found, one, links, title), headers)
    text = documents.feature_text(one, links, system)
    return Response(text, media_type=GEOJSON, headers=headers | {"Link": _link_header(links)})


def _told(request: Request, about: About) -> dict[str, Any]:
    words = translations(lang_of(request))
    told = documents.collection_document(
        ogc_base(request), about, _title(request, about), form_of(request)
    )
    return {**told, "description": collection_about(about.about, about.schematic, words)}


def _title(request: Request, about: About) -> str:
    return collection_title(about.about, about.title, translations(lang_of(request)))


def _schema(room: Context, request: Request, name: str, make: Any, page: Any) -> Response:
    """Return a schema of a collection in the reader's language, or its page."""
    found = collection(room, request, name)
    words = translations(lang_of(request))
    told = make(ogc_base(request), found, _title(request, found.about), words)
    return _answer(request, told, page, kind=SCHEMA, private=found.about.private)


def _answer(
    request: Request, told: Mapping[str, Any], page: Any, *, kind: str = JSON, private: bool = False
) -> Response:
    """Return a document under the digest of its text, or its page."""
    if form_of(request) == "html":
        return page(request, told)
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    etag = f'W/"{sha256(text.encode()).hexdigest()[:20]}"'
    headers = headers_of(etag, private=private)
    if (same := unchanged(request, etag)) is not None:
        return same
    return Response(text, media_type=kind, headers=headers)


def headers_of(etag: str, *, private: bool) -> dict[str, str]:
    """Return the headers of data; what is public may be read by pages of other sites."""
    if private:
        return {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept"}
    return {
        "ETag": etag,
        "Cache-Control": "no-cache",
        "Vary": "Accept, Accept-Language",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Content-Crs, ETag, Link",
    }


def _headers(found: Collection, etag: str) -> dict[str, str]:
    return headers_of(etag, private=found.about.private)


def _etag(request: Request, found: Collection) -> str:
    """Return what names an answer: the features' state, and all that the request says."""
    told = (found.state, str(request.url), form_of(request), lang_of(request), is_gdal(request))
    return f'W/"{sha256(repr(told).encode()).hexdigest()[:20]}"'


def _link_header(links: list[dict[str, str]]) -> str:
    told = (f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in links)
    return ", ".join(told)


def _with(page: Response, headers: Mapping[str, str]) -> Response:
    """Return a page with what is told of the data; its own caching stays."""
    page.headers["Content-Crs"] = headers["Content-Crs"]
    return page
