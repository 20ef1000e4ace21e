"""A sheet to print in the project of a pack: A3, with map, legend, scale, north and notes.

``templates/layout.xml`` was made by QGIS 3.22; here its title, notes, scale and part of the ground
are filled in. The legend follows the layers of the project by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd

from geo.writing.target_systems import TargetSystem, to_system

TEMPLATE = Path(__file__).resolve().parent / "templates" / "layout.xml"
#: The map on the sheet, in metres; a tenth on each side stays free around what is shown.
_WIDTH_M, _HEIGHT_M, _ROOM = 0.300, 0.263, 1.2
#: Scales (one to) that drawings have; each part of the scale bar is 20 mm.
SCALES = (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 25_000, 50_000, 100_000, 200_000, 500_000)
_PART_M = 0.020


def print_layout(
    shown: gpd.GeoDataFrame, *, system: TargetSystem, name: str, title: str, notes: Sequence[str]
) -> ET.Element:
    """Return the element of a project that holds the sheet.

    ``shown``: what the map is about (WGS 84); ``system``: of the project, in metres. ``name``: what
    the sheet is called in QGIS.
    """
    root = ET.fromstring(TEMPLATE.read_text(encoding="utf-8"))
    root.find("Layout").set("name", name)  # type: ignore[union-attr]
    items = {item.get("id", ""): item for item in root.iter("LayoutItem")}
    scale, extent = _extent(shown, system)
    items["title"].set("labelText", title)
    items["notes"].set("labelText", "\n".join(notes))
    items["ratio"].set("labelText", f"1:{scale} (A3)")
    items["scale"].set("numUnitsPerSegment", f"{scale * _PART_M:g}")
    items["map"].find("Extent").attrib.update(extent)  # type: ignore[union-attr]
    return root


def _extent(shown: gpd.GeoDataFrame, system: TargetSystem) -> tuple[int, dict[str, str]]:
    """Return the roundest scale at which all of it is on the sheet, and the ground on the map."""
    west, south, east, north = to_system(shown, system).total_bounds
    least = _ROOM * max((east - west) / _WIDTH_M, (north - south) / _HEIGHT_M)
    scale = next((one for one in SCALES if one >= least), SCALES[-1])
    x, y = (west + east) / 2, (south + north) / 2
    wide, high = scale * _WIDTH_M / 2, scale * _HEIGHT_M / 2
    sides = {"xmin": x - wide, "ymin": y - high, "xmax": x + wide, "ymax": y + high}
    return scale, {name: f"{value:.3f}" for name, value in sides.items()}
