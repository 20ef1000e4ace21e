"""Collections that are in memory as a whole: communities, hotspots, layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from analysis.cql.on_rows import rows_that_meet
from analysis.cql.terms import BadQueryError, Kind
from api.collections.model import About, Asked, Features, Field, kinds_of
from core.errors import NotFoundError
from geo.writing.geojson import plain


@dataclass(frozen=True)
class Whole:
    """All features in the order of their ids: shapes in WGS 84 (None for none), properties."""

    ids: tuple[str | int, ...]
    shapes: NDArray[np.object_]
    properties: tuple[Mapping[str, Any], ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class FrameCollection:
    """Features of which ``find`` returns all; ``found_state`` tells what they are of."""

    about: About
    find: Callable[[], Whole]
    moment_fields: tuple[str, str] | None = None

    @cached_property
    def whole(self) -> Whole:
        """All its features."""
        return self.find()

    @property
    def fields(self) -> tuple[Field, ...]:
        """The properties of its features."""
        return self.whole.fields

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """What may be asked of them."""
        return kinds_of(self.fields)

    @property
    def state(self) -> str:
        """What changes with any of them."""
        return self.about.state

    def page(self, asked: Asked) -> Features:
        """Return features in the order of their ids. Raises ``BadQueryError``."""
        whole = self.whole
        rows = np.arange(len(whole.ids))
        if asked.term is not None:
            rows = rows[rows_that_meet(asked.term, whole.properties, whole.shapes)]
        start = int(np.searchsorted(rows, self._first(asked.after)))
        taken = rows[start : start + asked.limit]
        more = start + asked.limit < len(rows)
        return self._features(taken, len(rows), more=more)

    def feature(self, name: str) -> Features:
        """Return one. Raises ``NotFoundError``."""
        if name not in self._places:
            raise NotFoundError(kind="feature")
        return self._features(np.array([self._places[name]]), 1, more=False)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {str(one): place for place, one in enumerate(self.whole.ids)}

    def _first(self, after: str) -> int:
        """Return the place after a feature, also one that is gone: ids are in their order."""
        if not after:
            return 0
        ids = self.whole.ids
        if ids and isinstance(ids[0], int):
            if not after.isdecimal() or len(after) > 18:
                raise BadQueryError(parameter="after", reason="nothing to go on from")
            return int(np.searchsorted(np.array(ids), int(after), side="right"))
        return int(np.searchsorted(np.array(ids, dtype=str), after[:80], side="right"))

    def _features(self, rows: NDArray[np.int64], matched: int, *, more: bool) -> Features:
        whole = self.whole
        return Features(
            tuple(whole.ids[row] for row in rows),
            whole.shapes[rows],
            tuple(whole.properties[row] for row in rows),
            matched,
            str(whole.ids[rows[-1]]) if more and len(rows) else None,
        )


def whole_of(frame: gpd.GeoDataFrame, key: str, fields: Sequence[Field]) -> Whole:
    """Return a frame (WGS 84) with these columns; ``key`` names the one of the ids."""
    frame = frame.sort_values(key, kind="stable")
    columns = [[plain(value) for value in frame[one.name].tolist()] for one in fields]
    names = [one.name for one in fields]
    told = tuple(dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    shapes = np.asarray(frame.geometry.array, dtype=object)
    return Whole(tuple(map(str, frame[key])), shapes, told, tuple(fields))
