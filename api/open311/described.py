"""What the description of the API says of parameters that are read by hand: of lists and forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.open311.asked import FORM, LIST

_ASKED = {
    "service_request_id": "Only these, by their ids; several with commas.",
    "service_code": "Only of these services; several with commas.",
    "start_date": "Filed from then on, such as 2026-05-01T00:00:00Z; at most 90 days are told.",
    "end_date": "Filed until then.",
    "status": "open, closed, or both with a comma.",
    "jurisdiction_id": "The name of one campaign; without it, all.",
    "page": "From 1.",
    "page_size": "At most 1,000.",
    "lang": "zh_CN, zh_Hant or en.",
    "api_key": "Needed for filing alone.",
}
_SENT = {
    "api_key": "An API token that may write down what people say.",
    "service_code": "Of the list of services.",
    "lat": "Latitude, WGS 84.",
    "long": "Longitude, WGS 84.",
    "address_string": "Or, in place of both, the name of a place.",
    "description": "What is asked for.",
    "device_id": "The same for the same person; without it, staff writes down what somebody said.",
    "attribute[code]": "The answer to a question of the service; of several, once each.",
    "media": "A photo, in a form of the kind multipart/form-data.",
    "media_url": "Nothing is fetched from it.",
    **dict.fromkeys(("first_name", "last_name", "phone", "email"), "Dropped unread."),
}
_NEEDED = ["api_key", "service_code", "description"]
_TEXT = {"type": "string"}


def asked_parameters() -> dict[str, Any]:
    """Return the parameters of the list of requests, for the description of its route."""
    return {
        "parameters": [
            {"name": name, "in": "query", "schema": _TEXT, "description": _ASKED[name]}
            for name in sorted(LIST)
        ]
    }


def sent_form() -> dict[str, Any]:
    """Return the fields of a filed request, for the description of its route."""
    names = [*(name for name in _SENT if name in FORM or "[" in name), "media"]
    fields: Mapping[str, Any] = {name: {**_TEXT, "description": _SENT[name]} for name in names}
    with_photo = {**fields, "media": {**fields["media"], "format": "binary"}}
    plain = {name: one for name, one in fields.items() if name != "media"}
    forms = (("application/x-www-form-urlencoded", plain), ("multipart/form-data", with_photo))
    content = {
        kind: {"schema": {"type": "object", "required": _NEEDED, "properties": properties}}
        for kind, properties in forms
    }
    return {"requestBody": {"required": True, "content": content}}
