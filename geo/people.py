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
