"""Small PMTiles files of base maps: one picture, or vector tiles of a street, a river, a park."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import mapbox_vector_tile
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from shapely.geometry import LineString, Point, box

from layers.background.try_tiles import tile_at

PICTURE = b"\x89PNG\r\n\x1a\n a tile"
QINGHE = (116.338, 40.031)
PROTOMAPS = {"vector_layers": [{"id": name} for name in ("earth", "roads", "water", "places")]}
CREDIT = '<a href="https://openstreetmap.org/copyright">© OpenStreetMap</a><script>x</script>'


def tiles(path: Path, kind: Any = TileType.PNG) -> Path:
    """Write a PMTiles file of one tile."""
    _write(path, {(12, 3372, 1552): PICTURE}, {"attribution": "© 测绘院"}, kind)
    return path


def vector_tiles(
    path: Path,
    *,
    told: dict[str, Any] = PROTOMAPS,
    packed: bool = True,
    last: int = 14,
    around: tuple[float, ...] = QINGHE,
) -> Path:
    """Write vector tiles around a place, from zoom 9 to the last."""
    found, body = {}, vector_tile()
    for zoom in range(9, last + 1):
        _, x, y = tile_at(around, zoom)
        for at in [
            (x + east, y + south) for east in (-2, -1, 0, 1, 2) for south in (-2, -1, 0, 1, 2)
        ]:
            found[zoom, *at] = gzip.compress(body, mtime=0) if packed else body
    kind = Compression.GZIP if packed else Compression.NONE
    _write(path, found, {**told, "attribution": CREDIT}, TileType.MVT, kind)
    return path


def vector_tile() -> bytes:
    """Return a tile of ground, a river, a park, two streets and a place, each with its names."""
    street = {"name": "清河路", "name:en": "Qinghe Road", "kind": "major_road"}
    place = {"name": "清河", "name:en": "Qinghe", "kind": "locality"}
    layers = [
        ("earth", [(box(0, 0, 4096, 4096), {"kind": "earth"})]),
        ("landuse", [(box(300, 300, 1500, 1500), {"kind": "park"})]),
        ("water", [(box(0, 2600, 4096, 3100), {"kind": "river"})]),
        ("roads", [(LineString([(0, 2000), (4096, 2000)]), street)]),
        ("places", [(Point(2000, 3500), place)]),
    ]
    return bytes(
        mapbox_vector_tile.encode(
            [
                {
                    "name": name,
                    "features": [
                        {"geometry": shape, "properties": properties}
                        for shape, properties in shapes
                    ],
                }
                for name, shapes in layers
            ],
            default_options={"y_coord_down": True},
        )
    )


def _write(
    path: Path,
    found: dict[tuple[int, int, int], bytes],
    told: dict[str, Any],
    kind: Any,
    packed: Any = Compression.NONE,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    zooms = [zoom for zoom, _x, _y in found]
    with path.open("wb") as file:
        writer = Writer(file)
        for name in sorted(found, key=lambda at: zxy_to_tileid(*at)):
            writer.write_tile(zxy_to_tileid(*name), found[name])
        header = {
            "tile_type": kind,
            "tile_compression": packed,
            **{"min_zoom": min(zooms), "max_zoom": max(zooms), "center_zoom": max(zooms)},
            **dict.fromkeys(("min_lon_e7", "min_lat_e7", "center_lon_e7", "center_lat_e7"), 0),
            **{"max_lon_e7": 1, "max_lat_e7": 1},
        }
        writer.finalize(header, told)
