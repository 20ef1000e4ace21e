"""Keeps the names of KML's columns: GDAL's driver makes an underscore of each byte beyond ASCII.

Two Chinese names of one length would be one column. So the names are replaced by plain ones in a
copy of the file before GDAL reads it, and put back afterwards.
"""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path

#: The elements and the attribute by which KML names the columns of a placemark.
_NAMED = re.compile(
    r"""(<(?:\w+:)?(?:Data|SimpleData|SimpleField)\b[^<>]*?\bname\s*=\s*)("[^"<]*"|'[^'<]*')"""
)
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")
_PLAIN = "lujian_column_{}"


def with_plain_names(path: Path, copy: Path) -> tuple[Path, dict[str, str]]:
    """Return a KML file whose columns have plain names, and what each means.

    The file itself where all its names are plain, or its text is of no encoding that Python knows.
    """
    data = path.read_bytes()
    declared = _DECLARED.search(data[:200])
    encoding = declared[1].decode() if declared else "utf-8"
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return path, {}
    found: dict[str, str] = {}

    def plain(match: re.Match[str]) -> str:
        name = unescape(match[2][1:-1])
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            return match[0]
        number = found.setdefault(name, _PLAIN.format(len(found)))
        return f'{match[1]}"{escape(number)}"'

    changed = _NAMED.sub(plain, text)
    if not found:
        return path, {}
    copy.write_text(changed, encoding=encoding, errors="xmlcharrefreplace")
    return copy, {short: name for name, short in found.items()}
