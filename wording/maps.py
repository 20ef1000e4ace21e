"""A campaign's map with its words: for the Streamlit page and the light pages alike."""

from __future__ import annotations

from gettext import GNUTranslations

from core.language import content_language, in_language
from core.settings import Settings
from layers.map import folium_map
from submissions.campaigns.geometry_kinds import GeometryKind
from submissions.proposals.queries import CampaignView, ProposalView


def campaign_map(
    campaign: CampaignView,
    lang: str,
    words: GNUTranslations,
    settings: Settings,
    *,
    placing: bool = False,
    pin: ProposalView | None = None,
    with_pins: bool = True,
    ground: str = "",
) -> folium_map.LocalMap:
    """Return the constant map of a campaign; ``placing`` lets a pin be put or a shape be drawn.

    ``pin`` marks one proposal and looks at it. ``ground`` is the address of the map's ground where
    it is not the public one, as for a draft.
    """
    made = folium_map.local_map(
        campaign.slug,
        bounds=campaign.area.bounds,
        lang=content_language(lang),
        schematic_note=words.gettext("Schematic borders"),
        ground=ground,
        basemap_url=settings.basemap_url,
        basemap_attribution=settings.basemap_attribution,
    )
    drawn_too = set(campaign.geometry_kinds) != {GeometryKind.POINT}
    if drawn_too and not ground:
        colors = {str(one["key"]): str(one.get("color", "")) for one in campaign.categories}
        folium_map.shapes_layer(campaign.slug, colors).add_to(made)
    if with_pins:
        pins(campaign, lang, words).add_to(made)
    if placing:
        folium_map.place_layer(place_words(words)).add_to(made)
    if pin is not None:
        folium_map.shown_pin(pin.longitude, pin.latitude, geometry=pin.geometry).add_to(made)
    return made


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
            "cluster": _("{n} proposals"),
            "more": _("{shown} of {total} shown. Show more"),
            **waiting_words(words),
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


def waiting_words(words: GNUTranslations) -> dict[str, str]:
    """Return what a popup says until its content is there, and where it does not come."""
    _ = words.gettext
    return {
        "loading": _("Loading …"),
        "failed": _("This could not be loaded. Please try again."),
    }


def place_words(words: GNUTranslations) -> dict[str, str]:
    """Return what the pin and the corners of a drawing say to a screen reader."""
    _ = words.gettext
    return {
        "pin": _("Your pin. The arrow keys move it."),
        "corner": _("Corner {n} of {total}. The arrow keys move it, Delete removes it."),
        "middle": _("Add a corner here"),
    }
