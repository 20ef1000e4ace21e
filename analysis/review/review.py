"""A view with the campaigns and layers that its reader may see: what the desk shows, and others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from analysis.filter import Filter, Pairs, Spot
from analysis.selection import Selection
from analysis.view import Comparison, View
from layers.effective import standing
from layers.map.layer_panel import FACILITIES, LayerState, layer_states
from layers.queries import LayerView, layers_around
from people.access.actor import Actor
from submissions.proposals.queries import CampaignView

#: Where the desk has the pages of a view: its hotspots, topics, brief, saved views.
PATH = "/w/desk/review"
#: The parameter by which an address opens a table below the workbench's map, and that of proposals.
TAB, LISTED = "tab", "proposals"


@dataclass(frozen=True)
class Review:
    """A view that was ``asked`` for; ``beside`` is what it is compared with, on a second map."""

    asked: View
    campaigns: tuple[CampaignView, ...]
    selection: Selection
    layers: tuple[LayerState, ...]
    uploaded: tuple[LayerView, ...]
    beside: Selection | None

    @property
    def campaign(self) -> CampaignView:
        """The campaign."""
        return self.selection.campaign

    @property
    def narrow(self) -> Filter:
        """The filter."""
        return self.selection.narrow

    @property
    def view(self) -> View:
        """What is shown, with the campaigns by their names, and the list from its beginning."""
        beside = None
        if self.beside is not None:
            period = self.beside.narrow
            asked = self.asked.beside or Comparison()
            ways = asked.radius_m, asked.min_proposals
            beside = Comparison(self.beside.campaign.slug, period.since, period.until, *ways)
        return replace(
            self.asked, campaign=self.campaign.slug, narrow=self.narrow, page=1, beside=beside
        )

    def pairs(self) -> Pairs:
        """Return all of it but the page of the list, as parameters of an address."""
        return self.view.pairs()

    def address(self, path: str, **changes: str) -> str:
        """Return the address of a page at the desk in this view; see ``View.query``."""
        return self.view.address(PATH + path, **changes)

    def on_map(self, **changes: str) -> str:
        """Return the address of the workbench's map in this view; see ``View.query``."""
        return self.view.address("/planner", **changes)

    def file(self, kind: str) -> str:
        """Return where the API gives this view's proposals, communities, hotspots, clusters …"""
        return self.view.file(kind)

    def outlines(self) -> str:
        """Return where the API gives the hotspots for a map: without their answers, at once."""
        address = self.file("hotspots.geojson")
        return address + ("&" if "?" in address else "?") + "answers=no&verdicts=now"

    def hotspot(self, hotspot_id: str) -> str:
        """Return the address of a hotspot's own page."""
        kept = replace(self, selection=self.selection.without_spot())
        return kept.address(f"/hotspot/{hotspot_id}")

    def spot(self, hotspot_id: str) -> Selection:
        """Return this view narrowed to one of its hotspots."""
        return self.selection.at(Spot(hotspot_id, self.asked.radius_m, self.asked.min_proposals))


def review_of(
    session: Session,
    asked: View,
    campaigns: Sequence[CampaignView],
    campaign: CampaignView,
    actor: Actor,
) -> Review:
    """Return a view of one of the campaigns that somebody may see, in the order given."""
    chosen = Selection(campaign, asked.narrow, actor)
    uploaded = uploaded_beside(session, actor, campaign)
    return Review(
        asked=asked,
        campaigns=tuple(campaigns),
        selection=chosen,
        layers=tuple(layer_states(asked.layers, [one.key for one in uploaded])),
        uploaded=tuple(uploaded),
        beside=_beside(asked.beside, campaigns, chosen),
    )


def uploaded_beside(session: Session, actor: Actor, campaign: CampaignView) -> list[LayerView]:
    """Return the uploaded layers of a campaign's place but those that stand for one of the map."""
    seen = layers_around(session, actor, campaign.subdistrict, campaign.area.bounds)
    made_of = standing(session, campaign.subdistrict, campaign.area)
    stands = {layer.id for name in FACILITIES for layer in made_of.uploaded_for(name)}
    return [layer for layer in seen if layer.id not in stands]


def _beside(
    wanted: Comparison | None, campaigns: Sequence[CampaignView], chosen: Selection
) -> Selection | None:
    """Return the other campaign or period; what only this campaign asks for is left out of it."""
    if wanted is None:
        return None
    other = next((one for one in campaigns if one.slug == wanted.campaign), chosen.campaign)
    narrow = replace(chosen.narrow, since=wanted.since, until=wanted.until, spot=None)
    if wanted == Comparison(radius_m=wanted.radius_m, min_proposals=wanted.min_proposals):
        narrow = replace(chosen.narrow, spot=None)  # other ways to find hotspots in the same
    if other.id != chosen.campaign.id:
        narrow = replace(narrow, answers=(), categories=())
    return Selection(other, narrow, chosen.actor)
