"""``python -m geo inspect``: what is in a file, how sure that is, and where it would lie."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely

from core.settings import get_settings
from geo.crs import WGS84
from geo.datum.compare import DatumGuess, KnownGround
from geo.datum.find_system import SystemFinding, SystemSaid, find_system
from geo.reading.limits import command_limits
from geo.reading.reader import FileRead, read_path
from geo.reading.report import lines_about

_MOST_ROWS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--crs", metavar="CRS", help="its system, whatever it states")
    parser.add_argument("--unit", help="of a drawing: m, mm, cm, dm, km, ft, in or deg")
    parser.add_argument("--encoding", help="of its text, such as GBK")
    parser.add_argument("--layer", help="where it has several")
    parser.add_argument("--x", metavar="COLUMN", help="longitude or east, if not so called")
    parser.add_argument("--y", metavar="COLUMN", help="latitude or north, if not so called")
    parser.add_argument("--swapped", action="store_true", help="latitude before longitude")
    parser.add_argument("--area", type=Path, help="polygons of the area where it should lie")
    parser.add_argument("--places", type=Path, help="known places, with a column name or name_zh")
    parser.add_argument("--roads", type=Path, help="known roads")
    parser.set_defaults(run=inspect, output=None)


def inspect(options: argparse.Namespace) -> None:
    """Print what was detected, a line each, on standard output."""
    read = read_path(
        options.file,
        encoding=options.encoding or "",
        layer=options.layer or "",
        x=options.x or "",
        y=options.y or "",
        unit=options.unit or "",
        limits=command_limits(get_settings()),
    )
    said = SystemSaid(options.crs or "", options.unit or "", options.swapped)
    finding = find_system(read, said, _ground(options))
    for line in (*_about_file(read), *_about_system(read, finding), *_first_rows(read)):
        print(line)
    options.notes += lines_about(read)


def _ground(options: argparse.Namespace) -> KnownGround:
    area = shapely.union_all(_shapes(options.area)) if options.area else None
    places = _read(options.places).wgs84() if options.places else None
    if places is None:
        return KnownGround(roads=_shapes(options.roads), area=area)
    spots = list(places.geometry.representative_point())
    column = next((name for name in ("name_zh", "name", "名称") if name in places), None)
    names = [str(name or "") for name in places[column]] if column else [""] * len(spots)
    return KnownGround(spots, names, _shapes(options.roads), spots, area)


def _read(path: Path) -> FileRead:
    return read_path(path, crs=WGS84, overrule=False, limits=command_limits(get_settings()))


def _shapes(path: Path | None) -> list[Any]:
    return [] if path is None else list(_read(path).wgs84().geometry.dropna())


def _about_file(read: FileRead) -> Iterator[str]:
    yield f"kind: {read.kind}"
    yield f"rows: {len(read.frame)}"
    if read.layers:
        yield f"layers: {', '.join(read.layers)} (read: {read.layer})"
    if read.encoding:
        yield f"characters: {read.encoding} ({read.sure})"
    if delimiter := read.told.get("delimiter"):
        yield f"separator: {delimiter!r}"
    if read.told.get("x"):
        yield f"columns of coordinates: {read.told['x']}, {read.told['y']}"
    yield f"columns: {', '.join(map(str, read.frame.columns.drop('geometry', errors='ignore')))}"


def _about_system(read: FileRead, finding: SystemFinding) -> Iterator[str]:
    yield f"system: {finding.crs or 'not known'} ({finding.sure})"
    if read.kind == "dxf":
        stated = "stated" if read.told.get("stated_unit") else str(finding.sure)
        yield f"unit: {finding.unit or 'not known'} ({stated})"
    if finding.swapped:
        yield "order: latitude before longitude, or north before east"
    if finding.datum is not None:
        yield from _about_datum(finding.datum)
    for one in finding.candidates:
        turned = ", turned round" if one.swapped else ""
        yield (
            f"would lie: as {one.system}, {one.unit}{turned}: at {one.longitude:.5f}, "
            f"{one.latitude:.5f}, {one.away_km:.1f} km away, {one.inside:.0%} in the area"
        )


def _about_datum(datum: DatumGuess) -> Iterator[str]:
    sure = "certain" if datum.certain else "not certain: please ask"
    yield (
        f"datum: {datum.winner.system} before {datum.runner_up.system}, margin "
        f"{datum.margin:.1f} standard errors, {datum.points} points ({sure})"
    )


def _first_rows(read: FileRead) -> Iterator[str]:
    for row in read.frame.drop(columns="geometry", errors="ignore").head(_MOST_ROWS).values:
        yield "row: " + " | ".join("" if cell is None else str(cell)[:60] for cell in row)
