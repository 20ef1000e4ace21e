"""The folium side of the map: one small, constant map; what it shows is fetched by address.

Nothing that people wrote is put into the map's own code: the layers below carry addresses, colours
and the screen's own words, and ``layers/static/lujian-map.js`` sets people's text as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import folium
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

ASSETS_JS = [
    ("leaflet", "/assets/leaflet/leaflet.js"),
    ("lujian_map", "/assets/lujian/lujian-map.js"),
]
ASSETS_CSS = [
    ("leaflet_css", "/assets/leaflet/leaflet.css"),
    ("lujian_map_css", "/assets/lujian/lujian-map.css"),
]
MIN_ZOOM, MAX_ZOOM = 11, 20


class LocalMap(folium.Map):
    """A folium map whose scripts and styles come from this server alone."""

    default_js: ClassVar[list[tuple[str, str]]] = ASSETS_JS
    default_css: ClassVar[list[tuple[str, str]]] = ASSETS_CSS


class AddressLayer(JSCSSMixin, MacroElement):
    """A layer that the browser fetches: ``L.lujian.<kind>(options)``."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.lujian.{{ this.kind }}({{ this.given | tojson }});
        {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, kind: str, /, **given: Any) -> None:
        super().__init__()
        self._name = f"lujian_{kind}"
        self.kind = kind
        self.given = given


def local_map(
    slug: str,
    *,
    bounds: tuple[float, float, float, float],
    lang: str,
    basemap_url: str = "",
    basemap_attribution: str = "",
) -> LocalMap:
    """Return the constant map of a campaign. ``bounds``: west, south, east, north in WGS 84."""
    west, south, east, north = bounds
    made = LocalMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=14,
        minZoom=MIN_ZOOM,
        maxZoom=MAX_ZOOM,
        tiles=None,
        prefer_canvas=True,
        zoom_snap=0.5,
        attributionControl=bool(basemap_attribution),
    )
    if basemap_url:
        folium.TileLayer(
            tiles=basemap_url, attr=basemap_attribution or " ", max_zoom=MAX_ZOOM
        ).add_to(made)
    AddressLayer(
        "base",
        url=f"/api/campaigns/{slug}/ground.json",
        bounds=[[south, west], [north, east]],
        lang=lang,
    ).add_to(made)
    return made


def pins_layer(
    slug: str,
    *,
    category: str | None,
    looks: Mapping[str, Mapping[str, str]],
    words: Mapping[str, str],
    lang: str,
    link: str,
) -> AddressLayer:
    """Return the proposals of a campaign as clusters and pins.

    ``looks``: category -> name, color, icon. ``link``: the address of a proposal's page, to which
    its id is appended.
    """
    chosen = f"?category={category}" if category else ""
    return AddressLayer(
        "pins",
        url=f"/api/campaigns/{slug}/clusters/{{z}}/{{x}}/{{y}}.json{chosen}",
        box=f"/api/campaigns/{slug}/pins.json",
        proposal="/api/proposals/",
        colors={key: dict(look) for key, look in looks.items()},
        words=dict(words),
        lang=lang,
        link=link,
    )


def dynamic_group(*children: MacroElement) -> folium.FeatureGroup:
    """Return what changes on the map between reruns; st_folium swaps it without a new map."""
    group = folium.FeatureGroup(name="lujian", control=False)
    for child in children:
        group.add_child(child)
    return group


PIN_SVG = (
    '<svg class="lujian-drop" width="36" height="46" viewBox="0 0 36 46" aria-hidden="true">'
    '<path d="M18 45C18 45 34 27 34 17A16 16 0 1 0 2 17C2 27 18 45 18 45Z" fill="#c62828" '
    'stroke="#fff" stroke-width="2"/><circle cx="18" cy="17" r="6" fill="#fff"/></svg>'
)


def dropped_pin(longitude: float, latitude: float) -> folium.Marker:
    """Return the pin that a resident has just placed."""
    icon = folium.DivIcon(
        html=PIN_SVG, icon_size=(36, 46), icon_anchor=(18, 45), class_name="lujian-dropped"
    )
    return folium.Marker([latitude, longitude], icon=icon)


def accuracy_ring(longitude: float, latitude: float, radius_m: float) -> folium.Circle:
    """Return the circle within which a device says it is."""
    return folium.Circle(
        [latitude, longitude],
        radius=radius_m,
        color="#1f6f8b",
        weight=1,
        fill=True,
        fill_opacity=0.12,
        interactive=False,
    )
