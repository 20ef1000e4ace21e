"""The folium side of the map: one small, constant map; what it shows is fetched by address.

Nothing that people wrote is put into the map's own code: the layers below carry addresses, colours
and the screen's own words, and ``layers/map/static/lujian-map.js`` sets people's text as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import folium
import shapely.geometry
from branca.element import MacroElement
from folium.template import Template
from folium.utilities import camelize
from jinja2.utils import htmlsafe_json_dumps

from layers.background.background import NO_BACKGROUND, Background
from layers.background.credit import credit_html
from layers.map import assets, category_icons

#: One script with all that maps need: st_folium loads one after another, a round trip each.
ASSETS_JS = [("map", assets.address("bundle/map.js"))]
ASSETS_CSS = [("map_css", assets.address("bundle/map.css"))]
_TEMPLATE_SIGN = re.compile(r"\{([{%#])")
MIN_ZOOM, MAX_ZOOM = 11, 20
#: Where vector tiles of OpenStreetMap have names, by language; the first that there is, is drawn.
NAME_COLUMNS = {
    "zh_CN": ["name:zh-Hans", "name:zh", "name"],
    "en": ["name:en", "name_en", "name"],
}


class _ReadByStreamlit:
    """An element that st_folium reads straight from its template.

    Rendering into a page of its own compiles each finished script as a Jinja template again, a
    third of a rerun's cost, so that is done for ``page_of`` alone.
    """

    def render(self, **kwargs: Any) -> Any:
        """Leave the figure alone, unless it is to be a page of its own."""
        alone = getattr(self.get_root(), "is_page", False)  # type: ignore[attr-defined]
        return super().render(**kwargs) if alone else ""  # type: ignore[misc]


class LocalMap(_ReadByStreamlit, folium.Map):
    """A folium map whose scripts and styles come from this server alone."""

    default_js: ClassVar[list[tuple[str, str]]] = ASSETS_JS
    default_css: ClassVar[list[tuple[str, str]]] = ASSETS_CSS


class Group(_ReadByStreamlit, folium.FeatureGroup):
    """What changes on the map between reruns; st_folium swaps it without a new map."""


class AddressLayer(_ReadByStreamlit, MacroElement):
    """A layer that the browser fetches or draws: ``L.lujian.<kind>(options)``."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.lujian.{{ this.kind }}({{ this.code() }});
        {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, kind: str, /, **given: Any) -> None:
        super().__init__()
        self._name = f"lujian_{kind}"
        self.kind = kind
        self.given = given

    def code(self) -> str:
        """Return the options as JavaScript in which nothing reads as markup or as a template."""
        return _TEMPLATE_SIGN.sub(r"\\u007b\1", str(htmlsafe_json_dumps(self.given)))


def page_of(made: folium.Map) -> str:
    """Return a map as an HTML page of its own."""
    root = made.get_root()
    root.is_page = True
    return str(root.render())


@dataclass(frozen=True)
class MapParts:
    """A map as parts of a page: its element, what is told of it, and the scripts it needs."""

    html: str
    data: str
    scripts: list[str]


def map_parts(made: folium.Map) -> MapParts:
    """Return a map as parts that a server-rendered page puts where it wants them.

    Such a page runs no script of its own (its content policy forbids it), so folium's options and
    layers come as data, from which ``layers/map/static/lujian-map.js`` makes the same map.
    """
    page_of(made)
    told = htmlsafe_json_dumps(map_told(made))
    data = f'<script type="application/json" class="lj-map-data">{told}</script>'
    return MapParts(made.get_root().html.render(), data, [url for _, url in made.default_js])


def map_told(made: folium.Map) -> dict[str, Any]:
    """Return a map as data: its element's id, Leaflet's options, and its layers."""
    return {
        "id": made.get_name(),
        "options": {"center": made.location, **camelize_keys(made.options)},
        "layers": [_told(child) for child in made._children.values()],
    }


