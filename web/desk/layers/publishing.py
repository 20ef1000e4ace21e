"""What publishing a layer of the map's own kinds replaces, said before it is done."""

from __future__ import annotations

from typing import Any

from shapely.geometry import box
from sqlalchemy.orm import Session

from layers import built_in
from layers.effective import AROUND_DEG, standing
from layers.queries import LayerView, layer_seen
from layers.visibility import OF_THE_MAP, Shown
from serving.visit import Visit
from submissions.proposals.queries import CampaignView, list_campaigns
from web import presenters
from wording import formatting

NAMED = 5


def asks_first(here: Visit, layer_id: int, *, shown: str, use: str) -> str:
    """Say what would be replaced if a layer became public with a use; empty if nothing would.

    Nothing is asked of a layer that stands there already with this use. Raises ``NotFoundError``.
    """
    with here.room.database.reading() as session:
        layer = layer_seen(session, here.actor, layer_id)
        there = layer.shown == Shown.PUBLIC and layer.use == use
        if there or shown != Shown.PUBLIC or use not in OF_THE_MAP:
            return ""
        campaigns = _campaigns(session, layer)
        beside = any(_others(session, one, layer, use) for one in campaigns)
    return _question(here, use, campaigns, beside=beside)


def _campaigns(session: Session, layer: LayerView) -> list[CampaignView]:
    """Return the campaigns on whose map a layer would stand; see ``layers.effective``."""
    around = box(*layer.bounds).buffer(AROUND_DEG)
    return [
        one
        for one in list_campaigns(session)
        if around.intersects(box(*one.area.bounds))
        and (not one.subdistrict or layer.subdistrict in ("", one.subdistrict))
    ]


def _others(session: Session, campaign: CampaignView, layer: LayerView, use: str) -> bool:
    made_of = standing(session, campaign.subdistrict, campaign.area)
    return any(one.id != layer.id for one in made_of.uploaded_for(use))


def _question(here: Visit, use: str, campaigns: list[CampaignView], *, beside: bool) -> str:
    words, n = here.words, len(campaigns)
    if not campaigns:
        return ""
    titles: list[Any] = [presenters.title(here, one) or one.slug for one in campaigns]
    named = formatting.enumerated(titles[:NAMED], here.lang) + (" …" if n > NAMED else "")
    own = here.said(built_in.layer_named(use).title)
    said = (
        words.ngettext(
            "“{own}” of {n} campaign ({titles}) will be this layer together with those loaded "
            "before it.",
            "“{own}” of {n} campaigns ({titles}) will be this layer together with those loaded "
            "before it.",
            n,
        )
        if beside
        else words.ngettext(
            "On the map of {n} campaign ({titles}) this layer takes the place of “{own}”, which is "
            "no longer shown there.",
            "On the maps of {n} campaigns ({titles}) this layer takes the place of “{own}”, which "
            "is no longer shown there.",
            n,
        )
    )
    then = words.gettext(
        "Residents see it at once, and what is nearest to them is looked up in it."
    )
    told = said.format(own=own, n=formatting.number(n, here.lang), titles=named)
    return f"{told} {then}"
