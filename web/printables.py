"""What is printed or shown as a picture: posters, QR cards, previews for chat apps."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse, Response

from analysis import results
from analysis.selection import Selection
from core import errors
from core.cache import CACHE
from people.access.permissions import Act
from printing.card_places import places_of_layer
from printing.cards import cards_pdf
from printing.poster import poster_pdf
from printing.share_picture import REMADE_AFTER_S, proposal_picture, share_picture
from serving.guards import PUBLIC, for_staff
from serving.parameters import Slug
from serving.visit import Reader
from submissions.proposals import queries
from web.presenters import ground
from web.residents.assisted_filing import staff_campaign
from web.residents.campaign_page import campaign_named
from web.site_files import ICONS
from wording.office.office_words import office_line

router = APIRouter()


def _pdf(body: bytes, name: str) -> Response:
    disposition = f'inline; filename="{name}"'
    return Response(
        body, media_type="application/pdf", headers={"Content-Disposition": disposition}
    )


@router.get("/c/{slug}/poster.pdf", dependencies=[for_staff(Act.PRINT)])
def poster(here: Reader, slug: Slug, office: str = "") -> Response:
    """Return the campaign's poster, for staff."""
    campaign = staff_campaign(here, slug, Act.PRINT)
    body = poster_pdf(
        campaign,
        ground(here, campaign),
        base_url=here.base_url,
        language=here.lang,
        office=office[:80] or office_line(here.office, here.words, here.lang),
    )
    return _pdf(body, f"{slug}-poster.pdf")


@router.get("/c/{slug}/cards.pdf", dependencies=[for_staff(Act.PRINT)])
def cards(here: Reader, slug: Slug, layer: str = "stations") -> Response:
    """Return QR cards for the places of a layer, for staff."""
    campaign = staff_campaign(here, slug, Act.PRINT)
    places = places_of_layer(layer, ground(here, campaign), campaign.area, here.lang)
    if not places:
        raise errors.NotFoundError(kind="places")
    body = cards_pdf(
        campaign,
        places,
        base_url=here.base_url,
        language=here.lang,
        office=office_line(here.office, here.words, here.lang),
    )
    return _pdf(body, f"{slug}-cards-{layer}.pdf")


@router.get("/share.png", dependencies=[PUBLIC])
def site_preview(here: Reader) -> Response:
    """Return the picture of the site: that of the newest campaign, or the site's sign."""
    with here.room.database.reading() as session:
        campaigns = queries.list_campaigns(session)
    if campaigns:
        return campaign_preview(here, campaigns[-1].slug)
    return FileResponse(ICONS / "icon-512.png", headers={"Cache-Control": "public, max-age=300"})


@router.get("/c/{slug}/share.png", dependencies=[PUBLIC])
def campaign_preview(here: Reader, slug: Slug) -> Response:
    """Return the picture of a campaign; it is made anew every few minutes at most."""
    campaign = campaign_named(here, slug)
    database = here.room.database
    with database.reading() as session:
        revision = queries.revision(session, campaign.id)

    def make() -> bytes:
        sums = results.sums(database, Selection(campaign), at_most_s=results.COUNTS_S)
        _revision, pins = here.room.pinboard.current(campaign.id, None)
        return share_picture(
            campaign,
            ground(here, campaign),
            pins,
            proposals=sums.proposals,
            people=sums.people,
            language=here.lang,
            office=office,
        )

    office = here.office.name(here.lang)
    key = ("share_picture", database.url, campaign.id, here.lang, office)
    return _picture(CACHE.get(key, revision, make, at_most_s=REMADE_AFTER_S, wait=True))


@router.get("/p/{public_id}/share.png", dependencies=[PUBLIC])
def proposal_preview(here: Reader, public_id: Annotated[str, Path(max_length=16)]) -> Response:
    """Return the picture of a published proposal."""
    with here.room.database.reading() as session:
        view = queries.proposal_by_public_id(session, public_id)
        campaign = queries.campaign_by_id(session, view.campaign_id)
    office = here.office.name(here.lang)
    body = proposal_picture(
        campaign, ground(here, campaign), view, language=here.lang, office=office
    )
    return _picture(body)


def _picture(body: bytes) -> Response:
    return Response(body, media_type="image/png", headers={"Cache-Control": "public, max-age=300"})
