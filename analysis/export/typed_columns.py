"""Columns with the types that the data dictionary states, whatever gaps are in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from layers.export.data_dictionary import Column

_TYPES = {"integer": "Int64", "number": "float64", "boolean": "boolean"}


def typed(values: Iterable[Any], kind: str) -> pd.Series:
    """Return values as a column of a kind of the dictionary, such as ``number|null``.

    A column of nothing but gaps has its type all the same, so that files declare it.
    """
    plain = kind.partition("|")[0]
    if plain == "string":
        return texts(values)
    if isinstance(values, np.ndarray) and values.dtype == np.float64:
        return pd.Series(values, dtype=_TYPES[plain])
    listed = [None if value is pd.NA else value for value in values]
    return pd.Series(listed, dtype=_TYPES[plain])


def texts(values: Iterable[Any]) -> pd.Series:
    """Return texts as a column that Arrow holds; None and NA are gaps."""
    if not isinstance(values, pa.Array):
        values = pa.array(list(values), pa.large_string(), from_pandas=True)
    return pd.Series(pd.array(values, dtype=pd.StringDtype("pyarrow")))


def in_order(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the dictionary's columns of a frame, in their order and with their types."""
    return pd.DataFrame(
        {one.name: typed(frame[one.name].tolist(), one.kind).array for one in columns},
        index=frame.index,
    )
