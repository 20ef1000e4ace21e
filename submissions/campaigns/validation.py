"""What makers of campaigns type: cleaned, and checked before a campaign opens. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import EmptyTextError, InvalidError, LongTextError
from core.language import CONTENT_LANGUAGES
from core.text import clean_text, shows_nothing

#: A campaign's texts in each language, and how long each may be.
TEXTS = {"title": 60, "question": 200, "intro": 2_000, "prize": 1_000, "hint": 200}
NEEDED = ("title", "question")
MOST_PRIVACY = 4_000
MOST_WINNERS = 1_000


def clean_texts(texts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return a campaign's texts in all languages; what was not typed is empty.

    Raises ``InvalidError`` (``texts``) with ``part`` and ``language`` for one that is too long.
    """
    return {
        lang: {
            name: _cleaned(texts.get(lang, {}).get(name, ""), most, "texts", lang, name)
            for name, most in TEXTS.items()
        }
        for lang in CONTENT_LANGUAGES
    }


def clean_both(words: Mapping[str, str], field: str, most: int = MOST_PRIVACY) -> dict[str, str]:
    """Return a text in all languages. Raises ``InvalidError`` for one that is too long."""
    return {lang: _cleaned(words.get(lang, ""), most, field, lang) for lang in CONTENT_LANGUAGES}


def check_prize(prize: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the rules of a draw: ``winners`` (how many), ``claim``, ``earlier``, ``merged``.

    ``claim`` says in both languages what there is to win and how one gets it; ``earlier``: whether
    those who won in an earlier draw may win again; ``merged``: whether a proposal that was joined
    with another gives its author an entry. None: there is no draw. Raises ``InvalidError``.
    """
    if prize is None:
        return None
    winners = prize.get("winners")
    if not isinstance(winners, int) or not 1 <= winners <= MOST_WINNERS:
        raise InvalidError(field="prize", reason="winners", least=1, most=MOST_WINNERS)
    claim = clean_both(prize.get("claim") or {}, "prize", TEXTS["prize"])
    return {
        "winners": winners,
        "claim": claim,
        "earlier": bool(prize.get("earlier")),
        "merged": bool(prize.get("merged")),
    }


def check_ready(campaign: Any) -> None:
    """Raise ``InvalidError`` naming the first thing without which a campaign cannot be opened."""
    for lang in CONTENT_LANGUAGES:
        for name in NEEDED:
            if shows_nothing(str((campaign.texts.get(lang) or {}).get(name, ""))):
                raise InvalidError(field="texts", reason="missing", part=name, language=lang)
    if campaign.prize is not None:
        for lang in CONTENT_LANGUAGES:
            if not campaign.prize["claim"].get(lang):
                raise InvalidError(field="prize", reason="missing", language=lang)


def _cleaned(text: str, most: int, field: str, lang: str, part: str = "") -> str:
    try:
        return clean_text(text, most=most)
    except EmptyTextError:
        return ""
    except LongTextError as error:
        raise InvalidError(
            field=field, reason="long", part=part, language=lang, **error.params
        ) from error
