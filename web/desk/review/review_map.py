"""The maps of the review: what their layers fetch, their classes, and the panel that rules them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from analysis import results
from analysis.results import BANDWIDTH_M
from analysis.selection import Selection
from analysis.view import MEASURES
from core.language import content_language
from geo.class_breaks import FEW, PALETTE, class_bounds, class_breaks
from layers import built_in
from layers.map import folium_map
from layers.map.heat_image import COLOURS
from layers.map.layer_panel import FACILITIES, LayerState
from serving.visit import Visit
from submissions.proposals.states import Status
from web.desk.layers.layers_pages import uploaded_layer
from web.desk.moderation.queue_filter import status_names
from web.desk.review.review_state import Review
from wording import formatting
from wording import maps as words_of_maps


def maps(here: Visit, view: Review, sides: Sequence[Selection]) -> dict[str, Any]:
    """Return the maps side by side, of one scale, with the panel and the legend of both."""
    breaks = breaks_of(here, view, sides)
    others = reversed(sides) if len(sides) > 1 else [None]
    parts = [
        _map(here, replace(view, selection=one), breaks, other)
        for one, other in zip(sides, others, strict=True)
    ]
    return {
        "parts": parts,
        "scripts": parts[0].scripts,
        "panel": panel(here, view),
        "legend": legend(here, view.asked.measure, breaks),
        "heat": COLOURS,
    }


def breaks_of(here: Visit, view: Review, sides: Sequence[Selection]) -> list[float]:
    """Return the classes that the communities of all maps share."""
    frames = [results.measures(here.room.database, one) for one in sides]
    return class_breaks(*(frame[view.asked.measure] for frame in frames))


def panel(here: Visit, view: Review) -> list[dict[str, Any]]:
    """Return the layers, the uppermost first, as the panel lists them."""
    names = layer_names(here, view)
    colours = {one.key: one.colour for one in view.uploaded}
    return [
        {
            "key": one.key,
            "name": names[one.key],
            "shown": one.shown,
            "opacity": one.opacity,
            "colour": colours.get(one.key, ""),
        }
        for one in reversed(view.layers)
    ]


def layer_names(here: Visit, view: Review) -> dict[str, str]:
    """Return what the layers are called."""
    _ = here.words.gettext
    facilities = {name: here.said(built_in.layer_named(name).title) for name in FACILITIES}
    uploaded = {one.key: here.said(one.title) for one in view.uploaded}
    return {
        "communities": _("Communities by measure"),
        "heat": _("Heat"),
        "hotspots": _("Hotspots"),
        "pins": _("Proposals"),
        **facilities,
        **uploaded,
    }


def legend(here: Visit, measure: str, breaks: Sequence[float]) -> dict[str, Any]:
    """Return the classes with their colours, and what the stripes mean."""
    _ = here.words.gettext
    classes = [
        {"color": color, "said": f"{_amount(here, measure, low)} – {_amount(here, measure, high)}"}
        for color, (low, high) in zip(PALETTE, class_bounds(breaks), strict=False)
    ]
    few = _("striped: fewer than {n} proposals").format(n=FEW)
    return {
        "name": words_of_maps.measure_names(here.words)[measure],
        "classes": classes,
        "few": few,
    }


def _amount(here: Visit, measure: str, value: float) -> str:
    if measure == "answered_share":
        return f"{formatting.number(100 * value, here.lang)}%"
    return formatting.number(value, here.lang, 0 if measure == MEASURES[0] else 1)


def _map(
    here: Visit, view: Review, breaks: list[float], beside: Selection | None = None
) -> folium_map.MapParts:
    made = words_of_maps.campaign_map(
        view.campaign, here.lang, here.words, here.room.settings, with_pins=False
    )
    folium_map.AddressLayer(
        "review",
        layers=_layers(here, view, breaks, beside),
        at=view.asked.at,
        words=words_of_maps.waiting_words(here.words),
    ).add_to(made)
    return folium_map.map_parts(made)


def spot_map(
    here: Visit, view: Review, spot: Selection, centre: tuple[float, float]
) -> folium_map.MapParts:
    """Return the map around a hotspot: its outline and what is in it."""
    shown = (("hotspots", 100), ("pins", 100))
    asked = replace(view.asked, layers=shown, at=f"{centre[0]:.5f},{centre[1]:.5f},17")
    layers = tuple(LayerState(key, True, opacity) for key, opacity in shown)
    return _map(here, replace(view, asked=asked, selection=spot, layers=layers), [0.0])


def _layers(
    here: Visit, view: Review, breaks: list[float], beside: Selection | None
) -> list[dict[str, Any]]:
    made = {
        "communities": _communities(here, view, breaks),
        "heat": _heat(view, beside),
        "hotspots": _hotspots(here, view),
        "pins": _pins(here, view),
    }
    place = f"/api/campaigns/{view.campaign.slug}/layers"
    names = content_language(here.lang)
    made |= {
        name: {"kind": "facility", "url": f"{place}/{name}.geojson", "lang": names}
        for name in FACILITIES
    }
    made |= {one.key: uploaded_layer(here, one) for one in view.uploaded}
    return [
        {"key": one.key, "shown": one.shown, "opacity": one.opacity, **made[one.key]}
        for one in view.layers
    ]


def _communities(here: Visit, view: Review, breaks: list[float]) -> dict[str, Any]:
    return {
        "kind": "communities",
        "url": view.file("communities.geojson"),
        "card": view.address("/community/~"),
        "property": view.asked.measure,
        "percent": view.asked.measure == "answered_share",
        "breaks": breaks,
        "colors": PALETTE[: len(breaks)],
        "few": FEW,
        "lang": content_language(here.lang),
    }


def _heat(view: Review, beside: Selection | None) -> dict[str, Any]:
    west, south, east, north = view.campaign.area.bounds
    url = view.file("heat.png")
    more = {"bandwidth_m": f"{BANDWIDTH_M:g}"}
    if beside is not None:
        more["beside"] = f"{beside.campaign.slug}?{beside.narrow.query()}"
    return {
        "kind": "heat",
        "url": url + ("&" if "?" in url else "?") + urlencode(more),
        "bounds": [[south, west], [north, east]],
    }


def _hotspots(here: Visit, view: Review) -> dict[str, Any]:
    said = here.words.gettext("Hotspot {rank}: {n} proposals, {people} authors")
    spot = view.narrow.spot
    return {
        "kind": "hotspots",
        "url": view.file("hotspots.geojson"),
        "chosen": spot.hotspot_id if spot else None,
        "page": view.hotspot("~"),
        "words": {"hotspot": said},
        "lang": content_language(here.lang),
    }


def _pins(here: Visit, view: Review) -> dict[str, Any]:
    made = words_of_maps.pins(view.campaign, here.lang, here.words, category=None)
    given = {
        **made.given,
        "kind": "pins",
        "url": view.file("clusters/{z}/{x}/{y}.json"),
        "box": view.file("pins.json"),
    }
    return given | _unpublished(here, view) if view.narrow.statuses else given


def _unpublished(here: Visit, view: Review) -> dict[str, Any]:
    """Return what the pins need where states are asked for: each says its state in words.

    What is not published has no public page; its way leads to the desk.
    """
    states = {key: name for key, name in status_names(here).items() if key != Status.PUBLISHED}
    return {"proposal": view.file("pins/{id}.json"), "states": states, "desk": "/w/desk/queue/"}
