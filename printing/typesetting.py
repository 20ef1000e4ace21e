"""Setting a sheet: a template of ours, and a campaign's words as data.

The data is one JSON text; a template reads it with ``json(...)``, which gives strings, never
markup: nothing in a title or a name can be run by Typst.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import typst

from core.language import tongue_and_region
from printing.fonts import Typeface, printable, typeface

SHEETS = Path(__file__).resolve().parent / "sheets"


class Drawing(str):
    """An SVG of our own making, in data where every other text is somebody's words."""


def pdf(sheet: str, data: dict[str, Any], language: str) -> bytes:
    """Set a sheet as PDF, with the glyphs it uses embedded. Raises ``NoFontError``."""
    return _one_file(_compiler(sheet, data, language).compile(format="pdf"))


def png(sheet: str, data: dict[str, Any], language: str) -> bytes:
    """Set a sheet of one page as PNG, a pixel to a point. Raises ``NoFontError``."""
    return _one_file(_compiler(sheet, data, language).compile(format="png", ppi=72))


def _compiler(sheet: str, data: dict[str, Any], language: str) -> typst.Compiler:
    face = typeface()
    return typst.Compiler(
        _template(sheet),
        root=SHEETS,
        font_paths=face.fonts,
        ignore_system_fonts=True,
        sys_inputs=_inputs(data, language, face),
    )


def _one_file(made: bytes | list[bytes] | None) -> bytes:
    if not isinstance(made, bytes):
        raise TypeError("a sheet for a picture must have one page")
    return made


@cache
def _template(sheet: str) -> bytes:
    parts = (SHEETS / f"{name}.typ" for name in ("common", sheet))
    return b"\n".join(part.read_bytes() for part in parts)


def _inputs(data: dict[str, Any], language: str, face: Typeface) -> dict[str, str]:
    lang, region = tongue_and_region(language)
    whole = _printable(data, face.covered) | {
        "family": face.family,
        "lang": lang,
        "region": region.lower(),
    }
    return {"data": json.dumps(whole, ensure_ascii=False)}


def _printable(value: Any, has: frozenset[int]) -> Any:
    """Keep only what can be printed in every text; drawings are left alone."""
    if isinstance(value, str):
        return value if isinstance(value, Drawing) else printable(value, has)
    if isinstance(value, dict):
        return {key: _printable(part, has) for key, part in value.items()}
    if isinstance(value, list):
        return [_printable(part, has) for part in value]
    return value
