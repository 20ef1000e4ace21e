"""Opens a DXF file, text or binary, whole or damaged, with its characters as they were meant.

Since 2007 (AC1021) DXF is written in UTF-8; before, in the code page that ``$DWGCODEPAGE`` names.
Both are often wrong (a code page of Western Europe over GBK), so the bytes decide, and what the
file says is a hint. Nothing that a drawing refers to (external drawings, images) is opened.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from core.errors import BadFileError, FileProblem
from geo.reading.encoding import TextEncoding, decide_encoding, decode, encoding_of_cpg
from geo.reading.file_kinds import BINARY_DXF

#: What a metre is in the unit that ``$INSUNITS`` names: the unit's name, and metres a unit.
UNITS = {
    1: ("in", 0.0254),
    2: ("ft", 0.3048),
    4: ("mm", 0.001),
    5: ("cm", 0.01),
    6: ("m", 1.0),
    7: ("km", 1000.0),
    14: ("dm", 0.1),
}
METRES: dict[str, float] = dict(UNITS.values())
#: A drawing in degrees has no length: its numbers stay as they are.
DEGREES = "deg"
_CODE_PAGE = re.compile(rb"(\$DWGCODEPAGE\s+3\s+)(\w+)")
_BINARY_CODE_PAGE = re.compile(rb"(\$DWGCODEPAGE\x00\x03\x00?)(\w+)(?=\x00)")
_PAGES = {"gb18030": b"ANSI_936", "big5": b"ANSI_950", "shift_jis": b"ANSI_932"}
_OLD = "AC1021"


def open_drawing(path: Path, *, encoding: str) -> tuple[Any, TextEncoding]:
    """Return the drawing (``ezdxf.document.Drawing``) and how its text was written.

    ``encoding``: what a person chose; empty to find out. Raises ``BadFileError`` (``unreadable``,
    ``encoding``).
    """
    data = path.read_bytes()
    binary = data.startswith(BINARY_DXF)
    try:
        written = _encoding_of(data, encoding, binary=binary)
        return (_binary(data, written) if binary else _text(data, written)), written
    except (MemoryError, RecursionError, BadFileError):
        raise
    except Exception as error:  # ezdxf raises whatever a damaged value leads to
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> BadFileError:
    told = f"cannot be read as DXF ({type(error).__name__}: {error})"
    return BadFileError(reason=" ".join(told.split())[:300], problem=FileProblem.UNREADABLE)


def _encoding_of(data: bytes, asked: str, *, binary: bool) -> TextEncoding:
    pattern = _BINARY_CODE_PAGE if binary else _CODE_PAGE
    stated = pattern.search(data[:65_536])
    page = stated[2].decode("ascii", "replace").upper().removeprefix("ANSI_") if stated else ""
    hints = [hint] if (hint := encoding_of_cpg(page)) else []
    samples = _texts_of(data) if binary else [data]
    return decide_encoding(samples, asked=asked, hints=hints)


def _texts_of(data: bytes) -> list[bytes]:
    """Return the texts beyond ASCII of a binary drawing, as bytes."""
    from ezdxf.lldxf.tagger import binary_tags_loader

    plain = _BINARY_CODE_PAGE.sub(rb"\1ANSI_1252", data, count=1)
    coded = "utf-8" if _version(data) >= _OLD else "cp1252"
    found = set()
    for tag in binary_tags_loader(plain):
        value = tag.value
        if isinstance(value, str) and not value.isascii():
            found.add(value.encode(coded, "surrogateescape"))
    return sorted(found)


def _version(data: bytes) -> str:
    at = data.find(b"$ACADVER")
    found = re.search(rb"AC\d{4}", data[at : at + 40]) if at >= 0 else None
    return found[0].decode() if found else ""


def _binary(data: bytes, written: TextEncoding) -> Any:
    from ezdxf.document import Drawing
    from ezdxf.lldxf.tagger import binary_tags_loader

    page = _PAGES.get(written.name)
    if page and _version(data) < _OLD:
        data = _BINARY_CODE_PAGE.sub(rb"\1" + page, data, count=1)
    return Drawing.load(binary_tags_loader(data))


def _text(data: bytes, written: TextEncoding) -> Any:
    from ezdxf.filemanagement import read

    text = decode(data, written).removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return read(io.StringIO(text))
    except (MemoryError, RecursionError):
        raise
    except Exception:
        return _recovered(data, written)


def _recovered(data: bytes, written: TextEncoding) -> Any:
    """Return what can be read of a damaged drawing."""
    from ezdxf import recover

    if page := _PAGES.get(written.name):
        data = _CODE_PAGE.sub(rb"\1" + page, data, count=1)
    return recover.read(io.BytesIO(data))[0]


def stated_unit(drawing: Any) -> str:
    """Return the unit that a drawing states (``$INSUNITS``); empty for none, or one unheard of."""
    name, _metres = UNITS.get(int(drawing.header.get("$INSUNITS", 0) or 0), ("", 0.0))
    return name


def stated_system(drawing: Any) -> str:
    """Return the system that a drawing states by its GEODATA, which few have; empty for none."""
    from ezdxf.lldxf.const import DXFError

    try:
        found = drawing.modelspace().get_geodata()
        return f"EPSG:{int(found.get_crs()[0])}" if found is not None else ""
    except (DXFError, ValueError, AttributeError):
        return ""
