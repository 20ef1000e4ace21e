"""All that is in a version of a pack, as frames: layers in their order, figures, what was left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from analysis.frames import community_counts
from analysis.selection import Selection, chosen
from analysis.themes.taxonomy import taxonomy_in_force
from geo.crs import WGS84, areas_m2
from geo.density.demand_tracts import demand_tracts
from layers.communities.communities import edition_named
from packs.building.conditions import PackLayer, conditions, no_go, only
from packs.building.figures import Figure, community_people, pack_figures
from packs.building.hotspots import pack_hotspots
from packs.building.proposals import pack_proposals
from packs.building.scope import Scope, Tell, buffered
from packs.states import Origin
from packs.told_people import Counted
from wording.packs.layer_titles import TITLES

#: Proposals of a theme within so many metres belong to one tract, of at least so many proposals.
TRACT_M, TRACT_PROPOSALS, TRACT_EDGE_M = 50.0, 5, 15.0
#: How wide a site is drawn whose outline no layer has.
SITE_M = 20.0


@dataclass(frozen=True)
class Contents:
    """What is in a version; ``layers`` from the top down. ``counted`` stays with the office."""

    layers: tuple[PackLayer, ...]
    figures: tuple[Figure, ...]
    counted: Counted
    blacked: int
    edition_source: str
    schematic: bool

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return the frame of a layer by its name."""
        return next(one.frame for one in self.layers if one.name == name)

    @property
    def held(self) -> dict[str, dict[str, str]]:
        """The things of each layer by name, with a digest of what is said of them."""
        return {one.name: held(one) for one in self.layers}


def contents(session: Session, scope: Scope, tell: Tell) -> Contents:
    """Gather a version; ``tell`` may raise to end it. Raises what ``pack_proposals`` raises."""
    found = pack_proposals(session, scope, tell)
    figures, counted = pack_figures(session, scope, found.frame, found.relation)
    existing = conditions(session, scope)
    communities, further = _communities(session, scope)
    edition = edition_named(session, scope.campaign.edition)
    made = [
        _layer("proposals", found.frame, "id", "point"),
        _layer("drawn_lines", only(found.drawn, "line"), "id", "line"),
        _layer("drawn_areas", only(found.drawn, "area"), "id", "area"),
        _layer("sites", _sites(scope, existing), "key", "area"),
        _layer("hotspots", pack_hotspots(session, scope), "hotspot_id", "area"),
        _layer("demand_tracts", _tracts(found.frame), "", "area"),
        _layer("no_go", no_go(session, scope), "", "area"),
    ]
    named = [*made, *existing, _layer("communities", communities, "code", "area")]
    always = {"proposals", "sites"}
    kept = tuple(one for one in named if len(one.frame) or one.name in always)
    return Contents(
        kept,
        tuple(figures),
        {**counted, **further},
        found.blacked,
        edition.source,
        edition.schematic,
    )


def held(layer: PackLayer) -> dict[str, str]:
    """Return the things of a layer by name, with a digest of what is said of them."""
    shapes = shapely.to_wkb(shapely.set_precision(layer.frame.geometry.to_numpy(), 1e-7))
    rows = layer.frame.drop(columns=layer.frame.geometry.name)
    told = [_digest(repr(row).encode()) for row in rows.itertuples(index=False)]
    digests = [_digest(bytes(shape)) for shape in shapes]
    names = rows[layer.key].astype(str).tolist() if layer.key else digests
    pairs = zip(names, digests, told, strict=True)
    return {name: f"{shape}{row}" for name, shape, row in pairs}


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:8]


def _layer(name: str, frame: gpd.GeoDataFrame, key: str, kind: str) -> PackLayer:
    return PackLayer(name, dict(TITLES[name]), kind, frame, key)


def _sites(scope: Scope, existing: Sequence[PackLayer]) -> gpd.GeoDataFrame:
    """Return the outlines of the sites: of a scenario each place, else the place of the pack."""
    if scope.sites:
        rows = [_site(one, existing) for one in scope.sites]
    else:
        said = {"key": str(scope.origin), "name_zh": scope.title, "name_en": "", "kind": "place"}
        rows = [{**said, "geometry": scope.place}]
    if scope.origin is Origin.SCENARIO or scope.sites:
        rows.sort(key=lambda row: (row["kind"], row["key"]))
    columns = ("key", "name_zh", "name_en", "kind")
    frame = pd.DataFrame([{n: row[n] for n in columns} for row in rows], columns=list(columns))
    shapes = [row["geometry"] for row in rows]
    found = gpd.GeoDataFrame(frame.astype("str"), geometry=shapes, crs=WGS84)
    return found.assign(area_m2=areas_m2(found).round(1))


def _site(one: dict[str, Any], existing: Sequence[PackLayer]) -> dict[str, Any]:
    """Return a place of a scenario with its outline: of the layer it is of, else a round one."""
    point = shapely.Point(one["longitude"], one["latitude"])
    layer = str(one["key"]).partition(":")[0]
    areas = [part.frame for part in existing if part.name.startswith(layer)]
    areas = [frame for frame in areas if len(frame) and frame.geom_type.eq("Polygon").all()]
    hits = [shape for frame in areas for shape in frame.geometry if shape.intersects(point)]
    return {
        "key": one["key"],
        "name_zh": one["name"].get("zh_CN", ""),
        "name_en": one["name"].get("en", ""),
        "kind": "existing" if one["existing"] else "new",
        "geometry": hits[0] if hits else buffered(point, SITE_M),
    }


def _tracts(proposals: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return where many proposals of one theme lie together; of proposals alone, not of people."""
    pins = gpd.GeoDataFrame(
        {"themes": proposals["themes"].fillna("").astype(str).to_numpy()},
        geometry=proposals.geometry.to_numpy(),
        crs=WGS84,
    )
    found = []
    for theme in taxonomy_in_force().themes:
        mine = pins[[theme.code in codes.split() for codes in pins["themes"]]]
        if len(mine) >= TRACT_PROPOSALS:
            tracts = demand_tracts(
                mine, within_m=TRACT_M, min_proposals=TRACT_PROPOSALS, edge_m=TRACT_EDGE_M
            )
            said = {"theme": theme.code, "name_zh": theme.names["zh_CN"]}
            found.append(tracts.assign(**said, name_en=theme.names["en"]))
    names = ["theme", "name_zh", "name_en", "proposals", "geometry"]
    if not found:
        return gpd.GeoDataFrame({name: [] for name in names[:-1]}, geometry=[], crs=WGS84)
    whole = gpd.GeoDataFrame(pd.concat(found, ignore_index=True), geometry="geometry", crs=WGS84)
    whole = only(whole[names], "area")
    return whole.assign(area_m2=areas_m2(whole).round(1))


def _communities(session: Session, scope: Scope) -> tuple[gpd.GeoDataFrame, Counted]:
    """Return the communities at a place with their counts in the whole campaign."""
    where = chosen(session, Selection(scope.campaign))
    frame = community_counts(session, scope.campaign.id, where).frame
    near = frame[frame.geometry.intersects(scope.around)].reset_index(drop=True)
    people, counted = community_people(session, scope, near["code"].astype(str).tolist())
    plain = ["code", "edition", "name", "name_en", "population", "area_km2", "proposals"]
    told = near[[*plain, near.geometry.name]].copy()
    told["name_en"] = told["name_en"].astype("string")
    told["population"] = told["population"].astype("Int64")
    told["people_at_least"] = pd.array(
        [people[code] for code in near["code"].astype(str)], dtype="Int64"
    )
    return only(told, "area"), counted
