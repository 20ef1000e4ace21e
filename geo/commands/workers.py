"""Who does the work of a command: this process, or the workers of ``--dask tcp://…``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from geo.clustering import Clusterer, density_clusters
from geo.partitions.dask_cluster import clusterer_on, connected, on_cluster
from geo.partitions.strips import DoAll


@dataclass(frozen=True)
class Workers:
    """``do_all``: one function on all parts, in their order; ``cluster``: density clusters."""

    do_all: DoAll
    cluster: Clusterer


@contextmanager
def workers(options: argparse.Namespace) -> Iterator[Workers]:
    """Give who works. Raises ``NoDaskError``, ``NoClusterError`` of ``partitions.dask_cluster``."""
    if options.dask is None:
        yield Workers(map, density_clusters)
        return
    with connected(options.dask) as client:
        yield Workers(on_cluster(client), clusterer_on(client))
