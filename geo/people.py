"""Who is behind proposals: whoever filed each, and further people of what was merged into it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray


def people_behind(
    proposals: gpd.GeoDataFrame, person_column: str, further_people: pd.Series | None
) -> tuple[NDArray[np.int64], pd.Series]:
    """Return the row position of a proposal and a person, for each person behind each proposal.

    ``further_people`` are persons on labels of proposals; those on other labels are left out.
    Missing persons stay missing.
    """
    rows, people = np.arange(len(proposals)), proposals[person_column]
    if further_people is not None and len(further_people):
        at = proposals.index.get_indexer(further_people.index)
        rows = np.concatenate([rows, at[at >= 0]])
        people = pd.concat([people, further_people[at >= 0]], ignore_index=True)
    return rows, people


def most_given(
    person: NDArray[np.intp], values: NDArray[np.object_], people: int
) -> tuple[NDArray[np.object_], int]:
    """Return for each person the value given most often, and how many gave several.

    ``person``: numbers from 0 to below ``people``; a value may be missing. Both stand in the order
    of filing; of equally many values the first counts. Who gave none has None.
    """
    codes, known = pd.factorize(pd.Series(values, dtype=object))
    said = np.flatnonzero(codes >= 0)
    pair = person[said].astype(np.int64) * max(len(known), 1) + codes[said]
    pairs, first, times = np.unique(pair, return_index=True, return_counts=True)
    whose = pairs // max(len(known), 1)
    order = np.lexsort((first, -times, whose))
    best = order[np.unique(whose[order], return_index=True)[1]]
    found = np.full(people, None, dtype=object)
    found[whose[best]] = np.asarray(known, dtype=object)[pairs[best] % max(len(known), 1)]
    several = np.unique(whose, return_counts=True)[1] > 1
    return found, int(np.count_nonzero(several))
