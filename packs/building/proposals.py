"""The proposals of a pack: published ones, with what they ask for, and nothing of who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from analysis import selection
from analysis.frames import PublishedRow
from core.dates import BEIJING
from core.errors import InvalidError
from geo.crs import WGS84, metric_crs_for, reproject
from layers.export.geojson import kind_of
from packs.building.scope import AROUND_M, Scope, Tell
from submissions.campaigns.questionnaire import columns, flat
from submissions.participation.pii import Confidence, PersonalKind, find_personal

#: A pack is for a place; a whole district's proposals are files of the interface.
MOST_PROPOSALS = 100_000
#: Whatever looks like one of these is blacked out, sure or not.
_ALWAYS = frozenset(PersonalKind) - {PersonalKind.NAME, PersonalKind.HOME}
BLACK = "■"
_TOLD_EACH = 200
#: Columns of the rows that stay with the office: who asks, and how it came in.
KEPT_BACK = ("relation", "placed_by", "entry", "why_another")


@dataclass(frozen=True)
class PackProposals:
    """The proposals of a pack in the order of filing, WGS 84.

    ``frame``: their pins; id, category, text, day (of filing, in Beijing), kind, length_m, area_m2,
    supports, stage, themes, member (of the topic or scenario), distance_m (from the place,
    projected), community_code, edition, then the answers to public questions. ``drawn``: the lines
    and areas among them. ``relation``: how their authors know the place, by public id, for counting
    alone. ``blacked``: in how many something was blacked out.
    """

    frame: gpd.GeoDataFrame
    drawn: gpd.GeoDataFrame
    relation: pd.Series
    blacked: int


def pack_proposals(session: Session, scope: Scope, tell: Tell) -> PackProposals:
    """Return the proposals of a pack; ``tell`` may raise to end it.

    Raises ``InvalidError`` for too many.
    """
    batches = selection.batches(session, scope.selection)
    rows = _rows(batches)
    pins = gpd.GeoSeries(
        shapely.points([r.longitude for r in rows], [r.latitude for r in rows]), crs=WGS84
    )
    metres = _metres(pins, scope)
    member = np.array([row.id in scope.members for row in rows], dtype=bool)
    kept = np.flatnonzero(scope.whole | member | (metres <= AROUND_M))
    told = partial(_told, scope)
    found = []
    for number, at in enumerate(kept):
        found.append(told(rows[at], bool(member[at]), float(metres[at])))
        if number % _TOLD_EACH == 0:
            tell(0.01 + 0.06 * number / len(kept))
    black = sum(blacked for _row, blacked in found)
    frame = pd.DataFrame([row for row, _blacked in found], columns=_names(scope))
    typed = gpd.GeoDataFrame(_typed(frame), geometry=pins.to_numpy()[kept], crs=WGS84)
    relation = pd.Series({rows[at].id: rows[at].relation for at in kept}, dtype="str")
    return PackProposals(typed, _drawn(typed, [rows[at].geometry for at in kept]), relation, black)


def _drawn(frame: gpd.GeoDataFrame, shapes: list[Any]) -> gpd.GeoDataFrame:
    """Return those of which a line or an area was drawn, with it."""
    plain = ["id", "category", "text", "kind", "length_m", "area_m2"]
    there = [one is not None for one in shapes]
    drawn = [one for one in shapes if one is not None]
    return gpd.GeoDataFrame(
        frame.loc[there, plain].reset_index(drop=True), geometry=drawn, crs=WGS84
    )


def blacked_out(text: str) -> str:
    """Return a text with what looks personal blacked out, sign for sign."""
    signs = list(text)
    for one in find_personal(text):
        if one.kind in _ALWAYS or one.sureness >= Confidence.LIKELY:
            signs[one.start : one.end] = BLACK * (one.end - one.start)
    return "".join(signs)


def _rows(batches: Any) -> list[PublishedRow]:
    rows: list[PublishedRow] = []
    for batch in batches:
        rows += batch
        if len(rows) > MOST_PROPOSALS:
            raise InvalidError(field="query", reason="many", most=MOST_PROPOSALS)
    return rows


def _metres(pins: gpd.GeoSeries, scope: Scope) -> np.ndarray[Any, np.dtype[np.float64]]:
    place = gpd.GeoSeries([scope.place], crs=WGS84)
    crs = metric_crs_for(gpd.GeoDataFrame(geometry=place))
    there = reproject(place, crs).iloc[0]
    return np.asarray(reproject(pins, crs).distance(there), dtype=np.float64)


def _names(scope: Scope) -> list[str]:
    plain = ["id", "category", "text", "day", "kind", "length_m", "area_m2", "supports", "stage"]
    placed = ["themes", "member", "distance_m", "community_code", "edition"]
    return [*plain, *placed, *(one.name for one in columns(scope.campaign.asked_ever))]


def _told(
    scope: Scope, row: PublishedRow, member: bool, metres: float
) -> tuple[dict[str, Any], bool]:
    """Return the columns of a proposal, and whether anything in them was blacked out."""
    answers = flat(scope.campaign.asked_ever, row.answers)
    texts: Mapping[str, Any] = {"text": row.text, **answers}
    clean = {n: blacked_out(v) if isinstance(v, str) else v for n, v in texts.items()}
    told = {
        "id": row.id,
        "category": row.category,
        "day": row.created.astimezone(BEIJING).date().isoformat(),
        "kind": kind_of(row.length_m, row.area_m2),
        "length_m": None if row.length_m is None else round(row.length_m, 2),
        "area_m2": None if row.area_m2 is None else round(row.area_m2, 2),
        "supports": row.supports,
        "stage": row.stage,
        "themes": row.themes,
        "member": member,
        "distance_m": round(metres, 1),
        "community_code": row.community_code,
        "edition": row.edition,
        **clean,
    }
    return told, any(clean[name] != texts[name] for name in texts)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give each column one type, so that files have the same columns with and without values."""
    kinds = {"length_m": "Float64", "area_m2": "Float64", "distance_m": "float64"}
    kinds |= {"supports": "int64", "member": "bool"}
    for name in frame.columns:
        values = [one for one in frame[name].tolist() if one is not None]
        guess = "boolean" if values and all(isinstance(v, bool) for v in values) else "string"
        if guess == "string" and values and all(isinstance(v, int | float) for v in values):
            guess = "Float64"
        if guess == "string" and name not in kinds:
            frame[name] = frame[name].map(lambda v: None if v is None else str(v))
        frame[name] = frame[name].astype(kinds.get(name, guess))
    return frame
