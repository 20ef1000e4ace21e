"""The files that browsers fetch: where they lie, and addresses that change when their bytes do.

What a page needs at once is bundled: a phone has six connections, and each request costs it a
round trip. An address that carries the version of its bytes may be kept for ever.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from core.settings import ROOT, get_settings

AT = "/assets"
#: In the order in which they run.
BUNDLES = {
    "map.js": (
        "leaflet/leaflet.js",
        "lujian/lujian-names.js",
        "lujian/lujian-controls.js",
        "lujian/lujian-map.js",
        "lujian/lujian-shapes.js",
        "lujian/lujian-draw.js",
        "lujian/lujian-place.js",
    ),
    #: What draws a base map of vector tiles; fetched by maps that have one.
    "vector.js": ("protomaps/protomaps-leaflet.js", "lujian/lujian-vector.js"),
    "map.css": ("leaflet/leaflet.css", "lujian/lujian-map.css"),
    #: What the light pages run, and what their service worker does (served as /w/sw.js).
    "light.js": ("web/lujian.js", "web/outbox.js", "web/shell.js"),
    "worker.js": ("web/outbox.js", "web/worker.js"),
}
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
_RELATIVE = re.compile(r"url\((?![\"']?(?:data:|/|#))([\"']?)")


def folders() -> dict[str, Path]:
    """Return the folders that are served, by the name they have in addresses."""
    packages = get_settings().assets_dir
    return {
        "leaflet": packages / "leaflet" / "dist",
        "protomaps": packages / "protomaps-leaflet" / "dist",
        "swagger-ui": packages / "swagger-ui-dist",
        "js-sha256": packages / "js-sha256" / "build",
        "lujian": ROOT / "layers" / "map" / "static",
        "web": ROOT / "web" / "static",
        "desk": ROOT / "web" / "desk" / "static",
    }


def address(name: str) -> str:
    """Return the address of ``lujian/icon.svg`` or ``bundle/map.js``, with its version.

    A file that is missing has no version.
    """
    version = version_of(name)
    return f"{AT}/{name}?v={version}" if version else f"{AT}/{name}"


def version_of(name: str) -> str:
    """Return the version of a file's or a bundle's bytes; empty if any of it is missing."""
    folder, _, rest = name.partition("/")
    parts = BUNDLES.get(rest, ()) if folder == "bundle" else (name,)
    try:
        return _version(tuple(_state(_path(part)) for part in parts)) if parts else ""
    except OSError:
        return ""


def bundle(name: str) -> bytes:
    """Return a bundle. Raises ``FileNotFoundError`` while a package is not installed."""
    return _joined(name, tuple(_state(_path(part)) for part in BUNDLES[name]))


def _path(part: str) -> Path:
    folder, _, rest = part.partition("/")
    return folders()[folder] / rest


def _state(path: Path) -> tuple[str, int, int]:
    """Return what differs once a file has been written anew."""
    found = path.stat()
    return str(path), found.st_mtime_ns, found.st_size


@lru_cache(maxsize=64)
def _version(states: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _written, _size in states:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=8)
def _joined(name: str, states: tuple[tuple[str, int, int], ...]) -> bytes:
    texts = [Path(path).read_text(encoding="utf-8") for path, _written, _size in states]
    if name.endswith(".css"):
        parts = zip(BUNDLES[name], texts, strict=True)
        texts = [_RELATIVE.sub(rf"url(\1{AT}/{part.rpartition('/')[0]}/", t) for part, t in parts]
        return "\n".join(texts).encode()
    return ";\n".join(_SOURCE_MAP.sub("", text) for text in texts).encode()
