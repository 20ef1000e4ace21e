"""Words around packs: states, changes, problems, coordinate systems, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations

from core import errors
from core.language import in_language
from geo.writing.target_systems import TargetSystem, system_for, systems_near
from wording import formatting
from wording.error_messages import sentence_of
from wording.files.file_words import system_name
from wording.layers import layer_sentence
from wording.packs.layer_titles import TITLES

_MB = 1_000_000


def version_states(words: GNUTranslations) -> dict[str, str]:
    """Return what the states of a version are called."""
    _ = words.gettext
    return {
        "waiting": _("waits"),
        "building": _("is being made"),
        "ready": _("ready"),
        "stopped": _("stopped"),
        "failed": _("could not be made"),
        "withdrawn": _("withdrawn"),
    }


def link_states(words: GNUTranslations) -> dict[str, str]:
    """Return what the states of a link are called."""
    _ = words.gettext
    return {"open": _("valid"), "expired": _("expired"), "revoked": _("taken back")}


def scheme_states(words: GNUTranslations) -> dict[str, str]:
    """Return what the states of a scheme are called."""
    _ = words.gettext
    return {
        "sent": _("Waits for the office"),
        "accepted": _("Accepted"),
        "rejected": _("Not accepted"),
    }


def origin_words(words: GNUTranslations) -> dict[str, str]:
    """Return what packs can be of."""
    _ = words.gettext
    return {
        "topic": _("Topic"),
        "hotspot": _("Hotspot"),
        "scenario": _("Scenario"),
        "view": _("View of the map"),
    }


def systems(words: GNUTranslations, longitude: float) -> dict[str, str]:
    """Return the systems in metres that a pack can be in at a longitude, by code, in words."""
    there = [one for one in systems_near(longitude) if one.in_metres]
    return {one.code: system_words(words, one) for one in there}


def system_words(words: GNUTranslations, system: TargetSystem) -> str:
    """Return a system in metres in words."""
    _ = words.gettext
    if system.zone is None:
        said = _("CGCS2000, metres, central meridian {degrees}°E ({code})")
    else:
        said = _("CGCS2000, metres, eastings begin with the zone {zone} ({code})")
    return said.format(degrees=system.meridian, zone=system.zone, code=system.code)


def layer_title(name: str, lang: str, catalogue: Mapping[str, Mapping[str, str]]) -> str:
    """Return what a layer of a pack is called; one that nobody knows by its name."""
    stem = name.removesuffix("_points").removesuffix("_lines").removesuffix("_areas")
    for known in (name, stem):
        title = TITLES.get(known) or catalogue.get(known)
        if title:
            return in_language(dict(title), lang)
    return name


def change_words(words: GNUTranslations, lang: str, added: int, gone: int, changed: int) -> str:
    """Say how many things were added, went and changed."""
    _, n = words.gettext, formatting.number
    told = [
        (added, _("{n} new")),
        (gone, _("{n} gone")),
        (changed, _("{n} changed")),
    ]
    return formatting.listed([said.format(n=n(k, lang)) for k, said in told if k], lang)


def size_words(size: int, lang: str) -> str:
    """Return the size of a file."""
    return f"{formatting.number(max(size / _MB, 0.1), lang, 1)} MB"


def away_words(words: GNUTranslations, lang: str, away_m: float | None) -> str:
    """Say where a scheme lies; empty for one without geometries."""
    if away_m is None:
        return ""
    if away_m <= 0:
        return words.gettext("It lies at the place of the pack")
    far = formatting.distance(away_m, lang)
    return words.gettext("It lies {far} away from the place of the pack").format(far=far)


def scheme_measures(
    words: GNUTranslations, lang: str, area_m2: float, length_m: float
) -> list[str]:
    """Say how large the areas and how long the lines of a scheme are, where it has any."""
    _ = words.gettext
    told = []
    if area_m2:
        told.append(_("areas: {size}").format(size=formatting.area(area_m2, lang)))
    if length_m:
        told.append(_("lines: {length}").format(length=formatting.length(length_m, lang)))
    return told


def crs_words(words: GNUTranslations, code: str) -> str:
    """Return a system that a file was read in, in words; one that nobody knows by its code."""
    try:
        return system_name(system_for(code), words)
    except errors.InvalidError:
        return code if len(code) <= 40 else f"{code[:40]}…"


def problem_words(words: GNUTranslations, problem: str) -> str:
    """Say why a version could not be made."""
    _ = words.gettext
    if problem == "invalid":
        return _("It has too many proposals. Narrow the view, or give the files of the campaign.")
    return _("Something went wrong; the log of the server says what.") + f" ({problem})"


def pack_sentence(error: errors.LuJianError, words: GNUTranslations, lang: str) -> str:
    """Say what is wrong with what was sent about a pack, and what to do."""
    _ = words.gettext
    if isinstance(error, errors.WrongStateError):
        return _("Meanwhile somebody else has dealt with it. Please look at the page again.")
    if isinstance(error, errors.InvalidError) and type(error) is errors.InvalidError:
        if error.params.get("reason") == "far":
            far = formatting.distance(float(error.params["metres"]), lang)
            return _(
                "The file lies {far} away from the place. Its coordinate system is probably "
                "another: please choose it, or set it in your program, and send the file again."
            ).format(far=far)
        if str(error.params.get("reason", "")).endswith("many"):
            return _("There are too many already.")
        known = {
            "days": _("Please choose for how many days, from 1 to 366."),
            "account": _("Please choose an account of a design firm."),
            "scenario": _("A pack can be made of what is public alone."),
            "status": _("A pack can be made of what is public alone."),
            "hotspot": _("A pack can be made of what is public alone."),
        }
        if error.params.get("field") in known:
            return known[error.params["field"]]
    if isinstance(error, errors.BadFileError):
        return layer_sentence(error, words)
    return sentence_of(error, words)
