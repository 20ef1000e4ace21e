"""Pins as soft dots: a transparent picture, the same work for 100 pins and for 1,000,000.

Each pin is a disc in its category's colour. Where discs lie over each other the colour mixes by
their numbers and gets denser; the denser the busiest places are, the lighter a single disc, so that
a hotspot can still be told from its surroundings.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from geo.cluster_index import Floats
from printing.svg_map import MapFrame

_OTHER = "#5b6b73"
#: How opaque the densest twentieth of the covered pixels is, and at most a single disc.
_DENSE, _SINGLE = 0.9, 0.72
#: The more frequent category of a place shows more than its share: evenly mixed colours are mud.
_SHARPER = 2.5


def dots_svg(
    longitude: Floats,
    latitude: Floats,
    categories: NDArray[np.bytes_],
    colours: Mapping[str, str],
    frame: MapFrame,
    *,
    radius: float,
    finer: int = 2,
) -> str:
    """Return the dots as an SVG image that covers the frame, ``finer`` pixels to a unit.

    ``colours`` gives a category's colour as #rrggbb; a category without one is grey.
    """
    size = round(frame.width * finer), round(frame.height * finer)
    x, y = frame.place(longitude, latitude)
    disc = _disc(radius * finer)
    cover: dict[str, NDArray[np.float32]] = {}
    for name in np.unique(categories):
        of_it = categories == name
        colour = colours.get(name.decode(), _OTHER)
        covered = _covered(x[of_it] * finer, y[of_it] * finer, size, disc)
        cover[colour] = cover.get(colour, np.float32(0)) + covered
    if not cover:
        return ""
    out = io.BytesIO()
    Image.fromarray(_mixed(cover), "RGBA").save(out, "PNG", compress_level=1)
    encoded = base64.b64encode(out.getvalue()).decode()
    return (
        f'<image width="{frame.width:g}" height="{frame.height:g}" '
        f'href="data:image/png;base64,{encoded}"/>'
    )


def _disc(radius: float) -> NDArray[np.float32]:
    """Return a disc with a soft edge, as shares of the pixels it covers."""
    reach = int(np.ceil(radius))
    across = np.arange(-reach, reach + 1)
    away = np.hypot(across[:, None], across[None, :])
    return np.clip(radius + 0.5 - away, 0, 1).astype(np.float32)


def _covered(
    x: Floats, y: Floats, size: tuple[int, int], disc: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Count the discs that cover each pixel."""
    width, height = size
    reach = len(disc) // 2
    column, row = x.astype(np.int64) + reach, y.astype(np.int64) + reach
    shape = height + 2 * reach, width + 2 * reach
    inside = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
    flat = np.bincount(row[inside] * shape[1] + column[inside], minlength=shape[0] * shape[1])
    pins = flat.reshape(shape).astype(np.float32)
    total = np.zeros((height, width), np.float32)
    for (down, right), share in np.ndenumerate(disc):
        if share:
            total += share * pins[down : down + height, right : right + width]
    return total


def _mixed(cover: Mapping[str, NDArray[np.float32]]) -> NDArray[np.uint8]:
    total = np.sum(list(cover.values()), axis=0)
    seen = np.maximum(total, np.float32(1e-6))
    votes = {name: (layer / seen) ** _SHARPER for name, layer in cover.items()}
    all_votes = np.maximum(np.sum(list(votes.values()), axis=0), 1e-6)
    colour = np.sum(
        [
            (vote / all_votes)[..., None] * np.array(ImageColor.getrgb(name)[:3], np.float32)
            for name, vote in votes.items()
        ],
        axis=0,
    )
    covered = total[total > 0]
    busy = float(np.percentile(covered, 95)) if covered.size else 1.0
    single = min(_SINGLE, 1 - (1 - _DENSE) ** (1 / max(busy, 1.0)))
    opacity = 1 - (1 - single) ** total
    return np.dstack([colour, 255 * opacity]).round().astype(np.uint8)
