"""When a proposal became part of a hotspot, as proposals arrived one after another.

Membership only grows while proposals arrive: a proposal is a member from the first moment at which
one of its neighbours (or itself) is core, that is, has ``min_proposals`` neighbours. So the moment
follows from the arrivals nearby alone; nothing has to be clustered again.
"""

from __future__ import annotations

from collections.abc import Hashable

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.aggregate import point_coordinates, require_columns
from geo.crs import WGS84, metric_crs_at, require_crs, transformer
from geo.hotspots import BadMinimumError, BadRadiusError

Floats = NDArray[np.float64]


def joined_hotspot_at(
    proposals: gpd.GeoDataFrame,
    label: Hashable,
    *,
    time_column: str,
    radius_m: float,
    min_proposals: int,
    metric_crs: str | None = None,
) -> pd.Timestamp | None:
    """Return when the proposal with this index label joined a hotspot, or None if it did not.

    ``proposals`` are points in any CRS; those farther than twice ``radius_m`` from it may be left
    out if ``metric_crs``, the system to measure in, is given (as in ``Hotspots.metric_crs``);
    otherwise it is chosen around the points' median, as ``geo.hotspots.find_hotspots`` does.
    ``time_column`` holds when each arrived, time-zone aware; one without a time never did.

    Raises ``MissingCrsError``, ``MissingColumnError``, ``NotPointsError``, ``BadRadiusError``,
    ``BadMinimumError``; ``KeyError`` for an unknown label.
    """
    if not (np.isfinite(radius_m) and radius_m > 0):
        raise BadRadiusError(radius_m=radius_m)
    if min_proposals < 1:
        raise BadMinimumError(min_proposals=min_proposals)
    require_crs(proposals, what="proposals")
    require_columns(proposals, [time_column], what="proposals")
    lon, lat = point_coordinates(proposals, crs=WGS84)
    row = int(np.flatnonzero(proposals.index == label)[0]) if label in proposals.index else -1
    if row < 0:
        raise KeyError(label)
    if metric_crs is None:
        metric_crs = metric_crs_at(float(np.nanmedian(lon)), float(np.nanmedian(lat)))
    xy = transformer(WGS84, metric_crs).transform(lon, lat)
    times = pd.DatetimeIndex(proposals[time_column]).tz_convert("UTC").as_unit("us")
    arrived = times.tz_localize(None).to_numpy()
    moment = joined_at(
        np.column_stack(xy), arrived, row, radius_m=radius_m, min_proposals=min_proposals
    )
    return None if moment is None else pd.Timestamp(moment, tz="UTC")


def joined_at(
    xy: Floats,
    arrived: NDArray[np.datetime64],
    row: int,
    *,
    radius_m: float,
    min_proposals: int,
) -> np.datetime64 | None:
    """Return the moment at which point ``row`` became a member of a cluster, or None.

    ``xy`` in metres (a point without a finite place is no one's neighbour), the radius inclusive.
    That is the minimum, over its neighbours ``q``, of the latest of: its own arrival, that of
    ``q``, and the ``min_proposals``-th arrival among the neighbours of ``q``, itself included.
    """
    present = np.isfinite(xy).all(axis=1) & ~np.isnat(arrived)
    if not present[row]:
        return None
    around = np.flatnonzero(present & (_metres(xy, xy[row]) <= 2.01 * radius_m))
    near = around[_metres(xy[around], xy[row]) <= radius_m]
    best: np.datetime64 | None = None
    for neighbour in near[np.argsort(arrived[near], kind="stable")]:
        if best is not None and (arrived[neighbour] >= best or best == arrived[row]):
            break
        theirs = arrived[around[_metres(xy[around], xy[neighbour]) <= radius_m]]
        if len(theirs) < min_proposals:
            continue
        enough = np.partition(theirs, min_proposals - 1)[min_proposals - 1]
        moment = max(arrived[row], arrived[neighbour], enough)
        best = moment if best is None else min(best, moment)
    return best


def _metres(xy: Floats, place: Floats) -> Floats:
    x, y = (xy - place).T
    away: Floats = np.sqrt(x * x + y * y)
    return away
