"""Hotspots as a list: in which order, which of them, and what can be said of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.significance.hotspot_scan import JudgedHotspots
from geo.significance.verdicts import Verdict

#: By what the list is sorted, the most first: the first unless said otherwise.
ORDERS = ("people", "proposals", "one_point", "effect")
#: How many a brief lists unless said otherwise, and at most.
PRINTED, MOST_PRINTED = 8, 100
#: From this share, and from so many proposals, on one exact coordinate a hotspot is marked.
ONE_POINT_SHARE, ONE_POINT_LEAST = 0.3, 5


@dataclass(frozen=True)
class HotspotList:
    """What of the hotspots of a view is listed: an order, a community's code, a category's key.

    An empty community or category is any. ``sure``: only those that are more than chance. Ranks
    stay those among all. ``printed``: how many of these a brief lists.
    """

    by: str = ORDERS[0]
    community: str = ""
    category: str = ""
    printed: int = PRINTED
    sure: bool = False


def listed(frame: pd.DataFrame, wanted: HotspotList) -> pd.DataFrame:
    """Return the rows of :func:`judged` that are wanted, in their order.

    A hotspot is of the category that most of its proposals have. Equal ones stay by rank, and those
    of which no effect can be told come last.
    """
    found = frame.sort_values("rank", kind="stable")
    if wanted.community:
        found = found[_mask(code == wanted.community for code in found["community"])]
    if wanted.category:
        leading = (next(iter(shares), None) for shares in found["categories"])
        found = found[_mask(one == wanted.category for one in leading)]
    if wanted.sure:
        found = found[found["verdict"] == str(Verdict.SIGNIFICANT)]
    if wanted.by == ORDERS[0]:
        return found
    column = one_point_share(found) if wanted.by == "one_point" else found[wanted.by]
    order = column.sort_values(ascending=False, kind="stable").index
    return found.loc[order]


def judged(frame: gpd.GeoDataFrame, verdicts: JudgedHotspots | None) -> gpd.GeoDataFrame:
    """Return the hotspots with the columns ``effect``, ``p_value`` and ``verdict``.

    ``frame``: of ``geo.hotspots.Hotspots``. The verdict is empty, and the others missing, for
    hotspots that are not judged yet: all where ``verdicts`` is None, else those found since.
    """
    if verdicts is None:
        return frame.assign(effect=np.nan, p_value=np.nan, verdict="")
    told = verdicts.frame[["effect", "p_value", "verdict"]].reindex(frame["hotspot_id"])
    told["verdict"] = told["verdict"].fillna("")
    return frame.assign(**{name: told[name].to_numpy() for name in told.columns})


def _mask(wanted: Iterable[bool]) -> NDArray[np.bool_]:
    return np.fromiter(wanted, dtype=np.bool_)


def one_point_share(frame: pd.DataFrame) -> pd.Series:
    """Return which share of each hotspot's proposals lies on one exact coordinate, from 0 to 1."""
    return frame["largest_shared_point"] / frame["proposals"]


def marked(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the hotspots with a column ``on_one_point``: see ``is_on_one_point``."""
    pairs = zip(frame["largest_shared_point"], frame["proposals"], strict=True)
    return frame.assign(on_one_point=[is_on_one_point(int(a), int(b)) for a, b in pairs])


def is_on_one_point(shared: int, proposals: int) -> bool:
    """Tell whether so many proposals on one coordinate, of all of a hotspot, are to be marked.

    They are what a geocoder makes of one address, or one person's many: no demand at that spot.
    """
    return shared >= ONE_POINT_LEAST and shared >= ONE_POINT_SHARE * proposals
