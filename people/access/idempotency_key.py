"""A form's token names one content: sent again it is a retry, with other words it is another."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any


def token_for(token: str, *content: Any) -> str:
    """Return the token under which this content of a form is kept, at most 80 characters.

    The same form sent twice has the same one. A form that was changed in between ("Back", a second
    tab) has another, so that nobody is thanked for words that were not kept.
    """
    told = json.dumps(content, ensure_ascii=True, sort_keys=True, default=str)
    return join_token(token, sha256(told.encode()).hexdigest())


def join_token(token: str, digest: str) -> str:
    """Return the token of a content, by the hex digest of the content."""
    return f"{token[:40]}.{digest[:32]}"
