"""Where something may stand in a campaign: candidates and masks from the layers one may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from analysis.scenarios.plan import GRID, Plan
from core.errors import NotFoundError
from geo.crs import WGS84, metric_crs_for
from geo.siting.candidates import candidate_points, grid_points
from geo.siting.masks import Mask
from geo.siting.problem import Sites
from layers.built_in import CATALOGUE
from layers.communities.communities import community_frame
from layers.effective import AROUND_DEG, standing
from layers.queries import LayerView, geojson_features, layers_around
from people.access.actor import Actor
from submissions.proposals.queries import CampaignView

#: Layers of the catalogue that can hold candidates, or keep them away.
SOURCES = ("idle_plots", "roads", "bike_parking", "parks")
MASKS = ("river", "railway", "roads", "parks")
#: How far around a layer nothing may stand, in metres: half a carriageway, a strip beside rails.
AROUND_M = {"roads": 5.0, "railway": 15.0, "river": 5.0}
#: How far from the middle of a road its sides are, beyond what is kept free.
KERB_M = 8.0


@dataclass(frozen=True)
class Choice:
    """A layer that can be chosen: its key in a plan, and its title by language."""

    key: str
    title: dict[str, str]


@dataclass(frozen=True)
class Places:
    """Candidates (columns key, name_zh, name_en; places in WGS 84), what is known of them, masks.

    ``roads`` in WGS 84; None where distance is straight.
    """

    frame: gpd.GeoDataFrame
    sites: Sites
    masks: tuple[Mask, ...]
    roads: gpd.GeoSeries | None


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
    keys = frame["key"]
    plain = Sites.plain(len(frame))
    sites = Sites(
        existing=keys.str.startswith(f"{plan.existing}:").to_numpy(dtype=bool)
        if plan.existing
        else plain.existing,
        must=keys.isin(plan.must).to_numpy(dtype=bool),
        must_not=keys.isin(plan.must_not).to_numpy(dtype=bool),
        cost=plain.cost,
        capacity=plain.capacity,
    )
    masks = tuple(
        Mask(name, _layer(session, actor, campaign, name).geometry, AROUND_M.get(name, 0.0))
        for name in plan.masks
    )
    roads = _layer(session, actor, campaign, "roads").geometry if plan.walked else None
    return Places(frame, sites, masks, roads)


def uploads_of(
    session: Session, actor: Actor, campaign: CampaignView, plan: Plan
) -> tuple[tuple[str, str], ...]:
    """Return the uploaded layers of a plan with their fingerprints.

    Raises ``NotFoundError`` for one that this person may not see.
    """
    named = {*plan.sources, *plan.masks, plan.existing}
    asked = {one for one in named if one.startswith("u") and one[1:].isdigit()}
    seen = (
        {one.key: one.fingerprint for one in _uploaded(session, actor, campaign)} if asked else {}
    )
    for one in sorted(asked - set(seen)):
        raise NotFoundError(kind="layer", id=one)
    return tuple((one, seen[one]) for one in sorted(asked))


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
        given = _layer(session, actor, campaign, name)
        found = candidate_points(given, crs=crs, spacing_m=plan.spacing_m, kerb_m=KERB_M)
    made = pd.DataFrame(
        {
            "key": [f"{name}:{number + 1}" for number in range(len(found))],
            "name_zh": _names(found, "name_zh"),
            "name_en": _names(found, "name_en"),
        }
    )
    return gpd.GeoDataFrame(made, geometry=found.geometry.to_crs(WGS84).array, crs=WGS84)


def _names(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    values = frame[column].tolist() if column in frame.columns else [""] * len(frame)
    return ["" if one is None or one != one else str(one) for one in values]


def _layer(session: Session, actor: Actor, campaign: CampaignView, name: str) -> gpd.GeoDataFrame:
    if name.startswith("u") and name[1:].isdigit():
        found = [one for one in _uploaded(session, actor, campaign) if one.key == name]
        if not found:
            raise NotFoundError(kind="layer", id=name)
        features = geojson_features(session, found[0], columns=())
    else:
        features = standing(session, campaign.subdistrict, campaign.area).features(session, name)
    return _frame(features)


def _frame(features: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    shapes = [
        None if one["geometry"] is None else shapely.geometry.shape(one["geometry"])
        for one in features
    ]
    told = [one["properties"] for one in features]
    names = {
        "name_zh": [str(one.get("name_zh") or one.get("name") or "") for one in told],
        "name_en": [str(one.get("name_en") or one.get("name") or "") for one in told],
    }
    return gpd.GeoDataFrame(names, geometry=np.array(shapes, dtype=object), crs=WGS84)


def _uploaded(session: Session, actor: Actor, campaign: CampaignView) -> list[LayerView]:
    return layers_around(session, actor, campaign.subdistrict, campaign.area.bounds)
