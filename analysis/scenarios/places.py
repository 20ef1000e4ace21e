"""Where something may stand in a campaign: candidates and masks from the layers one may see."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analysis.scenarios.plan import GRID, MOST_AMOUNT, MOST_COLUMN, Plan
from core.cache import CACHE
from core.errors import NotFoundError
from geo.crs import WGS84, metric_crs_for, reproject
from geo.siting.candidates import candidate_points, grid_points
from geo.siting.masks import Mask
from geo.siting.problem import Sites
from layers.built_in import CATALOGUE
from layers.communities.communities import community_frame
from layers.effective import AROUND_DEG, standing
from layers.queries import LayerView, columns_for, geojson_features, layers_around
from layers.visibility import sees_at_desk
from people.access.actor import Actor
from submissions.proposals.queries import CampaignView

#: Layers of the catalogue that can hold candidates, or keep them away.
SOURCES = ("idle_plots", "roads", "bike_parking", "parks")
MASKS = ("river", "railway", "roads", "parks")
#: How far around a layer nothing may stand, in metres: half a carriageway, a strip beside rails.
AROUND_M = {"roads": 5.0, "railway": 15.0, "river": 5.0}
#: How far from the middle of a road its sides are, beyond what is kept free.
KERB_M = 8.0
#: Why a place is left out whose cost is not known, where others' costs are stated.
NO_COST = "no_cost"
#: Columns of candidates: what a new one costs, how much each holds.
AMOUNTS = ("cost", "capacity")
#: Before the names of columns that are a layer's own.
_PREFIX = "own:"


@dataclass(frozen=True)
class Choice:
    """A layer that can be chosen: its key in a plan, and its title by language."""

    key: str
    title: dict[str, str]


@dataclass(frozen=True)
class Places:
    """Candidates, what is known of them, masks. ``frame``: places in WGS 84.

    Its columns: key, name_zh, name_en, ``cost`` of a new one and ``capacity``, NaN where unknown.
    ``roads`` in WGS 84; None where distance is straight.
    """

    frame: gpd.GeoDataFrame
    sites: Sites
    masks: tuple[Mask, ...]
    roads: gpd.GeoSeries | None

    @property
    def without_cost(self) -> NDArray[np.bool_]:
        """Flags of new places whose cost is not known."""
        return np.isnan(self.frame["cost"].to_numpy(dtype=np.float64))


def choices(
    session: Session, actor: Actor, campaign: CampaignView, names: Sequence[str]
) -> list[Choice]:
    """Return the layers of these names, and those that were uploaded and that somebody may see."""
    titles = {one.name: one.title for one in CATALOGUE}
    own = [Choice(name, titles[name]) for name in names]
    return own + [Choice(one.key, one.title) for one in _uploaded(session, actor, campaign)]


def places_of(session: Session, actor: Actor, campaign: CampaignView, plan: Plan) -> Places:
    """Return what a plan names. Raises ``NotFoundError`` for a layer that is not there for one."""
    around = gpd.GeoDataFrame(geometry=[campaign.area], crs=WGS84)
    crs = metric_crs_for(around)
    frames = [_candidates(session, actor, campaign, plan, name, crs) for name in plan.sources]
    if plan.existing and plan.existing not in plan.sources:
        frames.append(_candidates(session, actor, campaign, plan, plan.existing, crs))
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[frame.geometry.intersects(campaign.area.buffer(AROUND_DEG / 4))]
    frame = gpd.GeoDataFrame(frame.reset_index(drop=True), geometry="geometry", crs=WGS84)
    frame, sites = _stated(frame, plan)
    masks = tuple(
        Mask(name, _layer(session, actor, campaign, name).geometry, AROUND_M.get(name, 0.0))
        for name in plan.masks
    )
    roads = _layer(session, actor, campaign, "roads").geometry if plan.walked else None
    return Places(frame, sites, masks, roads)


def amounts_offered(
    session: Session, actor: Actor, campaign: CampaignView, plan: Plan
) -> tuple[str, ...]:
    """Return the columns of a plan's candidates that hold numbers, and that somebody may read.

    Raises ``NotFoundError`` as :func:`places_of` does.
    """
    found: set[str] = set()
    made_of = standing(session, campaign.subdistrict, campaign.area)
    for name in {*plan.sources, plan.existing} - {"", GRID}:
        if _is_uploaded(name):
            layer = _uploaded_layer(session, actor, campaign, name)
            key: Hashable = (layer.id, layer.fingerprint, _columns(actor, layer))
        else:
            key = made_of.key_of(name)
        read = partial(_features, session, actor, campaign, name)
        found |= CACHE.keep(("amounts", key), lambda read=read: _number_columns(read()))  # type: ignore[misc]
    return tuple(sorted(found))


def _number_columns(features: list[dict[str, Any]]) -> frozenset[str]:
    """Return the columns in which some value is a number from 0 up, and none is another text."""
    numbers: set[str] = set()
    others: set[str] = set()
    for feature in features:
        for name, value in feature["properties"].items():
            if value is None or value == "":
                continue
            (others if np.isnan(_amount(value)) else numbers).add(name)
    return frozenset(one for one in numbers - others if len(one) <= MOST_COLUMN)


def _stated(frame: gpd.GeoDataFrame, plan: Plan) -> tuple[gpd.GeoDataFrame, Sites]:
    """Return candidates with what they cost and hold, and the same for a solver.

    What one figure says of all, it says of new places; those there today hold what a column says.
    """
    keys = frame["key"]
    existing = np.zeros(len(frame), dtype=bool)
    if plan.existing:
        existing = keys.str.startswith(f"{plan.existing}:").to_numpy(dtype=bool)
    cost, capacity = (frame[one].to_numpy(dtype=np.float64, copy=True) for one in AMOUNTS)
    for values, figure in ((cost, plan.cost), (capacity, plan.capacity)):
        if figure:
            values[np.isnan(values) & ~existing] = figure
    cost[existing] = 0.0
    sites = Sites(
        existing=existing,
        must=keys.isin(plan.must).to_numpy(dtype=bool),
        must_not=keys.isin(plan.must_not).to_numpy(dtype=bool),
        cost=np.nan_to_num(cost, nan=0.0) if plan.has_cost else np.ones(len(frame)),
        capacity=np.nan_to_num(capacity, nan=np.inf),
    )
    return frame.assign(cost=cost, capacity=capacity), sites


def uploads_of(
    session: Session, actor: Actor, campaign: CampaignView, plan: Plan
) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return the uploaded layers of a plan with their fingerprints and the columns that count.

    Raises ``NotFoundError`` for one that this person may not see.
    """
    named = {*plan.sources, *plan.masks, plan.existing}
    asked = {one for one in named if _is_uploaded(one)}
    seen = {one.key: one for one in _uploaded(session, actor, campaign)} if asked else {}
    for one in sorted(asked - set(seen)):
        raise NotFoundError(kind="layer", id=one)
    amounts = {plan.cost_column, plan.capacity_column}
    return tuple(
        (one, seen[one].fingerprint, tuple(sorted(amounts & set(_columns(actor, seen[one])))))
        for one in sorted(asked)
    )


