"""What is wrong with a file of geometries that was sent, and what to do about it."""

from __future__ import annotations

from gettext import GNUTranslations
from typing import Any

import errors
from geo.crs import MissingCrsError, UnknownCrsError


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
    return {"": words.gettext("Find out"), "utf-8": "UTF-8", "gb18030": "GBK / GB 18030"}


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
    return None


def file_sentence(told: dict[str, Any], words: GNUTranslations) -> str:
    """Say why a file cannot be read, by the parameters of a ``BadFileError``."""
    _ = words.gettext
    said = {
        "size": _("Please choose a file of at most {most_mb} MB, unpacked not ten times as large."),
        "archive": _("This archive is damaged, or none. Please pack it again."),
        "ring": _("A border in this file is not closed. Please have it closed and save it anew."),
        "encoding": _("The characters in this file cannot be read. Please save it as UTF-8."),
        "coordinates": _(
            "This table has no columns with coordinates. Please name them longitude and latitude, "
            "or 经度 and 纬度."
        ),
        "part": _(
            "The Shapefile lacks its {part} file. Please pack .shp, .shx, .dbf and .prj together."
        ),
        "no_code": _("Row {row} has no code."),
        "no_name": _("Row {row} has no name."),
        "no_polygon": _("Row {row} is no area."),
        "twice": _("The code {code} stands there more than once."),
        "persons": _("“{value}” is no number of residents."),
        "layer": _("There is no such layer in this file. There are: {layers}."),
    }
    key = str(told.get("problem") or told.get("reason"))
    sentence = said.get(key) or _("This file cannot be read. Is it damaged, or of another kind?")
    layers = ", ".join(map(str, told.get("layers", [])))
    given = {name: told.get(name, "") for name in ("part", "row", "code", "value")}
    return sentence.format(most_mb=told.get("most_mb", 20), layers=layers, **given)
