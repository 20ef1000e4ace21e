"""What was detected in a file, in the reader's words: a line each, and how sure it is."""

from __future__ import annotations

from gettext import GNUTranslations

from core.language import language_of
from geo.crs import BD09, CGCS2000, GCJ02, WGS84, stated_name
from geo.datum.candidates import MOST_KM, SystemCandidate
from geo.datum.compare import DatumGuess, DatumScore
from geo.datum.find_system import Sureness
from geo.reading.dxf.drawing import DEGREES
from geo.reading.encoding import EncodingCertainty
from layers.inspection import Inspection
from wording import formatting
from wording.imports.former_systems import former_name
from wording.upload_errors import encoding_names

#: Where it lies farther than this from all that is known, in kilometres, that is said loudly.
FAR_KM = 5.0
_THREE_DEGREES, _SIX_DEGREES, _PLAIN = (4513, 25, 45), (4491, 13, 23), (4534, 75, 135)
_UTM = (32601, 32660)


def system_name(words: GNUTranslations, code: str) -> str:
    """Return a coordinate system in words a person knows, with its code."""
    _ = words.gettext
    known = {
        WGS84: _("WGS 84 (GPS)"),
        CGCS2000: _("CGCS2000, longitude and latitude (EPSG:4490)"),
        GCJ02: _("GCJ-02 (Amap, Tencent and other Chinese phone maps)"),
        BD09: _("BD-09 (Baidu)"),
        "EPSG:3857": _("web map metres (EPSG:3857)"),
    }
    number = int(code.removeprefix("EPSG:")) if code.removeprefix("EPSG:").isdigit() else 0
    first, zone, last = _THREE_DEGREES
    if first <= number <= first + last - zone:
        said = _("CGCS2000, metres, 3-degree zone {zone}, with the number before the easting")
        return f"{said.format(zone=number - first + zone)} ({code})"
    first, zone, last = _SIX_DEGREES
    if first <= number <= first + last - zone:
        said = _("CGCS2000, metres, 6-degree zone {zone}, with the number before the easting")
        return f"{said.format(zone=number - first + zone)} ({code})"
    first, zone, last = _PLAIN
    if first <= number <= first + (last - zone) // 3:
        said = _("CGCS2000, metres, central meridian {degrees}°E")
        return f"{said.format(degrees=zone + 3 * (number - first))} ({code})"
    if _UTM[0] <= number <= _UTM[1]:
        said = _("WGS 84, metres, UTM zone {zone}")
        return f"{said.format(zone=number - 32600)} ({code})"
    return known.get(code) or former_name(words, code) or stated_name(code)


def unit_names(words: GNUTranslations) -> dict[str, str]:
    """Return the units in which a drawing may be."""
    _ = words.gettext
    return {
        "": _("As the drawing says"),
        "m": _("metres"),
        "mm": _("millimetres"),
        "cm": _("centimetres"),
        "dm": _("decimetres"),
        "km": _("kilometres"),
        "ft": _("feet"),
        "in": _("inches"),
        DEGREES: _("degrees"),
    }


def sure_name(words: GNUTranslations, sure: Sureness) -> str:
    """Return how sure the coordinate system is, in a word."""
    _ = words.gettext
    return {
        Sureness.CHOSEN: _("chosen by you"),
        Sureness.STATED: _("the file says so"),
        Sureness.DOUBTED: _("please check"),
        Sureness.FOUND: _("found out"),
        Sureness.OPEN: _("please choose"),
    }[sure]


def system_line(words: GNUTranslations, found: Inspection) -> str:
    """Say in which coordinate system a file seems to be, and why."""
    _ = words.gettext
    system, lang = found.system, language_of(words)
    if not found.has_places:
        return _("There are no coordinates in it yet. Please say which columns hold them.")
    if system.sure is Sureness.DOUBTED and system.swapped:
        return _("The file says {stated}, but latitude seems to stand before longitude.").format(
            stated=system_name(words, found.stated_crs)
        )
    if system.sure is Sureness.DOUBTED:
        said = _("The file says {stated}, but it lies as if it were in {system}. {why}")
        why = datum_line(words, system.datum)
        stated = system_name(words, found.stated_crs)
        return said.format(stated=stated, system=system_name(words, system.crs), why=why)
    if system.sure is Sureness.FOUND and system.datum is not None and system.datum.certain:
        why = datum_line(words, system.datum)
        return _("Seemingly {system}. {why}").format(system=system_name(words, system.crs), why=why)
    if system.sure is Sureness.FOUND:
        said = _("{system}: of those that fit numbers of this size, it alone lies here.")
        return said.format(system=system_name(words, system.crs))
    if system.sure is Sureness.OPEN:
        return _open_line(words, found, lang)
    return system_name(words, system.crs)


