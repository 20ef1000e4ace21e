"""The part of a campaign that a view looks at: where the map goes, what lies outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from analysis import results
from analysis.filter import OUTSIDE
from analysis.selection import Selection
from layers.communities.communities import community_frame
from serving.visit import Visit

#: West, south, east, north in WGS 84 degrees.
Bounds = tuple[float, float, float, float]


def spot_row(here: Visit, chosen: Selection) -> pd.Series | None:
    """Return the hotspot to which a selection is narrowed; None for none, or none any more."""
    spot = chosen.narrow.spot
    if spot is None:
        return None
    frame = results.hotspots(
        here.room.database, chosen, radius_m=spot.radius_m, min_proposals=spot.min_proposals
    ).frame
    found = frame[frame["hotspot_id"] == spot.hotspot_id]
    return None if found.empty else found.iloc[0]


def part_of(here: Visit, chosen: Selection) -> Any:
    """Return the shape (WGS 84) that a selection is narrowed to; None for the whole campaign.

    The hotspot's outline, else the drawn part, else the chosen communities together.
    """
    narrow = chosen.narrow
    row = spot_row(here, chosen)
    if row is not None:
        return row["geometry"]
    if narrow.area:
        return shapely.make_valid(shapely.Polygon(narrow.area))
    codes = [code for code in narrow.communities if code != OUTSIDE]
    if not codes:
        return None
    frame = _communities(here, chosen)
    shapes = frame.geometry[frame["code"].isin(codes)].to_numpy()
    return shapely.union_all(shapes) if len(shapes) else None


def part_bounds(here: Visit, chosen: Selection) -> Bounds | None:
    """Return the box around the part that a selection is narrowed to; None for all of it."""
    part = part_of(here, chosen)
    if part is None or part.is_empty:
        return None
    west, south, east, north = (float(value) for value in part.bounds)
    return west, south, east, north


def codes_outside(here: Visit, chosen: Selection) -> list[str]:
    """Return the codes of the communities in which a narrowed selection cannot have anything."""
    narrow = chosen.narrow
    frame = _communities(here, chosen)
    inside = np.ones(len(frame), dtype=bool)
    if narrow.communities:
        inside &= frame["code"].isin(narrow.communities).to_numpy()
    if narrow.area:
        area = shapely.make_valid(shapely.Polygon(narrow.area))
        inside &= shapely.intersects(frame.geometry.to_numpy(), area)
    row = spot_row(here, chosen)
    if row is not None:
        inside &= shapely.intersects(frame.geometry.to_numpy(), row["geometry"])
    return [str(code) for code in frame["code"][~inside]]


def _communities(here: Visit, chosen: Selection) -> Any:
    with here.room.database.reading() as session:
        return community_frame(session, chosen.campaign.edition)
