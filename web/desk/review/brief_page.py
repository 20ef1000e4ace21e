"""The printed brief of a view: what the page shows, on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from analysis import results
from analysis.review.part_looked_at import codes_outside
from analysis.review.review import Review
from analysis.selection import Selection
from analysis.significance.hotspot_verdicts import hotspot_verdicts
from core.language import is_chinese
from deliberation.hotspot_profile import quotes
from layers.communities.communities import edition_named
from layers.effective import standing
from layers.map.heat_image import heat_png
from layers.map.layer_panel import FACILITIES
from layers.queries import features_of, geojson_features
from layers.thinning import rows_in, zoom_of
from people.access.permissions import Act
from printing.brief import Brief, BriefLayer, Things, brief_map, brief_pdf
from serving.guards import desk
from serving.visit import Reader, Visit, now
from web import presenters
from web.desk.review import brief_tables, scenario_parts
from web.desk.review.brief_tables import caption, printed_hotspots
from web.desk.review.quoted import quote_words
from web.desk.review.review_state import check_prints, view_of
from wording import formatting
from wording.review import narrowed, review_map
from wording.review.method_card import card_words

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
QUOTES = 6
_HAN = re.compile(r"[\u4e00-\u9fff]")
#: As on the screen (``layers/map/static/lujian-review.js``).
FACILITY_COLOUR = "#b36b00"
#: How finely an uploaded layer is drawn: about the width of the map on paper.
MAP_PIXELS = 1_000


@router.get("/desk/review/brief.pdf")
def brief(here: Reader) -> Response:
    """Return the brief of the view that the address asks for.

    Raises ``NotFoundError`` for whoever may not print there; what is not public is never printed:
    ``NotAllowedError``.
    """
    view = view_of(here)
    check_prints(here, view)
    words = _words(here, view)
    kept = scenario_parts.asked(here)
    if kept is not None:
        words = replace(words, tables=[scenario_parts.table(here, kept), *words.tables])
    body = brief_pdf(words, here.lang)
    disposition = f'inline; filename="{view.campaign.slug}-brief.pdf"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
    return Response(body, media_type="application/pdf", headers=headers)


def _picture(here: Visit, view: Review, chosen: Selection, breaks: list[float]) -> dict[str, Any]:
    """Return the map of a view, or of what it is compared with, with its caption and figures."""
    mine = replace(view, selection=chosen)
    campaign = chosen.campaign
    drawn = brief_map(
        campaign,
        presenters.ground(here, campaign),
        _layers(here, mine),
        measure=view.asked.measure,
        breaks=breaks,
        language=here.lang,
        beside=view.beside is not None,
        area=chosen.narrow.area,
        outside=codes_outside(here.database, chosen),
    )
    told = [f"{one['shown']} {one['name']}" for one in brief_tables.figures(here, chosen)]
    return {**drawn, "caption": caption(here, chosen), "told": " · ".join(told)}


def _layers(here: Visit, view: Review) -> list[BriefLayer]:
    """Return the layers that a view shows, from the bottom up."""
    database, chosen = here.room.database, view.selection
    making: dict[str, Callable[[], Any]] = {
        "communities": lambda: results.community_counts(database, chosen).frame,
        "heat": lambda: _heat(here, view),
        "hotspots": lambda: printed_hotspots(here, view)[0],
        "pins": lambda: results.pins(database, chosen)[1],
    }
    return [
        BriefLayer(
            one.key if one.key in making else "things",
            making[one.key]() if one.key in making else _things(here, view, one.key),
            one.opacity / 100,
        )
        for one in view.layers
        if one.shown
    ] + ([] if (kept := scenario_parts.asked(here)) is None else [scenario_parts.layer(kept)])


def _things(here: Visit, view: Review, key: str) -> Things:
    """Return what a layer of the map or an uploaded one has around the campaign, to be drawn."""
    campaign = view.campaign
    box = campaign.area.bounds
    uploaded = next((one for one in view.uploaded if one.key == key), None)
    with here.room.database.reading() as session:
        if uploaded is None:
            made_of = standing(session, campaign.subdistrict, campaign.area)
            return Things(FACILITY_COLOUR, made_of.features(session, key))
        rows = rows_in(
            features_of(session, uploaded), box, zoom_of(box[2] - box[0], MAP_PIXELS)
        ).rows
        features = geojson_features(session, uploaded, columns=(), rows=rows)
    return Things(uploaded.colour, features)


def _layer_legend(here: Visit, view: Review) -> list[dict[str, str]]:
    """Return what has a colour on the map besides the communities: categories and layers."""
    shown = {one.key for one in view.layers if one.shown}
    names = review_map.layer_names(here, view)
    colours = {one.key: one.colour for one in view.uploaded} | dict.fromkeys(
        FACILITIES, FACILITY_COLOUR
    )
    found = [
        {"name": here.said(one["name"]), "color": str(one.get("color") or "#5b6b73")}
        for one in view.campaign.categories
        if "pins" in shown
    ]
    return found + [
        {"name": names[key], "color": colour} for key, colour in colours.items() if key in shown
    ]


def _heat(here: Visit, view: Review) -> bytes:
    found = results.heat_of(here.room.database, view.selection)
    return heat_png(found, view.campaign.area.bounds)


def _words(here: Visit, view: Review) -> Brief:
    _ = here.words.gettext
    chosen, shown = view.selection, {one.key for one in view.layers if one.shown}
    sides = [chosen] if view.beside is None else [chosen, view.beside]
    breaks = review_map.breaks_of(here, view, sides)
    legend = {
        **review_map.legend(here, view.asked.measure, breaks),
        "outside": review_map.outside_words(here, sides),
    }
    if "communities" not in shown:
        legend = {**legend, "classes": []}
    compared = len(sides) > 1
    views_of = [replace(view, selection=one) for one in sides]
    quoted = [quote for one in views_of for quote in _quotes(here, one, compared)]
    return Brief(
        title=presenters.title(here, view.campaign),
        subtitle=_("Brief of a view for a meeting"),
        dated=_("Printed on {day}.").format(day=formatting.moment(now(), here.lang)),
        narrowed=narrowed.lines(here, view),
        figures=brief_tables.figures(here, chosen),
        legend={**legend, "layers": _layer_legend(here, view)},
        tables=[table for one in views_of for table in brief_tables.tables(here, one, compared)],
        further=[
            *dict.fromkeys(line for one in views_of for line in brief_tables.meanings(here, one)),
            *(line for one in views_of for line in brief_tables.further(here, one, compared)),
        ],
        quotes_title=_quotes_title(here, len(quoted), sides),
        quotes=quoted,
        sources_title=_("Sources"),
        sources=_sources(here, view),
        map_alt=_("Map of this view"),
        maps=[_picture(here, view, one, breaks) for one in sides],
        office=here.office.name(here.lang),
    )


def _quotes(here: Visit, view: Review, compared: bool) -> list[dict[str, str]]:
    """Return what speaks for a view; of two that are compared, each quote says whose it is."""
    whose = caption(here, view.selection) if compared else ""
    said = quotes(here.room.database, view.selection, most=QUOTES)
    return [_quote(here, view, one, whose) for one in said]


def _quotes_title(here: Visit, quoted: int, sides: list[Selection]) -> str:
    """Return the title of the quotes, with of how many proposals they are some."""
    title = here.words.gettext("What people say")
    total = sum(results.sums(here.room.database, one).proposals for one in sides)
    if quoted >= total:
        return title
    said = here.words.gettext("{title}: {shown} of {total} proposals")
    return said.format(title=title, shown=quoted, total=formatting.number(total, here.lang))


def _quote(here: Visit, view: Review, one: Any, whose: str) -> dict[str, str]:
    said = quote_words(here, one.view, one.alike)
    told = [
        whose,
        presenters.category_look(here, view.campaign, one.view.category)["category"],
        *presenters.facts(here, one.view),
        said["alike"],
    ]
    return {"text": said["text"], "told": " · ".join(part for part in told if part)}


def source_words(source: str, lang: str) -> str:
    """Return where borders are from; of ``中文 / English`` the part in the reader's language."""
    parts = [part for part in source.split(" / ") if part.strip()]
    spoken = [part for part in parts if bool(_HAN.search(part)) == is_chinese(lang)]
    return spoken[0] if len(parts) > 1 and spoken else source


