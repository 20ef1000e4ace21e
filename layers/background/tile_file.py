"""PMTiles files of base maps: opened once, read a tile at a time."""

from __future__ import annotations

import gzip
import mmap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.errors import InvalidError

#: Layers by which the schemes are known that the browser can draw: Protomaps, OpenMapTiles.
DRAWN_SCHEMES = (frozenset({"earth", "roads"}), frozenset({"transportation", "water"}))
_MVT = "application/vnd.mapbox-vector-tile"


class BadBackgroundError(InvalidError):
    """A base map cannot be had. Parameters: ``reason``, and ``problem`` where a file is at fault.

    ``problem``: ``no_pmtiles``, ``compression``, ``scheme``.
    """

    code = "bad_background"


@dataclass(frozen=True)
class TileFile:
    """An opened PMTiles file: ``get`` returns a tile by z, x, y, or None.

    ``bounds``: west, south, east, north in WGS 84 degrees. Vector tiles are gzipped where
    ``is_gzipped``.
    """

    get: Callable[[int, int, int], bytes | None]
    media_type: str
    last_zoom: int
    attribution: str
    bounds: tuple[float, float, float, float]
    is_vector: bool = False
    is_gzipped: bool = False


def tile_file(name: str) -> TileFile:
    """Open a PMTiles file by its path.

    Raises :class:`BadBackgroundError` for what is none, and for vector tiles whose layers have none
    of the names by which they could be drawn. It stays open as long as the program runs, mapped
    and not read into memory; a file that was written anew is opened anew.
    """
    path = Path(name)
    try:
        state = path.stat()
    except OSError as error:
        raise _bad(path, f"no PMTiles file ({error.strerror})") from error
    return _opened(path, (state.st_mtime_ns, state.st_size))


def version_of(path: Path) -> str:
    """Return a name for a file's present content: another one once it was written anew."""
    state = path.stat()
    said = f"{path}\n{state.st_mtime_ns}\n{state.st_size}"
    return sha256(said.encode()).hexdigest()[:10]


@lru_cache(maxsize=4)
def _opened(path: Path, _state: tuple[int, int]) -> TileFile:
    from pmtiles.reader import Reader
    from pmtiles.tile import Compression, TileType

    types = {
        TileType.PNG: "image/png",
        TileType.JPEG: "image/jpeg",
        TileType.WEBP: "image/webp",
        TileType.AVIF: "image/avif",
        TileType.MVT: _MVT,
    }
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        reader = Reader(lambda offset, length: mapped[offset : offset + length])
        header, told = reader.header(), reader.metadata()
    except Exception as error:  # the library raises whatever damaged bytes lead to
        raise _bad(path, f"no PMTiles file ({error})") from error
    kind, packed = header["tile_type"], header["tile_compression"]
    is_vector, is_gzipped = kind == TileType.MVT, packed == Compression.GZIP
    if kind not in types:
        raise _bad(path, "holds neither pictures nor vector tiles")
    if packed not in (Compression.NONE, Compression.UNKNOWN) and not (is_vector and is_gzipped):
        raise _bad(path, "its tiles are compressed in a way that is not read", "compression")
    told = told if isinstance(told, dict) else {}
    if is_vector and not is_drawn(told):
        said = "its layers are named neither as Protomaps' nor as OpenMapTiles'"
        raise _bad(path, said, "scheme")
    return TileFile(
        get=_reading(reader),
        media_type=types[kind],
        last_zoom=int(header["max_zoom"]),
        attribution=" ".join(str(told.get("attribution") or "").split()),
        bounds=_bounds(header),
        is_vector=is_vector,
        is_gzipped=is_gzipped,
    )


def _bad(path: Path, said: str, problem: str = "no_pmtiles") -> BadBackgroundError:
    return BadBackgroundError(reason=f"{path.name}: {said}", problem=problem)


def is_drawn(told: dict[str, Any]) -> bool:
    """Tell whether the layers that a file's metadata name are such as can be drawn."""
    listed = told.get("vector_layers")
    named = {str(one.get("id")) for one in listed or () if isinstance(one, dict)}
    return any(scheme <= named for scheme in DRAWN_SCHEMES)


def _bounds(header: dict[str, Any]) -> tuple[float, float, float, float]:
    west, south, east, north = (
        header[name] / 1e7 for name in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
    )
    return west, south, east, north


def _reading(reader: Any) -> Callable[[int, int, int], bytes | None]:
    def get(z: int, x: int, y: int) -> bytes | None:
        if not (0 <= z <= 26 and 0 <= x < 2**z and 0 <= y < 2**z):
            return None
        found: bytes | None = reader.get(z, x, y)
        return found

    return get


def unpacked(tiles: TileFile, body: bytes) -> bytes:
    """Return a tile as it is before compression."""
    return gzip.decompress(body) if tiles.is_gzipped else body
