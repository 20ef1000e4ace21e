"""The part of a campaign that a view looks at: where the map goes, what lies outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from analysis import results
from analysis.filter import OUTSIDE
from analysis.selection import Selection
from core.database import Database
from layers.communities.communities import community_frame

#: West, south, east, north in WGS 84 degrees.
Bounds = tuple[float, float, float, float]


def spot_row(database: Database, chosen: Selection) -> pd.Series | None:
    """Return the hotspot to which a selection is narrowed; None for none, or none any more."""
    spot = chosen.narrow.spot
    if spot is None:
        return None
    frame = results.hotspots(
        database, chosen, radius_m=spot.radius_m, min_proposals=spot.min_proposals
    ).frame
    found = frame[frame["hotspot_id"] == spot.hotspot_id]
    return None if found.empty else found.iloc[0]


def part_of(database: Database, chosen: Selection) -> Any:
    """Return the shape (WGS 84) that a selection is narrowed to; None for the whole campaign.

    The hotspot's outline, else the drawn part, else the chosen communities together.
    """
    narrow = chosen.narrow
    row = spot_row(database, chosen)
    if row is not None:
        return row["geometry"]
    if narrow.area:
        return shapely.make_valid(shapely.Polygon(narrow.area))
    codes = [code for code in narrow.communities if code != OUTSIDE]
    if not codes:
        return None
    frame = _communities(database, chosen)
    shapes = frame.geometry[frame["code"].isin(codes)].to_numpy()
    return shapely.union_all(shapes) if len(shapes) else None


def part_bounds(database: Database, chosen: Selection) -> Bounds | None:
    """Return the box around the part that a selection is narrowed to; None for all of it."""
    part = part_of(database, chosen)
    if part is None or part.is_empty:
        return None
    west, south, east, north = (float(value) for value in part.bounds)
    return west, south, east, north


def codes_outside(database: Database, chosen: Selection) -> list[str]:
    """Return the codes of the communities in which a narrowed selection cannot have anything."""
    narrow = chosen.narrow
    frame = _communities(database, chosen)
    inside = np.ones(len(frame), dtype=bool)
    if narrow.communities:
        inside &= frame["code"].isin(narrow.communities).to_numpy()
    if narrow.area:
        area = shapely.make_valid(shapely.Polygon(narrow.area))
        inside &= shapely.intersects(frame.geometry.to_numpy(), area)
    row = spot_row(database, chosen)
    if row is not None:
        inside &= shapely.intersects(frame.geometry.to_numpy(), row["geometry"])
    return [str(code) for code in frame["code"][~inside]]


def _communities(database: Database, chosen: Selection) -> Any:
    with database.reading() as session:
        return community_frame(session, chosen.campaign.edition)
