"""What is wrong with a file of geometries that was sent, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations
from typing import Any

from core import errors
from core.errors import FileProblem
from core.language import language_of
from geo.crs import MissingCrsError, UnknownCrsError
from geo.former_systems.former_systems import UncertainSystemError
from geo.reading.file_kinds import FileKind
from wording import formatting
from wording.formatting import enumerated


def system_names(words: GNUTranslations) -> dict[str, str]:
    """Return the coordinate systems that a form offers, by the names that readers of files know."""
    _ = words.gettext
    return {
        "": _("As the file says"),
        "EPSG:4326": "WGS 84",
        "EPSG:4490": "CGCS2000",
        "EPSG:4548": _("CGCS2000, metres, central meridian 117°E (EPSG:4548)"),
        "GCJ-02": "GCJ-02",
        "BD-09": "BD-09",
    }


def encoding_names(words: GNUTranslations) -> dict[str, str]:
    """Return how the characters of a file may be written."""
    return {
        "": words.gettext("Find out"),
        "utf-8": "UTF-8",
        "gb18030": "GB 18030 (GBK)",
        "big5": "Big5",
        "shift_jis": "Shift-JIS",
        "cp1252": "Latin-1 / Windows-1252",
        "utf-16": "UTF-16",
    }


def system_sentence(error: errors.LuJianError, words: GNUTranslations) -> str | None:
    """Say what is wrong with a file's coordinate system; None for something else."""
    _ = words.gettext
    if isinstance(error, MissingCrsError):
        return _(
            "The file does not say in which coordinate system it is. Please ask whoever made it, "
            "and choose it here: it is never guessed."
        )
    if isinstance(error, UnknownCrsError):
        return _("This coordinate system is not known. Please choose one from the list.")
    if isinstance(error, UncertainSystemError):
        return uncertain_sentence(words, float(error.params["most_m"]))
    return None


def uncertain_sentence(words: GNUTranslations, most_m: float) -> str:
    """Say that nobody published how a system is brought to WGS 84, and how far off it may lie."""
    _ = words.gettext
    if not most_m:
        return _(
            "How this coordinate system is brought to WGS 84 at this place is not known here: "
            "nobody can say how far off it would lie. Ask for the file in CGCS2000."
        )
    said = _(
        "How this coordinate system is brought to CGCS2000 at this place is not published: what is "
        "in the file may lie up to {distance} off. Ask for the file in CGCS2000."
    )
    return said.format(distance=formatting.distance(most_m, language_of(words)))


def file_problems(words: GNUTranslations) -> dict[FileProblem, str]:
    """Return why a file cannot be read."""
    return _about_content(words) | _about_rows(words)


