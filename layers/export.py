"""What design firms take away: GeoJSON after RFC 7946, with properties in the dictionary's order.

Written from rows as they come from the database, so that a file of any length is streamed. The
columns are those of ``layers/dictionary.py``; nothing else leaves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd

from geo.geojson import stream
from layers.dictionary import COMMUNITIES, HOTSPOTS, PROPOSALS, names

DIGITS = 7


def timestamp(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def file_name(slug: str, kind: str, category: str | None) -> str:
    """Name a download: ASCII, without spaces."""
    return "-".join(part for part in (slug, category, kind) if part) + ".geojson"


def proposal_chunks(
    batches: Iterable[Iterable[Mapping[str, Any]]], head: Mapping[str, Any]
) -> Iterator[str]:
    """Stream proposals as GeoJSON text, one feature a line.

    Each row has the dictionary's columns for proposals, and ``longitude`` and ``latitude`` in
    WGS 84 degrees. ``head`` holds the collection's foreign members.
    """
    members = "".join(f"{_json(key)}:{_json(value)},\n" for key, value in head.items())
    yield f'{{"type":"FeatureCollection",\n{members}"features":['
    comma = "\n"
    for batch in batches:
        lines = [_point_feature(row, names(PROPOSALS)) for row in batch]
        if lines:
            yield comma + ",\n".join(lines)
            comma = ",\n"
    yield "\n]}\n"


def _point_feature(row: Mapping[str, Any], columns: list[str]) -> str:
    properties = {name: row[name] for name in columns}
    properties["created"] = timestamp(properties["created"])
    place = [round(float(row["longitude"]), DIGITS), round(float(row["latitude"]), DIGITS)]
    return _json(
        {
            "type": "Feature",
            "id": row["id"],
            "geometry": {"type": "Point", "coordinates": place},
            "properties": properties,
        }
    )


def communities_geojson(
    frame: gpd.GeoDataFrame, categories: list[str], head: Mapping[str, Any]
) -> str:
    """Write communities with their counts. ``categories``: columns to fold into one object."""
    told = frame.copy()
    told["categories"] = [
        {key: int(value) for key, value in row.items()}
        for row in told[categories].to_dict("records")
    ]
    return "".join(stream(told, properties=names(COMMUNITIES), foreign_members=head))


def hotspots_geojson(frame: gpd.GeoDataFrame, head: Mapping[str, Any]) -> str:
    """Write hotspots."""
    return "".join(stream(frame, properties=names(HOTSPOTS), foreign_members=head))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
