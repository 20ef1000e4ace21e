"""Files that browsers and search engines look for at the top of a site: icons, robots, sitemap."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from xml.sax.saxutils import escape

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from core.settings import ROOT
from layers.export.geojson import timestamp
from serving.context import Context
from submissions.proposals import queries
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status

ICONS = ROOT / "web" / "static" / "icons"
#: At the top of a site some programs ask for these, whatever its pages say.
AT_TOP = ("favicon.ico", "apple-touch-icon.png", "apple-touch-icon-precomposed.png")
#: What is for one person, for staff or for programs. A receipt's page also says it itself.
DISALLOWED = ("/w/r/", "/w/mine", "/w/follow/", "/w/desk", "/api/", "/_stcore/", "/component/")
PAGES = ("/w/", "/w/privacy", "/w/imprint", "/w/accessibility")
#: Of each campaign; the lists lead to the rest.
MOST_PROPOSALS = 1_000
_DAY_S, _HOUR_S = 24 * 3600, 3600


def site_routes(context: Context) -> list[BaseRoute]:
    """Return the routes at the top of the site."""
    icons = [Route(f"/{name}", partial(_icon, name)) for name in AT_TOP]
    return [
        *icons,
        Route("/robots.txt", partial(_robots, context)),
        Route("/sitemap.xml", partial(_sitemap, context)),
    ]


def _icon(name: str, _request: Request) -> Response:
    file = ICONS / name.replace("-precomposed", "")
    return FileResponse(file, headers={"Cache-Control": f"public, max-age={_DAY_S}"})


def _base_url(context: Context, request: Request) -> str:
    return (context.settings.public_url or str(request.base_url)).rstrip("/")


def _robots(context: Context, request: Request) -> Response:
    rules = "\n".join(f"Disallow: {path}" for path in DISALLOWED)
    sitemap = f"{_base_url(context, request)}/sitemap.xml"
    return PlainTextResponse(f"User-agent: *\n{rules}\n\nSitemap: {sitemap}\n", headers=_KEPT)


_KEPT = {"Cache-Control": f"public, max-age={_HOUR_S}"}


def _sitemap(context: Context, request: Request) -> Response:
    base = _base_url(context, request)
    with context.database.reading() as session:
        lines = [
            f"<url><loc>{escape(base + address)}</loc>{changed}</url>"
            for address, changed in _public_pages(session)
        ]
    body = "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
            *lines,
            "</urlset>\n",
        )
    )
    return Response(body, media_type="application/xml", headers=_KEPT)


def _public_pages(session: Session) -> Iterator[tuple[str, str]]:
    """Give the address of each public page, and when it changed as far as that is known."""
    for page in PAGES:
        yield page, ""
    for campaign in queries.list_campaigns(session):
        yield f"/w/c/{campaign.slug}", ""
        newest = (
            select(Proposal.public_id, Proposal.updated)
            .where(Proposal.campaign_id == campaign.id, Proposal.status == str(Status.PUBLISHED))
            .order_by(Proposal.created.desc(), Proposal.id.desc())
            .limit(MOST_PROPOSALS)
        )
        for public_id, updated in session.execute(newest):
            yield f"/w/p/{public_id}", f"<lastmod>{timestamp(updated)}</lastmod>"
