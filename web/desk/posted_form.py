"""What a form of the desk sends, read with care: who typed it is not trusted either."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core import errors
from core.dates import kept_in_calendar
from core.text import shows_nothing
from moderation.redact_photo import Box

Typed = Mapping[str, str]
MOST_TYPED = 20_000


@dataclass(frozen=True)
class Sent:
    """A form of the desk: about which proposal, what was typed, when."""

    public_id: str
    typed: Typed
    spans: tuple[str, ...]
    now: datetime

    @property
    def reason(self) -> str:
        """Return the reason: one of the common ones, or what was typed. Raises for none."""
        said = self.typed.get("common", "").strip() or self.typed.get("reason", "").strip()
        if shows_nothing(said):
            raise errors.InvalidError(field="reason")
        return said

    @property
    def seen(self) -> datetime:
        """Return the version that was seen. Raises ``InvalidError``."""
        return moment_of(self.typed.get("seen", ""))

    def one(self, name: str) -> str:
        """Return what was typed into a field; empty for nothing."""
        return self.typed.get(name, "").strip()


def moment_of(text: str) -> datetime:
    """Read the version that was seen. Raises ``InvalidError``."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise errors.InvalidError(field="seen") from None
    if found.tzinfo is None:
        raise errors.InvalidError(field="seen")
    return kept_in_calendar(found)


def number_of(text: str) -> float:
    """Read a degree. Raises ``BadCoordinateError``."""
    try:
        return float(text)
    except ValueError:
        raise errors.BadCoordinateError() from None


def identity_of(text: str, kind: str) -> int:
    """Read the number of a thing. Raises ``NotFoundError`` for what can be none."""
    return _row_number(text, errors.NotFoundError(kind=kind))


def account_of(text: str) -> int:
    """Read the number of an account. Raises ``InvalidError``."""
    return _row_number(text, errors.InvalidError(field="account"))


def _row_number(text: str, refused: errors.LuJianError) -> int:
    if not text.isdecimal() or len(text) > 17:
        raise refused
    return int(text)


def token_of(text: str) -> str:
    """Read what a form was marked with, so that it counts once. Raises ``InvalidError``."""
    if not (text.isascii() and text.isalnum() and 8 <= len(text) <= 80):
        raise errors.InvalidError(field="token")
    return text


def span_of(text: str) -> tuple[int, int]:
    """Read "3-8"; what is none is outside every text."""
    try:
        start, end = json.loads(f"[{text.replace('-', ',', 1)}]")
        return int(start), int(end)
    except (ValueError, TypeError):
        raise errors.InvalidError(field="spans") from None


def boxes_of(text: str) -> list[Box]:
    """Read what was drawn: left, top, width and height of each box, in shares of the photo."""
    try:
        drawn = [tuple(float(share) for share in box) for box in json.loads(text or "[]")]
        return [Box(x, y, min(x + w, 1.0), min(y + h, 1.0)) for x, y, w, h in drawn]
    except (ValueError, TypeError):
        raise errors.InvalidError(field="boxes") from None
