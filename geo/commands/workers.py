"""Who does the work of a command: this process, or the workers of ``--dask tcp://…``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import geopandas as gpd

from geo.clustering import Clusterer, density_clusters
from geo.partitions.dask_cluster import clusterer_on, connected, on_cluster
from geo.partitions.strips import DoAll


@dataclass(frozen=True)
class Workers:
    """``do_all``: one function on all parts, in their order; ``cluster``: density clusters."""

    do_all: DoAll
    cluster: Clusterer


#: So many rows are counted as one part.
ROWS_A_PART = 200_000


def in_parts(frame: gpd.GeoDataFrame) -> Iterator[gpd.GeoDataFrame]:
    """Yield the rows of a frame in parts, in their order; one at least."""
    for start in range(0, max(len(frame), 1), ROWS_A_PART):
        yield frame.iloc[start : start + ROWS_A_PART]


@contextmanager
def workers(options: argparse.Namespace) -> Iterator[Workers]:
    """Give who works. Raises ``NoDaskError``, ``NoClusterError`` of ``partitions.dask_cluster``."""
    if options.dask is None:
        yield Workers(map, density_clusters)
        return
    with connected(options.dask) as client:
        yield Workers(on_cluster(client), clusterer_on(client))
