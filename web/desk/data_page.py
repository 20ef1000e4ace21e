"""What design firms and council members may take away: files, what is in them, their licence."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from layers import built_in
from layers.export.data_dictionary import ANSWERS, FILES, FLAT, HOTSPOT_ANSWERS
from layers.map.layer_panel import FACILITIES
from people.access.actor import Actor, Where
from people.access.permissions import Act, may_somewhere
from people.accounts.api_tokens import offered_acts
from serving.guards import SIGNED_IN
from serving.visit import Reader, Visit, now
from submissions.proposals.queries import CampaignView, list_campaigns
from web import presenters
from web.desk.frame import desk_page
from web.take_files import middle_of, pack_of_view, selection_of, take_form
from wording.phases import state_word

router = APIRouter(dependencies=[SIGNED_IN])
PATH = "/w/desk/data"


@router.get("/desk/data", response_class=HTMLResponse)
def data_page(here: Reader) -> Response:
    """Show the files of the campaigns within reach; what they hold is public."""
    with here.room.database.reading() as session:
        campaigns = [one for one in list_campaigns(session) if _within(here.actor, one)]
    return desk_page(
        here,
        "data.html",
        room="data",
        campaigns=[_campaign(here, one) for one in reversed(campaigns)],
        licence=here.room.settings.licence,
        columns=FILES,
        notes=(ANSWERS, FLAT, HOTSPOT_ANSWERS),
        base=here.base_url,
        makes_tokens=bool(offered_acts(here.actor)),
        has_desk=may_somewhere(here.actor, Act.SEE_DESK),
    )


def _within(actor: Actor, campaign: CampaignView) -> bool:
    """Tell whether a role of somebody reaches to a campaign, or to a community of its place."""
    where = Where(campaign.subdistrict)
    return any(
        grant.covers(where)
        or not campaign.subdistrict
        or bool(grant.code and grant.code.startswith(campaign.subdistrict))
        for grant in actor.grants
    )


def _campaign(here: Visit, campaign: CampaignView) -> dict[str, Any]:
    _ = here.words.gettext
    base = f"/api/campaigns/{campaign.slug}"
    files = [
        (_("Proposals, as they were drawn"), "GeoJSON", f"{base}/proposals.geojson"),
        (_("Proposals, their pins alone"), "GeoJSON", f"{base}/proposals.geojson?geometry=pin"),
        (_("Proposals as a table"), "CSV", f"{base}/proposals.csv"),
        (_("Hotspots, with answers"), "GeoJSON", f"{base}/hotspots.geojson"),
        (_("Communities with counts"), "GeoJSON", f"{base}/communities.geojson"),
    ]
    named = [(name, here.said(built_in.layer_named(name).title)) for name in FACILITIES]
    layers = [(title, "GeoJSON", f"{base}/layers/{name}.geojson") for name, title in named]
    of = selection_of(here, campaign)
    of += [(f"campaigns/{campaign.slug}/layers/{name}", title) for name, title in named]
    return {
        **presenters.campaign_words(here, campaign),
        "take": take_form(here, of, middle_of(campaign), pack=pack_of_view(here, campaign)),
        "state": state_word(here.words, here.lang, campaign, now()),
        "files": [
            {"name": name, "form": form, "address": address}
            for name, form, address in (*files, *layers)
        ],
    }
