"""Names of forms and coordinate systems in words, and the notes that stand in a file."""

from __future__ import annotations

from datetime import datetime
from gettext import GNUTranslations

from core.language import language_of
from geo.writing.drawing import TooManyForDrawingError
from geo.writing.forms import UnknownFormError, WrongSystemError
from geo.writing.styling import BadStyleError
from geo.writing.target_systems import (
    IN_CGCS2000,
    IN_GCJ02,
    IN_WGS84,
    FarFromZoneError,
    SystemKind,
    TargetSystem,
    UnknownSystemError,
)
from geo.writing.vector_files import EmptyLayerError
from layers.export.file_jobs import TooManyFilesError
from wording.formatting import moment


def system_name(system: TargetSystem, words: GNUTranslations) -> str:
    """Return what a coordinate system is called, its code included."""
    _ = words.gettext
    if system == IN_WGS84:
        return _("WGS 84, longitude and latitude (EPSG:4326)")
    if system == IN_CGCS2000:
        return _("CGCS2000, longitude and latitude (EPSG:4490)")
    if system == IN_GCJ02:
        return _("GCJ-02, shifted as on phone maps of China")
    if system.zone is None:
        said = _("CGCS2000 in metres, 3-degree zone, central meridian {meridian}° ({code})")
    else:
        said = _("CGCS2000 in metres, 3-degree zone {zone}, its number before the easting ({code})")
    return said.format(meridian=system.meridian, zone=system.zone, code=system.code)


def form_name(form: str, words: GNUTranslations) -> str:
    """Return what a form of files is called, and what it is for."""
    _ = words.gettext
    return {
        "geojson": _("GeoJSON: for the web and QGIS"),
        "gpkg": _("GeoPackage: for QGIS and ArcGIS, with our colours"),
        "shp": _("Shapefile (zip): for older programs"),
        "fgb": _("FlatGeobuf: for large maps on the web"),
        "parquet": _("GeoParquet: for data analysis"),
        "kml": _("KML: for Google Earth and phones"),
        "dxf": _("DXF: a drawing for CAD, in metres"),
        "csv": _("CSV: a table"),
        "xlsx": _("Excel (XLSX): a table, with the meaning of its columns"),
        "pmtiles": _("PMTiles: a picture for web maps"),
    }[form]


def system_notes(system: TargetSystem, words: GNUTranslations) -> list[str]:
    """Return what must be said of a system in every file that is in it."""
    _ = words.gettext
    notes = [_("Coordinate system: {name}.").format(name=system_name(system, words))]
    if system.in_metres:
        notes.append(_("Coordinates in metres: x is east, y is north."))
    if system.kind == SystemKind.SHIFTED:
        notes.append(
            _(
                "Warning: GCJ-02 is shifted by 300 to 600 metres. These coordinates fit Chinese "
                "phone maps alone. Do not measure by them and do not mix them with other data."
            )
        )
    return notes


def file_notes(
    what: str,
    system: TargetSystem,
    words: GNUTranslations,
    *,
    made: datetime,
    licence: str = "",
    publisher: str = "",
    query: str = "",
) -> list[str]:
    """Return the sentences of a file: what it is, its system, filter, licence, publisher, time."""
    _ = words.gettext
    notes = [_("Contents: {what}.").format(what=what), *system_notes(system, words)]
    if query:
        notes.append(_("Filter: {query}.").format(query=query))
    if licence:
        notes.append(_("Licence of the data: {name}.").format(name=licence))
    if publisher:
        notes.append(_("Published by {name}.").format(name=publisher))
    at = moment(made, language_of(words))
    notes.append(_("As of {moment}; nothing personal is in it.").format(moment=at))
    return notes


def file_sentences(words: GNUTranslations) -> dict[type[BaseException], str]:
    """Return the sentences of errors about files that are taken away, by their kind."""
    _ = words.gettext
    return {
        UnknownSystemError: _(
            "Files are not written in the coordinate system {crs}. Known are EPSG:4326 (WGS 84), "
            "EPSG:4490 (CGCS2000), EPSG:4534 to 4554 and EPSG:4513 to 4533 (CGCS2000 in metres, "
            "without and with the number of the zone) and GCJ-02."
        ),
        FarFromZoneError: _(
            "These places lie {degrees} degrees from the middle of {crs}. Please choose the zone "
            "they are in."
        ),
        WrongSystemError: _(
            "A file of the form {form} cannot be in {crs}: GeoJSON, KML and PMTiles are in WGS 84 "
            "(EPSG:4326) by their standards, a DXF drawing is in metres (such as EPSG:4548). "
            "GeoPackage takes any system."
        ),
        UnknownFormError: _("There are no files of the form {form}. Known are: {known}."),
        TooManyForDrawingError: _(
            "A drawing of {count} features is more than CAD programs open; {most} is the most. "
            "Please narrow the view, or take a GeoPackage."
        ),
        EmptyLayerError: _("There is nothing in it, and a {form} file of nothing cannot be made."),
        BadStyleError: _("This style cannot be read: please look at {field} once more."),
        TooManyFilesError: _(
            "Many files are being made just now. Please ask again in a few minutes."
        ),
    }
