"""The sites of a scenario as a typed frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from analysis.answer_tallies import FEW
from analysis.export.typed_columns import typed
from geo.crs import WGS84
from layers.export.data_dictionary import Column

SITES = (
    Column("key", "string", "Which candidate it is."),
    Column("name_zh", "string", "Name in Chinese; may be empty."),
    Column("name_en", "string", "Name in English; may be empty."),
    Column("existing", "boolean", "Whether it is there today."),
    Column("people", "integer|null", "People that it serves; null for fewer than five."),
    Column("proposals", "integer", "Proposals that it serves."),
    Column("median_distance_m", "number|null", "Half of whom it serves are as near, in metres."),
    Column("wishes", "string|null", "What they ask for: options, each with how many people."),
    Column("amount", "number|null", "Median of what they ask for, where a number was asked for."),
)


def site_frame(outcome: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the sites of an outcome as it is kept (``analysis.scenarios.outcome.told``).

    EPSG:4326, in the order of the outcome, index from 0.
    """
    sites = list(outcome["sites"])
    labels = [one["en"] for one in outcome.get("options", ())]
    rows = [_row(one, labels) for one in sites]
    table = pd.DataFrame(
        {one.name: typed([row[one.name] for row in rows], one.kind) for one in SITES}
    )
    x, y = [one["longitude"] for one in sites], [one["latitude"] for one in sites]
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x, y), crs=WGS84)


def _row(site: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    name, metres = site.get("name") or {}, site.get("metres")
    wishes = [
        f"{label}: {count}"
        for label, count in zip(labels, site.get("wishes") or (), strict=False)
        if count
    ]
    return {
        "key": str(site["key"]),
        "name_zh": str(name.get("zh_CN") or ""),
        "name_en": str(name.get("en") or ""),
        "existing": bool(site["existing"]),
        "people": site["people"] if site["people"] >= FEW else None,
        "proposals": site["proposals"],
        "median_distance_m": None if metres is None else round(metres, 1),
        "wishes": "; ".join(wishes) or None,
        "amount": site.get("amount"),
    }
