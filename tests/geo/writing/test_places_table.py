"""Tables column by column say byte for byte what cells written one by one say."""

from __future__ import annotations

from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.writing.csv_writer import MARK, csv_lines
from geo.writing.places_table import csv_pieces, places_table
from geo.writing.target_systems import system_for

TEXTS = ["=1", "'=1", " ＝2", "“a”,b", 'q"x', "a\nb", "", None, "\x01", "-5", "plain", "中文"]
TEXTS += ["x\ry", "@a", "\U00020bb7=", "\ufeff=1", "~a", "e=mc"]
ROWS = len(TEXTS)


def frame() -> gpd.GeoDataFrame:
    numbers = [np.nan, np.inf, -0.0, 1e16, 1e22, 1.5, 123456789.0, *np.arange(ROWS - 7) / 3]
    columns = {
        "python": pd.Series(TEXTS, dtype="string"),
        "arrow": pd.Series(pd.array(TEXTS, dtype=pd.StringDtype("pyarrow"))),
        "object": pd.Series(TEXTS, dtype=object),
        "whole": range(ROWS),
        "gaps": pd.array([None, *range(ROWS - 1)], dtype="Int64"),
        "numbers": numbers,
        "truth": np.arange(ROWS) % 2 == 0,
        "perhaps": pd.array([None] * 3 + [True] * (ROWS - 3), dtype="boolean"),
        "day": [datetime(2026, 1, 1)] * ROWS,
        "kind": pd.Categorical(["=a", "b"] * (ROWS // 2)),
        "nested": [[1, "x"]] * ROWS,
        "nothing": pd.array([None] * ROWS, dtype="string"),
        "no number": np.full(ROWS, np.nan),
    }
    shapes = [None, *[shapely.Point(1, 2)] * (ROWS - 2), shapely.LineString([(0, 0), (1, 1)])]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


@pytest.mark.parametrize("names", [slice(None), ["geometry"], ["arrow", "geometry"]])
@pytest.mark.parametrize("code", ["EPSG:4326", "GCJ-02"])
def test_cells_are_those_that_are_written_one_by_one(names: slice | list[str], code: str) -> None:
    given, system = frame().loc[:, names], system_for(code)
    table = places_table(given, system)
    rows = csv_lines(table.astype(object).itertuples(index=False, name=None))
    wanted = MARK + csv_lines([list(table.columns)]) + rows
    told = "".join(csv_pieces([given.iloc[:7], given.iloc[:0], given.iloc[7:]], system))
    assert told.splitlines() == wanted.splitlines()
    assert told == wanted
