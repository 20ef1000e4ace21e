"""Answers of GeoReport v2 as JSON and as XML, and its errors in the same two forms.

Both say the same ("Spark convention"): what is empty is an element without content, and null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from fastapi.responses import Response

#: Characters that XML 1.0 cannot hold, not even escaped.
_NEVER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
#: What an element of each list is called.
ITEMS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
Told = Mapping[str, Any]


def answer(form: str, root: str, told: Any, *, status: int = 200) -> Response:
    """Return ``told`` (a list or an object) in a form; ``root``: what XML calls it."""
    if form == "xml":
        body = xml_text(root, told)
    else:
        plain = _with_nulls(told)
        body = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(body, status_code=status, media_type=TYPES[form])


def _with_nulls(told: Any) -> Any:
    if isinstance(told, Mapping):
        return {key: _with_nulls(value) for key, value in told.items()}
    if isinstance(told, Sequence) and not isinstance(told, str):
        return [_with_nulls(value) for value in told]
    return None if told == "" else told


def error(form: str, status: int, said: str) -> Response:
    """Return an error in the form of the standard."""
    told = [{"code": status, "description": said}]
    refused = answer(form, "errors", told, status=status)
    refused.headers["Cache-Control"] = "no-store"
    return refused


def xml_text(root: str, told: Any) -> str:
    """Return XML of lists, objects and plain values; all text is escaped by the library."""
    element = _element(root, told)
    body: str = ElementTree.tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _element(name: str, told: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(told, Mapping):
        element.extend(_element(key, value) for key, value in told.items())
    elif isinstance(told, Sequence) and not isinstance(told, str):
        element.extend(_element(ITEMS[name], value) for value in told)
    elif told is not None:
        element.text = _NEVER.sub("", _plain(told))
    return element


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
