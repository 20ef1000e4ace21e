"""What design firms take away: GeoJSON after RFC 7946, with properties in the dictionary's order.

Written from rows as they come from the database, so that a file of any length is streamed. The
columns are those of ``layers/export/data_dictionary.py``; nothing else leaves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import WGS84
from geo.writing.csv_writer import csv_lines, csv_text
from geo.writing.geojson import rfc7946_shapes, stream
from layers.export.data_dictionary import COMMUNITIES, HOTSPOTS, PROPOSALS, names

DIGITS = 7
_PROPOSAL_NAMES = names(PROPOSALS)
#: Turns one proposal's answers into the columns that follow those of the dictionary.
Flat = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def timestamp(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def file_name(slug: str, kind: str, category: str | None, form: str = "geojson") -> str:
    """Name a download: ASCII, without spaces."""
    return "-".join(part for part in (slug, category, kind) if part) + f".{form}"


def proposal_chunks(
    batches: Iterable[Sequence[Mapping[str, Any]]],
    head: Mapping[str, Any],
    *,
    pins_only: bool = False,
    more: Sequence[str] = (),
    flat_answers: Flat | None = None,
) -> Iterator[str]:
    """Stream proposals as GeoJSON text, one feature a line.

    Each row has the dictionary's columns for proposals but ``kind``, and ``geometry``: a drawn
    line or area in WGS 84, or None where ``longitude`` and ``latitude`` say all. ``pins_only``
    writes points alone. ``more`` names columns after the dictionary's. ``flat_answers`` turns a
    row's ``answers`` into the columns that each feature's properties end with. ``head`` holds the
    collection's foreign members.
    """
    members = "".join(f"{_json(key)}:{_json(value)},\n" for key, value in head.items())
    yield f'{{"type":"FeatureCollection",\n{members}"features":['
    comma = "\n"
    for batch in batches:
        shapes = [None] * len(batch) if pins_only else _drawn(batch)
        lines = [
            _feature(row, shape, more, {} if flat_answers is None else flat_answers(row["answers"]))
            for row, shape in zip(batch, shapes, strict=True)
        ]
        if lines:
            yield comma + ",\n".join(lines)
            comma = ",\n"
    yield "\n]}\n"


def proposal_table(
    batches: Iterable[Sequence[Mapping[str, Any]]],
    *,
    more: Sequence[str] = (),
    answer_columns: Sequence[str] = (),
    flat_answers: Flat | None = None,
) -> Iterator[str]:
    """Stream proposals as CSV (RFC 4180, UTF-8 with a mark at its beginning, for spreadsheets).

    The rows and columns of ``proposal_chunks``; a line or an area is its pin with its measure. A
    text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    names_of_all = [*_PROPOSAL_NAMES, *more, *answer_columns]
    yield csv_text(names_of_all, [])
    for batch in batches:
        told = [
            _properties(row, more, {} if flat_answers is None else flat_answers(row["answers"]))
            for row in batch
        ]
        yield csv_lines([row.get(name) for name in names_of_all] for row in told)


def _feature(
    row: Mapping[str, Any],
    shape: dict[str, Any] | None,
    more: Sequence[str],
    answers: Mapping[str, Any],
) -> str:
    place = [round(float(row["longitude"]), DIGITS), round(float(row["latitude"]), DIGITS)]
    return _json(
        {
            "type": "Feature",
            "id": row["id"],
            "geometry": shape or {"type": "Point", "coordinates": place},
            "properties": _properties(row, more, answers),
        }
    )


def _properties(
    row: Mapping[str, Any], more: Sequence[str], answers: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the columns of a proposal in their order, as they are written."""
    place = [round(float(row["longitude"]), DIGITS), round(float(row["latitude"]), DIGITS)]
    written = {
        "created": timestamp(row["created"]),
        "kind": kind_of(row["length_m"], row["area_m2"]),
        "length_m": _metres(row["length_m"]),
        "area_m2": _metres(row["area_m2"]),
        "longitude": place[0],
        "latitude": place[1],
    }
    names_of_all = (*_PROPOSAL_NAMES, *more)
    return {**{name: written.get(name, row.get(name)) for name in names_of_all}, **answers}


def kind_of(length_m: float | None, area_m2: float | None) -> str:
    """Name what was marked, by what of it was measured."""
    return "area" if area_m2 is not None else "point" if length_m is None else "line"


def shapes_geojson(shapes: Sequence[Any]) -> list[dict[str, Any]]:
    """Return drawn WGS 84 lines and areas as GeoJSON geometries (RFC 7946, 7 decimals)."""
    frame = gpd.GeoDataFrame(geometry=list(shapes), crs=WGS84)
    return [_written(shape) for shape in rfc7946_shapes(frame)]


def _drawn(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
    """Return the shape of each row as GeoJSON, None where it is just its pin."""
    told: list[dict[str, Any] | None] = [None] * len(rows)
    at = [number for number, row in enumerate(rows) if row["geometry"] is not None]
    for number, shape in zip(at, shapes_geojson([rows[n]["geometry"] for n in at]), strict=True):
        told[number] = shape
    return told


def _written(shape: Any) -> dict[str, Any]:
    lines = [shape] if shape.geom_type == "LineString" else [shape.exterior, *shape.interiors]
    parts = [np.round(shapely.get_coordinates(line), DIGITS).tolist() for line in lines]
    places = parts[0] if shape.geom_type == "LineString" else parts
    return {"type": shape.geom_type, "coordinates": places}


def proposal_properties(row: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of one proposal as files have them; ``answers``: its last columns."""
    return _properties(row, (), answers)


def _metres(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def communities_geojson(
    frame: gpd.GeoDataFrame, categories: list[str], head: Mapping[str, Any]
) -> str:
    """Write communities with their counts. ``categories``: columns to fold into one object.

    Each stands once more as a column of its own, ``proposals_<key>``, for programs that style by
    columns.
    """
    told = frame.copy()
    flat = [f"proposals_{key}" for key in categories]
    told[flat] = told[categories].astype("int64").to_numpy()
    told["categories"] = [
        {key: int(value) for key, value in row.items()}
        for row in told[categories].to_dict("records")
    ]
    columns = [*names(COMMUNITIES), *flat]
    return "".join(stream(told, properties=columns, foreign_members=head))


def hotspots_geojson(
    frame: gpd.GeoDataFrame,
    head: Mapping[str, Any],
    categories: Sequence[str],
    answers: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """Write hotspots (see ``analysis.export.hotspots``); ``answers`` by hotspot id at the end.

    What was answered stands before it in plain columns; without ``answers`` neither is there. The
    shares of the ``categories`` stand in an object, too, the largest first.
    """
    frame = frame.copy()
    shares = frame[[f"share_{key}" for key in categories]].to_numpy(float)
    frame["categories"] = [_largest_first(categories, row.tolist()) for row in shares]
    given = [str(name) for name in frame.columns if name not in names(HOTSPOTS)]
    columns = [*names(HOTSPOTS), *(name for name in given if name.startswith("share_"))]
    if answers is not None:
        frame["answers"] = [answers.get(name, {}) for name in frame["hotspot_id"]]
        columns += [*(name for name in given if name.startswith("q_")), "answers"]
    return "".join(stream(frame, properties=columns, foreign_members=head))


def _largest_first(keys: Sequence[str], shares: Sequence[float]) -> dict[str, float]:
    pairs = zip(keys, shares, strict=True)
    return dict(sorted((pair for pair in pairs if pair[1] > 0), key=lambda pair: -pair[1]))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
