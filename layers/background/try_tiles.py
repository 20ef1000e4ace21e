"""Whether tiles of a base map come: asked by this server before a base map is kept.

Addresses are held to what is said in ``notifications.webhook_target``: https, resolved once, and
none that leads into networks of our own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from layers.background.background import Background
from layers.background.base_map import BaseMapError
from layers.background.tile_file import tile_file
from notifications.webhook_target import Fetched, WebhookAddressError, fetch

#: Tiles are tried at this zoom, or at the last that there is.
ZOOM = 14
_MOST_BYTES = 2_000_000
_WEB_MERCATOR_DEG = 85.0511
#: How files of pictures begin: PNG, JPEG, GIF; WebP and AVIF have their names further on.
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")

Fetch = Callable[..., Fetched]


def try_tiles(
    shown: Background, at: tuple[float, float], *, referer: str = "", get: Fetch | None = None
) -> None:
    """Ask for one tile of each address around a place (longitude and latitude, WGS 84).

    ``referer``: this server's address, by which some owners of tiles know who may use a key.
    Raises ``BaseMapError``: ``form``, ``https``, ``private``, ``unknown`` (the host),
    ``connection``, ``status`` (with ``status``), ``no_picture``, ``elsewhere`` (the file has no
    tile there).
    """
    tile = tile_at(at, min(ZOOM, shown.native_zoom))
    if shown.file:
        if tile_file(str(Path(shown.file))).get(*tile) is None:
            raise BaseMapError(problem="elsewhere", file=Path(shown.file).name)
        return
    for url in shown.urls:
        _try(filled(url, tile, shown.subdomains), referer, get or fetch)


def tile_at(at: tuple[float, float], zoom: int) -> tuple[int, int, int]:
    """Return z, x and y of the XYZ tile (EPSG:3857) in which a WGS 84 place lies."""
    lon, lat = at[0], max(-_WEB_MERCATOR_DEG, min(_WEB_MERCATOR_DEG, at[1]))
    count = 2**zoom
    north = math.asinh(math.tan(math.radians(lat))) / math.pi
    x, y = math.floor((lon + 180) / 360 * count), math.floor((1 - north) / 2 * count)
    return zoom, min(max(x, 0), count - 1), min(max(y, 0), count - 1)


def filled(url: str, tile: tuple[int, int, int], subdomains: str) -> str:
    """Return the address of one tile."""
    z, x, y = tile
    told = {"{z}": z, "{x}": x, "{y}": y, "{-y}": 2**z - 1 - y, "{s}": subdomains[:1]}
    for name, value in told.items():
        url = url.replace(name, str(value))
    return url


def is_picture(body: bytes) -> bool:
    """Tell by its first bytes whether something is a picture that browsers show as a tile."""
    webp = body[:4] == b"RIFF" and body[8:12] == b"WEBP"
    return body.startswith(_BEGINNINGS) or webp or body[4:12] == b"ftypavif"


def _try(url: str, referer: str, get: Fetch) -> None:
    headers = {"User-Agent": "Mozilla/5.0 (LuJian)", "Accept": "image/*"}
    headers |= {"Referer": f"{referer}/"} if referer else {}
    try:
        answer = get(url, headers, most_bytes=_MOST_BYTES)
    except WebhookAddressError as error:
        raise BaseMapError(problem=error.params["problem"], host=_host(url)) from error
    if answer.status is None:
        raise BaseMapError(problem="connection", host=_host(url))
    if answer.status != 200:
        raise BaseMapError(problem="status", status=answer.status, host=_host(url))
    if not is_picture(answer.body):
        raise BaseMapError(problem="no_picture", host=_host(url))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