def camelize_keys(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as Leaflet names them."""
    return {camelize(key): value for key, value in options.items()}


def _told(child: Any) -> dict[str, Any]:
    if isinstance(child, folium.TileLayer):
        given = {"url": child.tiles, "options": camelize_keys(child.options)}
        return {"kind": "tiles", "given": given}
    return {"kind": child.kind, "given": child.given}


def local_map(
    slug: str,
    *,
    bounds: tuple[float, float, float, float],
    lang: str,
    words: Mapping[str, str],
    ground: str = "",
    tiles: Background = NO_BACKGROUND,
    **look: bool,
) -> LocalMap:
    """Return the constant map of a campaign. ``bounds``: west, south, east, north in WGS 84.

    ``lang`` is one in which layers have names; ``words`` are what its buttons, its legend and its
    sources say. ``ground`` is the address of what is drawn below, where it is not the campaign's
    public one. ``look``: ``large`` type where the page around does not say so, ``locate`` and
    ``full`` for a button for one's position and one for the whole screen, ``switches`` for layers
    that the legend switches on and off. ``tiles``: the base map below all that.
    """
    west, south, east, north = bounds
    made = LocalMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=14,
        minZoom=MIN_ZOOM,
        maxZoom=MAX_ZOOM,
        tiles=None,
        prefer_canvas=True,
        zoom_snap=0.5,
        attributionControl=bool(tiles.attribution),
    )
    for layer in _below(tiles, lang):
        layer.add_to(made)
    AddressLayer(
        "base",
        url=ground or f"/api/campaigns/{slug}/ground.json",
        bounds=[[south, west], [north, east]],
        words=dict(words),
        lang=lang,
        **{name: True for name, wanted in {**look, "over": bool(tiles.urls)}.items() if wanted},
    ).add_to(made)
    return made


def _below(tiles: Background, lang: str) -> list[MacroElement]:
    """Return the layers of the base map, the lowest first."""
    credit = credit_html(tiles.attribution)
    zoom = min(tiles.native_zoom, MAX_ZOOM)
    if tiles.is_vector:
        script, names = assets.address("bundle/vector.js"), NAME_COLUMNS[lang]
        drawn = {"script": script, "names": names, "credit": credit}
        return [AddressLayer("vector", url=tiles.url, zoom=zoom, **drawn)]
    return [
        folium.TileLayer(
            tiles=url,
            attr=credit or " ",
            max_zoom=MAX_ZOOM,
            max_native_zoom=zoom,
            subdomains=tiles.subdomains,
        )
        for url in tiles.urls
    ]


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
        proposal="/api/proposals/{id}",
        colors={
            key: {
                "name": look["name"],
                "color": look["color"],
                "sign": category_icons.path(look["icon"]),
            }
            for key, look in looks.items()
        },
        bubble=category_icons.BUBBLE,
        words=dict(words),
        lang=lang,
        link=link,
    )


def shapes_layer(slug: str, colors: Mapping[str, str], legend: str) -> AddressLayer:
    """Return the published lines and areas, seen from close by; category -> colour."""
    named = {key: {"color": color} for key, color in colors.items()}
    url, words = f"/api/campaigns/{slug}/shapes.json", {"legend": legend}
    return AddressLayer("shapes", url=url, colors=named, words=words)


def place_layer(words: Mapping[str, str]) -> AddressLayer:
    """Return what lets a person put a pin, or draw a line or an area."""
    return AddressLayer("place", words=dict(words))


def dynamic_group(*children: MacroElement) -> Group:
    """Return the layers that may differ at the next rerun."""
    group = Group(name="lujian", control=False)
    for child in children:
        group.add_child(child)
    return group


def shown_pin(
    longitude: float, latitude: float, legend: str, *, geometry: Any = None
) -> AddressLayer:
    """Return one proposal's pin, to which the map moves, with its line or area (WGS 84)."""
    drawn = None if geometry is None else shapely.geometry.mapping(geometry)
    words = {"legend": legend}
    return AddressLayer("shown", longitude=longitude, latitude=latitude, shape=drawn, words=words)


def optional_layer(kind: str, *, legend: str, order: int, given: Mapping[str, Any]) -> AddressLayer:
    """Return a layer that the legend switches on: ``L.lujian.<kind>(given)``."""
    return AddressLayer("optional", layer=kind, legend=legend, order=order, given=dict(given))
