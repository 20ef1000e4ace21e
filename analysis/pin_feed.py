"""The pin indexes of campaigns, brought up to date by what changed since they were made.

An index is immutable and replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.pin_changes import PinDelta, pins
from core.batches import in_parts
from core.cache import CACHE
from core.database import Database
from geo.cluster_index import PinIndex
from submissions.proposals import queries
from submissions.proposals.models import Proposal

#: How far around a place to look for the nearest at first, and at most before all are measured.
FIRST_LOOK_M, LAST_LOOK_M = 200.0, 60_000.0
LABEL = np.dtype([("public_id", "S16"), ("category", "S64"), ("drawn", "?")])


@dataclass(frozen=True)
class NearbyPins:
    """How many published proposals lie around a place, and the nearest of them."""

    total: int
    nearest: list[queries.ProposalView]


class Pinboard:
    """Pins of every campaign, as published, by campaign and category."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self, campaign_id: int, category: str | None) -> tuple[int, PinIndex]:
        """Return the revision and the index that shows it."""
        key = ("pinboard", self._database.url, campaign_id, category)
        with self._database.reading() as session:
            revision = queries.revision(session, campaign_id)
        return CACHE.get(
            key, revision, lambda: self._refreshed(campaign_id, category, CACHE.last(key))
        )

    def near(
        self, campaign_id: int, longitude: float, latitude: float, *, radius_m: float, most: int
    ) -> NearbyPins:
        """Return what lies within ``radius_m`` metres of a WGS 84 place, nearest first."""
        _revision, index = self.current(campaign_id, None)
        rows, metres = index.near(longitude, latitude, radius_m=radius_m)
        return NearbyPins(len(rows), self._told(index, rows[:most], metres[:most]))

    def nearest(
        self,
        campaign_id: int,
        longitude: float,
        latitude: float,
        *,
        page: int,
        size: int,
        among: NDArray[np.int64] | None = None,
    ) -> NearbyPins:
        """Return one page, from 1, of all published proposals by distance from a WGS 84 place.

        ``among``: only those with these internal ids. ``total`` counts all of them.
        """
        _revision, index = self.current(campaign_id, None)
        chosen = None if among is None else np.isin(index.ids, among)
        total = len(index) if chosen is None else int(np.count_nonzero(chosen))
        end = min(max(page, 1) * size, total)
        rows, metres = _nearest_rows(index, longitude, latitude, end, chosen)
        start = min((max(page, 1) - 1) * size, end)
        return NearbyPins(total, self._told(index, rows[start:end], metres[start:end]))

    def _told(
        self, index: PinIndex, rows: NDArray[np.int64], metres: NDArray[np.float64]
    ) -> list[queries.ProposalView]:
        """Return what is still published of these rows of an index, with how far each is."""
        ids = public_ids(index, rows)
        with self._database.reading() as session:
            views = queries.proposals_by_public_ids(session, ids)
        away = dict(zip(ids, metres.tolist(), strict=True))
        return [replace(view, distance_m=away[view.public_id]) for view in views]

    def warm(self) -> None:
        """Build the index of every campaign, so that nobody's first tile has to wait for it."""
        with self._database.reading() as session:
            campaigns = queries.list_campaigns(session)
        for campaign in campaigns:
            self.current(campaign.id, None)

    def _refreshed(
        self, campaign_id: int, category: str | None, held: tuple[int, PinIndex] | None
    ) -> tuple[int, PinIndex]:
        after = held[0] if held else 0
        with self._database.reading() as session:
            delta = pins(session, campaign_id, category=category, after=after)
        labels = labelled(delta)
        if held is None or delta.full:
            seen = delta.visible
            index = PinIndex.build(
                delta.ids[seen], delta.longitudes[seen], delta.latitudes[seen], labels[seen]
            )
        elif not len(delta):
            index = held[1]
        else:
            index = held[1].changed(
                delta.ids, delta.longitudes, delta.latitudes, labels, delta.visible
            )
        return delta.revision, index


def _nearest_rows(
    index: PinIndex,
    longitude: float,
    latitude: float,
    most: int,
    chosen: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return at least the ``most`` nearest rows, nearest first, and how many metres away.

    The circle is widened until it holds enough of them; beyond a city all are measured.
    """
    if not most:
        return np.zeros(0, np.int64), np.zeros(0)
    radius_m = FIRST_LOOK_M
    while radius_m <= LAST_LOOK_M:
        rows, metres = index.near(longitude, latitude, radius_m=radius_m)
        if chosen is not None:
            kept = chosen[rows]
            rows, metres = rows[kept], metres[kept]
        if len(rows) >= most:
            return rows, metres
        radius_m *= 2
    rows = np.arange(len(index)) if chosen is None else np.flatnonzero(chosen)
    here = np.full(len(rows), longitude), np.full(len(rows), latitude)
    metres = Geod(ellps="WGS84").inv(*here, index.longitude[rows], index.latitude[rows])[2]
    order = np.lexsort((index.ids[rows], metres))
    return rows[order], metres[order]


def labelled(delta: PinDelta) -> NDArray[Any]:
    """Return what travels with the pins in an index."""
    labels = np.zeros(len(delta.ids), LABEL)
    labels["public_id"] = np.asarray(delta.public_ids, dtype="S16")
    labels["category"] = np.asarray(delta.categories, dtype="S64")
    labels["drawn"] = delta.drawn
    return labels


def public_ids(index: PinIndex, rows: NDArray[np.int64]) -> list[str]:
    """Return the public ids of these rows of an index that a pin board made."""
    return [name.decode() for name in index.labels["public_id"][rows].tolist()]


def shape_boxes(session: Session, ids: Sequence[int]) -> NDArray[np.float64]:
    """Return west, south, east, north (WGS 84 degrees) of what was drawn for each of these ids.

    Not a number for a plain pin.
    """
    found: dict[int, Any] = {}
    for part in in_parts(ids):
        here = Proposal.id.in_(part)
        found.update(session.execute(select(Proposal.id, Proposal.geometry).where(here)).all())
    return shapely.bounds(np.array([found.get(one) for one in ids], dtype=object)).reshape(-1, 4)
