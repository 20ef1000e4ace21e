"""The base map below our own layers: none, XYZ tiles, Tianditu, or a PMTiles file on this machine.

A PMTiles file must hold pictures (PNG, JPEG, WebP, AVIF): they go to the browser as XYZ tiles of
this host, with no further script and no request to anybody else. Vector tiles would need a drawing
library and fonts for Chinese of more weight than a whole first visit to the map may have.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from core.errors import InvalidError
from core.settings import ROOT, Settings

Choice = Literal["none", "xyz", "tianditu", "tianditu-image", "file"]
#: Where tiles of the file are, as the browser asks for them.
FILE_ADDRESS = "/api/background/{z}/{x}/{y}"
_TIANDITU = (
    "https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)
#: The map and its names; the picture from above and its names.
_TIANDITU_LAYERS = {"tianditu": ("vec", "cva"), "tianditu-image": ("img", "cia")}
_TIANDITU_CREDIT = "© 天地图 Tianditu"
_TIANDITU_ZOOM, _USUAL_ZOOM = 18, 20


class BadBackgroundError(InvalidError):
    """The base map that the settings name cannot be had. Parameter: ``reason``."""

    code = "bad_background"


@dataclass(frozen=True)
class Background:
    """What lies below: tile addresses, the lowest first; none for no base map.

    ``native_zoom``: the last for which there are tiles; beyond, they are drawn larger.
    """

    urls: tuple[str, ...] = ()
    attribution: str = ""
    subdomains: str = "abc"
    native_zoom: int = _USUAL_ZOOM

    @property
    def url(self) -> str:
        """Return the lowest address; empty for none."""
        return self.urls[0] if self.urls else ""


NO_BACKGROUND = Background()


def background(settings: Settings) -> Background:
    """Return the base map that the settings choose.

    Raises :class:`BadBackgroundError` for an unknown choice, and for one that lacks its address,
    its key or its file.
    """
    found = settings.basemap.strip().lower() or _by_what_is_set(settings)
    if found not in get_args(Choice):
        known = ", ".join(get_args(Choice))
        raise BadBackgroundError(reason=f"LUJIAN_BASEMAP is one of {known}, not {found!r}")
    if found == "none":
        return Background()
    if found == "xyz":
        _need(settings.basemap_url, "LUJIAN_BASEMAP_URL")
        return Background((settings.basemap_url,), settings.basemap_attribution)
    if found == "file":
        _need(settings.basemap_file, "LUJIAN_BASEMAP_FILE")
        return _of_file(settings)
    _need(settings.basemap_key, "LUJIAN_BASEMAP_KEY")
    urls = [
        _TIANDITU.format(layer=one, key=settings.basemap_key) for one in _TIANDITU_LAYERS[found]
    ]
    credit = settings.basemap_attribution or _TIANDITU_CREDIT
    return Background(tuple(urls), credit, "01234567", _TIANDITU_ZOOM)


def _by_what_is_set(settings: Settings) -> str:
    if settings.basemap_file:
        return "file"
    return "xyz" if settings.basemap_url else "none"


def _need(value: str, name: str) -> None:
    if not value.strip():
        raise BadBackgroundError(reason=f"this base map needs {name}")


def _of_file(settings: Settings) -> Background:
    tiles = tile_file(settings.basemap_file)
    credit = settings.basemap_attribution or tiles.attribution
    return Background((FILE_ADDRESS,), credit, native_zoom=tiles.last_zoom)


@dataclass(frozen=True)
class TileFile:
    """An opened PMTiles file of pictures: ``get`` returns a tile by z, x, y, or None."""

    get: Callable[[int, int, int], bytes | None]
    media_type: str
    last_zoom: int
    attribution: str


@lru_cache(maxsize=4)
def tile_file(name: str) -> TileFile:
    """Open a PMTiles file; a relative name is below the project's folder.

    Raises :class:`BadBackgroundError` for what is none, or holds vectors.

    It stays open as long as the program runs, mapped and not read into memory.
    """
    path = ROOT / Path(name).expanduser()
    from pmtiles.reader import Reader
    from pmtiles.tile import Compression, TileType

    types = {
        TileType.PNG: "image/png",
        TileType.JPEG: "image/jpeg",
        TileType.WEBP: "image/webp",
        TileType.AVIF: "image/avif",
    }
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        reader = Reader(lambda offset, length: mapped[offset : offset + length])
        header, told = reader.header(), reader.metadata()
    except Exception as error:  # the library raises whatever damaged bytes lead to
        raise BadBackgroundError(reason=f"{path.name}: no PMTiles file ({error})") from error
    if header["tile_type"] not in types or header["tile_compression"] not in (
        Compression.NONE,
        Compression.UNKNOWN,
    ):
        why = "holds no pictures; make raster tiles of it (PNG, JPEG or WebP)"
        raise BadBackgroundError(reason=f"{path.name}: {why}")
    credit = str(told.get("attribution") or "") if isinstance(told, dict) else ""
    return TileFile(
        get=_reading(reader),
        media_type=types[header["tile_type"]],
        last_zoom=int(header["max_zoom"]),
        attribution=credit,
    )


def _reading(reader: Any) -> Callable[[int, int, int], bytes | None]:
    def get(z: int, x: int, y: int) -> bytes | None:
        if not (0 <= z <= 26 and 0 <= x < 2**z and 0 <= y < 2**z):
            return None
        found: bytes | None = reader.get(z, x, y)
        return found

    return get
