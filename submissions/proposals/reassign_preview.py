"""What it would change to put communities of another edition under campaigns, shown before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotAllowedError
from geo.borders.border_fit import LEAST_COVERED, apart_km, covered_share, moved_borders
from geo.point_in_polygon import OUTSIDE, PolygonIndex
from layers.communities.communities import checked_communities
from layers.models import Community
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere, may
from submissions.campaigns.jurisdiction import where_of_campaign
from submissions.campaigns.models import Campaign
from submissions.proposals.models import Proposal


@dataclass(frozen=True)
class CampaignEffect:
    """What happens to a campaign: its proposals, how many get another community, or none."""

    slug: str
    proposals: int
    changed: int
    outside: int
    outside_before: int


@dataclass(frozen=True)
class Adoption:
    """Communities by name: of them all, which codes are ``new`` and which are ``gone``.

    Compared with what the edition holds now, or, of a new one, with ``compared`` (an edition).
    ``moved``: names of those whose borders differ, with the share of their area that stays.
    """

    communities: int
    compared: str
    new: tuple[str, ...]
    gone: tuple[str, ...]
    effects: tuple[CampaignEffect, ...]
    moved: tuple[tuple[str, float], ...] = ()


def foresee(
    session: Session,
    actor: Actor,
    frame: gpd.GeoDataFrame,
    edition: str,
    campaign_ids: Sequence[int],
) -> Adoption:
    """Say what loading communities as an edition would change; nothing is changed.

    ``frame`` is as ``layers.communities.communities.load_communities`` takes it. Campaigns that
    stand on the edition already are looked at, too. Raises ``NotAllowedError``; ``BadFileError``
    and what else is wrong with communities that cannot be loaded.
    """
    check_may_somewhere(actor, Act.LOAD_COMMUNITIES, action="load_communities")
    frame, _repairs = checked_communities(frame, edition)
    campaigns = [
        one
        for one in session.scalars(select(Campaign).order_by(Campaign.id))
        if one.id in campaign_ids or one.edition == edition
    ]
    if not all(may(actor, Act.LOAD_COMMUNITIES, where_of_campaign(one)) for one in campaigns):
        raise NotAllowedError(action="load_communities")
    check_lies_here(frame, [one.area for one in campaigns])
    compared = _compared(session, edition, campaigns)
    rows = session.execute(
        select(Community.code, Community.name, Community.geometry)
        .where(Community.edition == compared)
        .order_by(Community.code)
    ).all()
    before = {row.code: row.name for row in rows}
    names = dict(zip(frame["code"], frame["name"], strict=True))
    index = PolygonIndex(frame)
    codes = [str(code) for code in frame["code"]]
    return Adoption(
        communities=len(frame),
        compared=compared,
        new=tuple(str(names[code]) for code in names if code not in before),
        gone=tuple(before[code] for code in sorted(before) if code not in names),
        moved=_moved(rows, frame),
        effects=tuple(_effect(session, one, index, codes) for one in campaigns),
    )


def check_lies_here(frame: gpd.GeoDataFrame, areas: Sequence[Any]) -> None:
    """Raise ``InvalidError`` (``elsewhere``, ``km``) for borders that cover none of some areas."""
    if areas and all(covered_share(frame, area) < LEAST_COVERED for area in areas):
        km = min(apart_km(frame, area) for area in areas)
        raise InvalidError(field="area", reason="elsewhere", km=round(km, 1))


def _moved(rows: Sequence[Any], frame: gpd.GeoDataFrame) -> tuple[tuple[str, float], ...]:
    old = {row.code: row.geometry for row in rows}
    new = dict(zip(frame["code"], frame.geometry, strict=True))
    names = dict(zip(frame["code"], frame["name"], strict=True))
    found = moved_borders(old, new)
    return tuple((str(names[code]), found[code]) for code in sorted(found, key=found.__getitem__))


def _compared(session: Session, edition: str, campaigns: Sequence[Campaign]) -> str:
    """Return the edition to compare with: the same, else that of the campaigns."""
    there = session.scalar(select(Community.code).where(Community.edition == edition).limit(1))
    return edition if there is not None or not campaigns else campaigns[-1].edition


def _effect(
    session: Session, campaign: Campaign, index: PolygonIndex, codes: list[str]
) -> CampaignEffect:
    rows = session.execute(
        select(Proposal.longitude, Proposal.latitude, Proposal.community_code).where(
            Proposal.campaign_id == campaign.id
        )
    ).all()
    found = index.locate([row.longitude for row in rows], [row.latitude for row in rows])
    then = [None if at == OUTSIDE else codes[at] for at in found.tolist()]
    return CampaignEffect(
        slug=campaign.slug,
        proposals=len(rows),
        changed=sum(1 for row, code in zip(rows, then, strict=True) if row.community_code != code),
        outside=then.count(None),
        outside_before=sum(1 for row in rows if row.community_code is None),
    )
