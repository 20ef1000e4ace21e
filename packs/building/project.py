"""A QGIS project (.qgz) over a GeoPackage beside it: opens styled, with paths relative to itself.

There is no library that writes one. ``templates/project.qgs`` was made by QGIS 3.22 with a layer of
each kind of geometry; here its layers are copied, and their ids, paths, systems, styles and order
filled in. A layer must have one id in the tree, in the order and in itself, or it is missing in the
picture; a system needs its WKT; without ``ProjectionsEnabled`` a project has none.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
from pyproj import CRS

from geo.writing.file_layer import FileLayer, geometry_kinds
from geo.writing.styling import GeometryKind, to_qml
from geo.writing.target_systems import TargetSystem, to_system
from packs.building.print_layout import print_layout

TEMPLATE = Path(__file__).resolve().parent / "templates" / "project.qgs"
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
#: As the template calls them.
_KINDS: dict[GeometryKind, str] = {"point": "point", "line": "line", "area": "polygon"}
#: What the template has of the columns of its own layers.
_OF_COLUMNS = ("fieldConfiguration", "aliases", "defaults", "constraints", "constraintExpressions")
#: A moment that ZIP can hold; the same project has the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def qgis_project(
    layers: Sequence[FileLayer],
    *,
    gpkg: str,
    system: TargetSystem,
    title: str,
    about: str = "",
    sheet: str = "A3",
    notes: Sequence[str] = (),
    titles: Mapping[str, str] | None = None,
) -> bytes:
    """Return a project whose layers are tables of a GeoPackage, from the top down.

    It shows scale and north, and has a sheet to print (``sheet``: its name) with ``notes``.
    ``about``: the layer that it opens at, by default the first that has anything in it. ``titles``:
    what columns are called in tables and forms, by name.

    ``gpkg``: its path relative to the project; its tables bear the names of the layers, of which
    each has one kind of geometry. ``system``: of tables and project, one with an EPSG code.
    """
    root = ET.fromstring(TEMPLATE.read_text(encoding="utf-8"))
    crs = _crs_element(system)
    patterns = {kind: _pattern(root, name) for kind, name in _KINDS.items()}
    made = [_map_layer(layer, patterns, gpkg, crs) for layer in layers]
    for layer, element in zip(layers, made, strict=True):
        element.append(_aliases(layer, titles or {}))
    _fill_layers(root, made)
    _fill_head(root, title, crs)
    shown = _shown(layers, about)
    if shown is not None:
        _fill_extent(root, shown, system, crs)
        _fill_sheet(root, print_layout(shown, system=system, name=sheet, title=title, notes=notes))
    _decorate(root)
    text = _DOCTYPE + ET.tostring(root, encoding="unicode")
    return _zipped("project.qgs", text.encode())


def layer_id(name: str) -> str:
    """Return the id of a layer in the project."""
    return f"{name}_lujian"


def _pattern(root: ET.Element, kind: str) -> ET.Element:
    found = next(
        one for one in root.iter("maplayer") if one.findtext("id") == f"template_{kind}_id"
    )
    return deepcopy(found)


def _map_layer(
    layer: FileLayer, patterns: dict[GeometryKind, ET.Element], gpkg: str, crs: ET.Element
) -> ET.Element:
    kinds = [kind for kind in geometry_kinds(layer.frame) if kind is not None]
    kind: GeometryKind = kinds[0] if kinds else "area"
    made = deepcopy(patterns[kind])
    _text(made, "id", layer_id(layer.name))
    _text(made, "datasource", f"{gpkg}|layername={layer.name}")
    _text(made, "layername", layer.title)
    _put(made, "srs", deepcopy(crs))
    for name in _OF_COLUMNS:
        for part in made.findall(name):
            made.remove(part)
    if layer.style is not None:
        _style(made, to_qml(layer.style, kind))
    return made


def _aliases(layer: FileLayer, titles: Mapping[str, str]) -> ET.Element:
    """Return what the columns of a layer are called; the table has a column fid before them."""
    found = ET.Element("aliases")
    for place, name in enumerate(layer.columns, start=1):
        if name in titles:
            ET.SubElement(found, "alias", index=str(place), field=name, name=titles[name])
    return found


def _style(made: ET.Element, qml: str) -> None:
    """Put the renderer and the labels of a QML in the place of the template's."""
    style = ET.fromstring(qml[qml.index("<qgis") :])
    for name in ("renderer-v2", "labeling"):
        there, new = made.find(name), style.find(name)
        place = len(made) if there is None else list(made).index(there)
        if there is not None:
            made.remove(there)
        if new is not None:
            made.insert(place, new)
    made.set("labelsEnabled", style.get("labelsEnabled", "0"))


