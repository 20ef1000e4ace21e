"""Reading the office: what was filled in at the desk, and for the rest what the operator set.

A field is taken from the table where it was filled in, else from the settings
(``LUJIAN_OFFICE_…``). ``NONE`` in a field says that there is none: it is shown nowhere, and nobody
is reminded of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cache import CACHE
from core.database import Database
from core.errors import NotFoundError, UnavailableError
from core.language import in_language
from core.settings import Settings
from people.office.models import OfficeEntry

#: Texts in each language, and how long each may be.
WORDS = {
    "name": 80,
    "address": 200,
    "handler": 200,
    "privacy": 20_000,
    "imprint": 10_000,
    "accessibility": 10_000,
}
#: What is the same in every language, and how long it may be.
PLAIN = {"telephone": 60, "email": 200, "icp": 80, "police_record": 80}
#: The texts among them that fill a page; the others are one line.
LONG = ("privacy", "imprint", "accessibility")
#: Without these an office should not go public; the texts have good defaults.
NEEDED = ("name", "address", "telephone", "email", "icp", "police_record")
#: Says in a field that there is none.
NONE = "-"
#: What another process of this server changed is seen after so many seconds at the latest.
FRESH_S = 5

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Office:
    """An office as it is shown. ``words`` and ``plain`` as they were filled in, by field.

    ``logo`` is the digest of its logo, empty where there is none: see ``logo_of``.
    """

    words: Words = field(default_factory=dict)
    plain: Mapping[str, str] = field(default_factory=dict)
    logo: str = ""

    def said(self, name: str, lang: str) -> str:
        """Return a text of ``WORDS`` in a language, else in any; empty where there is none."""
        return shown(in_language(self.words.get(name, {}), lang))

    def language_of(self, name: str, lang: str) -> str:
        """Return the language in which ``said`` gives a text."""
        texts = self.words.get(name, {})
        found = in_language(texts, lang)
        same = [key for key in (lang, *texts) if texts.get(key) == found]
        return same[0] if same else lang

    def name(self, lang: str) -> str:
        """Return what the office is called; empty while nobody has said it."""
        return self.said("name", lang)

    @property
    def telephone(self) -> str:
        """Its telephone number, such as 12345."""
        return shown(self.plain.get("telephone", ""))

    @property
    def email(self) -> str:
        """Its e-mail address."""
        return shown(self.plain.get("email", ""))

    @property
    def icp(self) -> str:
        """Its ICP number, such as 京ICP备05000000号."""
        return shown(self.plain.get("icp", ""))

    @property
    def police_record(self) -> str:
        """The number of its record with the public security organs (公安备案)."""
        return shown(self.plain.get("police_record", ""))

    @property
    def missing(self) -> tuple[str, ...]:
        """Return which of ``NEEDED`` nobody has filled in; of the name, in any language."""
        held = {**{name: any(texts.values()) for name, texts in self.words.items()}, **self.plain}
        return tuple(name for name in NEEDED if not held.get(name))

    @property
    def version(self) -> str:
        """A name for all that is filled in: the same while it is."""
        held = {"words": self.words, "plain": self.plain, "logo": self.logo}
        return sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:16]


def shown(text: str) -> str:
    """Return what is shown of a field: nothing where it says that there is none."""
    return "" if text == NONE else text


def office_of(session: Session, settings: Settings) -> Office:
    """Return the office, inside a transaction."""
    return _joined(stored_office(session), settings)


def stored_office(session: Session) -> Office:
    """Return what was filled in at the desk alone."""
    columns = OfficeEntry.words, OfficeEntry.plain, OfficeEntry.logo_digest
    row = session.execute(select(*columns)).first()
    return Office() if row is None else Office(row.words, row.plain, row.logo_digest)


def set_by_operator(settings: Settings) -> Office:
    """Return what the operator set in the environment."""
    words: dict[str, dict[str, str]] = {
        "name": {"zh_CN": settings.office_name, "en": settings.office_name_en},
        "address": {"zh_CN": settings.office_address, "en": settings.office_address_en},
    }
    plain = {name: str(getattr(settings, f"office_{name}")) for name in PLAIN}
    return Office(words, plain)


def current_office(database: Database, settings: Settings) -> Office:
    """Return the office for a page: as it was ``FRESH_S`` seconds ago, or later.

    Where the database is away, as it was last known.
    """

    def read() -> Office:
        with database.reading() as session:
            return stored_office(session)

    try:
        found = CACHE.get(_key(database), int(time.monotonic() / FRESH_S), read)
    except UnavailableError:
        return known_office(database, settings)
    return _joined(found, settings)


def known_office(database: Database, settings: Settings) -> Office:
    """Return the office as it was last known, without asking the database."""
    return _joined(CACHE.last(_key(database)) or Office(), settings)


def note_office(database: Database, office: Office) -> None:
    """Let this process know at once what was changed in it."""
    CACHE.get(_key(database), ("changed", time.monotonic()), lambda: office)


def logo_of(session: Session, digest: str) -> bytes:
    """Return the logo as PNG. Raises ``NotFoundError`` for another than the present one."""
    found = session.scalar(select(OfficeEntry.logo).where(OfficeEntry.logo_digest == digest))
    if not found:
        raise NotFoundError(kind="logo")
    return found


def _key(database: Database) -> tuple[str, Any]:
    return "office", database.url


def _joined(stored: Office, settings: Settings) -> Office:
    """Return what was filled in, over what the operator set."""
    operator = set_by_operator(settings)
    words = {
        name: _filled(operator.words.get(name, {}), stored.words.get(name, {})) for name in WORDS
    }
    return Office(words, _filled(operator.plain, stored.plain), stored.logo)


def _filled(below: Mapping[str, str], above: Mapping[str, str]) -> dict[str, str]:
    names = dict.fromkeys((*below, *above))
    return {name: above.get(name) or below.get(name) or "" for name in names}
