"""A campaign's map with its words: for the Streamlit page and the light pages alike."""

from __future__ import annotations

from gettext import GNUTranslations
from typing import Any

from core.language import content_language, in_language
from geo.class_breaks import PALETTE
from layers import built_in
from layers.background.background import Background
from layers.map import folium_map
from submissions.campaigns.geometry_kinds import GeometryKind
from submissions.proposals.queries import CampaignView, ProposalView
from wording import hotspots
from wording.formatting import separator


def campaign_map(
    campaign: CampaignView,
    lang: str,
    words: GNUTranslations,
    tiles: Background,
    *,
    placing: bool = False,
    pin: ProposalView | None = None,
    with_pins: bool = True,
    ground: str = "",
    **look: bool,
) -> folium_map.LocalMap:
    """Return the constant map of a campaign; ``placing`` lets a pin be put or a shape be drawn.

    ``pin`` marks one proposal and looks at it. ``ground`` is the address of the map's ground where
    it is not the public one, as for a draft. ``tiles``: the base map. ``look``: see
    ``folium_map.local_map``.
    """
    _ = words.gettext
    made = folium_map.local_map(
        campaign.slug,
        bounds=campaign.area.bounds,
        lang=content_language(lang),
        words=map_words(words, lang),
        ground=ground,
        tiles=tiles,
        **look,
    )
    drawn_too = set(campaign.geometry_kinds) != {GeometryKind.POINT}
    if drawn_too and not ground:
        colors = {str(one["key"]): str(one.get("color", "")) for one in campaign.categories}
        drawn = _("Routes and plots that residents drew")
        folium_map.shapes_layer(campaign.slug, colors, drawn).add_to(made)
    if with_pins:
        pins(campaign, lang, words).add_to(made)
    if placing:
        folium_map.place_layer(place_words(words)).add_to(made)
    if pin is not None:
        at, legend = (pin.longitude, pin.latitude), _("This proposal")
        folium_map.shown_pin(*at, legend, geometry=pin.geometry).add_to(made)
    return made


def map_words(words: GNUTranslations, lang: str) -> dict[str, str]:
    """Return what the buttons of a map, its legend and its sources say."""
    _ = words.gettext
    return {
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "home": _("Back to the whole area"),
        "locate": _("Use my position"),
        "full": _("Full screen"),
        "close": _("Close"),
        "legend": _("Legend"),
        "outline": _("Border of the area"),
        "communities": _("Borders of communities"),
        "stations": _("Station"),
        "places": _("Shop, school or other place"),
        "bike_parking": _("Bike parking that is there already"),
        "idle_plots": in_language(built_in.layer_named("idle_plots").title, lang),
        "parks": _("Park or green"),
        "river": _("River"),
        "railway": _("Railway"),
        "metro": _("Metro line"),
        "expressway": _("Expressway"),
        "main": _("Street"),
        "names": _("Names of places"),
        "near": _("near {place}"),
        "between": separator(lang),
        "note": _("Schematic borders"),
        "edition": _("Communities as of {name}"),
        "drawn": _("Map drawn by LuJian, {licence}"),
    }


def optional_layers(
    campaign: CampaignView, lang: str, words: GNUTranslations
) -> list[folium_map.AddressLayer]:
    """Return what the full map's legend switches on: hotspots, and communities by their counts."""
    address, hot = f"/api/campaigns/{campaign.slug}", hotspot_words(words)
    spots = f"{address}/hotspots.geojson?answers=no&verdicts=now"
    counts = {"property": "proposals", "colors": PALETTE}
    layers: dict[str, tuple[str, int, dict[str, Any]]] = {
        "hotspots": (hot["legend"], 20, {"words": hot, "chosen": None, "url": spots}),
        "communities": (measured(words, "proposals"), 21, counts),
    }
    return [
        folium_map.optional_layer(
            "areas",
            legend=legend,
            order=order,
            given={"kind": kind, "url": f"{address}/{kind}.geojson", "lang": lang, **given},
        )
        for kind, (legend, order, given) in layers.items()
    ]


def measured(words: GNUTranslations, measure: str) -> str:
    """Return what the colours of the communities mean, for the legend."""
    said = words.gettext("Communities by colour: {measure}")
    return said.format(measure=measure_names(words)[measure])


def category_looks(campaign: CampaignView, lang: str) -> dict[str, dict[str, str]]:
    """Return name, colour and sign of each category."""
    return {
        str(one["key"]): {
            "name": in_language(one["name"], lang),
            "color": str(one.get("color", "")),
            "icon": str(one.get("icon", "")),
        }
        for one in campaign.categories
    }


def pins(
    campaign: CampaignView, lang: str, words: GNUTranslations, *, category: str | None = None
) -> folium_map.AddressLayer:
    """Return the layer of the campaign's published proposals."""
    _ = words.gettext
    return folium_map.pins_layer(
        campaign.slug,
        category=category,
        looks=category_looks(campaign, lang),
        words={
            "between": separator(lang),
            "cluster": _("{n} proposals"),
            "cluster_opens": _("{what}. Press to look closer."),
            "legend": _("Proposal: {category}"),
            "legend_cluster": _("So many proposals are here"),
            "more": _("{shown} of {total} shown. Show more"),
            "loading": _("Loading …"),
            "failed": _("This could not be loaded. Please try again."),
            "supports": _("Supporters: {n}"),
            "open": _("Open this proposal"),
        },
        lang=content_language(lang),
        link="/w/p/",
    )


def measure_names(words: GNUTranslations) -> dict[str, str]:
    """Return what the communities can be coloured by."""
    _ = words.gettext
    return {
        "proposals": _("Count"),
        "per_1000": _("Per 1,000 residents"),
        "per_km2": _("Per km²"),
        "answered_share": _("Share with an answer"),
    }


def hotspot_words(words: GNUTranslations) -> dict[str, Any]:
    """Return what the map says of a hotspot: its name, many on one point, whether it is chance."""
    _ = words.gettext
    return {
        "hotspot": _("Hotspot {rank}: {n} proposals, {people} authors"),
        "named": _("Hotspot {rank} · {name}: {n} proposals, {people} authors"),
        "one_point": _("{n} on one point"),
        "legend": _("Hotspot, with its rank"),
        "doubtful": _("Dashed: not found to be more than chance"),
        "verdicts": hotspots.verdict_templates(words),
    }


def place_words(words: GNUTranslations) -> dict[str, str]:
    """Return what the pin and the corners of a drawing say to a screen reader."""
    _ = words.gettext
    return {
        "pin": _("Your pin. The arrow keys move it."),
        "legend": _("Your pin"),
        "corner": _("Corner {n} of {total}. The arrow keys move it, Delete removes it."),
        "middle": _("Add a corner here"),
    }
