"""Heat as a picture that lies on the map: Web Mercator, transparent where there is nothing."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geo.cluster_index import mercator_unit
from geo.heat import Bounds, Heat

#: Heat, and of how many points.
Share = tuple[Heat, int]
WIDTH_PX = 480
MOST_HEIGHT_PX = 1_600
#: From the lowest to the peak (ColorBrewer's YlOrRd), drawn ever less transparently.
COLOURS = ("#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026")
_MOST_OPAQUE = 215
#: From a smaller share than before to a larger one (ColorBrewer's RdBu); nothing in the middle.
CHANGE_COLOURS = ("#2166ac", "#67a9cf", "#f7f7f7", "#ef8a62", "#b2182b")


def heat_png(heat: Heat, bounds: Bounds, *, peak: float | None = None) -> bytes:
    """Draw heat in a box of WGS 84 degrees (west, south, east, north), north up.

    ``peak``: the value that gets the last colour; that of the heat itself unless given.
    """
    longitude, latitude = _places(bounds)
    share = np.clip(heat.at(longitude, latitude) / max(peak or heat.peak, 1e-12), 0.0, 1.0)
    return _png(_coloured(share))


def heat_change_png(before: Share, after: Share, bounds: Bounds) -> bytes:
    """Draw where the share of all points grew or fell, in a box of WGS 84 degrees, north up.

    Each side is its heat and how many points it has, so that neither a longer period nor a larger
    campaign colours the whole picture. The largest change of the box gets the last colour.
    """
    longitude, latitude = _places(bounds)
    one, other = (heat.at(longitude, latitude) / max(points, 1) for heat, points in (before, after))
    change = other - one
    most = max(float(np.abs(change).max(initial=0.0)), 1e-12)
    return _png(_change_coloured(change / most))


def _png(picture: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture, "RGBA").save(out, "PNG")
    return out.getvalue()


def _places(bounds: Bounds) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the WGS 84 place of each pixel's middle."""
    west, south, east, north = bounds
    x, y = mercator_unit(np.array([west, east]), np.array([north, south]))
    height = int(np.clip(round(WIDTH_PX * (y[1] - y[0]) / (x[1] - x[0])), 1, MOST_HEIGHT_PX))
    across = west + (np.arange(WIDTH_PX) + 0.5) / WIDTH_PX * (east - west)
    down = y[0] + (np.arange(height) + 0.5) / height * (y[1] - y[0])
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * down))))
    longitudes, latitudes = np.meshgrid(across, latitude)
    return longitudes, latitudes


def _coloured(share: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Colour shares of the peak, from 0 to 1."""
    opaque = np.interp(share, (0.0, 0.02, 0.25, 1.0), (0, 0, 120, _MOST_OPAQUE))
    return _painted(share, COLOURS, opaque)


def _change_coloured(change: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Colour changes from -1 to 1."""
    opaque = np.interp(np.abs(change), (0.0, 0.05, 0.3, 1.0), (0, 0, 120, _MOST_OPAQUE))
    return _painted((change + 1) / 2, CHANGE_COLOURS, opaque)


def _painted(
    share: NDArray[np.float64], colours: Sequence[str], opaque: NDArray[np.float64]
) -> NDArray[np.uint8]:
    stops = np.linspace(0, 1, len(colours))
    channels = np.array([[int(c[at : at + 2], 16) for at in (1, 3, 5)] for c in colours], float)
    picture = np.zeros((*share.shape, 4))
    for channel in range(3):
        picture[..., channel] = np.interp(share, stops, channels[:, channel])
    picture[..., 3] = opaque
    return np.rint(picture).astype(np.uint8)
