"""Reading a table of points row by row into proposals, or into the reason why it cannot be one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.dates import kept_in_calendar
from core.errors import BadFileError, InvalidError, LuJianError, UnknownCategoryError
from core.text import clean_text
from geo.crs import known_crs, require_crs, to_wgs84
from geo.former_systems.former_systems import check_certain_points
from geo.timestamps import known_zone, moment_in, stated_time
from submissions.campaigns.models import Campaign
from submissions.imports.answer_cells import AnswerCells
from submissions.participation import proposal_draft
from submissions.proposals.states import EntryChannel, Placement, Relation

_POINT = 0


@dataclass(frozen=True)
class ImportColumns:
    """Which column of the table says what; ``category_value`` sets one category for all rows.

    A time without offset is read in ``time_zone``. Without ``id`` a row is known by its content.
    ``answers`` holds a dict or JSON text by question key; ``answer_columns`` names a column for a
    question, with keys or names of options. Without either, no question counts as asked.
    """

    text: str
    category: str | None = None
    category_value: str | None = None
    person: str | None = None
    created: str | None = None
    id: str | None = None
    relation: str | None = None
    placed_by: str | None = None
    accuracy_m: str | None = None
    answers: str | None = None
    answer_columns: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "Asia/Shanghai"


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken: its number in the file (from 1) and the error's code."""

    row: int
    reason: str
    details: str


@dataclass
class ImportedRow:
    """A row that can be stored: its number in the file (from 1) and its columns."""

    number: int
    values: dict[str, Any]


class TableReader:
    """Reads the rows of one table, as values of the proposal table."""

    def __init__(
        self,
        campaign: Campaign,
        frame: gpd.GeoDataFrame,
        columns: ImportColumns,
        crs: str | None,
        now: datetime,
    ) -> None:
        self._campaign, self._now = campaign, now
        self._zone = known_zone(columns.time_zone)
        self._categories = _category_names(campaign)
        self._columns = columns
        if columns.category is None and columns.category_value not in self._categories:
            raise UnknownCategoryError(category=columns.category_value)
        self._cells = {name: _cells(frame, getattr(columns, name)) for name in _CELL_COLUMNS}
        single = {
            key: _cells(frame, column) or [] for key, column in columns.answer_columns.items()
        }
        self._answers = AnswerCells(campaign.questions, self._cells["answers"], single)
        self._x, self._y, self.crs = _coordinates(frame, crs)
        self._lon, self._lat = _degrees(self._x, self._y, frame, crs)

    def read(self) -> tuple[list[ImportedRow], list[Refusal]]:
        """Return the rows that can be stored, and those that cannot with their reasons."""
        taken, refused = [], []
        seen: set[str] = set()
        repeats: Counter[str] = Counter()
        for position in range(len(self._x)):
            try:
                values = self._values(position)
                token = values["client_token"] = self._token(position, values, repeats)
                if token in seen:
                    raise InvalidError(field="id", reason="stands there twice")
            except LuJianError as error:
                refused.append(Refusal(position + 1, error.code, _details(error)))
                continue
            seen.add(token)
            taken.append(ImportedRow(position + 1, values))
        return taken, refused

    def _values(self, position: int) -> dict[str, Any]:
        campaign = self._campaign
        longitude, latitude = proposal_draft.check_coordinate(
            float(self._lon[position]), float(self._lat[position])
        )
        category = self._category(position)
        return {
            "receipt": None,
            "campaign_id": campaign.id,
            "category": category,
            "text": clean_text(self._cell("text", position), most=campaign.max_text_length),
            "relation": proposal_draft.check_relation(
                self._cell("relation", position) or Relation.OTHER
            ),
            "author_key": self._author(position),
            "placed_by": self._placed_by(position),
            "accuracy_m": self._accuracy(position),
            "raw_x": float(self._x[position]),
            "raw_y": float(self._y[position]),
            "raw_crs": self.crs,
            "longitude": longitude,
            "latitude": latitude,
            "geometry": shapely.Point(longitude, latitude),
            "edition": campaign.edition,
            "supports": 0,
            "answers": self._answers.read(position, category),
            "entry": str(EntryChannel.IMPORT),
            "created": self._created(position),
            "updated": self._now,
        }

    def _cell(self, column: str, position: int) -> Any:
        cells = self._cells[column]
        return None if cells is None else cells[position]

    def _category(self, position: int) -> str:
        if self._cells["category"] is None:
            return self._categories[str(self._columns.category_value)]
        stated = self._cell("category", position)
        key = self._categories.get(str(stated).strip())
        if key is None:
            raise UnknownCategoryError(category=stated)
        return key

    def _author(self, position: int) -> str | None:
        person = self._cell("person", position)
        if person is None or not str(person).strip():
            return None
        return sha256(f"person:{self._campaign.slug}:{person}".encode()).hexdigest()

    def _placed_by(self, position: int) -> str:
        stated = self._cell("placed_by", position) or Placement.IMPORT
        if stated not in set(Placement):
            raise InvalidError(field="placed_by")
        return str(stated)

    def _accuracy(self, position: int) -> float | None:
        stated = self._cell("accuracy_m", position)
        try:
            accuracy_m = None if stated is None else float(stated)
        except (TypeError, ValueError):
            raise InvalidError(field="accuracy_m") from None
        if accuracy_m is not None and not 0 <= accuracy_m < float("inf"):
            raise InvalidError(field="accuracy_m")
        return accuracy_m

    def _created(self, position: int) -> datetime:
        stated = self._cell("created", position)
        return self._now if stated is None else _moment(stated, self._zone)

    def _token(self, position: int, values: dict[str, Any], repeats: Counter[str]) -> str:
        if self._columns.id is not None:
            stated = self._cell("id", position)
            if isinstance(stated, float) and stated.is_integer():  # 1.0 where gaps made floats
                stated = int(stated)
            if stated is None or not str(stated).strip():
                raise InvalidError(field="id", reason="missing")
            return "import:" + _short(str(stated).strip())
        names = ("raw_x", "raw_y", "raw_crs", "text", "category", "author_key")
        content = "\x1f".join(str(values[name]) for name in names)
        content += f"\x1f{self._cell('created', position)}"
        repeats[content] += 1
        return "import:#" + sha256(f"{content}\x1f{repeats[content]}".encode()).hexdigest()[:40]


