"""Files as offices send them, made here: GeoJSON, Shapefiles in a zip, tables."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from layers.manage import LayerTexts, add_layer, show_layer, version_of
from layers.models import UploadedLayer
from layers.read_upload import UploadRead, read_file
from layers.visibility import Shown
from people.access.actor import OPERATOR, Actor
from tests.conftest import NOW


def plots(**more: Any) -> gpd.GeoDataFrame:
    """Return two plots of the test area, in WGS 84, with a column that is nobody's business."""
    table = {"名称": ["南角", "北角"], "联系人": ["张三 13800138000", None], "size": [1, 2.5]}
    shapes = [
        shapely.box(116.31, 40.03, 116.311, 40.031),
        shapely.box(116.32, 40.05, 116.321, 40.051),
    ]
    return gpd.GeoDataFrame(table | more, geometry=shapes, crs="EPSG:4326")


def geojson(*features: Any, **properties: Any) -> bytes:
    """Return a GeoJSON file of shapes, each a shape or a GeoJSON geometry."""
    rows = [
        {
            "type": "Feature",
            "properties": {"name": f"第{number}个", **properties},
            "geometry": one if isinstance(one, dict | None) else shapely.geometry.mapping(one),
        }
        for number, one in enumerate(features, start=1)
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows}).encode()


def shapefile(
    frame: gpd.GeoDataFrame, folder: Path, *, encoding: str = "UTF-8", without: tuple[str, ...] = ()
) -> bytes:
    """Return a zipped Shapefile, ``without`` parts of it such as ``.prj``."""
    folder.mkdir(exist_ok=True)
    frame.to_file(folder / "plots.shp", engine="pyogrio", encoding=encoding)
    return zipped(
        {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix not in without}
    )


def zipped(files: dict[str, bytes]) -> bytes:
    """Return an archive of files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return body.getvalue()


def texts(**changes: Any) -> LayerTexts:
    """Return what is said of a layer."""
    told: dict[str, Any] = {
        "title_zh": "停放区",
        "title_en": "Parking",
        "use": "facility",
        "colour": "#336699",
        "source": "街道普查",
        "schematic": False,
    }
    return LayerTexts(**told | changes)


def read_plots(**more: Any) -> UploadRead:
    """Return the plots as they are read from a GeoJSON file."""
    return read_file("plots.geojson", plots(**more).to_json(drop_id=True).encode())


def kept(
    session: Any,
    actor: Actor = OPERATOR,
    *,
    read: UploadRead | None = None,
    subdistrict: str = "",
    shown: str = Shown.DRAFT,
    token: str = "form-token",
    **said: Any,
) -> int:
    """Keep a layer and show it; return its id."""
    made = add_layer(
        session,
        actor,
        texts(**said),
        read or read_plots(),
        token=token,
        subdistrict=subdistrict,
        file_name="plots.geojson",
        now=NOW,
    )
    if shown != Shown.DRAFT:
        version = version_of(session.get(UploadedLayer, made))
        show_layer(session, OPERATOR, made, shown, version=version, now=NOW)
    return made
