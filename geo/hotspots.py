"""Hotspots: places where proposals crowd, found by density (DBSCAN) in metres.

The result depends on the set of proposals alone, not on their order: proposals on one exact
coordinate are merged into a place with a weight, places are sorted by longitude and latitude, and
:mod:`geo.clustering` states which cluster a border place joins.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.errors import InvalidError
from geo.aggregate import point_coordinates, require_columns
from geo.clustering import NOISE, Clusterer, density_clusters
from geo.crs import WGS84, metric_crs_at, reproject, require_crs, transformer
from geo.people import people_behind
from geo.point_in_polygon import OUTSIDE, PolygonIndex
from geo.projection_zones import measurable_groups
from geo.timestamps import times_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class BadRadiusError(InvalidError):
    """The radius must be a positive number of metres. Parameter: ``radius_m``."""

    code = "bad_radius"


class BadMinimumError(InvalidError):
    """A hotspot needs at least one proposal. Parameter: ``min_proposals``."""

    code = "bad_minimum"


@dataclass(frozen=True)
class Hotspots:
    """Hotspots by rank, and which proposal belongs to which.

    ``frame`` (EPSG:4326, index from 0 in order of rank) has the columns

    - ``hotspot_id``: names the core place most proposals share (ties: the westernmost, then the
      southernmost), so it stays while that place leads, whatever else is added;
    - ``rank``: from 1, by distinct people, or by proposals where no person column was named; ties
      by proposals, then by distinct places, then by the place that gives the id, west to east and
      south to north;
    - ``proposals``, ``people`` (distinct, missing ones not counted; missing without a person
      column), ``places`` (distinct coordinates), ``largest_shared_point`` (most proposals on one
      exact coordinate);
    - ``categories``: shares of those that have a category, largest first;
    - ``community``: where most proposals lie (ties: the first row) and ``community_share``;
    - ``first`` and ``last``: the time span;
    - ``centre_longitude``, ``centre_latitude``: mean of its proposals;
    - ``geometry``: convex hull of its places, widened by half the radius.

    ``membership`` gives each proposal's ``hotspot_id`` or None, on the index of the proposals.
    ``unplaced`` counts proposals without a usable coordinate; they are in no hotspot.
    """

    frame: gpd.GeoDataFrame
    membership: pd.Series
    unplaced: int
    metric_crs: str


class _Places(NamedTuple):
    """Distinct coordinates in canonical order, and the place of each proposal (-1 none)."""

    lon: Floats
    lat: Floats
    x: Floats
    y: Floats
    weight: Ints
    of_proposal: Ints
    metric_crs: str


class _Groups(NamedTuple):
    """The members of the clusters: ``places`` sorted by ``cluster`` then by place."""

    clusters: int
    cluster: Ints
    places: Ints
    weight: Ints
    of_proposal: Ints


def find_hotspots(
    proposals: gpd.GeoDataFrame,
    *,
    radius_m: float,
    min_proposals: int,
    communities: gpd.GeoDataFrame | None = None,
    person_column: str | None = None,
    further_people: pd.Series | None = None,
    category_column: str | None = None,
    time_column: str | None = None,
    community_column: str | None = None,
    time_zone: str | None = None,
    cluster: Clusterer = density_clusters,
) -> Hotspots:
    """Find where at least ``min_proposals`` proposals lie within ``radius_m`` metres of one.

    Points may be in any CRS; distances are measured in the metric CRS around their median, or of
    each group where they lie in groups more than ``geo.crs.WIDEST_DEG`` apart.
    ``community`` holds the value of ``community_column``, else of ``code``, else the index label of
    ``communities``. ``further_people`` are others behind a proposal than the one in
    ``person_column``: persons on the label of its row, any number. Times without an offset are
    local in ``time_zone``, or stay without one where none is given. ``cluster`` may cluster the
    places elsewhere, to the same labels.

    Raises ``MissingCrsError``, ``MissingColumnError``, ``NotPointsError``,
    :class:`BadRadiusError`, :class:`BadMinimumError`, ``geo.projection_zones.TooWideError``.
    """
    if not (np.isfinite(radius_m) and radius_m > 0):
        raise BadRadiusError(radius_m=radius_m)
    if min_proposals < 1:
        raise BadMinimumError(min_proposals=min_proposals)
    require_crs(proposals, what="proposals")
    require_columns(proposals, [person_column, category_column, time_column], what="proposals")
    parts = measurable_groups(proposals, apart_m=2 * radius_m)
    if len(parts) > 1:
        found = [
            find_hotspots(
                proposals.iloc[rows],
                radius_m=radius_m,
                min_proposals=min_proposals,
                communities=communities,
                person_column=person_column,
                further_people=_of_rows(further_people, proposals.index[rows]),
                category_column=category_column,
                time_column=time_column,
                community_column=community_column,
                time_zone=time_zone,
                cluster=cluster,
            )
            for rows in parts
        ]
        return _together(found, proposals.index, by_people=person_column is not None)
    places = _places(proposals)
    labels, core = cluster(
        np.column_stack([places.x, places.y]),
        places.weight,
        radius_m=radius_m,
        min_weight=min_proposals,
    )
    groups = _groups(places, labels)
    anchors = _anchors(groups, core)
    columns: dict[str, Any] = {"hotspot_id": pd.Series(_names(places, anchors), dtype="str")}
    columns |= _counts(groups, proposals, person_column, further_people)
    shares = _categories(groups, proposals, category_column)
    columns["categories"] = pd.Series(shares, dtype=object)
    columns |= _dominant(groups, places, communities, community_column)
    columns |= _time_span(groups, proposals, time_column, time_zone)
    columns |= _centres(groups, places)
    frame = gpd.GeoDataFrame(columns, geometry=_outlines(groups, places, radius_m), crs=WGS84)
    order = _rank_order(frame, anchors, by_people=person_column is not None)
    frame.insert(1, "rank", np.argsort(order) + 1)
    names = np.array([*columns["hotspot_id"], None], dtype=object)
    return Hotspots(
        frame=frame.iloc[order].reset_index(drop=True),
        membership=pd.Series(names[groups.of_proposal], index=proposals.index, dtype=object),
        unplaced=int(np.count_nonzero(places.of_proposal < 0)),
        metric_crs=places.metric_crs,
    )


def _of_rows(people: pd.Series | None, labels: pd.Index) -> pd.Series | None:
    return None if people is None else people[people.index.isin(labels)]


def _together(found: list[Hotspots], index: pd.Index, *, by_people: bool) -> Hotspots:
    """Return hotspots of groups far from each other as one result, ranked anew."""
    frame = pd.concat([one.frame for one in found if len(one.frame)] or [found[0].frame])
    frame = frame.reset_index(drop=True)
    order = _rank_order(frame, np.arange(len(frame)), by_people=by_people)
    frame["rank"] = np.argsort(order) + 1
    return Hotspots(
        frame=frame.iloc[order].reset_index(drop=True),
        membership=pd.concat([one.membership for one in found]).reindex(index),
        unplaced=sum(one.unplaced for one in found),
        metric_crs=", ".join(dict.fromkeys(one.metric_crs for one in found)),
    )


def _places(proposals: gpd.GeoDataFrame) -> _Places:
    """Merge proposals on one exact WGS 84 coordinate; sort by longitude, then latitude."""
    lon, lat = point_coordinates(proposals, crs=WGS84)
    usable = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    lon, lat = lon[usable] + 0.0, lat[usable] + 0.0
    lon_code, lons = pd.factorize(lon)
    lat_code, lats = pd.factorize(lat)
    code, pairs = pd.factorize(lon_code.astype(np.int64) * max(len(lats), 1) + lat_code)
    at_lon, at_lat = np.divmod(pairs, max(len(lats), 1))
    middle = (np.median(lon), np.median(lat)) if len(lon) else (np.nan, np.nan)
    metric = metric_crs_at(float(middle[0]), float(middle[1]))
    lon, lat = lons[at_lon], lats[at_lat]
    x, y = transformer(WGS84, metric).transform(lon, lat)
    order = np.lexsort((lat, lon))
    order = order[np.isfinite(x[order]) & np.isfinite(y[order])]
    rank = np.full(len(lon), -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    weight = np.bincount(code, minlength=len(lon))[order]
    of_proposal = np.full(len(proposals), -1, dtype=np.int64)
    of_proposal[usable] = rank[code]
    return _Places(lon[order], lat[order], x[order], y[order], weight, of_proposal, metric)


def _groups(places: _Places, labels: Ints) -> _Groups:
    members = np.flatnonzero(labels != NOISE)
    members = members[np.argsort(labels[members], kind="stable")]
    of_proposal = np.append(labels, NOISE)[places.of_proposal]
    count = int(labels.max(initial=NOISE)) + 1
    return _Groups(count, labels[members], members, places.weight[members], of_proposal)


def _anchors(groups: _Groups, core: NDArray[np.bool_]) -> Ints:
    """Return for each cluster its core place with most proposals, the first of equal ones."""
    is_core = core[groups.places]
    cluster, place = groups.cluster[is_core], groups.places[is_core]
    order = np.lexsort((place, -groups.weight[is_core], cluster))
    _, first = np.unique(cluster[order], return_index=True)
    return place[order][first]


def _names(places: _Places, anchors: Ints) -> list[str]:
    """Hash each anchor's coordinate to 0.1 m; where two share it, number them west to east."""
    seen: dict[str, int] = {}
    names = []
    for lon, lat in zip(places.lon[anchors].tolist(), places.lat[anchors].tolist(), strict=True):
        text = f"{lon:.6f},{lat:.6f}".encode()
        name = "h" + hashlib.blake2b(text, digest_size=6).hexdigest()
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names


