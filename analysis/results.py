"""What a selection comes to: sums, answers, weeks, communities, hotspots, heat; once for all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import frames
from analysis.answer_tallies import QuestionCounts, answer_counts, answer_counts_by
from analysis.filter import Spot
from analysis.frames import CommunityCounts
from analysis.hotspots.clustering import Clustering
from analysis.pin_changes import pins_where
from analysis.pin_feed import Pinboard, labelled
from analysis.selection import (
    EVERYTHING,
    Selection,
    chosen,
    clustering_in,
    clustering_key,
    find_clustering,
    revision,
)
from core.cache import CACHE
from core.database import Database
from core.dialect import beijing_day
from core.errors import InvalidError, NotFoundError
from geo.cluster_index import PinIndex
from geo.heat import Heat, heat
from geo.hotspots import Hotspots
from layers.communities.communities import community_frame
from submissions.proposals import queries
from submissions.proposals.models import Proposal

T = TypeVar("T")
K = TypeVar("K")
#: Rows of community, category, how many, how many answered.
_Places = tuple[tuple[str | None, str, int, int], ...]
_WEEK = timedelta(days=7)
#: Of the kernel by which heat is worked out: about how far one sees along a street.
BANDWIDTH_M = 120.0
#: So many empty weeks in a row are shown.
MOST_EMPTY = 4
#: How many seconds old these may be on pages that many read while others file.
COUNTS_S, ANSWERS_S, HOTSPOTS_S = 10.0, 30.0, 60.0


@dataclass(frozen=True)
class Sums:
    """How many proposals, of how many people, and to how many the office has said something."""

    proposals: int
    people: int
    answered: int
    communities: int
    by_category: dict[str, int]
    by_relation: dict[str, int]


def pins(database: Database, selection: Selection) -> tuple[int, PinIndex]:
    """Return the pins of a selection, and the revision that they show."""
    if selection.narrow.only_category:
        return Pinboard(database).current(selection.campaign.id, selection.category)
    at = revision(database, selection)

    def make() -> PinIndex:
        with database.reading() as session:
            delta = pins_where(session, chosen(session, selection), at)
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
            return find_clustering(session, whole, spot)

    with database.reading() as session:
        key = clustering_key(session, whole, spot)
    return key, revision(database, whole), find


def hotspots_in(session: Session, selection: Selection, spot: Spot) -> Hotspots:
    """Cluster a selection as a spot says, of the moment that a session sees."""
    return clustering_in(session, selection, spot).hotspots


def spot_row(session: Session, spot: Selection) -> pd.Series:
    """Return the hotspot to which a selection is narrowed, of the moment that a session sees.

    Raises ``InvalidError`` (``hotspot``) for a selection without one, or of states that are not
    public; ``NotFoundError`` for a hotspot that is none now.
    """
    wanted = spot.narrow.spot
    if wanted is None or spot.narrow.statuses:
        raise InvalidError(field="hotspot")
    return row_of(hotspots_in(session, spot, wanted).frame, wanted)


def row_of(frame: pd.DataFrame, wanted: Spot) -> pd.Series:
    """Return a hotspot's row of those found; raises ``NotFoundError`` where there is none."""
    found = frame[frame["hotspot_id"] == wanted.hotspot_id]
    if found.empty:
        raise NotFoundError(kind="hotspot", hotspot_id=wanted.hotspot_id)
    return found.iloc[0]


def has_hotspots(database: Database, selection: Selection, spot: Spot) -> bool:
    """Tell whether the hotspots of a selection are kept, so that nobody waits for them."""
    key, at, _find = _found_beside(database, selection, spot)
    return CACHE.has(key, at)


def begun(
    database: Database,
    selection: Selection,
    name: Hashable,
    make: Callable[[], T],
    *,
    at_most_s: float,
) -> T | None:
    """Return what ``make`` works out of a selection, by name; None while the first is worked out.

    A worker computes it, once for all who ask. A result of an earlier revision will do for so many
    seconds, and then for as long as it is computed anew.
    """
    key = ("begun", name, database.url, selection.key)
    return CACHE.begun(key, revision(database, selection), make, at_most_s=at_most_s)


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
    return _added_up((row[0], row[2]) for row in _kept(database, selection, _by_place))


def measures(database: Database, selection: Selection) -> pd.DataFrame:
    """Return what the communities can be coloured by: as ``community_counts``, without people.

    Columns code, proposals, per_1000, per_km2, answered_share, in the order of the codes.
    """
    places = _kept(database, selection, _by_place)
    counts = _added_up((row[0], row[2]) for row in places)
    told = _added_up((row[0], row[3]) for row in places)
    with database.reading() as session:
        frame = community_frame(session, selection.campaign.edition)
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


def hotspot_answers(
    database: Database, selection: Selection, *, radius_m: float, min_proposals: int
) -> dict[str, list[QuestionCounts]]:
    """Return the counts of the answers by hotspot id, for all hotspots of a selection.

    What hotspot it is narrowed to does not matter here. Private questions are left out.
    """
    whole, spot = selection.without_spot(), Spot("", radius_m, min_proposals)
    at = revision(database, whole)

    def make() -> dict[str, list[QuestionCounts]]:
        with database.reading() as session:
            return _answered_by_spot(session, whole, spot)

    with database.reading() as session:
        key = ("answers", clustering_key(session, whole, spot))
    return CACHE.get(key, at, make)


def _answered_by_spot(
    session: Session, whole: Selection, spot: Spot
) -> dict[str, list[QuestionCounts]]:
    clustering = clustering_in(session, whole, spot)
    belongs = zip(clustering.numbers.tolist(), clustering.hotspots.membership, strict=True)
    group_of = {number: name for number, name in belongs if name is not None}
    campaign = queries.campaign_by_id(session, whole.campaign.id)
    return answer_counts_by(session, campaign, chosen(session, whole), group_of)


def weeks(database: Database, selection: Selection) -> list[tuple[date, int]]:
    """Return each week (its Monday, in Beijing) from the first to the last, with how many came."""
    days = _kept(database, selection, _by_day)
    counts = _added_up((_monday(date.fromisoformat(day)), number) for day, number in days)
    if not counts:
        return []
    first, last = min(counts), max(counts)
    every = [first + n * _WEEK for n in range((last - first) // _WEEK + 1)]
    return [(monday, counts.get(monday, 0)) for monday in every]


def without_gaps(weeks: Sequence[tuple[date, int]]) -> list[tuple[date, int]]:
    """Return weeks without what is left of an empty stretch after its first ``MOST_EMPTY`` weeks.

    One proposal of another year would else make hairlines of all others.
    """
    found: list[tuple[date, int]] = []
    empty = 0
    for monday, count in weeks:
        empty = 0 if count else empty + 1
        if empty <= MOST_EMPTY:
            found.append((monday, count))
    return found


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
    where = None if selection.narrow == EVERYTHING else chosen(session, selection)
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
    by_category = _added_up((row[1], row[2]) for row in places)
    return Sums(
        proposals=sum(row[2] for row in places),
        people=people,
        answered=sum(row[3] for row in places),
        communities=len({row[0] for row in places} - {None}),
        by_category=_most_first(by_category),
        by_relation=_most_first(dict(relations)),
    )


def _added_up(numbers: Iterable[tuple[K, int]]) -> dict[K, int]:
    found: dict[K, int] = {}
    for key, number in numbers:
        found[key] = found.get(key, 0) + number
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
