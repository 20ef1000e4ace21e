"""E-mail addresses and phone numbers: read, sealed at rest, found again by a keyed hash.

The table holds no address that can be read without a key of ``LUJIAN_SECRET_KEY``. From each key's
text two keys are derived (``core.keys``): one seals (Fernet: AES-128-CBC with HMAC-SHA256), one
makes the look-up hash (HMAC-SHA256). The first key seals, all of them open, so a key is changed
by putting the new one in front, ``python -m post reseal``, and taking the old one away.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import phonenumbers
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import BadContactError, ContactProblem, LuJianError, NoKeyError, NotFoundError
from core.keys import LEAST_LENGTH, Purpose, Sealed, derived_key
from core.settings import Settings
from core.text import as_address
from notifications.models import Contact

REGION = "CN"
_LONGEST = 254  # an e-mail address, by RFC 5321
_REACHABLE = {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
}


class ContactKind(StrEnum):
    """How somebody is reached."""

    EMAIL = "email"
    PHONE = "phone"


class WrongKeyError(LuJianError):
    """A contact was sealed under a key that is not among those of ``LUJIAN_SECRET_KEY``."""

    code = "wrong_key"


class Sealer:
    """Seals and opens addresses. Raises ``ValueError`` for a key that is too short."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or any(len(key) < LEAST_LENGTH for key in keys):
            raise ValueError(
                f"LUJIAN_SECRET_KEY: each key needs at least {LEAST_LENGTH} characters"
            )
        seals = [derived_key(key, Purpose.CONTACT_SEAL) for key in keys]
        self._fernet = MultiFernet([Fernet(urlsafe_b64encode(key)) for key in seals])
        self._lookup_keys = [derived_key(key, Purpose.CONTACT_LOOKUP) for key in keys]

    def seal(self, address: str) -> Sealed:
        """Return the address, or another secret, as only the first key's owner can read it."""
        return Sealed(self._fernet.encrypt(address.encode()))

    def open(self, sealed: Sealed) -> str:
        """Return the address. Raises ``WrongKeyError``, also for what was tampered with."""
        try:
            return self._fernet.decrypt(sealed.token).decode()
        except InvalidToken:
            raise WrongKeyError from None

    def lookups(self, address: str) -> list[str]:
        """Return the address's keyed hashes, the first key's first; case does not matter."""
        words = address.lower().encode()
        return [hmac.new(key, words, sha256).hexdigest() for key in self._lookup_keys]


@dataclass(frozen=True)
class Resealed:
    """How many things were sealed anew, and how many none of the keys opens."""

    resealed: int
    unopened: int


def sealer_of(settings: Settings) -> Sealer | None:
    """Return the sealer of the operator's keys, None when there is no key.

    Raises ``ValueError`` with one clear line for a key that is too short.
    """
    keys = [key.strip() for key in settings.secret_key.split(",")]
    return Sealer([key for key in keys if key]) if any(keys) else None


def read_contact(text: str) -> tuple[ContactKind, str]:
    """Return the kind and the normal form: an ASCII e-mail address, or a number as E.164.

    A number without a country is Chinese. Full-width characters are read as what they stand for.
    Nobody is asked over the network. Raises ``BadContactError`` (``unreadable``).
    """
    address = as_address(text)
    if not address or len(address) > _LONGEST:
        raise BadContactError(problem=ContactProblem.UNREADABLE)
    if "@" in address:
        return ContactKind.EMAIL, _read_email(address)
    return ContactKind.PHONE, _read_phone(address)


def check_channel(text: str, channels: Collection[ContactKind]) -> None:
    """Raise unless a letter to this address can be sent, so that nobody waits for one in vain.

    ``NoKeyError`` without any channel; ``BadContactError`` for what is no address, and
    (``only_email``, ``only_phone``) for one that the channels there are do not reach.
    """
    if not channels:
        raise NoKeyError()
    kind, _address = read_contact(text)
    if kind not in channels:
        raise BadContactError(problem=ContactProblem(f"only_{min(channels)}"))


def check_contact(text: str, *, consent: bool) -> tuple[ContactKind, str]:
    """Return the kind and the address of what may be kept.

    Raises ``BadContactError`` (``consent``, ``unreadable``).
    """
    if not consent:
        raise BadContactError(problem=ContactProblem.CONSENT)
    return read_contact(text)


def keep(
    session: Session, sealer: Sealer | None, text: str, *, consent: bool, now: datetime
) -> int:
    """Keep an address, sealed, and return its contact's id; the same address, the same id.

    Raises ``NoKeyError`` without a sealer; ``BadContactError`` (``consent``, ``unreadable``).
    """
    if sealer is None:
        raise NoKeyError
    kind, address = check_contact(text, consent=consent)
    lookups = sealer.lookups(address)
    found = session.scalar(
        select(Contact.id).where(Contact.lookup.in_(lookups)).order_by(Contact.id).limit(1)
    )
    if found is not None:
        return found
    row = Contact(kind=str(kind), sealed=sealer.seal(address), lookup=lookups[0], created=now)
    session.add(row)
    session.flush()
    return row.id


def open_contact(session: Session, sealer: Sealer, contact_id: int) -> tuple[ContactKind, str]:
    """Return the kind and the address. Raises ``NotFoundError``, ``WrongKeyError``."""
    row = session.execute(
        select(Contact.kind, Contact.sealed).where(Contact.id == contact_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(kind="contact", id=contact_id)
    return ContactKind(row.kind), sealer.open(row.sealed)


def reseal(session: Session, sealer: Sealer) -> Resealed:
    """Seal every contact under the first key; one that no key opens stays as it is."""
    resealed = unopened = 0
    taken = set(session.scalars(select(Contact.lookup)))
    for row in session.scalars(select(Contact).order_by(Contact.id)):
        try:
            address = sealer.open(row.sealed)
        except WrongKeyError:
            unopened += 1
            continue
        row.sealed, wanted = sealer.seal(address), sealer.lookups(address)[0]
        if wanted not in taken:  # taken by itself, or kept twice while a key was missing
            taken.add(wanted)
            row.lookup = wanted
        resealed += 1
    session.flush()
    return Resealed(resealed, unopened)


def masked(kind: str, address: str) -> str:
    """Return as much of an address as tells its owner which one is meant."""
    if kind == ContactKind.EMAIL:
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}***@{domain}"
    return f"{address[:-8]}****{address[-4:]}"


def _read_email(address: str) -> str:
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise BadContactError(problem=ContactProblem.UNREADABLE) from None
    return str(found.ascii_email)


def _read_phone(address: str) -> str:
    try:
        number = phonenumbers.parse(address, REGION)
    except NumberParseException:
        raise BadContactError(problem=ContactProblem.UNREADABLE) from None
    kind = phonenumbers.number_type(number)
    if not phonenumbers.is_valid_number(number) or kind not in _REACHABLE:
        raise BadContactError(problem=ContactProblem.UNREADABLE)
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
