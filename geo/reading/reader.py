"""The one way by which files of people come in: from every form, every command, every kind.

``read_path`` reads a file on this machine, ``read_bytes`` what was sent. Both have it read by a
locked-down process (``sandbox``) and return what that process found as a frame. A coordinate system
is never guessed: the file states it (GeoJSON, KML, GPX and GeoParquet by their standards), or
whoever brings it says which; GCJ-02 and BD-09 are known by their names, in the file or said.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from core.errors import BadFileError, FileProblem
from geo.crs import CHINESE_SYSTEMS, MissingCrsError, UnknownCrsError, frame_to_wgs84, known_crs
from geo.former_systems.former_systems import check_certain
from geo.reading import sandbox
from geo.reading.file_kinds import (
    HEAD_BYTES,
    KINDS_OF_ENDING,
    SHAPEFILE_PARTS,
    FileKind,
    checked_kind,
)
from geo.reading.limits import ReadLimits
from geo.reading.table import ALL_LAYERS, FACTS, RESULT, SoundTable, read_facts, read_table

_MIB = 2**20
#: So many rows of a large file are held as a frame at once.
ROWS_AT_ONCE = 500_000


@dataclass(frozen=True)
class FileRead:
    """What a file holds: one row a feature, in the file's order, on the index 0, 1, 2 …

    ``frame``: columns as the file has them, whole numbers whole and with gaps where cells are
    empty; with ``geometry`` in the file's own coordinates where it has places, and with their CRS
    unless that is GCJ-02 or BD-09. ``crs``: their system, as said or stated; empty where neither.
    ``stated``: the system that the file states itself, empty where none or none that is known.
    ``told``: how else it was read, see ``table.ReadTable``; of a drawing its ``unit``.
    ``encoding`` and ``sure``: how text was written and how certain that is, empty where the kind of
    file leaves no choice. ``layer``: which of ``layers`` was read; both empty for a kind that holds
    one alone. ``odd``: rows by what was odd about them (``table.RowProblem``), ``odd_rows`` the
    first of them with their number, from 1. ``peak_mb``: the most memory that reading took.
    """

    name: str
    kind: str
    frame: pd.DataFrame
    crs: str
    encoding: str
    sure: str
    layer: str
    layers: tuple[str, ...]
    odd: dict[str, int]
    odd_rows: tuple[tuple[int, str], ...]
    peak_mb: int = 0
    stated: str = ""
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_places(self) -> bool:
        """Tell whether the file has geometries, or columns of coordinates."""
        return isinstance(self.frame, gpd.GeoDataFrame)

    @property
    def other_layers(self) -> tuple[str, ...]:
        """Return the names of the layers that were not read."""
        if self.layer == ALL_LAYERS or self.kind == FileKind.DXF:
            return ()
        return tuple(name for name in self.layers if name != self.layer)

    def wgs84(self, *, approximate: bool = False) -> gpd.GeoDataFrame:
        """Return the frame in EPSG:4326.

        ``approximate``: whoever brings it knows that it may lie off, as no transformation of its
        system is known. Raises ``MissingCrsError`` where neither the file nor anybody says its
        system; ``UncertainSystemError`` for such a one unless ``approximate``; ``BadFileError``
        (``coordinates``) where it has no places.
        """
        frame = self.placed()
        if not approximate:
            check_certain(frame)
        return frame_to_wgs84(frame, crs=self.crs if self.crs in CHINESE_SYSTEMS else None)

    def placed(self) -> gpd.GeoDataFrame:
        """Return the frame in its own coordinates, of a system that is known. Raises as above."""
        if not isinstance(self.frame, gpd.GeoDataFrame):
            told = f"{self.name}: no column named longitude or latitude, and no geometries"
            raise BadFileError(reason=told, problem=FileProblem.COORDINATES)
        if not self.crs:
            raise MissingCrsError(what=self.name)
        if self.kind == FileKind.DXF and not self.told.get("unit"):
            told = f"{self.name}: does not say in which unit it is drawn (m, mm, cm …)"
            raise BadFileError(reason=told, problem=FileProblem.UNIT)
        return self.frame


@dataclass(frozen=True)
class FileParts:
    """A file that was read but not yet made into frames: ``head`` says all of it but the rows."""

    head: FileRead
    table: SoundTable

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.table)

    def whole(self) -> FileRead:
        """Return all rows at once."""
        return self._rows(0, None)

    def parts(self, rows: int | None = None) -> Iterator[FileRead]:
        """Yield the rows in their order, so many at a time; at least one part, if of no rows."""
        rows = rows or ROWS_AT_ONCE
        for start in range(0, max(len(self), 1), rows):
            yield self._rows(start, rows)

    def _rows(self, start: int, rows: int | None) -> FileRead:
        try:
            frame = self.table.frame(start, rows)
        except BadFileError as error:
            raise _named(error, self.head.name) from error
        except (ValueError, KeyError, TypeError) as error:
            told = f"{self.head.name}: cannot be read"
            raise BadFileError(reason=told, problem=FileProblem.UNREADABLE) from error
        crs = getattr(self.head.frame, "crs", None)
        placed = frame if crs is None else frame.set_crs(crs)
        return replace(self.head, frame=placed)


def read_path(
    path: Path,
    *,
    crs: str = "",
    overrule: bool = True,
    layer: str = "",
    encoding: str = "",
    x: str = "",
    y: str = "",
    unit: str = "",
    columns: Sequence[str] | None = None,
    limits: ReadLimits | None = None,
) -> FileRead:
    """Read a file. ``crs`` stands above what it states, or with ``overrule`` off only fills a gap.

    ``x`` and ``y``: columns of a table that hold coordinates, if not those with the usual names.
    ``columns``: those that are needed (default: all); where one is not there, all are read.
    ``unit``: that of a drawing, see ``dxf.dxf_table.read_dxf``.

    Raises ``BadFileError`` with one line in ``reason`` and a short ``problem``;
    ``UnknownCrsError`` for a ``crs`` that nobody knows.
    """
    parts = read_parts(
        path,
        crs=crs,
        overrule=overrule,
        layer=layer,
        encoding=encoding,
        x=x,
        y=y,
        unit=unit,
        columns=columns,
        limits=limits,
    )
    return parts.whole()


def read_parts(
    path: Path,
    *,
    crs: str = "",
    overrule: bool = True,
    layer: str = "",
    encoding: str = "",
    x: str = "",
    y: str = "",
    unit: str = "",
    columns: Sequence[str] | None = None,
    limits: ReadLimits | None = None,
) -> FileParts:
    """Read a file as ``read_path`` does, to be taken part by part: a city's worth of points."""
    said = known_crs(crs) if crs.strip() else ""
    if not path.is_file():
        raise BadFileError(reason=f"{path.name}: no such file", problem=FileProblem.ABSENT)
    files = [str(one.resolve()) for one in _beside(path)]
    request = {
        "path": str(path.resolve()),
        "name": path.name,
        "files": files,
        "layer": layer.strip(),
        "encoding": encoding.strip(),
        "x": x,
        "y": y,
        "unit": unit.strip(),
        "columns": None if columns is None else list(columns),
    }
    return _read(request, limits or ReadLimits(), said, overrule)


