"""The hotspots at the place of a pack: where proposals gather, in the view that it was made of."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

import geopandas as gpd
from sqlalchemy.orm import Session

from analysis import results
from analysis.filter import Spot
from analysis.selection import Selection
from analysis.view import View
from geo.crs import WGS84, areas_m2
from packs.building.scope import Scope


def pack_hotspots(session: Session, scope: Scope) -> gpd.GeoDataFrame:
    """Return the hotspots within reach of a place (WGS 84), by their names.

    Columns hotspot_id, name_zh, name_en, proposals, area_m2 (measured in a metric system). How many
    people stand behind one is not told, nor their rank, which goes by people: both change with each
    single one from version to version.
    """
    view = View.read(parse_qsl(scope.query))
    whole = Selection(scope.campaign, replace(view.narrow, spot=None, statuses=()))
    made = Spot("", view.radius_m, view.min_proposals)
    found = results.hotspots_in(session, whole, made).frame
    near = found[found.geometry.intersects(scope.around)].sort_values("hotspot_id")
    told = gpd.GeoDataFrame(
        {
            "hotspot_id": near["hotspot_id"].astype("str").to_numpy(),
            "name_zh": near["name"].fillna("").astype("str").to_numpy(),
            "name_en": near["name_en"].fillna("").astype("str").to_numpy(),
            "proposals": near["proposals"].astype("int64").to_numpy(),
        },
        geometry=list(near.geometry),
        crs=WGS84,
    )
    return told.assign(area_m2=areas_m2(told).round(1))
