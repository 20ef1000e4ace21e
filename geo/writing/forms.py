"""All forms in which layers leave, and the one function that writes any of them.

``write_file`` takes layers in WGS 84, brings them to the system that is asked for, and writes one
file, whole or not at all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from core.errors import InvalidError
from geo.writing.drawing import write_dxf
from geo.writing.feature_text import collection_text, parts_of
from geo.writing.file_layer import FileLayer, Progress, plain_columns
from geo.writing.geojson import write_whole
from geo.writing.kml import write_kml
from geo.writing.places_table import write_csv
from geo.writing.shapefile import write_shapefiles
from geo.writing.spreadsheet import write_xlsx
from geo.writing.target_systems import IN_WGS84, SystemKind, TargetSystem, to_system, zone_at
from geo.writing.vector_files import write_fgb, write_gpkg, write_parquet, write_pmtiles

__all__ = [
    "FORMS",
    "FileLayer",
    "Form",
    "Progress",
    "Systems",
    "UnknownFormError",
    "WrongSystemError",
    "default_system",
    "form_by_ending",
    "form_for",
    "write_file",
]


class Systems(StrEnum):
    """Which coordinate systems a form can have."""

    WGS84 = "wgs84"  # by its standard (RFC 7946, KML 2.3, web tiles)
    METRES = "metres"  # a drawing
    ANY = "any"


class UnknownFormError(InvalidError):
    """There is no such form of files. Parameters: ``form``, ``known``."""

    code = "unknown_form"


class WrongSystemError(InvalidError):
    """A form cannot be in a coordinate system. Parameters: ``form``, ``crs``, ``systems``."""

    code = "wrong_system"


#: Takes layers, path, system and notes; where a form ``tells``, how to say how far it is, too.
Writer = Callable[..., None]


@dataclass(frozen=True)
class Form:
    """One form of files: how its name ends, whether it holds several layers, what it keeps.

    ``exact``: geometry and attributes come back from it as they were (of a Shapefile by the map of
    names that lies in it).
    """

    name: str
    ending: str
    media_type: str
    many: bool
    exact: bool
    systems: Systems
    write: Writer
    tells: bool = False

    def check_system(self, system: TargetSystem) -> None:
        """Raise :class:`WrongSystemError` unless files of this form can be in a system."""
        wgs84 = self.systems != Systems.WGS84 or system == IN_WGS84
        metres = self.systems != Systems.METRES or system.in_metres
        if not (wgs84 and metres):
            raise WrongSystemError(form=self.name, crs=system.code, systems=str(self.systems))


def _geojson(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    (layer,) = layers
    head = {"name": layer.name, **({"notes": list(notes)} if notes else {})}
    write_whole(to, collection_text(parts_of([layer.frame]), head, decimals=system.decimals))


FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form(
            "geojson",
            "geojson",
            "application/geo+json",
            many=False,
            exact=True,
            systems=Systems.WGS84,
            write=_geojson,
        ),
        Form(
            "gpkg",
            "gpkg",
            "application/geopackage+sqlite3",
            many=True,
            exact=True,
            systems=Systems.ANY,
            write=write_gpkg,
        ),
        Form(
            "shp",
            "shp.zip",
            "application/zip",
            many=True,
            exact=True,
            systems=Systems.ANY,
            write=write_shapefiles,
        ),
        Form(
            "fgb",
            "fgb",
            "application/vnd.flatgeobuf",
            many=False,
            exact=True,
            systems=Systems.ANY,
            write=write_fgb,
        ),
        Form(
            "parquet",
            "parquet",
            "application/vnd.apache.parquet",
            many=False,
            exact=True,
            systems=Systems.ANY,
            write=write_parquet,
        ),
        Form(
            "kml",
            "kml",
            "application/vnd.google-earth.kml+xml",
            many=True,
            exact=False,
            systems=Systems.WGS84,
            write=write_kml,
        ),
        Form(
            "dxf",
            "dxf",
            "image/vnd.dxf",
            many=True,
            exact=False,
            systems=Systems.METRES,
            write=write_dxf,
            tells=True,
        ),
        Form(
            "csv",
            "csv",
            "text/csv; charset=utf-8",
            many=False,
            exact=False,
            systems=Systems.ANY,
            write=write_csv,
        ),
        Form(
            "xlsx",
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            many=True,
            exact=False,
            systems=Systems.ANY,
            write=write_xlsx,
        ),
        Form(
            "pmtiles",
            "pmtiles",
            "application/vnd.pmtiles",
            many=False,
            exact=False,
            systems=Systems.WGS84,
            write=write_pmtiles,
        ),
    )
}


def form_for(name: str) -> Form:
    """Return a form by its name; raises :class:`UnknownFormError`."""
    if name not in FORMS:
        raise UnknownFormError(form=name[:40], known=", ".join(FORMS))
    return FORMS[name]


def form_by_ending(ending: str) -> Form:
    """Return a form by how its files end, such as ``shp.zip``; raises as ``form_for``."""
    found = next((form for form in FORMS.values() if form.ending == ending.lower()), None)
    if found is None:
        known = ", ".join(form.ending for form in FORMS.values())
        raise UnknownFormError(form=ending[:40], known=known)
    return found


def default_system(form: Form, longitude: float) -> TargetSystem:
    """Return the system of a form where none is asked for: WGS 84; of a drawing the zone in metres.

    Raises :class:`WrongSystemError` for a drawing at a longitude (degrees) outside all zones.
    """
    if form.systems != Systems.METRES:
        return IN_WGS84
    zone = zone_at(longitude)
    if zone is None:
        raise WrongSystemError(form=form.name, crs=IN_WGS84.code, systems=str(form.systems))
    return zone


def write_file(
    layers: Sequence[FileLayer],
    to: Path,
    form: str,
    *,
    system: TargetSystem,
    notes: Sequence[str] = (),
    progress: Progress | None = None,
) -> None:
    """Write layers (WGS 84) in a form and a system to ``to``, whole or not at all.

    ``notes`` are sentences that stand in the file where the form has room for some; GCJ-02 needs
    one, as no file can say by itself that it is shifted. ``progress`` is told how much is done and
    may raise to end the work. Raises ``UnknownFormError``, ``WrongSystemError``,
    ``FarFromZoneError``, ``ValueError`` for no layer, for several where the form holds one, or for
    GCJ-02 without a note; ``OSError`` of the disk.
    """
    made = form_for(form)
    made.check_system(system)
    if not layers or (len(layers) > 1 and not made.many):
        raise ValueError(f"{form} does not hold {len(layers)} layers")
    if system.kind == SystemKind.SHIFTED and not notes:
        raise ValueError("GCJ-02 needs a note that says so")
    tell = progress or (lambda _done: None)
    tell(0.0)
    ready = []
    for number, layer in enumerate(layers, 1):
        moved = to_system(plain_columns(layer.frame), system)
        ready.append(replace(layer, frame=moved))
        tell(0.4 * number / len(layers))
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".lujian-") as folder:
        beside = Path(folder) / f"made.{made.ending}"
        more = [lambda done: tell(0.4 + 0.55 * done)] if made.tells else []
        made.write(ready, beside, system, notes, *more)
        tell(0.95)
        beside.replace(to)
    tell(1.0)