def _counts(
    groups: _Groups,
    proposals: gpd.GeoDataFrame,
    person_column: str | None,
    further_people: pd.Series | None,
) -> dict[str, Any]:
    starts = np.searchsorted(groups.cluster, np.arange(groups.clusters))
    largest = np.maximum.reduceat(groups.weight, starts) if groups.clusters else groups.weight
    people: Any = pd.array([pd.NA] * groups.clusters, dtype="Int64")
    if person_column is not None:
        rows, persons = people_behind(proposals, person_column, further_people)
        cluster = _pairs(groups.of_proposal[rows], persons)[0]
        people = np.bincount(cluster, minlength=groups.clusters)
    return {
        "proposals": np.bincount(groups.cluster, groups.weight, groups.clusters).astype(np.int64),
        "people": people,
        "places": np.bincount(groups.cluster, minlength=groups.clusters),
        "largest_shared_point": largest,
    }


def _pairs(of_proposal: Ints, values: pd.Series) -> tuple[Ints, Ints, Ints, Any]:
    """Count distinct (cluster, value): clusters, value codes, counts, and the sorted values."""
    codes, found = pd.factorize(values, sort=True)
    known = (codes >= 0) & (of_proposal != NOISE)
    size = max(len(found), 1)
    keys, counts = np.unique(of_proposal[known] * size + codes[known], return_counts=True)
    cluster, code = np.divmod(keys, size)
    return cluster, code, counts, found