_CELL_COLUMNS = (
    "text",
    "category",
    "person",
    "created",
    "id",
    "relation",
    "placed_by",
    "accuracy_m",
    "answers",
)


def _cells(frame: pd.DataFrame, column: str | None) -> list[Any] | None:
    if column is None:
        return None
    if column not in frame.columns:
        there = ", ".join(str(name) for name in frame.columns if name != "geometry")
        raise BadFileError(reason=f"no column {column!r}; there are: {there}")
    series = frame[column].astype(object)
    return series.where(series.notna(), None).tolist()


def _category_names(campaign: Campaign) -> dict[str, str]:
    names = {}
    for category in campaign.categories:
        for name in (category.get("name") or {}).values():
            names[str(name)] = category["key"]
    return names | {category["key"]: category["key"] for category in campaign.categories}


def _coordinates(frame: gpd.GeoDataFrame, crs: str | None) -> tuple[Any, Any, str]:
    """Return x, y as stated (NaN where there is no point) and the name of their system."""
    if crs is None:
        require_crs(frame, what="proposals")
        epsg = frame.crs.to_epsg()
        name = f"EPSG:{epsg}" if epsg else str(frame.crs.name)[:40]
    else:
        name = known_crs(crs)
    shapes = frame.geometry.array
    points = np.where(shapely.get_type_id(shapes) == _POINT, shapes, None)
    return shapely.get_x(points), shapely.get_y(points), name


def _degrees(x: Any, y: Any, frame: gpd.GeoDataFrame, crs: str | None) -> tuple[Any, Any]:
    good = np.isfinite(x) & np.isfinite(y)
    longitudes, latitudes = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if good.any():
        system = crs or frame.crs.to_wkt()
        check_certain_points(x[good], y[good], system)
        longitudes[good], latitudes[good] = to_wgs84(x[good], y[good], crs=system)
    return longitudes, latitudes


def _moment(stated: Any, zone: ZoneInfo) -> datetime:
    """Return the moment a cell states, local in the zone without an offset; a day begins."""
    found = stated_time(stated)
    if found is None:
        raise InvalidError(field="created", stated=str(stated))
    return kept_in_calendar(moment_in(found, zone))


def _short(token: str) -> str:
    fits = len(token) <= 60 and token.isprintable() and not token.startswith("#")
    return token if fits else "#" + sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _details(error: LuJianError) -> str:
    return ", ".join(f"{name}={value}" for name, value in error.params.items())
