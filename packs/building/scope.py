"""What one version of a pack is of, read anew each time: the place, its campaign, its members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.filter import Filter
from analysis.scenarios.models import Scenario
from analysis.scenarios.places import MASKS
from analysis.selection import Selection
from analysis.view import View
from core.batches import in_parts
from deliberation.models import Topic, TopicProposal
from geo.crs import WGS84, metric_crs_for, reproject
from packs.models import Pack, PackVersion
from packs.states import Origin
from packs.told_people import Counted
from packs.versions import told_before
from submissions.proposals.merged_family import HEAD, HEAD_ID
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView, campaign_by_id
from submissions.proposals.states import Status

#: Told how much is done, from 0 to 1; may raise to end the work.
Tell = Callable[[float], None]
#: Proposals within so many metres of the place of a pack are in it; what is there today, further.
AROUND_M, BESIDE_M = 100.0, 300.0
#: How far the place of a site reaches whose outline is told by a point, in metres.
SITE_M = 50.0
#: As many corners as a filter takes; a hull is made plainer by metres until it has no more.
_MOST_CORNERS = 150


@dataclass(frozen=True)
class Scope:
    """What a version is of; ``place`` and ``around`` in WGS 84.

    ``members``: public ids of the proposals that a topic or a scenario was made of and that are
    published now. ``sites``: of a scenario, as ``analysis.scenarios.outcome.told`` has them.
    ``masks``: names of layers on which nothing may stand. ``before``: what was told of people last.
    """

    pack_id: int
    number: int
    title: str
    origin: Origin
    query: str
    system: str
    language: str
    campaign: CampaignView
    place: Any
    around: Any
    selection: Selection
    members: frozenset[str]
    sites: tuple[dict[str, Any], ...]
    masks: tuple[str, ...]
    before: Counted

    @property
    def whole(self) -> bool:
        """Tell whether it has all of a view rather than what lies around a place."""
        return self.origin is Origin.VIEW


def scope_of(session: Session, version_id: int) -> Scope:
    """Return what a version is of. Raises ``NoResultFound`` where it is gone."""
    version = session.get_one(PackVersion, version_id)
    pack = session.get_one(Pack, version.pack_id)
    campaign = campaign_by_id(session, pack.campaign_id)
    origin, scenario = Origin(pack.origin), _scenario(session, pack)
    place = shapely.make_valid(pack.outline) if scenario is None else _sites_of(scenario)
    members = _members(session, pack, scenario)
    narrow = View.read(parse_qsl(pack.query)).narrow
    if origin is not Origin.VIEW:
        narrow = Filter(area=_corners(place, [(lon, lat) for _id, lon, lat in members]))
    return Scope(
        pack_id=pack.id,
        number=version.number,
        title=pack.title,
        origin=origin,
        query=pack.query,
        system=pack.system,
        language=pack.language,
        campaign=campaign,
        place=place,
        around=buffered(place, BESIDE_M),
        selection=Selection(campaign, replace(narrow, statuses=())),
        members=frozenset(public_id for public_id, _lon, _lat in members),
        sites=tuple(scenario.outcome["sites"]) if scenario else (),
        masks=tuple(scenario.plan.get("masks") or MASKS[:3]) if scenario else MASKS[:3],
        before=told_before(session, pack, version.number),
    )


def buffered(shape: Any, metres: float) -> Any:
    """Return the ground within so many metres of a shape (both WGS 84)."""
    there = gpd.GeoSeries([shape], crs=WGS84)
    crs = metric_crs_for(gpd.GeoDataFrame(geometry=there))
    return reproject(reproject(there, crs).buffer(metres), WGS84).iloc[0]


def _sites_of(scenario: Scenario) -> Any:
    """Return the ground of the places of a scenario: not what lies between them."""
    places = [(one["longitude"], one["latitude"]) for one in scenario.outcome["sites"]]
    return buffered(shapely.MultiPoint(places), SITE_M)


def _scenario(session: Session, pack: Pack) -> Scenario | None:
    """Return the scenario that a pack, or the topic of a pack, was made of."""
    number = pack.scenario_id
    if pack.topic_id is not None:
        number = session.get_one(Topic, pack.topic_id).figures.get("scenario")
    return None if number is None else session.get(Scenario, number)


def _members(
    session: Session, pack: Pack, scenario: Scenario | None
) -> list[tuple[str, float, float]]:
    """Return what a topic or a scenario was made of as far as it is published: id and place."""
    ids: Sequence[int] = []
    if pack.topic_id is not None:
        mine = TopicProposal.topic_id == pack.topic_id
        ids = list(session.scalars(select(TopicProposal.proposal_id).where(mine)))
    elif scenario is not None:
        ids = sorted({one for site in scenario.outcome["sites"] for one in site["ids"]})
    found: dict[str, tuple[float, float]] = {}
    for part in in_parts(ids):
        rows = session.execute(
            select(HEAD.public_id, HEAD.longitude, HEAD.latitude)
            .select_from(Proposal)
            .join(HEAD, HEAD.id == HEAD_ID)
            .where(Proposal.id.in_(part), HEAD.status == str(Status.PUBLISHED))
        )
        found |= {row.public_id: (row.longitude, row.latitude) for row in rows}
    return [(name, *place) for name, place in sorted(found.items())]


def _corners(place: Any, members: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the corners of the ground in which the proposals of a place, and its members, lie."""
    ground = buffered(place, AROUND_M + 1.0)
    if members:
        ground = shapely.union(ground, shapely.MultiPoint(members))
    hull = shapely.convex_hull(ground)
    hull = shapely.buffer(hull, 1e-5) if members else hull
    for metres in (0.0, 1.0, 3.0, 10.0):
        plain = shapely.convex_hull(shapely.simplify(hull, metres / 100_000))
        plain = buffered(plain, metres) if metres else plain
        corners = np.round(shapely.get_coordinates(plain)[:-1], 6)
        if len(corners) <= _MOST_CORNERS:
            break
    return tuple((float(x), float(y)) for x, y in corners[:_MOST_CORNERS])