def read_bytes(
    name: str,
    data: bytes,
    *,
    crs: str = "",
    layer: str = "",
    ask_layer: bool = False,
    encoding: str = "",
    x: str = "",
    y: str = "",
    unit: str = "",
    layers: Sequence[str] = (),
    endings: Sequence[str] = (),
    limits: ReadLimits | None = None,
    most_mb: int = 20,
) -> FileRead:
    """Read what was sent under a name; ``endings``: those that are taken (default: all).

    ``x``, ``y``, ``unit``: as for ``read_path``. ``layers``: of a drawing, those that are wanted.

    ``ask_layer``: where a file has several layers, one must be named. Raises what ``read_path``
    raises; ``BadFileError`` (``kind``, ``size``, ``which_layer`` with its ``layers``) besides.
    """
    ending = Path(name).suffix.lower()
    taken = tuple(endings) or tuple(KINDS_OF_ENDING)
    if ending == ".dwg":
        checked_kind(Path(name).name, b"AC1032")
    if ending not in taken or ending == ".shp":
        raise BadFileError(reason="kind", problem=FileProblem.KIND, kinds=", ".join(taken))
    if not data or len(data) > most_mb * _MIB:
        raise BadFileError(reason="size", problem=FileProblem.SIZE, most_mb=most_mb)
    checked_kind(Path(name).name, data[:HEAD_BYTES])
    with tempfile.TemporaryDirectory(prefix="lujian-") as folder:
        path = Path(folder) / f"file{ending}"
        path.write_bytes(data)
        said = known_crs(crs) if crs.strip() else ""
        asked = {"layer": layer.strip(), "layers": list(layers), "encoding": encoding.strip()}
        asked |= {"x": x, "y": y, "unit": unit.strip()}
        file = {"path": str(path), "name": Path(name).name, "files": [str(path)]}
        request = {**file, **asked, "columns": None}
        read = _read(request, limits or ReadLimits(), said, True).whole()
    if ask_layer and read.other_layers and not layer.strip():
        told = f"{name}: holds several layers"
        raise BadFileError(reason=told, problem=FileProblem.WHICH_LAYER, layers=list(read.layers))
    return read


