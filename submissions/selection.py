"""What a filter finds in a campaign: how many, which, where, and what is worked out from them.

Results are kept for as long as the campaign stays the same, under the filter and under what this
person may see, so that the tiles of one view are selected once.
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

from database import Database
from dialect import beijing_day
from geo.heat import Heat, heat
from geo.hotspots import Hotspots
from layers.communities import community_frame
from layers.pins import PinIndex
from people.actors import Actor
from people.catalogue import Act, grants_for
from submissions import analysis, frames, queries
from submissions.analysis import Clustering
from submissions.answers import QuestionCounts, answer_counts
from submissions.filters import Filter, Spot
from submissions.frames import CommunityCounts, PublishedRow
from submissions.lately import Latest
from submissions.listing import MOST_ON_PAGE, Page, Sort
from submissions.models import Proposal
from submissions.narrowing import Conditions, conditions, numbered, states
from submissions.pinboard import labelled, pinboard_of
from submissions.queries import CampaignView, ProposalView
from submissions.receipts import is_public_id

_WEEK = timedelta(days=7)
#: Of the kernel by which heat is worked out: about how far one sees along a street.
BANDWIDTH_M = 120.0


@dataclass(frozen=True)
class Selection:
    """A campaign, narrowed by a filter, as one person sees it."""

    campaign: CampaignView
    narrow: Filter
    actor: Actor

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
        return pinboard_of(database).current(selection.campaign.id, selection.category)
    at = revision(database, selection)

    def make(session: Session) -> PinIndex:
        delta = frames.pins_where(session, chosen(session, selection), at)
        return PinIndex.build(delta.ids, delta.longitudes, delta.latitudes, labelled(delta))

    return at, _kept(_pins, database, selection, at, make)


def community_counts(database: Database, selection: Selection) -> CommunityCounts:
    """Return the counts by community of a selection. The frame is shared."""
    if selection.narrow.only_category:
        campaign_id = selection.campaign.id
        return analysis.community_counts(database, campaign_id, category=selection.category)
    at = revision(database, selection)
    return _kept(
        _counts,
        database,
        selection,
        at,
        lambda session: frames.community_counts(
            session, selection.campaign.id, where=chosen(session, selection)
        ),
    )


def hotspots(
    database: Database, selection: Selection, *, radius_m: float, min_proposals: int
) -> Hotspots:
    """Cluster a selection; what hotspot it is narrowed to does not matter here."""
    with database.reading() as session:
        return hotspots_in(session, selection, Spot("", radius_m, min_proposals))


def hotspots_in(session: Session, selection: Selection, spot: Spot) -> Hotspots:
    """Cluster a selection as a spot says, of the moment that a session sees."""
    return clustering_in(session, selection, spot).hotspots


def clustering_in(session: Session, selection: Selection, spot: Spot) -> Clustering:
    """Return the hotspots as ``hotspots_in`` does, with who is in them."""
    whole, campaign = selection.without_spot(), selection.campaign
    if whole.narrow.only_category:
        return analysis.clustering_in(
            session, campaign.id, campaign.edition, category=whole.category, **_made(spot)
        )
    return _hotspots.get(
        _clustering_key(session, whole, spot),
        _revision(session, whole),
        lambda: analysis.clustered(
            session,
            campaign.id,
            campaign.edition,
            spot.radius_m,
            spot.min_proposals,
            where=chosen(session, whole),
        ),
    )


def has_hotspots(database: Database, selection: Selection, spot: Spot) -> bool:
    """Tell whether the hotspots of a selection are kept, so that nobody waits for them."""
    whole, campaign = selection.without_spot(), selection.campaign
    with database.reading() as session:
        if whole.narrow.only_category:
            return analysis.has_clustering(
                session, campaign.id, campaign.edition, category=whole.category, **_made(spot)
            )
        return _hotspots.has(_clustering_key(session, whole, spot), _revision(session, whole))


def _made(spot: Spot) -> dict[str, Any]:
    return {"radius_m": spot.radius_m, "min_proposals": spot.min_proposals}


def _clustering_key(session: Session, whole: Selection, spot: Spot) -> Hashable:
    return session.get_bind().engine.url, whole.at(replace(spot, hotspot_id="")).key


def heat_of(database: Database, selection: Selection, *, bandwidth_m: float = BANDWIDTH_M) -> Heat:
    """Return how densely a selection lies in the box of its campaign; see ``geo.heat``."""
    at, index = pins(database, selection)
    bounds = selection.campaign.area.bounds
    key = (database.url, selection.key, bandwidth_m)
    return _heat.get(
        key,
        at,
        lambda: heat(index.longitude, index.latitude, bounds=bounds, bandwidth_m=bandwidth_m),
    )


def sums(database: Database, selection: Selection) -> Sums:
    """Return the sums of a selection."""
    return _sums_of(
        _kept_part(database, selection, _by_place),
        _kept_part(database, selection, _by_relation),
        _kept_part(database, selection, _people),
    )


def total(database: Database, selection: Selection) -> int:
    """Return how many proposals a selection has; see ``sums``."""
    return sum(row[2] for row in _kept_part(database, selection, _by_place))


def by_community(database: Database, selection: Selection) -> dict[str | None, int]:
    """Return how many proposals of a selection lie in each community, by code; None for none."""
    counts: dict[str | None, int] = {}
    for community, _category, number, _told in _kept_part(database, selection, _by_place):
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
    for community, _category, _number, answered in _kept_part(database, selection, _by_place):
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


def answers(database: Database, selection: Selection) -> list[QuestionCounts]:
    """Return the counts of the answers in a selection; of a narrowed one not to private ones."""
    if selection.narrow == Filter():
        return analysis.answer_counts(database, selection.campaign.id)
    at = revision(database, selection)
    return _kept(
        _answers,
        database,
        selection,
        at,
        lambda session: answer_counts(
            session, selection.campaign, where=chosen(session, selection)
        ),
    )


def weeks(database: Database, selection: Selection) -> list[tuple[date, int]]:
    """Return each week (its Monday, in Beijing) from the first to the last, with how many came."""
    counts: dict[date, int] = {}
    for found, number in _kept_part(database, selection, _by_day):
        day = date.fromisoformat(found)
        monday = day - timedelta(days=day.weekday())
        counts[monday] = counts.get(monday, 0) + number
    if not counts:
        return []
    first, last = min(counts), max(counts)
    every = [first + n * _WEEK for n in range((last - first) // _WEEK + 1)]
    return [(monday, counts.get(monday, 0)) for monday in every]


_pins: Latest[PinIndex] = Latest(24)
_counts: Latest[CommunityCounts] = Latest(64)
_hotspots: Latest[Clustering] = Latest(24)
_answers: Latest[list[QuestionCounts]] = Latest(32)
_heat: Latest[Heat] = Latest(16)
_parts: Latest[Any] = Latest(512)


T = TypeVar("T")
#: Rows of community, category, how many, how many answered.
_Places = tuple[tuple[str | None, str, int, int], ...]


def _kept_part(
    database: Database, selection: Selection, read: Callable[[Session, Selection], T]
) -> T:
    """Return what a function reads of a selection: each part is an index of its own."""
    at, kept_as = revision(database, selection), (read.__name__, selection.key)

    def make() -> T:
        with database.reading() as session:
            return read(session, selection)

    found: T = _parts.get((database.url, *kept_as), at, make)
    return found


def _kept(
    shelf: Latest[Any],
    database: Database,
    selection: Selection,
    at: int,
    make: Callable[[Session], Any],
) -> Any:
    def read() -> Any:
        with database.reading() as session:
            return make(session)

    return shelf.get((database.url, selection.key), at, read)


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
