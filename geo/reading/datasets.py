"""What a file holds and how it is read: one data set, or those of an archive; one layer of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import numpy as np
import shapely

from core.errors import BadFileError, FileProblem
from geo.reading import columnar, geojson, tables, vector
from geo.reading.archive import UnpackedFile, check_unpacked_size, unpack
from geo.reading.dxf.dxf_table import read_dxf
from geo.reading.encoding import TextEncoding
from geo.reading.file_kinds import HEAD_BYTES, SHAPEFILE_PARTS, WORKBOOK_ARCHIVES, FileKind, kind_of
from geo.reading.limits import ReadLimits
from geo.reading.table import (
    ALL_LAYERS,
    LAYERS_INSIDE,
    Notes,
    ReadTable,
    as_coordinates,
    wanted_columns,
    write_result,
)
from geo.reading.tables import PlaceColumns
from geo.reading.xml_names.kml_names import with_plain_names

_NEEDED_PARTS = (".shp", ".shx", ".dbf")
#: How sure an encoding is with which some characters could not be read.
DAMAGED = "damaged"
_DRAWN_BY_GDAL = frozenset(vector.DRIVERS)


@dataclass(frozen=True)
class Dataset:
    """One file, or the files of one Shapefile: what it is called and is, where it lies."""

    name: str
    kind: FileKind
    path: Path
    parts: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class _Asked:
    """``columns``: those that are wanted, None for all; ``layers`` and ``unit``: of a drawing."""

    layer: str
    layers: tuple[str, ...]
    unit: str
    encoding: str
    places: PlaceColumns
    columns: tuple[str, ...] | None


def read_request(folder: Path, request: dict[str, Any], limits: ReadLimits) -> None:
    """Read the file of a request and write the result into ``folder``. Raises ``BadFileError``."""
    places, wanted = PlaceColumns(request["x"], request["y"]), request["columns"]
    columns = None if wanted is None else tuple(wanted)
    layers = tuple(str(one) for one in request.get("layers", ()))
    unit = str(request.get("unit", ""))
    asked = _Asked(request["layer"], layers, unit, request["encoding"], places, columns)
    notes = Notes()
    datasets = _datasets(folder, request, limits)
    chosen = _chosen(datasets, asked.layer)
    table, written, layer, names = _read(chosen, asked, limits, notes, folder)
    if len(datasets) > 1:
        names = [dataset.name for dataset in datasets]
        layer = chosen.name
    check_size(table, limits)
    facts = {
        "kind": str(chosen.kind),
        "layer": layer,
        "layers": names,
        "encoding": written.name if written else "",
        "sure": _sureness(written),
        "odd": notes.counts,
        "odd_rows": notes.rows,
    }
    write_result(folder, _narrowed(table, columns), facts)


def _narrowed(table: ReadTable, wanted: Sequence[str] | None) -> ReadTable:
    """Return the wanted columns, all where one of them is not there; plain points as x and y."""
    names = wanted_columns(list(table.columns), wanted)
    shapes = table.shapes
    if shapes is not None and not isinstance(shapes, tuple):
        shapes = as_coordinates(shapes)
    kept = {name: table.columns[name] for name in names}
    return ReadTable(kept, shapes, table.crs, table.told)


def _sureness(written: TextEncoding | None) -> str:
    if written is None:
        return ""
    return DAMAGED if written.evidence == DAMAGED else str(written.sure)


def check_size(table: ReadTable, limits: ReadLimits) -> None:
    """Raise ``BadFileError`` (``features``, ``positions``, ``columns``) for too many of them."""
    rows = max((len(array) for array in table.columns.values()), default=_places(table))
    positions = _positions(table) if limits.positions else 0
    for name, number, most in (
        ("features", rows, limits.features),
        ("columns", len(table.columns), limits.columns),
        ("positions", positions, limits.positions),
    ):
        if most and number > most:
            told = f"{number} {name}, of at most {most}"
            raise BadFileError(reason=told, problem=FileProblem(name), number=number, most=most)


def _places(table: ReadTable) -> int:
    if table.shapes is None:
        return 0
    return len(table.shapes[0]) if isinstance(table.shapes, tuple) else len(table.shapes)


def _positions(table: ReadTable) -> int:
    if table.shapes is None or isinstance(table.shapes, tuple):
        return _places(table)
    shapes = shapely.from_wkb(np.array(table.shapes.to_pylist(), object), on_invalid="ignore")
    return int(shapely.get_num_coordinates(shapes).sum())


def _datasets(folder: Path, request: dict[str, Any], limits: ReadLimits) -> list[Dataset]:
    """Return what the file holds."""
    path, name = Path(request["path"]), PurePath(request["name"])
    ending = name.suffix.lower()
    kind = kind_of(path, called=request["name"])
    if ending in WORKBOOK_ARCHIVES:
        if kind is FileKind.ZIP:
            check_unpacked_size(path, limits)
        return [Dataset(name.stem, FileKind.WORKBOOK, path)]
    if kind is FileKind.ZIP:
        return _in_archive(unpack(path, folder, limits), folder)
    if kind is FileKind.SHAPEFILE:
        parts = {Path(each).suffix.lower(): Path(each) for each in request["files"]}
        return [_shapefile(name.stem, parts, folder)]
    return [Dataset(name.stem, kind, path)]


def _in_archive(members: list[UnpackedFile], folder: Path) -> list[Dataset]:
    """Return the data sets of an archive; the parts of a Shapefile are one."""
    shapefiles: dict[PurePosixPath, dict[str, Path]] = {}
    found = []
    for member in members:
        ending = member.name.suffix.lower()
        if ending in SHAPEFILE_PARTS:
            stem = PurePosixPath(str(member.name.with_suffix("")).lower())
            shapefiles.setdefault(stem, {})[ending] = member.path
        else:
            kind = kind_of(member.path, called=str(member.name))
            found.append(Dataset(member.name.stem, kind, member.path))
    stems = {PurePosixPath(str(one.name.with_suffix("")).lower()): one.name.stem for one in members}
    whole = {stem: parts for stem, parts in shapefiles.items() if ".shp" in parts or not found}
    found = [_shapefile(stems[stem], parts, folder) for stem, parts in whole.items()] + sorted(
        found, key=lambda one: one.kind is FileKind.TEXT_TABLE
    )
    if not found:
        raise BadFileError(
            reason="the archive holds no file that is read", problem=FileProblem.EMPTY_ARCHIVE
        )
    return _named_apart(found)


def _named_apart(datasets: list[Dataset]) -> list[Dataset]:
    names: list[str] = []
    told = []
    for dataset in datasets:
        name, number = dataset.name, 2
        while name in names:
            name, number = f"{dataset.name} {number}", number + 1
        names.append(name)
        told.append(Dataset(name, dataset.kind, dataset.path, dataset.parts))
    return told


def _shapefile(name: str, parts: dict[str, Path], folder: Path) -> Dataset:
    """Lay the parts of a Shapefile side by side under one plain name."""
    for part in _NEEDED_PARTS:
        if part not in parts:
            told = f"{name}: the shapefile lacks its {part} file"
            raise BadFileError(reason=told, problem=FileProblem.PART, part=part)
    with parts[".shp"].open("rb") as file:
        if file.read(HEAD_BYTES)[:4] != b"\x00\x00\x27\x0a":
            raise BadFileError(
                reason=f"{name}.shp: is no shapefile", problem=FileProblem.UNREADABLE
            )
    beside = folder / f"shapefile_{parts['.shp'].stem}"
    beside.mkdir()
    for ending, path in parts.items():
        if ending != ".cpg":  # looked at as a hint, not obeyed
            _lay(path, beside / f"input{ending}")
    return Dataset(name, FileKind.SHAPEFILE, beside / "input.shp", parts)


def _lay(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _chosen(datasets: list[Dataset], layer: str) -> Dataset:
    """Return the data set that is meant; of several, by its name."""
    if len(datasets) == 1 or not layer:
        return datasets[0]
    names = [one.name for one in datasets]
    if layer not in names:
        raise _no_layer(layer, names)
    return datasets[names.index(layer)]


def _read(
    dataset: Dataset, asked: _Asked, limits: ReadLimits, notes: Notes, folder: Path
) -> tuple[ReadTable, TextEncoding | None, str, list[str]]:
    """Return a layer of a data set, its encoding, its name and those of all layers."""
    path, kind = dataset.path, dataset.kind
    if kind is FileKind.WORKBOOK:
        return _read_workbook(dataset, asked, limits)
    if kind in _DRAWN_BY_GDAL:
        return _read_with_gdal(dataset, asked, folder)
    if kind is FileKind.DXF:
        return _read_drawing(dataset, asked, limits, notes)
    if asked.layer and asked.layer != dataset.name:
        raise _no_layer(asked.layer, [dataset.name])
    written: TextEncoding | None = None
    if kind is FileKind.GEOJSON:
        table, written = geojson.read_geojson(
            path, encoding=asked.encoding, limits=limits, notes=notes
        )
    elif kind is FileKind.TEXT_TABLE:
        table, written = tables.read_text_table(
            path, encoding=asked.encoding, places=asked.places, notes=notes
        )
    else:
        table = columnar.read_columnar(path, kind, columns=asked.columns)
    return table, written, "", []


def _read_workbook(
    dataset: Dataset, asked: _Asked, limits: ReadLimits
) -> tuple[ReadTable, None, str, list[str]]:
    sheets = tables.sheets_of(dataset.path)
    sheet = _layer_in(sheets, asked.layer, dataset.name)
    table = tables.read_sheet(dataset.path, sheet=sheet, places=asked.places, limits=limits)
    return table, None, sheet, sheets


def _read_drawing(
    dataset: Dataset, asked: _Asked, limits: ReadLimits, notes: Notes
) -> tuple[ReadTable, TextEncoding | None, str, list[str]]:
    """Return all layers of a drawing, or those that were named, in one table."""
    one = (asked.layer,) if asked.layer and asked.layer not in (ALL_LAYERS, dataset.name) else ()
    wanted = tuple(name for name in asked.layers if name != ALL_LAYERS) or one
    read = read_dxf(
        dataset.path,
        encoding=asked.encoding,
        unit=asked.unit,
        layers=wanted,
        limits=limits,
        notes=notes,
    )
    told = {"unit": read.unit, "stated_unit": read.stated}
    layer = wanted[0] if len(wanted) == 1 else ALL_LAYERS
    return replace(read.table, told=told), read.written, layer, list(read.layers)


def _read_with_gdal(
    dataset: Dataset, asked: _Asked, folder: Path
) -> tuple[ReadTable, TextEncoding | None, str, list[str]]:
    if dataset.kind in (FileKind.KML, FileKind.GPX):
        _check_definitions(dataset.path)
    path, meant = dataset.path, dict[str, str]()
    if dataset.kind is FileKind.KML:
        path, meant = with_plain_names(path, folder / "plain_names.kml")
    pyogrio = vector.load_driver(dataset.kind)
    of_shapefile = dataset.kind is FileKind.SHAPEFILE
    found = vector.layers_of(pyogrio, path, dataset.kind)
    names = [dataset.name] if of_shapefile else [one.name for one in found]
    layer = _layer_in(names, asked.layer, dataset.name)
    table, written = vector.read_vector(
        pyogrio,
        path,
        layer=found[0].name if of_shapefile else layer,
        kind=dataset.kind,
        encoding=asked.encoding,
        hints=vector.hints_of(dataset.parts),
        columns=asked.columns,
    )
    if meant:
        cells = {meant.get(name, name): array for name, array in table.columns.items()}
        table = replace(table, columns=cells)
    if len(names) > 1:
        inside = {one.name: [one.geometry, one.features] for one in found}
        table = replace(table, told={**table.told, LAYERS_INSIDE: json.dumps(inside)})
    return table, written, layer, names


def _layer_in(layers: list[str], asked: str, name: str) -> str:
    if not layers:
        raise BadFileError(reason="holds no layer", problem=FileProblem.UNREADABLE)
    if asked and asked not in layers and asked != name:
        raise _no_layer(asked, layers)
    return asked if asked in layers else layers[0]


def _no_layer(asked: str, layers: list[str]) -> BadFileError:
    told = f"holds no layer {asked!r}, but {layers}"
    return BadFileError(reason=told, problem=FileProblem.LAYER, layers=layers)


def _check_definitions(path: Path) -> None:
    """Refuse XML that defines entities: they grow without end, or fetch other files."""
    data = path.read_bytes().replace(b"\0", b"")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"<xi:include" in data:
        told = "it brings definitions of its own (DOCTYPE), which are not read"
        raise BadFileError(reason=told, problem=FileProblem.DEFINITIONS)
