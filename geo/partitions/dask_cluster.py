"""Work on parts, done by the workers of a Dask cluster that runs already.

The workers need LuJian and the packages of its ``requirements.txt`` at the same versions. They get
parts of data and functions of ``geo`` that are pure, and give results back; they read no file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from core.errors import InvalidError, LuJianError
from geo.clustering import Clusterer
from geo.partitions.strips import DoAll, clusters_by_strips

_CONNECT_S = 10
#: Parts that are under way for each worker, so that no more of a large file is held at once.
_PARTS_A_WORKER = 2
_STRIPS_A_WORKER = 2


class NoDaskError(InvalidError):
    """The packages for Dask are not installed."""

    code = "no_dask"


class NoClusterError(InvalidError):
    """No Dask cluster answers. Parameter: ``address``."""

    code = "no_cluster"


class _Refused(NamedTuple):
    """An error of ours that a worker met."""

    kind: type[LuJianError]
    params: dict[str, Any]


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Give a client of the cluster at an address. Raises the two errors above."""
    try:
        from distributed import Client
    except ImportError as error:
        raise NoDaskError() from error
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NoClusterError(address=address) from error
    with client:
        if not _workers(client):
            raise NoClusterError(address=address)
        yield client


def on_cluster(client: Any) -> DoAll:
    """Return what ``map`` does, done by the workers; results come in the order of the parts."""
    return partial(_results, client)


def clusterer_on(client: Any) -> Clusterer:
    """Return what ``density_clusters`` does, done by the workers strip by strip."""
    strips = _STRIPS_A_WORKER * _workers(client)
    return partial(clusters_by_strips, strips=strips, do_all=on_cluster(client))


def _workers(client: Any) -> int:
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _results(client: Any, work: Callable[[Any], Any], parts: Iterable[Any]) -> Iterator[Any]:
    shared = client.scatter(work, broadcast=True, hash=False)
    under_way: deque[Any] = deque()
    most = _PARTS_A_WORKER * _workers(client)
    for part in parts:
        if len(under_way) >= most:
            yield _result(under_way.popleft())
        sent = client.scatter(part, hash=False)
        under_way.append(client.submit(_done, shared, sent, pure=False))
    while under_way:
        yield _result(under_way.popleft())


def _done(work: Callable[[Any], Any], part: Any) -> Any:
    """Do work on a worker. An error of ours loses its parameters on the way if it is raised."""
    try:
        return work(part)
    except LuJianError as error:
        return _Refused(type(error), error.params)


def _result(future: Any) -> Any:
    found = future.result()
    if isinstance(found, _Refused):
        raise found.kind(**found.params)
    return found
