"""Changing the office: administrators of the whole platform, against what they saw."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import EmptyTextError, InvalidError, LongTextError, WrongStateError
from core.language import CONTENT_LANGUAGES
from core.text import clean_line, clean_text
from people.access.actor import Actor
from people.access.permissions import Act, check_may
from people.audit.record import record
from people.office.logo import Logo
from people.office.models import OfficeEntry
from people.office.office import LONG, NONE, PLAIN, WORDS, Office, Words, stored_office


def change_office(
    session: Session,
    actor: Actor,
    words: Words,
    plain: Mapping[str, str],
    *,
    version: str,
    now: datetime,
) -> Office:
    """Save what the office says of itself; return it as it is stored then.

    ``version`` is that of ``stored_office`` as it was seen. Raises ``NotAllowedError``;
    ``WrongStateError`` (``reason="stale"``) when somebody changed it meanwhile; ``InvalidError``
    naming the field and the language of what is too long or no e-mail address.
    """
    before = _changeable(session, actor, version)
    wanted = Office(_clean_words(words), _clean_plain(plain), before.logo)
    return _save(session, actor, before, wanted, now)


def change_logo(
    session: Session, actor: Actor, logo: Logo | None, *, version: str, now: datetime
) -> Office:
    """Give the office a logo, or take it away; return the office as it is stored then.

    Raises what ``change_office`` raises.
    """
    before = _changeable(session, actor, version)
    wanted = Office(before.words, before.plain, "" if logo is None else logo.digest)
    return _save(session, actor, before, wanted, now, logo)


def _changeable(session: Session, actor: Actor, version: str) -> Office:
    check_may(actor, Act.MANAGE_OFFICE, action="change_office")
    before = stored_office(session)
    if version != before.version:
        raise WrongStateError(status="office", wanted="changed", reason="stale")
    return before


def _save(
    session: Session,
    actor: Actor,
    before: Office,
    wanted: Office,
    now: datetime,
    logo: Logo | None = None,
) -> Office:
    changes = _changes(before, wanted)
    if not changes["to"]:
        return before
    row = session.scalar(select(OfficeEntry)) or OfficeEntry(id=1, logo=None)
    row.words, row.plain = _texts(wanted.words), dict(wanted.plain)
    if wanted.logo != before.logo:
        row.logo = None if logo is None else logo.png
    row.logo_digest, row.changed = wanted.logo, now
    session.add(row)
    session.flush()
    record(session, actor, "office_changed", now=now, details=changes)
    return wanted


def _texts(words: Words) -> dict[str, Any]:
    return {name: dict(texts) for name, texts in words.items()}


def _changes(before: Office, wanted: Office) -> dict[str, dict[str, Any]]:
    """Return what the audit trail says: each field that changes, as it was and as it is."""
    old, new = _told(before), _told(wanted)
    names = [name for name in new if (new[name] or None) != (old.get(name) or None)]
    return {
        "from": {name: old.get(name, "") for name in names},
        "to": {name: new[name] for name in names},
    }


def _told(office: Office) -> dict[str, str]:
    words = {
        f"{name} ({lang})": text
        for name, texts in office.words.items()
        for lang, text in texts.items()
    }
    return {**words, **office.plain, "logo": office.logo}


def _clean_words(words: Words) -> dict[str, dict[str, str]]:
    return {
        name: {
            lang: _clean(words.get(name, {}).get(lang, ""), most, name, lang)
            for lang in CONTENT_LANGUAGES
        }
        for name, most in WORDS.items()
    }


def _clean_plain(plain: Mapping[str, str]) -> dict[str, str]:
    cleaned = {name: _clean(plain.get(name, ""), most, name) for name, most in PLAIN.items()}
    at = cleaned["email"]
    if at not in {"", NONE} and (at.count("@") != 1 or not all(at.split("@")) or " " in at):
        raise InvalidError(field="email", reason="email")
    return cleaned


def _clean(text: str, most: int, field: str, lang: str = "") -> str:
    clean = clean_text if field in LONG else clean_line
    try:
        return clean(text, most=most)
    except EmptyTextError:
        return ""
    except LongTextError as error:
        raise InvalidError(field=field, reason="long", language=lang, **error.params) from error
