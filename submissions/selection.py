"""What a filter finds in a campaign: how many, which, where, and what is worked out from them.

This is the one way to counts, answers, hotspots and their members, of a whole campaign too (with an
empty filter). Results are kept for the campaign's revision, under the filter and under what this
person may see, so that the tiles of one view are selected once. ``at_most_s``: a result of an
earlier revision will do for so many seconds, and then for as long as it is computed anew; see
``cache.Cache.get``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cache import CACHE
from database import Database
from dialect import beijing_day
from geo.heat import Heat, heat
from geo.hotspots import Hotspots
from layers.communities import community_frame
from layers.pins import PinIndex
from people.actors import Actor
from people.catalogue import Act, grants_for
from submissions import frames, queries
from submissions.analysis import Clustering, clustered
from submissions.answers import QuestionCounts, answer_counts
from submissions.filters import Filter, Spot
from submissions.frames import CommunityCounts, PublishedRow
from submissions.listing import MOST_ON_PAGE, Page, Sort
from submissions.models import Proposal
from submissions.narrowing import Conditions, conditions, numbered, states
from submissions.pinboard import Pinboard, labelled
from submissions.queries import CampaignView, ProposalView
from submissions.receipts import is_public_id

T = TypeVar("T")
_WEEK = timedelta(days=7)
#: Of the kernel by which heat is worked out: about how far one sees along a street.
BANDWIDTH_M = 120.0
#: How many seconds old these may be on pages that many read while others file.
COUNTS_S, ANSWERS_S, HOTSPOTS_S = 10.0, 30.0, 60.0
_EVERYTHING, _ANYBODY = Filter(), Actor()


@dataclass(frozen=True)
class Selection:
    """A campaign, narrowed by a filter, as one person sees it; else whole, as anybody does."""

    campaign: CampaignView
    narrow: Filter = _EVERYTHING
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


@dataclass(frozen=True)
class Sums:
    """How many proposals, of how many people, and to how many the office has said something."""

    proposals: int
    people: int
    answered: int
    communities: int
    by_category: dict[str, int]
    by_relation: dict[str, int]


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
    statement = select(Proposal.id).where(*chosen(session, selection))
    rows = session.connection().execute(statement).scalars().all()
    return np.sort(np.array(rows, dtype=np.int64))


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
) -> Page:
    """Return one page, from 1, of a selection, the newest or the most supported first.

    ``total``: how many there are, where that is known already.
    """
    where = chosen(session, selection)
    if total is None:
        total = session.scalar(select(func.count()).where(*where)) or 0
    size = min(max(size, 1), MOST_ON_PAGE)
    pages = max(1, -(-total // size))
    number = min(max(number, 1), pages)
    first = Proposal.supports if sort == Sort.SUPPORTED else Proposal.created
    order = select(Proposal.public_id).where(*where).order_by(first.desc(), Proposal.id.desc())
    names = session.scalars(order.limit(size).offset((number - 1) * size)).all()
    found = queries.proposal_views(session, Proposal.public_id.in_(names)) if names else []
    views = {view.public_id: view for view in found}
    return Page([views[name] for name in names], total, number, pages)


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
    yield from frames.stream_published(session, selection.campaign.id, where=where)


def revision(database: Database, selection: Selection) -> int:
    """Return the newest change that may change what a selection finds or how it is counted."""
    with database.reading() as session:
        return _revision(session, selection)


def _revision(session: Session, selection: Selection) -> int:
    if selection.narrow.supports or selection.narrow.photo is not None:
        return queries.revision(session, selection.campaign.id)
    return queries.counted_revision(session, selection.campaign.id)


def pins(database: Database, selection: Selection) -> tuple[int, PinIndex]:
    """Return the pins of a selection, and the revision that they show."""
    if selection.narrow.only_category:
        return Pinboard(database).current(selection.campaign.id, selection.category)
    at = revision(database, selection)

    def make() -> PinIndex:
        with database.reading() as session:
            delta = frames.pins_where(session, chosen(session, selection), at)
        return PinIndex.build(delta.ids, delta.longitudes, delta.latitudes, labelled(delta))

    return at, CACHE.get(("pins", database.url, selection.key), at, make)


def community_counts(
    database: Database, selection: Selection, *, at_most_s: float = 0.0
) -> CommunityCounts:
    """Return the counts by community of a selection. The frame is shared."""
    return _kept(database, selection, _by_community, at_most_s=at_most_s)


def hotspots(
    database: Database,
    selection: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    at_most_s: float = 0.0,
) -> Hotspots:
    """Cluster a selection; what hotspot it is narrowed to does not matter here."""
    spot = Spot("", radius_m, min_proposals)
    if at_most_s:
        found = _found_beside(database, selection, spot)
        return CACHE.get(*found, at_most_s=at_most_s).hotspots
    # Whoever finds has a connection then, as those have who wait: they cannot take the last one.
    with database.reading() as session:
        return hotspots_in(session, selection, spot)


def begun_hotspots(
    database: Database,
    selection: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    at_most_s: float,
) -> Hotspots | None:
    """Return the hotspots as ``hotspots`` does; None while the first are being found."""
    found = _found_beside(database, selection, Spot("", radius_m, min_proposals))
    clustering = CACHE.begun(*found, at_most_s=at_most_s)
    return None if clustering is None else clustering.hotspots


def _found_beside(
    database: Database, selection: Selection, spot: Spot
) -> tuple[Hashable, int, Callable[[], Clustering]]:
    """Return under what hotspots are kept, for which revision, and what finds them."""
    whole = selection.without_spot()

    def find() -> Clustering:
        with database.reading() as session:
            return _clustered(session, whole, spot)

    return _clustering_key(database.url, whole, spot), revision(database, whole), find


def hotspots_in(session: Session, selection: Selection, spot: Spot) -> Hotspots:
    """Cluster a selection as a spot says, of the moment that a session sees."""
    return clustering_in(session, selection, spot).hotspots


def clustering_in(session: Session, selection: Selection, spot: Spot) -> Clustering:
    """Return the hotspots as ``hotspots_in`` does, with who is in them."""
    whole = selection.without_spot()
    key = _clustering_key(session.get_bind().engine.url, whole, spot)
    return CACHE.get(key, _revision(session, whole), lambda: _clustered(session, whole, spot))


def has_hotspots(database: Database, selection: Selection, spot: Spot) -> bool:
    """Tell whether the hotspots of a selection are kept, so that nobody waits for them."""
    key, at, _find = _found_beside(database, selection, spot)
    return CACHE.has(key, at)


def _clustering_key(url: Hashable, whole: Selection, spot: Spot) -> Hashable:
    return "hotspots", url, whole.key, spot.radius_m, spot.min_proposals


def _clustered(session: Session, whole: Selection, spot: Spot) -> Clustering:
    return clustered(
        session,
        whole.campaign.id,
        whole.campaign.edition,
        chosen(session, whole),
        radius_m=spot.radius_m,
        min_proposals=spot.min_proposals,
    )


def heat_of(database: Database, selection: Selection, *, bandwidth_m: float = BANDWIDTH_M) -> Heat:
    """Return how densely a selection lies in the box of its campaign; see ``geo.heat``."""
    at, index = pins(database, selection)
    bounds = selection.campaign.area.bounds
    return CACHE.get(
        ("heat", database.url, selection.key, bandwidth_m),
        at,
        lambda: heat(index.longitude, index.latitude, bounds=bounds, bandwidth_m=bandwidth_m),
    )


def sums(database: Database, selection: Selection, *, at_most_s: float = 0.0) -> Sums:
    """Return the sums of a selection."""
    at = revision(database, selection)
    return _sums_of(
        _kept(database, selection, _by_place, at=at, at_most_s=at_most_s),
        _kept(database, selection, _by_relation, at=at, at_most_s=at_most_s),
        _kept(database, selection, _people, at=at, at_most_s=at_most_s),
    )


def total(database: Database, selection: Selection) -> int:
    """Return how many proposals a selection has; see ``sums``."""
    return sum(row[2] for row in _kept(database, selection, _by_place))


def by_community(database: Database, selection: Selection) -> dict[str | None, int]:
    """Return how many proposals of a selection lie in each community, by code; None for none."""
    counts: dict[str | None, int] = {}
    for community, _category, number, _told in _kept(database, selection, _by_place):
        counts[community] = counts.get(community, 0) + number
    return counts


def measures(database: Database, selection: Selection) -> pd.DataFrame:
    """Return what the communities can be coloured by: as ``community_counts``, without people.

    Columns code, proposals, per_1000, per_km2, answered_share, in the order of the codes.
    """
    counts = by_community(database, selection)
    with database.reading() as session:
        frame = community_frame(session, selection.campaign.edition)
    told: dict[str | None, int] = {}
    for community, _category, _number, answered in _kept(database, selection, _by_place):
        told[community] = told.get(community, 0) + answered
    proposals = pd.Series([counts.get(code, 0) for code in frame["code"]], dtype="Float64")
    answered_there = pd.Series([told.get(code, 0) for code in frame["code"]], dtype="Float64")
    population = frame["population"].astype("Float64")
    return pd.DataFrame(
        {
            "code": frame["code"],
            "proposals": proposals,
            "per_1000": proposals * 1000 / population.mask(population == 0),
            "per_km2": proposals / frame["area_km2"].to_numpy(),
            "answered_share": answered_there / proposals.mask(proposals == 0),
        }
    )


def answers(
    database: Database, selection: Selection, *, at_most_s: float = 0.0
) -> list[QuestionCounts]:
    """Return the counts of the answers in a selection; of a narrowed one not to private ones.

    The list is shared.
    """
    return _kept(database, selection, _answered, at_most_s=at_most_s)


def weeks(database: Database, selection: Selection) -> list[tuple[date, int]]:
    """Return each week (its Monday, in Beijing) from the first to the last, with how many came."""
    counts: dict[date, int] = {}
    for found, number in _kept(database, selection, _by_day):
        day = date.fromisoformat(found)
        monday = day - timedelta(days=day.weekday())
        counts[monday] = counts.get(monday, 0) + number
    if not counts:
        return []
    first, last = min(counts), max(counts)
    every = [first + n * _WEEK for n in range((last - first) // _WEEK + 1)]
    return [(monday, counts.get(monday, 0)) for monday in every]


#: Rows of community, category, how many, how many answered.
_Places = tuple[tuple[str | None, str, int, int], ...]


def _kept(
    database: Database,
    selection: Selection,
    read: Callable[[Session, Selection], T],
    *,
    at: int | None = None,
    at_most_s: float = 0.0,
) -> T:
    """Return what a function reads of a selection; ``at``: its revision, where that is known."""

    def make() -> T:
        with database.reading() as session:
            return read(session, selection)

    key = (read.__name__, database.url, selection.key)
    at = revision(database, selection) if at is None else at
    return CACHE.get(key, at, make, at_most_s=at_most_s)


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


def summed(session: Session, selection: Selection) -> Sums:
    """Return the sums of a selection, of the moment that a session sees."""
    return _sums_of(
        _by_place(session, selection),
        _by_relation(session, selection),
        _people(session, selection),
    )


def _by_community(session: Session, selection: Selection) -> CommunityCounts:
    return frames.community_counts(session, selection.campaign.id, chosen(session, selection))


def _answered(session: Session, selection: Selection) -> list[QuestionCounts]:
    campaign = queries.campaign_by_id(session, selection.campaign.id)
    where = None if selection.narrow == _EVERYTHING else chosen(session, selection)
    return answer_counts(session, campaign, where=where)


def _by_place(session: Session, selection: Selection) -> _Places:
    group = Proposal.community_code, Proposal.category
    return _grouped(session, selection, *group, told=func.count(Proposal.stage))


def _by_relation(session: Session, selection: Selection) -> tuple[tuple[str, int], ...]:
    return _grouped(session, selection, Proposal.relation)


def _by_day(session: Session, selection: Selection) -> tuple[tuple[str, int], ...]:
    """Return rows of day in Beijing, how many."""
    return _grouped(session, selection, beijing_day(session, Proposal.created))


def _people(session: Session, selection: Selection) -> int:
    return frames.people_of(session, selection.campaign.id, chosen(session, selection))


def _grouped(session: Session, selection: Selection, *group: Any, told: Any = None) -> Any:
    counted = [func.count()] if told is None else [func.count(), told]
    statement = select(*group, *counted).where(*chosen(session, selection)).group_by(*group)
    return tuple(tuple(row) for row in session.connection().execute(statement))


def _sums_of(places: _Places, relations: tuple[tuple[str, int], ...], people: int) -> Sums:
    by_category: dict[str, int] = {}
    for _community, category, number, _told in places:
        by_category[category] = by_category.get(category, 0) + number
    return Sums(
        proposals=sum(row[2] for row in places),
        people=people,
        answered=sum(row[3] for row in places),
        communities=len({row[0] for row in places} - {None}),
        by_category=_most_first(by_category),
        by_relation=_most_first(dict(relations)),
    )


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
