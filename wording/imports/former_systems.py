"""China's former coordinate systems in words, and how far off what is in them may lie."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations
from typing import Any

from core.language import language_of
from geo.former_systems.former_systems import BEIJING_1954, XIAN_1980, Accuracy, former_system
from wording import formatting


def former_name(words: GNUTranslations, crs: str) -> str:
    """Return a former system in words a person knows; empty for any other system."""
    _ = words.gettext
    found = former_system(crs)
    if found is None:
        return ""
    datum = {BEIJING_1954: _("Beijing 1954"), XIAN_1980: _("Xi'an 1980")}[found.datum]
    if found.zone:
        said = _("{datum}, metres, {width}-degree zone {zone}, with the number before the easting")
    elif found.width:
        said = _("{datum}, metres, {width}-degree zone with central meridian {degrees}°E")
    else:
        said = _("{datum}, longitude and latitude") if crs in BOTH else _("{datum}, as stated")
    told = said.format(datum=datum, width=found.width, zone=found.zone, degrees=found.meridian)
    return f"{told} ({crs})" if crs.startswith("EPSG:") else told


#: Their longitudes and latitudes.
BOTH = (BEIJING_1954, XIAN_1980)


def accuracy_line(words: GNUTranslations, accuracy: Accuracy | None) -> str:
    """Say how far off it may lie; empty for what is exact to a metre."""
    _ = words.gettext
    if accuracy is None:
        return ""
    if not accuracy.published and not accuracy.metres:
        return _("Nobody can say how far off it may lie: no transformation is published.")
    distance = formatting.distance(accuracy.metres, language_of(words))
    if accuracy.published:
        return _("By the published transformation it may lie up to {distance} off.").format(
            distance=distance
        )
    return _("May lie up to {distance} off: no transformation is published for this place.").format(
        distance=distance
    )


def kept_accuracy(reading: Mapping[str, Any]) -> Accuracy | None:
    """Return what was kept with a layer of how far off it may lie."""
    if "off_m" not in reading:
        return None
    return Accuracy(float(reading["off_m"]), published=bool(reading.get("off_published")))
