"""What the map of a place is made of: the catalogue's layers, or those uploaded in their place.

A public uploaded layer whose use is that of a layer of the catalogue stands in its place, for
campaigns of its subdistrict whose surroundings it touches; several of one use stand together.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from shapely import MultiPolygon, Polygon
from sqlalchemy.orm import Session

from layers import built_in
from layers.place_types import KINDS
from layers.queries import LayerView, geojson_features, public_of_the_map
from layers.styles import drawn_value, style_for

#: Uploaded layers stand in where they come as near to a campaign's box as this (about 1 km).
AROUND_DEG = 0.01


@dataclass(frozen=True)
class Standing:
    """The layers of a place. ``uploaded``: those that stand in the place of the catalogue's."""

    uploaded: tuple[LayerView, ...] = ()

    @property
    def key(self) -> Hashable:
        """What changes when any of the layers does."""
        return tuple(self.key_of(layer.name) for layer in built_in.CATALOGUE)

    def key_of(self, name: str) -> Hashable:
        """Return what changes when one layer does. Raises ``NotFoundError`` for an unknown one."""
        layer = built_in.layer_named(name)
        found = self.uploaded_for(name)
        told = [
            (one.id, one.fingerprint, one.name_field, one.public_fields, repr(one.style))
            for one in found
        ]
        return (name, *told) if found else built_in.layer_state(layer)

    def uploaded_for(self, name: str) -> tuple[LayerView, ...]:
        """Return what stands in the place of a layer; nothing where the catalogue's own stands."""
        return tuple(one for one in self.uploaded if one.use == name)

    def schematic(self, name: str) -> bool:
        """Tell whether the shapes of a layer, or some of them, are a drawing, not a survey."""
        found = self.uploaded_for(name)
        if found:
            return any(one.schematic for one in found)
        return built_in.layer_named(name).schematic

    def features(self, session: Session, name: str) -> list[dict[str, Any]]:
        """Return a layer's features as GeoJSON in WGS 84.

        Of uploaded ones: ``name_zh``, ``name_en`` and ``kind`` as far as public columns say them,
        then the other public columns. Raises ``NotFoundError`` for an unknown layer.
        """
        layer = built_in.layer_named(name)
        found = self.uploaded_for(name)
        if not found:
            return built_in.layer_features(layer)
        return [
            _drawn(one, _named(feature))
            for one in found
            for feature in geojson_features(session, one, columns=one.public_fields)
        ]


def standing(session: Session, subdistrict: str, area: Polygon | MultiPolygon) -> Standing:
    """Return the layers of a campaign by its subdistrict (empty: of all) and WGS 84 ``area``."""
    west, south, east, north = area.bounds
    around = (west - AROUND_DEG, south - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG)
    return Standing(tuple(public_of_the_map(session, subdistrict, around)))


def _drawn(layer: LayerView, feature: dict[str, Any]) -> dict[str, Any]:
    """Write in which colour a feature is drawn, and as of which layer, where that was chosen."""
    if not layer.style:
        return feature
    style, given = style_for(layer, layer.public_fields), feature["properties"]
    colour = style.colour_of(drawn_value(style, given.get(style.field)))
    return {**feature, "properties": {**given, "drawn": colour, "drawn_as": layer.key}}


def _named(feature: dict[str, Any]) -> dict[str, Any]:
    """Write a feature's name and kind as the catalogue's layers do."""
    given = feature["properties"]
    name = given.pop("name")
    said = {"name_zh": name, "name_en": str(given.get("name_en") or "")}
    kind = given.get("kind")
    properties = {**given, **said}
    if kind not in KINDS:
        properties.pop("kind", None)
    return {**feature, "properties": properties}
