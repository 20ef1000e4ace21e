"""A base map: addresses of tiles, or vector tiles that the browser draws, with its credit.

A PMTiles file on this machine goes to the browser as XYZ tiles of this host, with no request to
anybody else: pictures (PNG, JPEG, WebP, AVIF) as they are, vector tiles (MVT, as Protomaps and
OpenMapTiles make them of OpenStreetMap) to be drawn by ``layers/map/static/lujian-vector.js``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from core.settings import ROOT, Settings
from layers.background.tile_file import BadBackgroundError, tile_file, version_of

Choice = Literal["none", "xyz", "tianditu", "tianditu-image", "file"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
#: Where tiles of the file are, as the browser asks for them.
FILE_ADDRESS = "/api/background/{z}/{x}/{y}"
_TIANDITU = (
    "https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)
#: The map and its names; the picture from above and its names.
_TIANDITU_LAYERS = {"tianditu": ("vec", "cva"), "tianditu-image": ("img", "cia")}
TIANDITU_CREDIT = "© 天地图 Tianditu"
_TIANDITU_ZOOM, USUAL_ZOOM = 18, 20


@dataclass(frozen=True)
class Background:
    """What lies below: tile addresses, the lowest first; none for no base map.

    ``native_zoom``: the last for which there are tiles; beyond, they are drawn larger.
    ``is_vector``: the tiles are to be drawn. ``file``: the path of the file that they come from.
    """

    urls: tuple[str, ...] = ()
    attribution: str = ""
    subdomains: str = "abc"
    native_zoom: int = USUAL_ZOOM
    is_vector: bool = False
    file: str = ""

    @property
    def url(self) -> str:
        """Return the lowest address; empty for none."""
        return self.urls[0] if self.urls else ""


NO_BACKGROUND = Background()


def operator_choice(settings: Settings) -> str:
    """Return which base map the settings name; empty where they leave it to the desk."""
    named = settings.basemap.strip().lower()
    if named:
        return named
    if settings.basemap_file:
        return "file"
    return "xyz" if settings.basemap_url else ""


def operator_background(settings: Settings) -> Background:
    """Return the base map that the settings choose; none where they choose nothing.

    Raises :class:`BadBackgroundError` for an unknown choice, and for one that lacks its address,
    its key or its file.
    """
    found = operator_choice(settings) or "none"
    if found not in CHOICES:
        known = ", ".join(CHOICES)
        raise BadBackgroundError(reason=f"LUJIAN_BASEMAP is one of {known}, not {found!r}")
    credit = settings.basemap_attribution
    if found == "none":
        return NO_BACKGROUND
    if found == "xyz":
        _need(settings.basemap_url, "LUJIAN_BASEMAP_URL")
        return Background((settings.basemap_url,), credit)
    if found == "file":
        _need(settings.basemap_file, "LUJIAN_BASEMAP_FILE")
        return of_file(ROOT / Path(settings.basemap_file).expanduser(), credit)
    _need(settings.basemap_key, "LUJIAN_BASEMAP_KEY")
    return of_tianditu(found, settings.basemap_key, credit)


def _need(value: str, name: str) -> None:
    if not value.strip():
        raise BadBackgroundError(reason=f"this base map needs {name}")


def of_tianditu(choice: str, key: str, credit: str = "") -> Background:
    """Return Tianditu's map (``tianditu``) or its picture from above, each with its names."""
    urls = [_TIANDITU.format(layer=one, key=key) for one in _TIANDITU_LAYERS[choice]]
    return Background(tuple(urls), credit or TIANDITU_CREDIT, "01234567", _TIANDITU_ZOOM)


def of_file(path: Path, credit: str = "") -> Background:
    """Return a PMTiles file as a base map. Raises :class:`BadBackgroundError`."""
    tiles = tile_file(str(path))
    return Background(
        (f"{FILE_ADDRESS}?v={version_of(path)}",),
        credit or tiles.attribution,
        native_zoom=tiles.last_zoom,
        is_vector=tiles.is_vector,
        file=str(path),
    )
