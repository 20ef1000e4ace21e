"""The brief of a pack as PDF: its place on a map, figures, themes, quotes, sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from gettext import GNUTranslations
from typing import Any

import geopandas as gpd
import shapely
from sqlalchemy.orm import Session

from analysis.quotes import looked_at_of, representative
from core.language import in_language, translations
from layers.basemap import ground
from packs.building.conditions import PackLayer
from packs.building.contents import Contents
from packs.building.figures import Figure
from packs.building.proposals import BLACK
from packs.building.scope import AROUND_M, Scope
from printing.brief import Brief, BriefLayer, Table, Things, brief_map, brief_pdf
from wording import formatting
from wording.packs.pack_words import at_least, campaign_title, figure_names, group_words

QUOTES, ROWS, MOST_QUOTE = 6, 12, 220
#: Layers that are drawn on the map of the brief, from the bottom up, and their colours.
DRAWN = {"no_go": "#c9584b", "demand_tracts": "#2a78b4", "sites": "#1b5e20"}
PIN = "#c2410c"


def brief_of(
    session: Session,
    scope: Scope,
    found: Contents,
    *,
    office: str,
    licence: str,
    now: datetime,
) -> bytes:
    """Return the brief of a version as PDF (A4). Raises ``NoFontError``."""
    lang, words = scope.language, translations(scope.language)
    _ = words.gettext
    names = named(scope, found)
    proposals = found.layer("proposals")
    whole = next(one for one in found.figures if one.group == "all")
    figures = [
        {"shown": formatting.number(len(proposals), lang), "name": _("proposals")},
        {"shown": at_least(words, whole.people), "name": _("people")},
    ]
    tables = [_table(words, lang, group, found.figures, names) for group in group_words(words)]
    brief = Brief(
        title=scope.title,
        subtitle=_("Brief for a design: {title}").format(
            title=campaign_title(scope.campaign, lang)
        ),
        dated=_("Version {n}, {day}.").format(n=scope.number, day=formatting.moment(now, lang)),
        narrowed=_narrowed(words, scope),
        figures=figures,
        legend={
            "layers": _legend(found, lang),
            "classes": [],
            "outside": "",
            "name": "",
            "few": "",
        },
        tables=[*tables[1:], _layers(words, lang, found)],
        further=[_people_rule(words)],
        quotes_title=_("What people say"),
        quotes=quotes(proposals),
        sources_title=_("Sources"),
        sources=_sources(words, scope, found, licence),
        map_alt=_("Map of the place"),
        maps=[_map(session, scope, found)],
        office=office,
    )
    kept = replace(brief, tables=[one for one in brief.tables if one.rows])
    return brief_pdf(kept, lang)


def named(scope: Scope, found: Contents) -> dict[str, str]:
    """Return what the figures of a version are called, in its language."""
    frame = next((one.frame for one in found.layers if one.name == "communities"), None)
    codes: dict[str, str] = {}
    if frame is not None:
        for code, zh, en in zip(frame["code"], frame["name"], frame["name_en"], strict=True):
            both = {"zh_CN": str(zh), "en": str(zh) if en is None or en != en else str(en)}
            codes[str(code)] = in_language(both, scope.language)
    return figure_names(translations(scope.language), scope.language, scope.campaign, codes)


def quotes(proposals: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """Return the texts that speak best for the proposals; none that is blacked in part."""
    texts = [one for one in proposals["text"].astype(str) if BLACK not in one]
    looked_at = [texts[at] for at in looked_at_of(len(texts))]
    chosen = representative(looked_at, most=QUOTES) if looked_at else []
    return [{"text": looked_at[one.at][:MOST_QUOTE], "told": ""} for one in chosen]


def _narrowed(words: GNUTranslations, scope: Scope) -> list[str]:
    if scope.whole:
        return [words.gettext("All proposals of one view of the map.")]
    far = formatting.distance(AROUND_M, scope.language)
    said = words.gettext("Proposals at the place and within {far} around it.").format(far=far)
    return [said]


def _table(
    words: GNUTranslations,
    lang: str,
    group: str,
    figures: Sequence[Figure],
    names: dict[str, str],
) -> Table:
    _ = words.gettext
    mine = [one for one in figures if one.group == group and one.proposals != 0]
    mine.sort(key=lambda one: (-(one.people or 0), -(one.proposals or 0)))
    rows = [
        [
            names.get(f"{group}:{one.key}", one.key),
            "–" if one.proposals is None else formatting.number(one.proposals, lang),
            at_least(words, one.people),
        ]
        for one in mine[:ROWS]
    ]
    title = group_words(words)[group]
    return Table(title, [title, _("Proposals"), _("People")], rows)


def _layers(words: GNUTranslations, lang: str, found: Contents) -> Table:
    _ = words.gettext
    rows = [
        [in_language(one.title, lang), one.name, formatting.number(len(one.frame), lang)]
        for one in found.layers
    ]
    return Table(_("Layers in this pack"), [_("Layer"), _("In the files"), _("Things")], rows)


def _legend(found: Contents, lang: str) -> list[dict[str, str]]:
    titles = {one.name: in_language(one.title, lang) for one in found.layers}
    told = {**DRAWN, "proposals": PIN}
    return [{"name": titles[k], "color": c} for k, c in told.items() if k in titles]


def _people_rule(words: GNUTranslations) -> str:
    return words.gettext(
        "People are counted in fives, from five on, and a figure changes from version to "
        "version only when at least five people more or fewer stand behind it: so nobody can "
        "be found in the differences."
    )


def _map(session: Session, scope: Scope, found: Contents) -> dict[str, Any]:
    campaign = scope.campaign
    body = ground(session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict).body
    here = replace(campaign, area=shapely.box(*_framed(scope)))
    by_name = {one.name: one for one in found.layers}
    layers = [
        BriefLayer("things", Things(colour, _features(by_name[name])), 0.7)
        for name, colour in DRAWN.items()
        if name in by_name
    ]
    dots = found.layer("proposals")
    layers.append(BriefLayer("things", Things(PIN, _features_of(dots)), 0.9))
    drawn = brief_map(here, body, layers, measure="proposals", breaks=(), language=scope.language)
    return {**drawn, "caption": "", "told": ""}


def _framed(scope: Scope) -> tuple[float, float, float, float]:
    west, south, east, north = scope.around.bounds if not scope.whole else scope.place.bounds
    return west, south, east, north


def _features(layer: PackLayer) -> list[dict[str, Any]]:
    return _features_of(layer.frame)


def _features_of(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
        for shape in frame.geometry
    ]


def _sources(words: GNUTranslations, scope: Scope, found: Contents, licence: str) -> list[str]:
    _ = words.gettext
    borders = _("Communities: edition {edition}, {source}.").format(
        edition=scope.campaign.edition, source=found.edition_source
    )
    told = [
        _("Proposals: published ones of this campaign, as residents wrote them."),
        borders + (" " + _("Borders on this map are schematic.") if found.schematic else ""),
        *sorted({one.source for one in found.layers if one.source}),
    ]
    return [*told, licence] if licence else told
