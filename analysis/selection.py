"""What a filter finds in a campaign: how many, which, where, and what is worked out from them.

This is the one way to counts, answers, hotspots and their members, of a whole campaign too (with an
empty filter). Results are kept for the campaign's revision, under the filter and under what this
person may see, so that the tiles of one view are selected once. ``at_most_s``: a result of an
earlier revision will do for so many seconds, and then for as long as it is computed anew; see
``core.cache.Cache.get``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import frames
from analysis.filter import Filter, Spot
from analysis.filter_sql import Conditions, conditions, numbered, states
from analysis.frames import PublishedRow
from analysis.hotspots.clustering import Clustering, clustered
from analysis.listing import Sort, page_where
from analysis.themes.theme_index import themes_revision
from core.cache import CACHE
from core.database import Database
from core.page import Page
from core.reading.row_text import numbers_of
from layers.gazetteer.gazetteer import places_key
from people.access.actor import Actor
from people.access.permissions import Act, grants_for
from submissions.proposals import queries
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView, ProposalView
from submissions.proposals.receipt_codes import is_public_id

EVERYTHING, _ANYBODY = Filter(), Actor()


@dataclass(frozen=True)
class Selection:
    """A campaign, narrowed by a filter, as one person sees it; else whole, as anybody does."""

    campaign: CampaignView
    narrow: Filter = EVERYTHING
    actor: Actor = _ANYBODY

    @property
    def key(self) -> Hashable:
        """What all who get the same results share, for one revision of the campaign."""
        reach = grants_for(self.actor, Act.MODERATE) if self.narrow.statuses else frozenset()
        return self.campaign.id, self.campaign.edition, self.narrow, reach

    @property
    def category(self) -> str | None:
        """The category, where that is all it narrows to."""
        return self.narrow.categories[0] if self.narrow.categories else None

    def without_spot(self) -> Selection:
        """Return it without its hotspot."""
        return replace(self, narrow=replace(self.narrow, spot=None))

    def at(self, spot: Spot) -> Selection:
        """Return it narrowed to one of its hotspots."""
        return replace(self, narrow=replace(self.narrow, spot=spot))


def chosen(session: Session, selection: Selection) -> Conditions:
    """Return what a proposal must meet, all of it, to be in a selection.

    Raises what ``narrowing.conditions`` raises. A hotspot that is none any more has nothing in it.
    """
    narrow = selection.narrow
    found = conditions(session, selection.campaign, narrow, selection.actor)
    if narrow.area:
        found.append(numbered(session, _in_area(session, found, narrow.area)))
    if narrow.spot is not None:
        members = clustering_in(session, selection, narrow.spot).members(narrow.spot.hotspot_id)
        found.append(numbered(session, members.tolist()))
    return found


def ids(session: Session, selection: Selection) -> NDArray[np.int64]:
    """Return the internal ids of a selection, in their order."""
    return numbers_of(session, Proposal.id, *chosen(session, selection))


def count(session: Session, selection: Selection) -> int:
    """Return how many proposals a selection has."""
    return session.scalar(select(func.count()).where(*chosen(session, selection))) or 0


def page(
    session: Session,
    selection: Selection,
    *,
    sort: str = Sort.NEW,
    number: int = 1,
    size: int = 20,
    total: int | None = None,
) -> Page[ProposalView]:
    """Return one page, from 1, of a selection, the newest or the most supported first.

    ``total``: how many there are, where that is known already.
    """
    where = chosen(session, selection)
    return page_where(session, where, sort=sort, number=number, size=size, total=total)


def views(session: Session, selection: Selection, names: Sequence[str]) -> list[ProposalView]:
    """Return those of these proposals that are in a selection, in the order of their names."""
    if not selection.narrow.statuses:
        return queries.proposals_by_public_ids(session, names)
    wanted = [name for name in dict.fromkeys(names) if is_public_id(name)]
    allowed = states(selection.narrow, selection.actor)
    found = queries.proposal_views(session, allowed, Proposal.public_id.in_(wanted))
    by_name = {view.public_id: view for view in found}
    return [by_name[name] for name in wanted if name in by_name]


def batches(session: Session, selection: Selection) -> Iterator[list[PublishedRow]]:
    """Yield a selection in lists of rows, in the order of filing; see ``stream_published``."""
    where = chosen(session, selection)
    yield from frames.stream_published(session, selection.campaign.id, where)


def revision(database: Database, selection: Selection) -> int:
    """Return the newest change that may change what a selection finds or how it is counted."""
    with database.reading() as session:
        return _revision(session, selection)


def _revision(session: Session, selection: Selection) -> int:
    # Both numbers only grow: their sum is another whenever one of them is.
    themes = themes_revision(session) if selection.narrow.themes else 0
    if selection.narrow.supports or selection.narrow.photo is not None:
        return themes + queries.revision(session, selection.campaign.id)
    return themes + queries.counted_revision(session, selection.campaign.id)


def clustering_in(session: Session, selection: Selection, spot: Spot) -> Clustering:
    """Return the hotspots as ``hotspots_in`` does, with who is in them."""
    whole = selection.without_spot()
    key = clustering_key(session, whole, spot)
    return CACHE.get(key, _revision(session, whole), lambda: find_clustering(session, whole, spot))


def clustering_key(session: Session, whole: Selection, spot: Spot) -> Hashable:
    """Return under what the hotspots of a selection without a spot are kept, by places' names."""
    url, named = session.get_bind().engine.url, gazetteer_key(session, whole)
    return "hotspots", url, whole.key, spot.radius_m, spot.min_proposals, named


def gazetteer_key(session: Session, selection: Selection) -> Hashable:
    """Return what changes when the places do after which hotspots of a campaign are called."""
    campaign = selection.campaign
    return places_key(session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict)


def find_clustering(session: Session, whole: Selection, spot: Spot) -> Clustering:
    """Find the hotspots of a selection without a spot, as a spot says."""
    return clustered(
        session,
        whole.campaign,
        chosen(session, whole),
        radius_m=spot.radius_m,
        min_proposals=spot.min_proposals,
    )


def _in_area(
    session: Session, where: Conditions, area: tuple[tuple[float, float], ...]
) -> list[int]:
    """Return which of those that meet conditions have their pin in a polygon, its border too."""
    polygon = shapely.make_valid(shapely.Polygon(area))
    west, south, east, north = polygon.bounds
    rows = session.execute(
        select(Proposal.id, Proposal.longitude, Proposal.latitude).where(
            *where,
            Proposal.longitude.between(west, east),
            Proposal.latitude.between(south, north),
        )
    ).all()
    shapely.prepare(polygon)
    inside = shapely.intersects_xy(polygon, [r.longitude for r in rows], [r.latitude for r in rows])
    return [row.id for row, hit in zip(rows, inside, strict=True) if hit]
