"""The layers that the map is made of besides proposals, and where each comes from.

The demo place ships as GeoJSON files (WGS 84) in ``data/qinghe``; the catalogue names them in the
order in which they are drawn and says whether their shapes are surveyed or schematic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import NotFoundError

#: Of the files in ``FOLDER``, as each of them says.
LICENCE = "CC0 1.0"
FOLDER = Path(__file__).resolve().parent.parent / "data" / "qinghe"


@dataclass(frozen=True)
class Layer:
    """One layer: its name in addresses, its title in two languages, and whether it is schematic."""

    name: str
    title_zh: str
    title_en: str
    schematic: bool = True

    @property
    def title(self) -> dict[str, str]:
        """What it is called, by language."""
        return {"zh_CN": self.title_zh, "en": self.title_en}

    @property
    def path(self) -> Path:
        """The GeoJSON file that holds the layer."""
        return FOLDER / f"{self.name}.geojson"


CATALOGUE = (
    Layer("outline", "街道范围", "Subdistrict outline"),
    Layer("communities", "社区(示意边界)", "Communities (schematic)"),
    Layer("parks", "公园绿地", "Parks"),
    Layer("river", "河流", "Rivers"),
    Layer("roads", "道路", "Roads"),
    Layer("railway", "铁路", "Railways"),
    Layer("stations", "车站", "Stations"),
    Layer("places", "地点", "Places"),
    Layer("bike_parking", "现有自行车停放区", "Existing bike parking"),
    Layer("idle_plots", "闲置小空间", "Idle small plots"),
)


def layer_named(name: str) -> Layer:
    """Return one layer of the catalogue; raises ``NotFoundError``."""
    for layer in CATALOGUE:
        if layer.name == name:
            return layer
    raise NotFoundError(layer=name)


def layer_text(layer: Layer) -> str:
    """Return the layer as GeoJSON text (RFC 7946, WGS 84)."""
    return layer.path.read_text(encoding="utf-8")


def layer_features(layer: Layer) -> list[dict[str, Any]]:
    """Return the layer's features as GeoJSON in WGS 84."""
    features: list[dict[str, Any]] = json.loads(layer_text(layer))["features"]
    return features


def layer_state(layer: Layer) -> tuple[str, int, int]:
    """Return where a layer's file is, the time of its last change, and its size in bytes."""
    file = layer.path.stat()
    return str(layer.path), file.st_mtime_ns, file.st_size
