"""Where the Chinese font comes from, and which characters it has.

The default is the npm package ``@embedpdf/fonts-sc`` (Noto Sans S Chinese, all of GBK), so that a
sheet looks the same on every machine. A server without it may use the system's fonts-noto-cjk.
"""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import typst

from core.errors import LuJianError
from core.settings import get_settings

PACKAGE = Path("@embedpdf") / "fonts-sc" / "fonts"
SYSTEM = Path("/usr/share/fonts/opentype/noto")
#: Printed for a character that the font lacks, as Chinese printers do.
MISSING = "〓"
_SYSTEM_FACE = 2  # of a Noto Sans CJK collection: JP, KR, SC, TC, HK
_INVISIBLE = {"Cc", "Cf", "Co", "Cn", "Cs"}
_SILENT = {"Mn", "Me", "Sk", "So"}
_SPACES = {"Zs", "Zl", "Zp"}


class NoFontError(LuJianError):
    """No Chinese font is installed. Parameter: ``looked_in``."""

    code = "no_font"


@dataclass(frozen=True)
class FontSource:
    """A family that Typst finds in ``folder``, and the file that tells which characters it has."""

    family: str
    folder: Path
    regular: Path
    face: int = 0


def font_source(assets: Path, system: Path = SYSTEM) -> FontSource:
    """Return the font under the assets folder, else the system's. Raises ``NoFontError``."""
    sources = (
        FontSource(
            "Noto Sans S Chinese", assets / PACKAGE, assets / PACKAGE / "NotoSansHans-Regular.otf"
        ),
        FontSource("Noto Sans CJK SC", system, system / "NotoSansCJK-Regular.ttc", _SYSTEM_FACE),
    )
    for source in sources:
        if source.regular.is_file():
            return source
    raise NoFontError(looked_in=", ".join(str(source.folder) for source in sources))


@dataclass(frozen=True)
class Typeface:
    """A font ready to set type with: its family, Typst's handle, the code points it has."""

    family: str
    fonts: typst.Fonts
    covered: frozenset[int]


@cache
def typeface() -> Typeface:
    """Return this process's typeface, opened once. Raises ``NoFontError``."""
    return open_typeface(font_source(get_settings().assets_dir))


def open_typeface(source: FontSource) -> Typeface:
    """Open a font for Typst and read which characters it has."""
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[source.folder]
    )
    return Typeface(source.family, fonts, covered(source.regular.read_bytes(), source.face))


def printable(text: str, has: frozenset[int]) -> str:
    """Return a text of which every character can be printed.

    Emoji and invisible characters are left out, white space but line feeds becomes a space, and a
    letter that the font lacks becomes 〓.
    """
    lines = (
        "".join(_printed(c, has) for c in unicodedata.normalize("NFC", line))
        for line in text.splitlines()
    )
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def _printed(character: str, has: frozenset[int]) -> str:
    category = unicodedata.category(character)
    if character == "\t" or category in _SPACES:
        return " "
    if category in _INVISIBLE:
        return ""
    if ord(character) in has:
        return character
    return "" if category in _SILENT else MISSING


def covered(font: bytes, face: int = 0) -> frozenset[int]:
    """Return the code points of an OpenType file's or collection's character map (format 12)."""
    start = struct.unpack_from(">I", font, 12 + 4 * face)[0] if font[:4] == b"ttcf" else 0
    tables = struct.unpack_from(">H", font, start + 4)[0]
    for row in range(tables):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", font, start + 12 + 16 * row)
        if tag == b"cmap":
            return _code_points(font, offset)
    return frozenset()


def _code_points(font: bytes, cmap: int) -> frozenset[int]:
    points: set[int] = set()
    for row in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        at = cmap + struct.unpack_from(">I", font, cmap + 4 + 8 * row + 4)[0]
        if struct.unpack_from(">H", font, at)[0] != 12:
            continue
        for group in range(struct.unpack_from(">I", font, at + 12)[0]):
            first, last, _glyph = struct.unpack_from(">III", font, at + 16 + 12 * group)
            points.update(range(first, last + 1))
    return frozenset(points)
