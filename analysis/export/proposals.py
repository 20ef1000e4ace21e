"""Proposals of a selection as a typed frame: the columns of the dictionary, then the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analysis import selection as selections
from analysis.export.typed_columns import typed
from analysis.frames import PublishedRow
from analysis.selection import Selection
from geo.crs import WGS84
from layers.export.data_dictionary import PROPOSALS, Column
from layers.export.geojson import kind_of, timestamp
from submissions.campaigns import questionnaire
from submissions.proposals.queries import CampaignView

DIGITS = 7


def proposal_columns(campaign: CampaignView, more: Sequence[Column] = ()) -> list[Column]:
    """Return the columns of a campaign's proposals: the dictionary's, ``more``, the answers'."""
    return [*PROPOSALS, *more, *questionnaire.columns(campaign.asked_ever)]


def proposal_frame(session: Session, selection: Selection) -> gpd.GeoDataFrame:
    """Return a selection's proposals in the order of filing, EPSG:4326, index from 0.

    Geometry is what was marked: the pin, a drawn line or an area. Lengths are metres, areas square
    metres. Nothing of a person is in it. Raises what ``analysis.selection.chosen`` raises.
    """
    return pd.concat(list(proposal_frames(session, selection)), ignore_index=True)


def proposal_frames(session: Session, selection: Selection) -> Iterator[gpd.GeoDataFrame]:
    """Yield ``proposal_frame`` in parts, so that memory holds one at a time; at least one part."""
    some = False
    for rows in selections.batches(session, selection):
        some = True
        yield _frame(selection.campaign, rows)
    if not some:
        yield _frame(selection.campaign, [])


def _frame(campaign: CampaignView, rows: Sequence[PublishedRow]) -> gpd.GeoDataFrame:
    told = frame_of_rows(proposal_columns(campaign), campaign, [row._asdict() for row in rows])
    return told


def frame_of_rows(
    columns: Sequence[Column], campaign: CampaignView, rows: Sequence[dict[str, Any]]
) -> gpd.GeoDataFrame:
    """Return rows of ``PublishedRow``'s fields, and of further columns, as a typed frame."""
    given: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in _fields(rows)}
    flat = [questionnaire.flat(campaign.asked_ever, row["answers"]) for row in rows]
    told = {**given, **_worked_out(campaign, rows)}
    answers = {name: [one[name] for one in flat] for name in (flat[0] if flat else ())}
    found = {**told, **answers}
    table = pd.DataFrame({c.name: typed(found.get(c.name, []), c.kind) for c in columns})
    return gpd.GeoDataFrame(table, geometry=_shapes(rows), crs=WGS84)


def _fields(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [name for name in (rows[0] if rows else ()) if name not in {"geometry", "answers"}]


def _worked_out(campaign: CampaignView, rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the columns that are not stored as they leave."""
    return {
        "campaign": [campaign.slug] * len(rows),
        "created": [timestamp(row["created"]) for row in rows],
        "kind": [kind_of(row["length_m"], row["area_m2"]) for row in rows],
        "length_m": [_rounded(row["length_m"], 2) for row in rows],
        "area_m2": [_rounded(row["area_m2"], 2) for row in rows],
        "why_another": [row["answers"].get(questionnaire.WHY_ANOTHER) for row in rows],
        "longitude": [_rounded(row["longitude"], DIGITS) for row in rows],
        "latitude": [_rounded(row["latitude"], DIGITS) for row in rows],
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)


def _shapes(rows: Sequence[dict[str, Any]]) -> NDArray[np.object_]:
    places = np.array([(row["longitude"], row["latitude"]) for row in rows], np.float64)
    points = shapely.points(np.round(places.reshape(-1, 2), DIGITS))
    shapes: NDArray[np.object_] = np.asarray(points, dtype=object)
    for number, row in enumerate(rows):
        if row["geometry"] is not None:
            shapes[number] = row["geometry"]
    return shapes
