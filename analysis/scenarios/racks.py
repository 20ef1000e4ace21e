"""Racks that a place needs by what staff counted on site: for who may read observations.

The rule. An observation counts for the open place that is nearest to it in a straight line, within
the reach of the plan, and for no other. Observations within 25 m of each other are of one spot. One
observation needs as many racks as bikes stood outside stands; where that was not counted, as bikes
were parked beyond the stands, those that were counted then or else last at that spot; where no
stands were counted, as bikes were parked. A spot needs the median over its days of each day's
highest; a place needs what its spots need together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

import numpy as np
from scipy.spatial import KDTree  # type: ignore[import-untyped]
from sqlalchemy.orm import Session

from analysis.count_kinds import CountKind
from analysis.scenarios.outcome import Outcome
from analysis.scenarios.plan import Kind
from analysis.scenarios.sited import Sited
from analysis.site_observations import ObservationView, observations
from core.dates import BEIJING
from geo.crs import WGS84, transformer
from people.access.actor import Actor
from submissions.proposals.queries import CampaignView

#: Observations no farther apart than this are of one spot, in metres.
SAME_SPOT_M = 25.0


@dataclass(frozen=True)
class Racks:
    """What a place needs: racks, by so many observations of so many spots, between two moments.

    ``without_stands``: spots of which no stands were counted, so that all bikes count.
    """

    racks: int
    observations: int
    spots: int
    without_stands: int
    first: datetime
    last: datetime

    def told(self) -> dict[str, Any]:
        """Return it as JSON; :func:`read_racks` undoes it."""
        moments = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        return {**vars(self), **moments}


def read_racks(told: Mapping[str, Any] | None) -> Racks | None:
    """Return what a kept scenario says of a place; None where there were no counts."""
    if told is None:
        return None
    moments = {name: datetime.fromisoformat(told[name]) for name in ("first", "last")}
    return Racks(**{**told, **moments})


@dataclass(frozen=True)
class CountedRacks:
    """Racks by the key of a place; ``other``: names of counts near places that tell no kind.

    ``far``: observations with counts of bikes that are near no open place.
    """

    by_place: dict[str, Racks]
    other: tuple[str, ...] = ()
    far: int = 0


def counted_racks(
    session: Session, actor: Actor, campaign: CampaignView, sited: Sited, outcome: Outcome
) -> CountedRacks:
    """Return what is needed by the observations that this person may read; nothing for parks."""
    if sited.plan.kind is not Kind.BIKE_PARKING or not outcome.sites:
        return CountedRacks({})
    seen = [one for one in observations(session, actor, campaign) if one.counts]
    place, spot = _placed(seen, sited, outcome)
    used = [_bikes(one) is not None for one in seen]
    found = {}
    for at, site in enumerate(outcome.sites):
        mine = [n for n in range(len(seen)) if place[n] == at and used[n]]
        if mine:
            found[site.key] = _racks([seen[n] for n in mine], _stands(seen, spot), spot[mine])
    near = [one for one, number in zip(seen, place, strict=True) if number >= 0]
    names = {each.what for one in near for each in one.counts if each.known_kind is None}
    far = sum(bool(bikes and number < 0) for bikes, number in zip(used, place, strict=True))
    return CountedRacks(found, tuple(sorted(names)), far)


def _placed(
    seen: Sequence[ObservationView], sited: Sited, outcome: Outcome
) -> tuple[np.ndarray, np.ndarray]:
    """Return of each observation the place it counts for (-1: none) and the number of its spot."""
    if not seen:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    to_metres = transformer(WGS84, sited.metric_crs).transform
    here = np.column_stack(to_metres([o.longitude for o in seen], [o.latitude for o in seen]))
    sites = outcome.sites
    there = np.column_stack(to_metres([o.longitude for o in sites], [o.latitude for o in sites]))
    away, nearest = KDTree(there).query(here)
    return np.where(away <= sited.plan.within_m, nearest, -1), _spots(seen, here)


def _spots(seen: Sequence[ObservationView], here: np.ndarray) -> np.ndarray:
    """Return numbers of spots: each observation goes to the first one that is near enough."""
    spot = np.full(len(seen), -1)
    middles: list[int] = []
    for at in sorted(range(len(seen)), key=lambda n: (seen[n].observed_at, seen[n].id)):
        near = [n for n in middles if np.hypot(*(here[at] - here[n])) <= SAME_SPOT_M]
        if near:
            spot[at] = spot[near[0]]
        else:
            spot[at] = len(middles)
            middles.append(at)
    return spot


def _racks(mine: list[ObservationView], stands: dict[int, int], spots: np.ndarray) -> Racks:
    needs: dict[int, dict[date, int]] = defaultdict(dict)
    open_ended = set()
    for one, spot in zip(mine, spots.tolist(), strict=True):
        day = one.observed_at.astimezone(BEIJING).date()
        outside, there = _bikes(one) or (None, 0)
        room = _most(one, CountKind.STANDS)
        room = stands.get(spot) if room is None else room
        if outside is None and room is None:
            open_ended.add(spot)
        need = max(there - (room or 0), 0) if outside is None else outside
        needs[spot][day] = max(needs[spot].get(day, 0), need)
    moments = [one.observed_at for one in mine]
    total = sum(math.ceil(median(days.values())) for days in needs.values())
    return Racks(total, len(mine), len(needs), len(open_ended), min(moments), max(moments))


def _bikes(one: ObservationView) -> tuple[int | None, int] | None:
    """Return how many bikes stood outside stands, if counted, and how many stood there at all."""
    outside, parked = _most(one, CountKind.OUTSIDE), _most(one, CountKind.PARKED)
    if outside is None and parked is None:
        return None
    return outside, parked or 0


def _most(one: ObservationView, kind: CountKind) -> int | None:
    """Return the number of a kind; of several the largest, as at several hours of a day."""
    return max((each.count for each in one.counts if each.known_kind is kind), default=None)


def _stands(seen: Iterable[ObservationView], spots: np.ndarray) -> dict[int, int]:
    """Return the stands of each spot as they were counted last; observations: the latest first."""
    found: dict[int, int] = {}
    for one, spot in zip(seen, spots.tolist(), strict=True):
        room = _most(one, CountKind.STANDS)
        if room is not None:
            found.setdefault(spot, room)
    return found
