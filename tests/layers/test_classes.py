from __future__ import annotations

import pandas as pd

from layers.classes import class_breaks


def test_quantile_classes_by_hand() -> None:
    assert class_breaks(pd.Series(range(1, 11))) == [3.0, 5.0, 7.0, 9.0, 10.0]


def test_equal_quantiles_fall_together_and_nulls_are_left_out() -> None:
    assert class_breaks(pd.Series([0, 0, 0, 0, 0, 0, 0, 0, 0, 9, None])) == [0.0, 9.0]
    assert class_breaks(pd.Series([None, None], dtype="Float64")) == [0.0]