def _sources(here: Visit, view: Review) -> list[str]:
    _ = here.words.gettext
    with here.room.database.reading() as session:
        edition = edition_named(session, view.campaign.edition)
        source, schematic = source_words(edition.source, here.lang), edition.schematic
    made = _(
        "Hotspots: at least {n} proposals within {m} of one (DBSCAN), ranked by people."
    ).format(n=view.asked.min_proposals, m=formatting.distance(view.asked.radius_m, here.lang))
    borders = _("Communities: edition {edition}, {source}.").format(
        edition=view.campaign.edition, source=source
    )
    told = [
        _("Proposals: published ones of this campaign, as residents wrote them."),
        borders + (" " + _("Borders on this map are schematic.") if schematic else ""),
        made,
        _("Quotes: texts nearest to the mean of all (TF-IDF of neighbouring characters)."),
        *_sure_lines(here, view),
        f"{here.base_url}{view.view.workbench()}",
    ]
    licence = here.room.settings.licence
    return [*told, licence] if licence else told


def _sure_lines(here: Visit, view: Review) -> list[str]:
    """Say how it was found out which hotspots are more than chance."""
    found = hotspot_verdicts(
        here.room.database,
        view.selection,
        radius_m=view.asked.radius_m,
        min_proposals=view.asked.min_proposals,
    )
    card = card_words(here.words, here.lang, found.card)
    rows = [f"{label} {value}" for label, value in card.rows]
    head = here.words.gettext("More than chance?")
    return [f"{head} {card.method}", "; ".join(rows)]