def _categories(
    groups: _Groups, proposals: gpd.GeoDataFrame, category_column: str | None
) -> list[dict[Any, float]]:
    shares: list[dict[Any, float]] = [{} for _ in range(groups.clusters)]
    if category_column is None:
        return shares
    cluster, code, counts, found = _pairs(groups.of_proposal, proposals[category_column])
    totals = np.bincount(cluster, counts, groups.clusters)
    order = np.lexsort((code, -counts, cluster))
    share = np.round(counts / totals[cluster], 4)
    names = [name.item() if isinstance(name, np.generic) else name for name in found]
    for at in order.tolist():
        shares[cluster[at]][names[code[at]]] = float(share[at])
    return shares


def _dominant(
    groups: _Groups,
    places: _Places,
    communities: gpd.GeoDataFrame | None,
    community_column: str | None,
) -> dict[str, Any]:
    names = np.full(groups.clusters, None, dtype=object)
    shares = np.full(groups.clusters, np.nan)
    if communities is not None and groups.clusters:
        require_crs(communities, what="communities")
        require_columns(communities, [community_column], what="communities")
        to_theirs = transformer(WGS84, communities.crs)
        lon, lat = places.lon[groups.places], places.lat[groups.places]
        row = PolygonIndex(communities).locate(*to_theirs.transform(lon, lat))
        known = row != OUTSIDE
        size = len(communities)
        keys, inverse = np.unique(groups.cluster[known] * size + row[known], return_inverse=True)
        counts = np.bincount(inverse, groups.weight[known], len(keys))
        cluster, row = np.divmod(keys, size)
        order = np.lexsort((row, -counts, cluster))
        with_any, first = np.unique(cluster[order], return_index=True)
        labels = np.asarray(_labels(communities, community_column), dtype=object)
        names[with_any] = labels[row[order][first]]
        totals = np.bincount(groups.cluster, groups.weight, groups.clusters)
        shares[with_any] = np.round(counts[order][first] / totals[with_any], 4)
    return {"community": names, "community_share": shares}


