"""Choosing a file to take away: of what, in which form, in which coordinate system.

The page is for anybody; it needs no script: a form leads to ``/w/take/file``, and that to the
address of the file, so that what is chosen stands in one address that programs can use, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core.errors import InvalidError, NotFoundError
from core.language import words_in
from geo.writing.forms import FORMS, default_system, form_for
from geo.writing.target_systems import IN_WGS84, system_for, systems_near, zone_at
from serving.guards import PUBLIC
from serving.parameters import Slug
from serving.visit import Reader, Visit
from submissions.proposals.queries import CampaignView
from wording.error_messages import sentence_of
from wording.files.file_words import form_name, system_name
from wording.files.selection_layers import KINDS, kind_name

router = APIRouter(dependencies=[PUBLIC])
#: What files there are of; nothing else is led to.
_OF = re.compile(
    r"campaigns/[a-z0-9][a-z0-9-]{0,62}/(?:proposals|communities|hotspots|layers/[a-z_]{1,40})"
    r"|layers/(?:uploaded/[0-9]{1,18}|[a-z_]{1,40})|(?:topics|scenarios)/[0-9]{1,18}",
    re.ASCII,
)
#: Of the parameters of this page, those that are not the view's.
_OURS = frozenset({"of", "form", "crs", "lang", "large", "campaign"})


@dataclass(frozen=True)
class TakeForm:
    """What a form lets one choose. ``of``: addresses by name; ``kept``: the view's parameters.

    ``first``: links to what most want, each with a name and what it is for.
    """

    of: list[tuple[str, str]]
    forms: list[tuple[str, str]]
    systems: list[tuple[str, str]]
    kept: list[tuple[str, str]]
    first: list[dict[str, str]]


def take_form(
    here: Visit,
    of: list[tuple[str, str]],
    longitude: float,
    *,
    kept: list[tuple[str, str]] | None = None,
    public: bool = True,
) -> TakeForm:
    """Return what a page offers of these addresses (``campaigns/…/proposals``, name), near a
    longitude in degrees. ``public``: whether tiles may be made of it.
    """
    forms = [name for name in FORMS if public or name != "pmtiles"]
    systems = [(one.code, system_name(one, here.words)) for one in systems_near(longitude)]
    return TakeForm(
        of=of,
        forms=[(name, form_name(name, here.words)) for name in forms],
        systems=systems,
        kept=list(kept or []),
        first=_first(here, of[0], longitude, kept or []),
    )


def _first(
    here: Visit, of: tuple[str, str], longitude: float, kept: list[tuple[str, str]]
) -> list[dict[str, str]]:
    """Return the few files that most want of the first of the addresses."""
    _ = here.words.gettext
    zone = zone_at(longitude) or IN_WGS84
    wanted = [
        ("dxf", zone, _("For a design firm: CAD drawing (DXF)")),
        ("gpkg", zone, _("For a design firm: QGIS, ArcGIS (GeoPackage)")),
        ("xlsx", IN_WGS84, _("To read and count: Excel")),
        ("geojson", IN_WGS84, _("For the web: GeoJSON")),
    ]
    return [
        {
            "name": name,
            "about": system_name(system, here.words),
            "address": _address(here, of[0], form, system.code, kept),
        }
        for form, system, name in wanted
        if form != "dxf" or zone.in_metres
    ]


def _address(here: Visit, of: str, form: str, crs: str, kept: list[tuple[str, str]]) -> str:
    more = [] if form == "geojson" else [("crs", crs), ("lang", here.lang)]
    query = urlencode([*kept, *more])
    return f"/api/{of}.{FORMS[form].ending}" + (f"?{query}" if query else "")


def selection_of(here: Visit, campaign: CampaignView) -> list[tuple[str, str]]:
    """Return what files there are of a campaign's views."""
    base = f"campaigns/{campaign.slug}"
    return [(f"{base}/{kind}", kind_name(kind, here.lang)) for kind in KINDS]


def middle_of(campaign: CampaignView) -> float:
    """Return the longitude (degrees) of the middle of a campaign's area."""
    west, _south, east, _north = campaign.area.bounds
    return float((west + east) / 2)


@router.get("/take/file", response_class=HTMLResponse)
def lead(here: Reader, of: str = "", form: str = "", crs: str = "") -> Response:
    """Lead to a file's address; what cannot be is said here, with the way back."""
    if not _OF.fullmatch(of):
        raise NotFoundError(kind="page")
    kept = [(k, v) for k, v in here.request.query_params.multi_items() if k not in _OURS]
    try:
        wanted = form_for(form)
        system = system_for(crs) if crs else default_system(wanted, 117.0)
        wanted.check_system(system)
    except InvalidError as problem:
        _ = here.words.gettext
        said = sentence_of(problem, here.words)
        return here.notice(_("This file cannot be made"), said, status=422)
    if not crs and wanted.name == "dxf":
        query = urlencode([*kept, ("lang", here.lang)])
        return RedirectResponse(f"/api/{of}.dxf?{query}", status_code=303)
    return RedirectResponse(_address(here, of, wanted.name, system.code, kept), status_code=303)


@router.get("/take/{slug}", response_class=HTMLResponse)
def choose(here: Reader, slug: Slug) -> Response:
    """Let anybody choose a file of a campaign, narrowed as the parameters say."""
    campaign, _revision = here.room.campaign(slug)
    kept = [(k, v) for k, v in here.request.query_params.multi_items() if k not in _OURS]
    return here.page(
        "take_files.html",
        title=str(words_in(campaign.texts, here.lang)["title"]),
        back=f"/w/c/{slug}",
        take=take_form(here, selection_of(here, campaign), middle_of(campaign), kept=kept),
        narrowed=bool(kept),
        licence=here.settings.licence,
    )
