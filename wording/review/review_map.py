"""The maps of planners: what their layers fetch, their classes, and the panel that rules them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from analysis import results
from analysis.results import BANDWIDTH_M
from analysis.review.part_looked_at import codes_outside
from analysis.review.review import Review
from analysis.selection import Selection, revision
from analysis.view import MEASURES
from core.cache import CACHE
from core.language import content_language
from geo.class_breaks import FEW, PALETTE, class_bounds, class_breaks
from layers import built_in
from layers.background.base_map import current_base_map
from layers.map import folium_map
from layers.map.heat_image import CHANGE_COLOURS, COLOURS
from layers.map.layer_panel import FACILITIES, LayerState
from layers.queries import LayerView
from layers.styles import drawing_of, style_of
from submissions.proposals.states import Status
from wording import formatting
from wording import maps as words_of_maps
from wording.review.names import Reader, status_names


def breaks_of(here: Reader, view: Review, sides: Sequence[Selection]) -> list[float]:
    """Return the classes that the communities of all maps share; what lies outside has none."""
    database, measure = here.database, view.asked.measure

    def make() -> list[float]:
        columns = []
        for one in sides:
            frame = results.measures(database, one)
            inside = ~frame["code"].isin(codes_outside(database, one))
            columns.append(frame.loc[inside, measure])
        return class_breaks(*columns)

    key = ("breaks", database.url, tuple(one.key for one in sides), measure)
    return CACHE.get(key, tuple(revision(database, one) for one in sides), make)


def panel(here: Reader, view: Review) -> list[dict[str, Any]]:
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


def layer_names(here: Reader, view: Review) -> dict[str, str]:
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


def legend(here: Reader, measure: str, breaks: Sequence[float]) -> dict[str, Any]:
    """Return the classes with their colours, and what the stripes mean."""
    _ = here.words.gettext
    classes = [
        {"color": color, "said": _span(here, measure, low, high)}
        for color, (low, high) in zip(
            PALETTE, class_bounds(breaks, whole=measure == MEASURES[0]), strict=False
        )
    ]
    few = _("striped: fewer than {n} proposals").format(n=FEW)
    return {
        "name": words_of_maps.measure_names(here.words)[measure],
        "classes": classes,
        "few": few,
    }


def outside_words(here: Reader, sides: Sequence[Selection]) -> str:
    """Say how what lies outside the part looked at is drawn; empty where nothing does."""
    if not any(codes_outside(here.database, one) for one in sides):
        return ""
    return here.words.gettext("grey: outside the part that is looked at")


def _span(here: Reader, measure: str, low: float, high: float) -> str:
    """Say from what to what a class goes; one number where that is all."""
    first, last = _amount(here, measure, low), _amount(here, measure, high)
    return last if first == last else f"{first} – {last}"


def _amount(here: Reader, measure: str, value: float) -> str:
    if measure == "answered_share":
        return formatting.percent(value, here.lang)
    return formatting.number(value, here.lang, 0 if measure == MEASURES[0] else 1)


def spot_map(
    here: Reader, view: Review, spot: Selection, centre: tuple[float, float]
) -> folium_map.MapParts:
    """Return the map around a hotspot: its outline and what is in it."""
    shown = (("hotspots", 100), ("pins", 100))
    asked = replace(view.asked, layers=shown, at=f"{centre[0]:.5f},{centre[1]:.5f},17")
    layers = tuple(LayerState(key, True, opacity) for key, opacity in shown)
    shown_so = replace(view, asked=asked, selection=spot, layers=layers)
    tiles = current_base_map(here.database, here.settings)
    made = words_of_maps.campaign_map(view.campaign, here.lang, here.words, tiles, with_pins=False)
    folium_map.AddressLayer(
        "review", layers=layer_descriptions(here, shown_so, [0.0]), at=asked.at
    ).add_to(made)
    return folium_map.map_parts(made)


def layer_descriptions(
    here: Reader, view: Review, breaks: list[float], beside: Selection | None = None
) -> list[dict[str, Any]]:
    """Return what ``lujian-review.js`` needs to draw the layers, from the bottom up.

    ``breaks``: the classes of the communities; ``beside``: what the heat is compared with.
    """
    made = {
        "communities": _communities(here, view, breaks),
        "heat": _heat(view, beside),
        "hotspots": _hotspots(here, view),
        "pins": _pins(here, view),
    }
    place = f"/api/campaigns/{view.campaign.slug}/layers"
    made |= {
        name: {
            "kind": "facility",
            "url": f"{place}/{name}.geojson",
            "lang": content_language(here.lang),
        }
        for name in FACILITIES
    }
    names = layer_names(here, view)
    made |= {one.key: uploaded_layer(here, one) for one in view.uploaded}
    return [
        {
            "key": one.key,
            "title": names[one.key],
            "shown": one.shown,
            "opacity": one.opacity,
            **made[one.key],
        }
        for one in view.layers
    ]


def _communities(here: Reader, view: Review, breaks: list[float]) -> dict[str, Any]:
    return {
        "kind": "communities",
        "outside": codes_outside(here.database, view.selection),
        "url": view.file("communities.geojson"),
        "property": view.asked.measure,
        "percent": view.asked.measure == "answered_share",
        "breaks": breaks,
        "colors": PALETTE[: len(breaks)],
        "few": FEW,
        "words": {"legend": words_of_maps.measured(here.words, view.asked.measure)},
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
        "colors": COLOURS,
        "url": url + ("&" if "?" in url else "?") + urlencode(more),
        "bounds": [[south, west], [north, east]],
    }


def heat_change(here: Reader, before: Selection, after: Review) -> dict[str, Any]:
    """Return the layer that shows where a view has a larger or smaller share than one before."""
    west, south, east, north = after.campaign.area.bounds
    url = after.file("heat-change.png")
    asked = {"before": f"{before.campaign.slug}?{before.narrow.query()}"}
    return {
        "kind": "heat",
        "key": "heat",
        "title": here.words.gettext(
            "Share of all proposals: red where larger in B, blue where smaller"
        ),
        "shown": True,
        "opacity": 90,
        "colors": CHANGE_COLOURS,
        "url": url + ("&" if "?" in url else "?") + urlencode(asked),
        "bounds": [[south, west], [north, east]],
    }


def _hotspots(here: Reader, view: Review) -> dict[str, Any]:
    spot = view.narrow.spot
    return {
        "kind": "hotspots",
        "url": view.outlines(),
        "chosen": spot.hotspot_id if spot else None,
        "page": view.hotspot("~"),
        "words": words_of_maps.hotspot_words(here.words),
        "lang": content_language(here.lang),
    }


def _pins(here: Reader, view: Review) -> dict[str, Any]:
    made = words_of_maps.pins(view.campaign, here.lang, here.words, category=None)
    given = {
        **made.given,
        "kind": "pins",
        "url": view.file("clusters/{z}/{x}/{y}.json"),
        "box": view.file("pins.json"),
    }
    return given | _unpublished(here, view) if view.narrow.statuses else given


def _unpublished(here: Reader, view: Review) -> dict[str, Any]:
    """Return what the pins need where states are asked for: each says its state in words.

    What is not published has no public page; its way leads to the desk.
    """
    states = {
        key: name for key, name in status_names(here.words).items() if key != Status.PUBLISHED
    }
    return {"proposal": view.file("pins/{id}.json"), "states": states, "desk": "/w/desk/queue/"}


def uploaded_layer(here: Reader, layer: LayerView) -> dict[str, Any]:
    """Return what the map's script needs to show an uploaded layer."""
    _, title = here.words.gettext, here.said(layer.title)
    return {
        "kind": "uploaded",
        "url": f"/api/layers/uploaded/{layer.id}/view.json",
        "colour": layer.colour,
        "style": drawing_of(style_of(layer)),
        "columns": [one.name for one in layer.fields],
        "words": {
            "nameless": title,
            "thinned": _("{layer}: look closer to see all {n}.").replace("{layer}", title),
        },
    }