def told_of_file(words: GNUTranslations, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the sentence may name, by the parameters of a ``BadFileError``."""
    layers = enumerated(map(str, told.get("layers", [])), language_of(words))
    found = _kind_names(words).get(str(told.get("found", "")), "")
    return {**told, "most_mb": told.get("most_mb", 20), "layers": layers, "found": found}


def _about_content(words: GNUTranslations) -> dict[FileProblem, str]:
    _ = words.gettext
    unreadable = _("This file cannot be read. Is it damaged, or of another kind?")
    return {
        FileProblem.UNREADABLE: unreadable,
        FileProblem.ABSENT: unreadable,
        FileProblem.KIND: _(
            "Please choose a GeoJSON, a zipped Shapefile, a GeoPackage, a KML, a DXF drawing, a "
            "CSV or an Excel file."
        ),
        FileProblem.DWG: _(
            "This is a DWG. Please save it as DXF in the CAD program (“Save as”, DXF 2010 or "
            "later)."
        ),
        FileProblem.UNIT: _(
            "This drawing does not say in which unit it is drawn. Please ask whoever made it, and "
            "choose metres or millimetres."
        ),
        FileProblem.SIZE: _(
            "Please choose a file of at most {most_mb} MB, unpacked not ten times as large. To "
            "make it smaller: cut it to your area and leave out columns (in QGIS: “Export”, “Save "
            "selected features as”), save it as GeoPackage or FlatGeobuf, or pack the GeoJSON as a "
            "ZIP."
        ),
        FileProblem.KIND_DIFFERS: _(
            "This file is not what its name says: it holds {found}. Please save it once more in "
            "the program that it comes from."
        ),
        FileProblem.ARCHIVE: _("This archive is damaged, or none. Please pack it again."),
        FileProblem.LOCKED: _(
            "This archive is locked by a password. Please pack it again without one."
        ),
        FileProblem.EMPTY_ARCHIVE: _("There is no file with a map or a table in this archive."),
        FileProblem.PART: _(
            "The Shapefile lacks its {part} file. Please pack .shp, .shx, .dbf and .prj together."
        ),
        FileProblem.LAYER: _("There is no such layer in this file. There are: {layers}."),
        FileProblem.WHICH_LAYER: _(
            "This file has several layers: {layers}. Please choose one below."
        ),
        FileProblem.ENCODING: _(
            "The characters in this file cannot be read. Please save it as UTF-8."
        ),
        FileProblem.COORDINATES: _(
            "This table has no columns with coordinates. Please name them longitude and latitude, "
            "or 经度 and 纬度."
        ),
        FileProblem.DEEP: _(
            "The values in this file are nested too deep. Please export them more simply."
        ),
        FileProblem.DEFINITIONS: _(
            "This file brings definitions of its own (DOCTYPE), which are not read, for safety. "
            "Please export it anew."
        ),
        FileProblem.SYSTEM: _(
            "The coordinate system of this file needs further files. Please have it saved in "
            "CGCS2000 or WGS 84."
        ),
        FileProblem.COSTLY: _(
            "Reading this file would take too much memory or time. Is it damaged? If not, please "
            "split it."
        ),
        FileProblem.BUSY: _(
            "Many files are being read just now. Please send it again in a minute."
        ),
    }


def _about_rows(words: GNUTranslations) -> dict[FileProblem, str]:
    _ = words.gettext
    return {
        FileProblem.NO_FEATURE: _("There is nothing with a place in this file."),
        FileProblem.NO_AREA: _("There is no polygon in this file."),
        FileProblem.RING: _(
            "A border in this file is not closed. Please have it closed and save it anew."
        ),
        FileProblem.FEATURES: _(
            "This file has {number} features; {most} are the most. Please split it."
        ),
        FileProblem.POSITIONS: _(
            "The shapes in this file have {number} corners; {most} are the most. Please simplify "
            "them or split the file."
        ),
        FileProblem.COLUMNS: _("This table has {number} columns; {most} are the most."),
        FileProblem.NO_CODE: _("Row {row} has no code."),
        FileProblem.NO_NAME: _("Row {row} has no name."),
        FileProblem.NO_POLYGON: _("Row {row} is no area."),
        FileProblem.TWICE: _("The code {code} stands there more than once."),
        FileProblem.PERSONS: _("“{value}” is no number of residents."),
    }


def _kind_names(words: GNUTranslations) -> dict[str, str]:
    """Return what a file may turn out to be."""
    _ = words.gettext
    names = {
        FileKind.GEOJSON: "GeoJSON",
        FileKind.GEOPACKAGE: "GeoPackage",
        FileKind.SHAPEFILE: "Shapefile",
        FileKind.KML: "KML",
        FileKind.GPX: "GPX",
        FileKind.FLATGEOBUF: "FlatGeobuf",
        FileKind.PARQUET: "GeoParquet",
        FileKind.FEATHER: "Feather",
        FileKind.DXF: "DXF",
        FileKind.DWG: "DWG",
        FileKind.TEXT_TABLE: _("text"),
        FileKind.WORKBOOK: _("an Excel workbook"),
        FileKind.ZIP: _("a zip archive"),
    }
    return {str(kind): name for kind, name in names.items()}