def _beside(path: Path) -> list[Path]:
    """Return the file, and for a .shp the parts of its Shapefile."""
    if path.suffix.lower() != ".shp":
        return [path]
    return [
        other
        for other in path.parent.iterdir()
        if other.stem == path.stem and other.suffix.lower() in SHAPEFILE_PARTS and other.is_file()
    ]


def _read(request: dict[str, Any], limits: ReadLimits, said: str, overrule: bool) -> FileParts:
    with tempfile.TemporaryDirectory(prefix="lujian-") as name:
        folder = Path(name).resolve()
        try:
            sandbox.run(folder, request, limits)
            _check_result(folder, limits)
            facts = read_facts(folder)
            table = read_table(folder, [str(one) for one in facts["columns"]])
            head = _told(request["name"], table.frame(rows=0), facts, said, overrule)
        except BadFileError as error:
            raise _named(error, request["name"]) from error
        except (ValueError, KeyError, TypeError) as error:
            told = f"{request['name']}: cannot be read"
            raise BadFileError(reason=told, problem=FileProblem.UNREADABLE) from error
    return FileParts(head, table)


def _check_result(folder: Path, limits: ReadLimits) -> None:
    size = sum((folder / name).stat().st_size for name in (RESULT, FACTS))
    if size > limits.result_mb * _MIB:
        raise BadFileError(reason="holds too much to be read", problem=FileProblem.COSTLY)


def _named(error: BadFileError, name: str) -> BadFileError:
    reason = str(error.params.get("reason", ""))
    prefixed = reason if reason.startswith(f"{name}:") else f"{name}: {reason}"
    return BadFileError(**{**error.params, "reason": prefixed})


def _told(
    name: str, frame: pd.DataFrame, facts: dict[str, Any], said: str, overrule: bool
) -> FileRead:
    stated = _system(str(facts["crs"]))
    crs = said if said and (overrule or not stated) else stated
    if isinstance(frame, gpd.GeoDataFrame) and crs and crs not in CHINESE_SYSTEMS:
        frame = frame.set_crs(crs)
    return FileRead(
        name=name,
        kind=str(facts["kind"]),
        frame=frame,
        crs=crs,
        encoding=str(facts["encoding"]),
        sure=str(facts["sure"]),
        layer=str(facts["layer"]),
        layers=tuple(str(one) for one in facts["layers"]),
        odd={str(name): int(number) for name, number in facts["odd"].items()},
        peak_mb=int(facts["peak_mb"]),
        stated=stated,
        told={str(name): str(value) for name, value in dict(facts["told"]).items()},
        odd_rows=tuple((int(row), str(problem)) for row, problem in facts["odd_rows"]),
    )


def _system(stated: str) -> str:
    """Return a stated system by a name that is known here; empty for one that is not."""
    if not stated.strip():
        return ""
    try:
        return known_crs(stated)
    except UnknownCrsError:
        return ""
