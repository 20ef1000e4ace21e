"""Walking distance along a road layer.

Lines are cut where they meet or cross, so that one can turn there; that holds for bridges too, as a
road layer seldom says which is one. Each place walks straight to the nearest point of a line, and
that distance counts. Roads are walked in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
import shapely
from scipy.sparse.csgraph import dijkstra  # type: ignore[import-untyped]

from core.errors import InvalidError
from geo.siting.problem import Floats, Ints, Reach

#: Corners nearer than this are one (metres).
SAME_M = 0.001
_AT_ONCE = 32


class NoRoadsError(InvalidError):
    """A road layer has no line to walk along."""

    code = "no_roads"


@dataclass(frozen=True)
class RoadNetwork:
    """Straight pieces of road between corners and crossings: starts and ends, metres."""

    start: Floats
    end: Floats

    @classmethod
    def of(cls, lines: gpd.GeoSeries) -> RoadNetwork:
        """Return the network of lines in a projected system in metres. Raises ``NoRoadsError``."""
        shapes = np.asarray(lines.array)
        parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
        parts = parts[(shapely.get_dimensions(parts) == 1) & ~shapely.is_empty(parts)]
        if not len(parts):
            raise NoRoadsError
        cut = shapely.get_parts(shapely.union_all(shapely.force_2d(parts)))
        xy, line = shapely.get_coordinates(cut, return_index=True)
        same = line[1:] == line[:-1]
        start, end = xy[:-1][same], xy[1:][same]
        long = np.hypot(*(end - start).T) > 0
        if not long.any():
            raise NoRoadsError
        return cls(start[long], end[long])


def walking_reach(demand: Floats, sites: Floats, network: RoadNetwork, *, within_m: float) -> Reach:
    """Return the pairs within a walking distance; rows of x and y in the network's system."""
    points, many = len(demand), len(sites)
    if not points or not many:
        return Reach.of([], [], [], points=points, sites=many)
    graph, node, snap = _joined(network, np.concatenate([demand, sites]))
    from_sites = many <= points
    ours = slice(points, None) if from_sites else slice(0, points)
    others = slice(0, points) if from_sites else slice(points, None)
    own, other, metres = _pairs(
        graph, (node[ours], snap[ours]), (node[others], snap[others]), within_m
    )
    pair = (other, own) if from_sites else (own, other)
    return Reach.of(*pair, metres, points=points, sites=many)


def _joined(network: RoadNetwork, places: Floats) -> tuple[sp.csr_matrix, Ints, Floats]:
    """Return the graph with each place's foot on it, the feet's nodes, and the way to them."""
    start, ahead = network.start, network.end - network.start
    tree = shapely.STRtree(shapely.linestrings(np.stack([start, network.end], axis=1)))
    _place, piece = tree.query_nearest(shapely.points(places), all_matches=False)
    length = np.hypot(*ahead.T)
    part = ((places - start[piece]) * ahead[piece]).sum(axis=1) / length[piece] ** 2
    part = np.clip(part, 0.0, 1.0)
    feet = start[piece] + part[:, None] * ahead[piece]
    corners = np.round(np.concatenate([start, network.end, feet]) / SAME_M).astype(np.int64)
    nodes, number = np.unique(corners, axis=0, return_inverse=True)
    number = number.ravel()
    pieces = np.arange(len(start))
    on = np.concatenate([pieces, pieces, piece])
    share = np.concatenate([np.zeros(len(start)), np.ones(len(start)), part])
    graph = _graph(on, share, number, length, len(nodes))
    return graph, number[2 * len(start) :], np.hypot(*(places - feet).T)


def _graph(on: Ints, share: Floats, node: Ints, length: Floats, nodes: int) -> sp.csr_matrix:
    """Join what lies one after the other on a piece; of two ways between nodes the shorter."""
    order = np.lexsort((node, share, on))
    on, share, node = on[order], share[order], node[order]
    next_to = (on[1:] == on[:-1]) & (node[1:] != node[:-1])
    one, two = node[:-1][next_to], node[1:][next_to]
    metres = ((share[1:] - share[:-1]) * length[on[1:]])[next_to]
    low, high = np.minimum(one, two), np.maximum(one, two)
    order = np.lexsort((metres, high, low))
    low, high, metres = low[order], high[order], metres[order]
    first = np.ones(len(low), dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    graph = sp.csr_matrix((metres[first], (low[first], high[first])), shape=(nodes, nodes))
    return graph


def _pairs(
    graph: sp.csr_matrix, own: tuple[Ints, Floats], other: tuple[Ints, Floats], within_m: float
) -> tuple[Ints, Ints, Floats]:
    (nodes, snaps), (targets, target_snaps) = own, other
    found: list[tuple[Ints, Ints, Floats]] = []
    for first in range(0, len(nodes), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        limit = within_m - float(snaps[part].min())
        if limit < 0:
            continue
        walked = dijkstra(graph, directed=False, indices=nodes[part], limit=limit)
        metres = walked[:, targets] + snaps[part, None] + target_snaps[None, :]
        row, column = np.nonzero((metres <= within_m) & np.isfinite(metres))
        found.append((row + first, column, metres[row, column]))
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    rows, columns, metres = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return rows, columns, metres
