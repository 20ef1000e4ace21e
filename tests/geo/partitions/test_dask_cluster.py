"""What goes to workers and comes back; two real ones are in ``tests/geo/commands``."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from geo.aggregate import NotPointsError
from geo.partitions.dask_cluster import on_cluster
from tests.geo.significance.test_hotspot_scan import (
    area,
    crowd_and_background,
    judged,
    pins,
    square,
)


class Future(NamedTuple):
    answer: bytes

    def result(self) -> Any:
        kind, found = pickle.loads(self.answer)
        if kind == "error":
            raise found
        return found


class FarAway:
    """A client whose workers share no memory with it: all travels as bytes."""

    def scheduler_info(self, *, n_workers: int) -> dict[str, Any]:
        assert n_workers == -1
        return {"workers": {"one": {}, "two": {}}}

    def scatter(self, data: Any, **_: Any) -> Any:
        return pickle.loads(pickle.dumps(data))

    def submit(self, work: Callable[..., Any], *data: Any, pure: bool) -> Future:
        assert not pure
        try:
            return Future(pickle.dumps(("result", work(*data))))
        except Exception as error:
            return Future(pickle.dumps(("error", error)))


def squared(number: int) -> int:
    if number < 0:
        raise NotPointsError(found=f"Polygon {number}")
    return number * number


def test_results_come_in_the_order_of_the_parts() -> None:
    found = list(on_cluster(FarAway())(squared, range(20)))
    assert found == [number * number for number in range(20)]


def test_random_maps_are_scanned_far_away_with_the_same_verdicts() -> None:
    xy = crowd_and_background()
    given = pins(xy, person=np.arange(len(xy))), area(square(2000))
    _hotspots, here = judged(*given, simulations=9)
    _hotspots, there = judged(*given, simulations=9, do_all=on_cluster(FarAway()))
    pd.testing.assert_frame_equal(here.frame, there.frame, check_exact=True)
    assert here.frame["p_value"].min() == 0.1


def test_an_error_of_ours_comes_back_with_its_parameters() -> None:
    with pytest.raises(NotPointsError) as raised:
        list(on_cluster(FarAway())(squared, [1, -2]))
    assert raised.value.params == {"found": "Polygon -2"}
