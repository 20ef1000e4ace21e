"""Places that are a hotspot on one side or on both, matched by overlap. Pure."""

from __future__ import annotations

from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from geo.crs import WGS84


class Became(StrEnum):
    """What became of a place from one side to the other, by its people."""

    NEW = "new"
    GROWN = "grown"
    SAME = "same"
    SHRUNK = "shrunk"
    GONE = "gone"


def matched_places(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places that hotspots of either side cover, each a group of overlapping outlines.

    ``before`` and ``after``: of ``geo.hotspots.Hotspots`` with names, EPSG:4326. Columns: ``name``
    and ``name_en`` (of the best ranked hotspot after, else before), ``hotspot_id`` of that one,
    ``rank_before`` and ``rank_after`` (the best; missing where there is none), ``hotspots_before``
    and ``hotspots_after`` (ids, best rank first) and geometry (their union, EPSG:4326). Sorted by
    the best rank after, then before.
    """
    both = pd.concat([after.assign(side="after"), before.assign(side="before")], ignore_index=True)
    if both.empty:
        return gpd.GeoDataFrame(columns=_COLUMNS, geometry="geometry", crs=WGS84)
    shapes = both["geometry"].to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    touching = coo_array((np.ones(len(one)), (one, other)), shape=(len(both), len(both)))
    both["place"] = connected_components(touching, directed=False)[1]
    rows = [_place(group) for _, group in both.groupby("place", sort=True)]
    found = pd.DataFrame(rows, columns=_COLUMNS)
    found = found.sort_values(["rank_after", "rank_before"], na_position="last", kind="stable")
    return gpd.GeoDataFrame(found.reset_index(drop=True), geometry="geometry", crs=WGS84)


_COLUMNS = [
    *("hotspot_id", "name", "name_en", "rank_before", "rank_after"),
    *("hotspots_before", "hotspots_after", "geometry"),
]


def _place(group: pd.DataFrame) -> list[object]:
    """Return one place; rows of ``after`` come first, each side by rank."""
    first = group.iloc[0]
    sides = {side: group[group["side"] == side] for side in ("before", "after")}
    ranks = [float(rows["rank"].min()) if len(rows) else np.nan for rows in sides.values()]
    names = [tuple(rows.sort_values("rank")["hotspot_id"]) for rows in sides.values()]
    union = shapely.union_all(group["geometry"].to_numpy())
    return [first["hotspot_id"], first["name"], first["name_en"], *ranks, *names, union]


def became(people_before: int, people_after: int, *, was: bool, is_now: bool) -> Became:
    """Say what became of a place that was and is a hotspot, or not."""
    if not was or not is_now:
        return Became.NEW if is_now else Became.GONE
    if people_before == people_after:
        return Became.SAME
    return Became.GROWN if people_after > people_before else Became.SHRUNK