def _fill_layers(root: ET.Element, made: Sequence[ET.Element]) -> None:
    """Name the layers in the tree, in the order, and where snapping asks for them."""
    told = [(one.findtext("id", ""), one) for one in made]
    project = _emptied(root, "projectlayers", "maplayer")
    project.extend(made)
    tree = root.find("layer-tree-group")
    assert tree is not None
    branch = deepcopy(tree.find("layer-tree-layer"))
    for one in tree.findall("layer-tree-layer"):
        tree.remove(one)
    for place, (name, layer) in enumerate(told, start=1):
        entry = deepcopy(branch)
        assert entry is not None
        source = layer.findtext("datasource", "")
        entry.attrib |= {"id": name, "name": layer.findtext("layername", ""), "source": source}
        tree.insert(place, entry)
    order = _emptied(tree, "custom-order", "item")
    for name, _layer in told:
        ET.SubElement(order, "item").text = name
    drawn = _emptied(root, "layerorder", "layer")
    for name, _layer in told:
        ET.SubElement(drawn, "layer", id=name)
    snapping = root.find("snapping-settings")
    if snapping is not None:
        _emptied(snapping, "individual-layer-settings", "layer-setting")


def _fill_head(root: ET.Element, title: str, crs: ET.Element) -> None:
    root.set("projectname", title)
    for name in ("title", "projectMetadata/title"):
        _text(root, name, title)
    _put(root, "projectCrs", deepcopy(crs))


def _shown(layers: Sequence[FileLayer], about: str) -> gpd.GeoDataFrame | None:
    """Return what the project opens at; None where there is nothing at all."""
    filled = [one for one in layers if len(one.frame)]
    named = [one for one in filled if one.name == about]
    return next((one.frame for one in (*named, *filled)), None)


def _fill_extent(
    root: ET.Element, shown: gpd.GeoDataFrame, system: TargetSystem, crs: ET.Element
) -> None:
    """Let the project open at a layer."""
    view = root.find(".//DefaultViewExtent")
    assert view is not None
    west, south, east, north = to_system(shown, system).total_bounds
    pad = max(east - west, north - south, 1.0) * 0.2
    bounds = {"xmin": west - pad, "ymin": south - pad, "xmax": east + pad, "ymax": north + pad}
    view.attrib |= {name: f"{value:.3f}" for name, value in bounds.items()}
    for one in view.findall("spatialrefsys"):
        view.remove(one)
    view.append(deepcopy(crs))


def _fill_sheet(root: ET.Element, sheet: ET.Element) -> None:
    there = root.find("Layouts")
    assert there is not None
    there.extend(list(sheet))


def _decorate(root: ET.Element) -> None:
    """Show a scale bar and a north arrow on the map while one draws."""
    properties = root.find("properties")
    assert properties is not None
    for name, corner in (("ScaleBar", 3), ("NorthArrow", 2)):
        one = ET.SubElement(properties, name)
        ET.SubElement(one, "Enabled", type="bool").text = "true"
        ET.SubElement(one, "Placement", type="int").text = str(corner)


def _crs_element(system: TargetSystem) -> ET.Element:
    """Return a coordinate system as projects have it."""
    crs = CRS.from_user_input(system.code)
    method = crs.coordinate_operation
    told = {
        "wkt": crs.to_wkt("WKT2_2019"),
        "proj4": "",
        "srsid": "0",
        "srid": str(system.epsg),
        "authid": system.code,
        "description": crs.name,
        "projectionacronym": "longlat" if method is None else "tmerc",
        "ellipsoidacronym": "",
        "geographicflag": "true" if crs.is_geographic else "false",
    }
    found = ET.Element("spatialrefsys")
    for name, value in told.items():
        ET.SubElement(found, name).text = value
    return found


def _put(parent: ET.Element, name: str, child: ET.Element) -> None:
    there = parent.find(name)
    assert there is not None
    for one in list(there):
        there.remove(one)
    there.append(child)


def _text(parent: ET.Element, name: str, value: str) -> None:
    there = parent.find(name)
    assert there is not None
    there.text = value


def _emptied(parent: ET.Element, name: str, child: str) -> ET.Element:
    there = parent.find(name)
    assert there is not None
    for one in there.findall(child):
        there.remove(one)
    return there


def _zipped(name: str, data: bytes) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()