def _labels(communities: gpd.GeoDataFrame, column: str | None) -> Any:
    if column is None and "code" in communities.columns:
        column = "code"
    return communities.index if column is None else communities[column]


def _time_span(
    groups: _Groups, proposals: gpd.GeoDataFrame, time_column: str | None, time_zone: str | None
) -> dict[str, Any]:
    if time_column is None:
        nothing = pd.Series([pd.NaT] * groups.clusters, dtype="datetime64[us, UTC]")
        return {"first": nothing, "last": nothing.copy()}
    times = times_of(proposals[time_column], time_zone=time_zone)
    known = (groups.of_proposal != NOISE) & times.notna().to_numpy()
    by_cluster = times[known].groupby(groups.of_proposal[known])
    every = range(groups.clusters)
    return {
        "first": by_cluster.min().reindex(every).array,
        "last": by_cluster.max().reindex(every).array,
    }


def _centres(groups: _Groups, places: _Places) -> dict[str, Floats]:
    total = np.bincount(groups.cluster, groups.weight, groups.clusters)
    means = []
    for values in (places.x, places.y):
        base = values[groups.places[0]] if groups.clusters else 0.0
        moved = (values[groups.places] - base) * groups.weight
        means.append(base + np.bincount(groups.cluster, moved, groups.clusters) / total)
    back = transformer(places.metric_crs, WGS84)
    lon, lat = back.transform(means[0], means[1])
    return {"centre_longitude": np.round(lon, 7), "centre_latitude": np.round(lat, 7)}


def _outlines(groups: _Groups, places: _Places, radius_m: float) -> gpd.GeoSeries:
    xy = np.column_stack([places.x[groups.places], places.y[groups.places]])
    members = shapely.multipoints(shapely.points(xy), indices=groups.cluster)
    widened = shapely.buffer(shapely.convex_hull(members), radius_m / 2, quad_segs=4)
    return reproject(gpd.GeoSeries(widened, crs=places.metric_crs), WGS84)


def _rank_order(frame: gpd.GeoDataFrame, anchors: Ints, *, by_people: bool) -> Ints:
    leading = frame["people" if by_people else "proposals"].to_numpy(dtype=np.int64)
    proposals, places = frame["proposals"].to_numpy(), frame["places"].to_numpy()
    return np.lexsort((anchors, -places, -proposals, -leading))
