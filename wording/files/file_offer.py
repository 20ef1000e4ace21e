"""What is offered of a thing as files: those that most want by one link each, and a choice of all.

Pages of ``web`` and of ``screens`` show the same (``take_form.html``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from gettext import GNUTranslations
from urllib.parse import urlencode

from geo.writing.forms import FORMS
from geo.writing.target_systems import IN_WGS84, TargetSystem, systems_near, zone_at
from wording.files.file_words import form_name, system_name

Pairs = Sequence[tuple[str, str]]
#: Parameters of an address of hotspots that others know only beside the hotspot they are about.
_OF_HOTSPOTS, _SPOT = frozenset({"radius_m", "min_proposals"}), "hotspot"


@dataclass(frozen=True)
class FileOffer:
    """What a form lets one choose. ``of``: addresses by name; ``kept``: the view's parameters.

    ``first``: links to what most want, each with a name and what it is for. ``pack``: where the
    same is put together for a design firm; empty for who gives none.
    """

    of: Sequence[tuple[str, str]]
    forms: Sequence[tuple[str, str]]
    systems: Sequence[tuple[str, str]]
    kept: Pairs
    first: Sequence[dict[str, str]]
    pack: str = ""


def file_offer(
    words: GNUTranslations,
    lang: str,
    of: Sequence[tuple[str, str]],
    longitude: float,
    *,
    kept: Pairs = (),
    public: bool = True,
    pack: str = "",
) -> FileOffer:
    """Return what is offered of these addresses (``campaigns/…/proposals``, name).

    ``longitude``: about where it lies, in degrees. ``public``: whether tiles may be made of it.
    """
    forms = [name for name in FORMS if public or name != "pmtiles"]
    return FileOffer(
        of=of,
        forms=[(name, form_name(name, words)) for name in forms],
        systems=[(one.code, system_name(one, words)) for one in systems_near(longitude)],
        kept=kept,
        first=_first(words, lang, of[0][0], longitude, kept),
        pack=pack,
    )


def _first(
    words: GNUTranslations, lang: str, of: str, longitude: float, kept: Pairs
) -> list[dict[str, str]]:
    """Return the few files that most want."""
    _ = words.gettext
    zone: TargetSystem = zone_at(longitude) or IN_WGS84
    wanted = [
        ("dxf", zone, _("For a design firm: CAD drawing (DXF)")),
        ("gpkg", zone, _("For a design firm: QGIS, ArcGIS (GeoPackage)")),
        ("xlsx", IN_WGS84, _("To read and count: Excel")),
        ("geojson", IN_WGS84, _("For the web: GeoJSON")),
    ]
    return [
        {
            "name": name,
            "about": system_name(system, words),
            "address": file_address(of, form, system.code, lang, kept),
        }
        for form, system, name in wanted
        if form != "dxf" or zone.in_metres
    ]


def file_address(of: str, form: str, crs: str, lang: str, kept: Pairs = ()) -> str:
    """Return the address of a file; GeoJSON is in WGS 84 and has no words of ours in it.

    ``crs`` may be empty, for the system that the form usually is in.
    """
    more = [("crs", crs)] if crs else []
    more = [] if form == "geojson" else [*more, ("lang", lang)]
    query = urlencode([*kept_for(of, kept), *more])
    return f"/api/{of}.{FORMS[form].ending}" + (f"?{query}" if query else "")


def kept_for(of: str, kept: Pairs) -> list[tuple[str, str]]:
    """Return those parameters of a view that an address knows: layers of the map know none."""
    if not of.startswith("campaigns/") or "/layers/" in of:
        return []
    names = {name for name, _value in kept}
    if of.endswith("/hotspots"):
        unknown = frozenset({_SPOT})
    else:
        unknown = frozenset() if _SPOT in names else _OF_HOTSPOTS
    return [(name, value) for name, value in kept if name not in unknown]