def _open_line(words: GNUTranslations, found: Inspection, lang: str) -> str:
    _ = words.gettext
    datum = found.system.datum
    if datum is not None:
        said = _(
            "The file does not say it, and it cannot be told from where its {n} points lie. "
            "Please ask whoever made it. {likely} seems likelier than {other}."
        )
        return said.format(
            n=formatting.number(datum.points, lang),
            likely=system_name(words, datum.winner.system),
            other=system_name(words, datum.runner_up.system),
        )
    if found.system.candidates:
        return _("The file does not say it. Several would lie here: please choose, or ask.")
    return _("The file does not say it, and in none that we know would it lie here. Please ask.")


def datum_line(words: GNUTranslations, datum: DatumGuess | None) -> str:
    """Say how winner and runner-up lie, by the evidence that tells them apart best."""
    if datum is None:
        return ""
    _, lang = words.gettext, language_of(words)
    best, other = datum.winner, datum.runner_up
    pairs = (
        (best.named_m, other.named_m, _("what they name")),
        (best.road_m, other.road_m, _("the nearest road")),
        (best.place_m, other.place_m, _("the nearest known place")),
    )
    for here, there, what in pairs:
        if here is not None and there is not None and there > here:
            said = _("Half of its points are within {here} of {what}; as {other} within {there}.")
            return said.format(
                here=formatting.distance(max(here, 1.0), lang),
                there=formatting.distance(max(there, 1.0), lang),
                what=what,
                other=_short(other),
            )
    return ""


def _short(score: DatumScore) -> str:
    return "WGS 84" if score.system == WGS84 else score.system


def candidate_line(words: GNUTranslations, one: SystemCandidate) -> str:
    """Say where a file would lie in a system: for choosing between several."""
    _, lang = words.gettext, language_of(words)
    name = system_name(words, one.system)
    if one.unit not in ("m", DEGREES):
        name = f"{name}, {unit_names(words)[one.unit]}"
    if one.swapped:
        turned = _("the two coordinates turned round")
        name = f"{name}, {turned}"
    if one.away_km == 0:
        told = _("{share} of it within the area here")
        return f"{name} – {told.format(share=formatting.percent(one.inside, lang))}"
    told = _("{distance} from the area here")
    return f"{name} – {told.format(distance=formatting.distance(1_000 * one.away_km, lang))}"


def where_line(words: GNUTranslations, away_km: float | None) -> tuple[str, bool]:
    """Say how far a file lies from the area here, and whether that is too far to be meant."""
    _, lang = words.gettext, language_of(words)
    if away_km is None:
        return "", False
    distance = formatting.distance(1_000 * away_km, lang)
    if away_km > MOST_KM:
        said = _("It would lie {distance} from here: another system, or another place?")
        return said.format(distance=distance), True
    if away_km == 0:
        return _("It lies in the area here."), False
    told = _("It lies {distance} from the area here.")
    return told.format(distance=distance), away_km > FAR_KM


def encoding_words(words: GNUTranslations, encoding: str, sure: str) -> tuple[str, str]:
    """Return how characters were read, and how sure that is in a word; empty for no choice."""
    _ = words.gettext
    if not encoding:
        return "", ""
    name = encoding_names(words).get(encoding.removesuffix("-sig"), encoding)
    told = {
        EncodingCertainty.STATED: _("chosen by you"),
        EncodingCertainty.CERTAIN: _("certain"),
        EncodingCertainty.LIKELY: _("likely"),
        EncodingCertainty.GUESS: _("please check"),
    }
    known = {str(key): value for key, value in told.items()}
    return name, known.get(sure, _("please check"))


def delimiter_name(words: GNUTranslations, delimiter: str) -> str:
    """Return what separates the cells of a table; empty for a file without any."""
    _ = words.gettext
    names = {",": _("comma"), "\t": _("tab"), ";": _("semicolon"), "|": _("vertical bar")}
    return names.get(delimiter, delimiter)


def layer_inside(words: GNUTranslations, geometry: str, features: int) -> str:
    """Say what a layer of a file holds: points, lines or areas, and how many features."""
    _ = words.gettext
    plain = geometry.removeprefix("Multi").partition(" ")[0].removeprefix("Multi")
    kinds = {"Point": _("points"), "LineString": _("lines"), "Polygon": _("areas")}
    parts = [kinds.get(plain, "")]
    if features >= 0:
        many = words.ngettext("{n} feature", "{n} features", features)
        parts.append(many.format(n=formatting.number(features, language_of(words))))
    return " · ".join(part for part in parts if part)
