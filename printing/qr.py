"""QR codes: as SVG inside a page, and as PNG.

Error correction is level M (15 % may be lost); the quiet zone is four modules wide, as ISO/IEC
18004 asks.
"""

from __future__ import annotations

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from core.errors import InvalidError

QUIET = 4


def qr_svg(text: str, *, dark: str = "currentColor", css_class: str = "qr") -> str:
    """Return an SVG element of a QR code, dark modules in the text's colour on white.

    It has no size of its own (set one by CSS) and is hidden from screen readers: the link it leads
    to belongs beside it in words. Raises ``InvalidError`` for a text too long for any QR code.
    """
    modules = qr_modules(text)
    side = len(modules) + 2 * QUIET
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css_class}" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges" aria-hidden="true" focusable="false">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path fill="{dark}" d="{_path(modules)}"/></svg>'
    )


def qr_modules(text: str) -> NDArray[np.bool_]:
    """Return the modules of a QR code without its quiet zone, True where dark."""
    try:
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    except ValueError as error:
        raise InvalidError(field="link", reason="no QR code can hold it") from error
    return np.asarray(code.to_image(scale=1, add_quiet_zones=False)) == 0


def _path(modules: NDArray[np.bool_]) -> str:
    """Draw each run of dark modules as one rectangle; one path, so that no seams show."""
    steps = np.diff(np.pad(modules, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    return "".join(
        f"M{start + QUIET} {row + QUIET}h{end - start}v1h{start - end}z"
        for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True)
    )
