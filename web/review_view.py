"""What an address of the review asks for, and the addresses that lead on from it.

The address holds all: campaign, filter, measure, how hotspots are made, layers with order and
opacity, where the map looks, and what it is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

import errors
from layers.queries import LayerView, layers_around
from layers.review import FACILITIES, LayerState, layers_text, read_layers
from layers.standing import standing
from people.actors import Actor
from people.catalogue import Act
from submissions import overview
from submissions.filters import MIN_PROPOSALS, RADIUS_M, Filter, Pairs, Spot, read_filter
from submissions.narrowing import check
from submissions.queries import CampaignView
from submissions.selection import Selection
from web.render import Visit

PATH = "/w/desk/review"
MEASURES = ("proposals", "per_1000", "per_km2", "answered_share")
SORTS = ("new", "supported")
MOST_PAGES = 1_000_000
MOST_LAYERS_TEXT = 2_000


@dataclass(frozen=True)
class View:
    """One view of a campaign; ``beside`` is what it is compared with, on a second map."""

    campaigns: tuple[CampaignView, ...]
    selection: Selection
    measure: str
    radius_m: float
    min_proposals: int
    layers: tuple[LayerState, ...]
    uploaded: tuple[LayerView, ...]
    at: str
    sort: str
    page: int
    beside: Selection | None

    @property
    def campaign(self) -> CampaignView:
        """The campaign."""
        return self.selection.campaign

    @property
    def narrow(self) -> Filter:
        """The filter."""
        return self.selection.narrow

    def pairs(self) -> Pairs:
        """Return all of it but the page of the list, as parameters of an address."""
        found = [("campaign", self.campaign.slug), *self.narrow.pairs()]
        found += [("measure", self.measure)] if self.measure != MEASURES[0] else []
        if self.narrow.spot is None and (self.radius_m, self.min_proposals) != (50.0, 5):
            found += [("radius_m", f"{self.radius_m:g}")]
            found += [("min_proposals", str(self.min_proposals))]
        states = list(self.layers)
        usual = read_layers("", [one.key for one in self.uploaded])
        found += [("layers", layers_text(states))] if states != usual else []
        found += [("at", self.at)] if self.at else []
        found += [("sort", self.sort)] if self.sort != SORTS[0] else []
        return found + self._beside_pairs()

    def _beside_pairs(self) -> Pairs:
        if self.beside is None:
            return []
        since, until = self.beside.narrow.since, self.beside.narrow.until
        found = [("with", self.beside.campaign.slug)]
        found += [("with_from", since.isoformat())] if since else []
        return found + ([("with_to", until.isoformat())] if until else [])

    def query(self, **changes: str) -> str:
        """Return the query of an address: this view, with parameters set, or (empty) left out."""
        kept = [(name, value) for name, value in self.pairs() if name not in changes]
        return urlencode([*kept, *((k, v) for k, v in changes.items() if v)])

    def address(self, path: str = "", **changes: str) -> str:
        """Return an address of the review in this view."""
        return f"{PATH}{path}?{self.query(**changes)}"

    def file(self, kind: str) -> str:
        """Return where the API gives this view's proposals, communities, hotspots, clusters …"""
        hotspots = kind.startswith("hotspots")
        more: dict[str, Any] = {}
        if hotspots:
            more = {"radius_m": f"{self.radius_m:g}", "min_proposals": self.min_proposals}
        narrow = replace(self.narrow, spot=None) if hotspots else self.narrow
        query = narrow.query(**more)
        return f"/api/campaigns/{self.campaign.slug}/{kind}" + (f"?{query}" if query else "")

    def hotspot(self, hotspot_id: str) -> str:
        """Return the address of a hotspot's own page."""
        kept = replace(self, selection=self.selection.without_spot())
        return kept.address(f"/hotspot/{hotspot_id}")

    def spot(self, hotspot_id: str) -> Selection:
        """Return this view narrowed to one of its hotspots."""
        return self.selection.at(Spot(hotspot_id, self.radius_m, self.min_proposals))


def read_view(here: Visit, session: Session) -> View:
    """Return the view that the address asks for; without a campaign in it, of the newest.

    Raises ``NotFoundError`` without any campaign within reach or for one that is not;
    ``InvalidError``, ``NotAllowedError``, ``UnknownCategoryError`` for its filter.
    """
    given = here.request.query_params
    campaigns = overview.campaigns_within(session, here.actor, Act.SEE_DESK)
    wanted = given.get("campaign", "")
    found = [one for one in reversed(campaigns) if wanted in ("", one.slug)]
    if not found:
        raise errors.NotFoundError(kind="campaign", slug=wanted[:80])
    narrow = read_filter(given.multi_items())
    check(found[0], narrow, here.actor)
    chosen = Selection(found[0], narrow, here.actor)
    made = narrow.spot or _made(given)
    uploaded = uploaded_beside(session, here.actor, found[0])
    keys = [one.key for one in uploaded]
    return View(
        campaigns=tuple(campaigns),
        selection=chosen,
        measure=given["measure"] if given.get("measure") in MEASURES else MEASURES[0],
        radius_m=made.radius_m,
        min_proposals=made.min_proposals,
        layers=tuple(read_layers(given.get("layers", "")[:MOST_LAYERS_TEXT], keys)),
        uploaded=tuple(uploaded),
        at=_place(given.get("at", "")),
        sort=given["sort"] if given.get("sort") in SORTS else SORTS[0],
        page=_whole(given.get("page", ""), (1, MOST_PAGES), 1),
        beside=_beside(given, campaigns, chosen),
    )


def uploaded_beside(session: Session, actor: Actor, campaign: CampaignView) -> list[LayerView]:
    """Return the uploaded layers of a campaign's place but those that stand for one of the map."""
    seen = layers_around(session, actor, campaign.subdistrict, campaign.area.bounds)
    made_of = standing(session, campaign.subdistrict, campaign.area)
    stands = {layer.id for name in FACILITIES for layer in made_of.uploaded_for(name)}
    return [layer for layer in seen if layer.id not in stands]


def _made(given: Any) -> Spot:
    radius_m = _whole(given.get("radius_m", ""), (int(RADIUS_M[0]), int(RADIUS_M[1])), 50)
    return Spot("", float(radius_m), _whole(given.get("min_proposals", ""), MIN_PROPOSALS, 5))


def _whole(text: str, bounds: tuple[int, int], otherwise: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return otherwise
    return min(max(int(text), bounds[0]), bounds[1])


def _place(text: str) -> str:
    """Return where the map looks (longitude, latitude, zoom), or nothing for no such place."""
    try:
        longitude, latitude, zoom = (float(part) for part in text[:60].split(","))
    except ValueError:
        return ""
    if not (-180 <= longitude <= 180 and -85 <= latitude <= 85 and 3 <= zoom <= 20):
        return ""
    return f"{longitude:.5f},{latitude:.5f},{zoom:g}"


def _beside(given: Any, campaigns: list[CampaignView], chosen: Selection) -> Selection | None:
    """Return the other campaign or period; what only this campaign asks for is left out of it."""
    slug, first, last = (given.get(name, "") for name in ("with", "with_from", "with_to"))
    if not (slug or first or last):
        return None
    other = next((one for one in campaigns if one.slug == slug), chosen.campaign)
    period = read_filter([("from", first), ("to", last)])
    narrow = replace(
        chosen.narrow, since=period.since, until=period.until, spot=None, answers=(), categories=()
    )
    if other.id == chosen.campaign.id:
        narrow = replace(narrow, answers=chosen.narrow.answers, categories=chosen.narrow.categories)
    return Selection(other, narrow, chosen.actor)
