"""A campaign's prize draw for everyone to check; what an author has in it; the cover."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response

from core.errors import NotFoundError
from serving.guards import PUBLIC
from serving.parameters import Slug
from serving.visit import Reader, Visit
from submissions.prize_draws import draw_views, lottery
from submissions.prize_draws.draw_views import DrawView
from submissions.prize_draws.entries import Reason
from submissions.proposals.queries import CampaignView
from web import presenters
from web.residents.campaign_page import campaign_named
from wording import formatting
from wording.campaign_editor import reason_names, void_stages

router = APIRouter(dependencies=[PUBLIC])
Number = Annotated[int, Path(ge=1, le=10_000)]
#: On the page; the list to be downloaded has all of them.
SHOWN = 200


@router.get("/c/{slug}/draw", response_class=HTMLResponse)
def draw(here: Reader, slug: Slug) -> Response:
    """Show how prizes are drawn, the list, the seed and who won: names of entries alone.

    Lists that were declared void stay below, with the reason.
    """
    campaign = campaign_named(here, slug)
    with here.room.database.reading() as session:
        found = draw_views.draw_of(session, campaign.id, most=SHOWN)
        void = draw_views.void_draws(session, campaign.id)
    if found is None and not void and campaign.prize is None:
        raise NotFoundError(kind="page")
    return here.page(
        "draw.html",
        campaign=presenters.campaign_words(here, campaign),
        rules=rules_told(here, campaign, found),
        **draw_parts(here, found, void),
        script=lottery.SCRIPT,
    )


@router.get("/c/{slug}/draw/entries.txt")
def entries(here: Reader, slug: Slug) -> Response:
    """Return the list as it was published: its bytes have the hash that the page shows.

    The one in force, or the latest that was declared void where there is none.
    """
    return _listed(_draw(here, slug))


@router.get("/c/{slug}/draw/record.json")
def record(here: Reader, slug: Slug) -> Response:
    """Return all of the draw for ``python -m submissions draw verify``."""
    return _recorded(_draw(here, slug))


@router.get("/c/{slug}/draw/{number}/entries.txt")
def numbered_entries(here: Reader, slug: Slug, number: Number) -> Response:
    """Return one of several lists, void or not, as it was published."""
    return _listed(_draw(here, slug, number))


@router.get("/c/{slug}/draw/{number}/record.json")
def numbered_record(here: Reader, slug: Slug, number: Number) -> Response:
    """Return all of one of several draws; of a void one, that and why it is."""
    return _recorded(_draw(here, slug, number))


@router.get("/c/{slug}/cover.jpg", response_class=Response)
def cover(here: Reader, slug: Slug) -> Response:
    """Return the campaign's cover picture."""
    return cover_picture(here, campaign_named(here, slug), public=True)


_FILE = {"Content-Disposition": "attachment", "Cache-Control": "no-cache"}


def cover_picture(here: Visit, campaign: CampaignView, *, public: bool) -> Response:
    """Return a cover's bytes. Raises ``NotFoundError``."""
    if campaign.cover is None:
        raise NotFoundError(kind="picture")
    kept = "public, max-age=300" if public else "private, no-store"
    headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    body = here.room.photos.read(campaign.cover)
    return Response(body, media_type="image/jpeg", headers=headers)


def told_entry(here: Visit, public_id: str) -> dict[str, str]:
    """Return what the author of a proposal has in the draw, for the receipt's page."""
    _ = here.words.gettext
    with here.room.database.reading() as session:
        own = draw_views.entry_of(session, public_id)
    if own is None:
        return {"draw": "", "entry": ""}
    if own.void is not None:
        return {"draw": _void_entry(here, own), "entry": own.entry or ""}
    if own.entry is None:
        said = _("This proposal gives no entry in the prize draw, as it is {reason}.")
        reason = reason_names(here.words)[Reason(str(own.reason))]
        return {"draw": said.format(reason=reason), "entry": ""}
    said = _("Your entry in the prize draw. It stands in the published list, without your name:")
    if own.rank is not None:
        said = _("You have won in the prize draw! Your entry is number {n} of those drawn:").format(
            n=own.rank
        )
    elif own.is_drawn:
        said = _("Prizes have been drawn. This time your entry was not among them:")
    return {"draw": said, "entry": own.entry}


def _void_entry(here: Visit, own: draw_views.OwnEntry) -> str:
    """Say to an author that the draw is void; that a prize is none, above all."""
    _ = here.words.gettext
    said = _("The list of the prize draw was declared void. The office's reason: {reason}")
    if own.rank is not None:
        said = _(
            "You had won in the prize draw, but the draw was declared void, so that nobody has "
            "won. The office's reason: {reason}"
        )
    return said.format(reason=own.void)


def rules_told(here: Visit, campaign: CampaignView, found: DrawView | None) -> list[str]:
    """Return the rules of a draw as sentences."""
    _ = here.words.gettext
    prize: dict[str, Any] = campaign.prize or {}
    rules = found.rules if found is not None else prize
    winners = int(rules["winners"])
    told = [here.said(prize.get("claim") or {})]
    told.append(
        here.words.ngettext("{n} prize is drawn.", "{n} prizes are drawn.", winners).format(
            n=formatting.number(winners, here.lang)
        )
    )
    told.append(
        _("Each person has one entry, however many proposals came from a device or a contact.")
    )
    if not rules.get("earlier"):
        told.append(_("Who won in an earlier draw takes no part."))
    if rules.get("merged"):
        told.append(_("A proposal that was joined with another still counts for its author."))
    return [line for line in told if line]


def draw_parts(here: Visit, found: DrawView | None, void: list[DrawView]) -> dict[str, Any]:
    """Return what the templates show of a draw and of those that were declared void."""
    return {
        "draw": found,
        "void": void,
        "reasons": reason_names(here.words),
        "stages": void_stages(here.words),
    }


def _draw(here: Visit, slug: str, number: int | None = None) -> DrawView:
    """Return a campaign's draw in force, or by its number. Raises ``NotFoundError``."""
    campaign = campaign_named(here, slug)
    with here.room.database.reading() as session:
        if number is None:
            found = draw_views.draw_of(session, campaign.id)
            found = found or draw_views.latest_draw(session, campaign.id)
        else:
            found = draw_views.draw_numbered(session, campaign.id, number)
    if found is None:
        raise NotFoundError(kind="page")
    return found


def _listed(found: DrawView) -> Response:
    return Response(found.text.encode(), media_type="text/plain; charset=utf-8", headers=_FILE)


def _recorded(found: DrawView) -> Response:
    body = json.dumps(found.record, ensure_ascii=False, indent=1).encode()
    return Response(body, media_type="application/json", headers=_FILE)
