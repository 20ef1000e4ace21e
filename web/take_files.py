"""Choosing a file to take away: of what, in which form, in which coordinate system.

The page is for anybody; it needs no script: a form leads to ``/w/take/file``, and that to the
address of the file, so that what is chosen stands in one address that programs can use, too.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core.errors import InvalidError, NotFoundError
from core.language import words_in
from geo.writing.forms import form_for
from geo.writing.target_systems import system_for
from people.access.actor import Where
from people.access.permissions import Act, may
from serving.guards import PUBLIC
from serving.parameters import Slug
from serving.visit import Reader, Visit
from submissions.proposals.queries import CampaignView
from wording.error_messages import sentence_of
from wording.files.file_offer import FileOffer, Pairs, file_address, file_offer
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


def take_form(
    here: Visit,
    of: list[tuple[str, str]],
    longitude: float,
    *,
    kept: Pairs = (),
    public: bool = True,
    pack: str = "",
) -> FileOffer:
    """Return what a page offers of these addresses; see ``wording.files.file_offer``."""
    return file_offer(here.words, here.lang, of, longitude, kept=kept, public=public, pack=pack)


def pack_of_view(here: Visit, campaign: CampaignView, kept: Pairs = ()) -> str:
    """Return where a pack of a campaign's view is made.

    Empty for who gives none there, and where the view is of what is not public.
    """
    gives = may(here.actor, Act.GIVE_PACK, Where(campaign.subdistrict))
    if not gives or any(name == "status" for name, _value in kept):
        return ""
    return f"/w/desk/packs/new?{urlencode([('campaign', campaign.slug), *kept])}"


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
        if crs:
            wanted.check_system(system_for(crs))
    except InvalidError as problem:
        _ = here.words.gettext
        said = sentence_of(problem, here.words)
        return here.notice(_("This file cannot be made"), said, status=422)
    code = system_for(crs).code if crs else ""
    return RedirectResponse(file_address(of, wanted.name, code, here.lang, kept), status_code=303)


@router.get("/take/{slug}", response_class=HTMLResponse)
def choose(here: Reader, slug: Slug) -> Response:
    """Let anybody choose a file of a campaign, narrowed as the parameters say."""
    campaign, _revision = here.room.campaign(slug)
    kept = [(k, v) for k, v in here.request.query_params.multi_items() if k not in _OURS]
    return here.page(
        "take_files.html",
        title=str(words_in(campaign.texts, here.lang)["title"]),
        back=f"/w/c/{slug}",
        take=take_form(
            here,
            selection_of(here, campaign),
            middle_of(campaign),
            kept=kept,
            pack=pack_of_view(here, campaign, kept),
        ),
        narrowed=bool(kept),
        licence=here.settings.licence,
    )