def _candidates(
    session: Session, actor: Actor, campaign: CampaignView, plan: Plan, name: str, crs: str
) -> gpd.GeoDataFrame:
    """Return the candidates of a layer, or of the grid, with keys that stay as the layer stays."""
    if name == GRID:
        areas = community_frame(session, campaign.edition)
        areas = gpd.GeoDataFrame(areas, geometry="geometry", crs=WGS84)
        areas = areas.rename(columns={"name": "name_zh"})
        found = grid_points(
            areas[["name_zh", "name_en", "geometry"]], crs=crs, spacing_m=plan.spacing_m
        )
    else:
        given = _layer(session, actor, campaign, name, (plan.cost_column, plan.capacity_column))
        found = candidate_points(given, crs=crs, spacing_m=plan.spacing_m, kerb_m=KERB_M)
    made = pd.DataFrame(
        {
            "key": [f"{name}:{number + 1}" for number in range(len(found))],
            "name_zh": _names(found, "name_zh"),
            "name_en": _names(found, "name_en"),
            "cost": _amounts(found, plan.cost_column),
            "capacity": _amounts(found, plan.capacity_column),
        }
    )
    return gpd.GeoDataFrame(made, geometry=reproject(found.geometry, WGS84).array, crs=WGS84)


def _names(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    values = frame[column].tolist() if column in frame.columns else [""] * len(frame)
    return ["" if one is None or one != one else str(one) for one in values]


def _amounts(frame: gpd.GeoDataFrame, column: str) -> NDArray[np.float64]:
    """Return a column as numbers from 0 up; NaN for whatever is none."""
    if not column or (name := _PREFIX + column) not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.array([_amount(value) for value in frame[name].tolist()], dtype=np.float64)


def _amount(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return np.nan
    try:
        number = float(value)
    except ValueError:
        return np.nan
    return number if 0 <= number <= MOST_AMOUNT else np.nan


def _layer(
    session: Session,
    actor: Actor,
    campaign: CampaignView,
    name: str,
    columns: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """Return a layer with names, and further columns as they are, by ``_PREFIX`` and their name."""
    return _frame(_features(session, actor, campaign, name), columns)


def _features(
    session: Session, actor: Actor, campaign: CampaignView, name: str
) -> list[dict[str, Any]]:
    if _is_uploaded(name):
        layer = _uploaded_layer(session, actor, campaign, name)
        return geojson_features(session, layer, columns=_columns(actor, layer))
    return standing(session, campaign.subdistrict, campaign.area).features(session, name)


def _frame(features: list[dict[str, Any]], columns: Sequence[str]) -> gpd.GeoDataFrame:
    shapes = [
        None if one["geometry"] is None else shapely.geometry.shape(one["geometry"])
        for one in features
    ]
    told = [one["properties"] for one in features]
    names = {
        "name_zh": [str(one.get("name_zh") or one.get("name") or "") for one in told],
        "name_en": [str(one.get("name_en") or one.get("name") or "") for one in told],
    }
    more = {_PREFIX + one: [given.get(one) for given in told] for one in columns if one}
    return gpd.GeoDataFrame({**names, **more}, geometry=np.array(shapes, dtype=object), crs=WGS84)


def _is_uploaded(name: str) -> bool:
    return name.startswith("u") and name[1:].isdigit()


def _uploaded_layer(session: Session, actor: Actor, campaign: CampaignView, name: str) -> LayerView:
    found = [one for one in _uploaded(session, actor, campaign) if one.key == name]
    if not found:
        raise NotFoundError(kind="layer", id=name)
    return found[0]


def _columns(actor: Actor, layer: LayerView) -> tuple[str, ...]:
    """Return the columns of an uploaded layer that somebody may read."""
    return columns_for(layer, all_columns=layer.loadable or sees_at_desk(actor, layer))


def _uploaded(session: Session, actor: Actor, campaign: CampaignView) -> list[LayerView]:
    return layers_around(session, actor, campaign.subdistrict, campaign.area.bounds)
