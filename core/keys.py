"""Keys for single purposes, derived from the operator's secrets: the only place that does it.

From each secret of ``LUJIAN_SECRET_KEY`` HKDF-SHA256 (RFC 5869, without salt) makes a key of 32
bytes for each ``Purpose``, so that what is signed for one is worth nothing for another. None of
them opens anything alone: a session, a way in by a provider and a known device each need a row in
the database, too, and the rows hold hashes of random tokens, from which no cookie can be made.

The numbers are editions. Those of the contacts must stay: what is sealed in a database was sealed
with them. Edition 1 of sessions, tickets and proofs of work was HKDF-Expand alone, up to 0.4.0;
nothing of them lives longer than twelve hours, so it is not read any more. Links in letters are
random tokens in the database, signed by no key.

What is sealed stands in columns of their own types, in which nothing else can be, and which alone
take it: so ``python -m post reseal`` finds all of it, and nothing sealed is forgotten elsewhere.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, LargeBinary, Text, TypeDecorator

from core.errors import NoKeyError

LEAST_LENGTH = 32
_SIGNED = re.compile(r"([0-9a-f]{64})\.([0-9a-f]{64})")


class Purpose(StrEnum):
    """What a key is for. A new use gets a new member, never one that exists."""

    SESSION = "session 2"
    PROVIDER_FLOW = "provider flow 1"
    KNOWN_DEVICE = "known device 1"
    PROOF = "proof of work 2"
    CONTACT_SEAL = "contact seal 1"
    CONTACT_LOOKUP = "contact lookup 1"


@dataclass(frozen=True)
class Sealed:
    """What nobody reads without the key. No text and no bytes, so no common column takes it.

    ``token``: as the sealer made it, in ASCII.
    """

    token: bytes = field(repr=False)


def _token(value: Sealed | None) -> bytes | None:
    """Return what is stored. Raises ``TypeError`` for what is not sealed."""
    if value is not None and not isinstance(value, Sealed):
        raise TypeError("only what is sealed stands here")
    return None if value is None else value.token


class SealedColumn(TypeDecorator[Sealed]):
    """Holds what was sealed, as bytes. ``python -m post reseal`` finds all columns of it."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> Any:
        """Return the bytes to store. Raises ``TypeError`` for what is not sealed."""
        del dialect
        return _token(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Sealed | None:
        """Return what is stored."""
        del dialect
        return None if value is None else Sealed(bytes(value))


class SealedText(TypeDecorator[Sealed]):
    """Holds what was sealed, as text; an empty one for nothing. Else as ``SealedColumn``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> str:
        """Return the text to store. Raises ``TypeError`` for what is not sealed."""
        del dialect
        return (_token(value) or b"").decode("ascii")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Sealed | None:
        """Return what is stored."""
        del dialect
        return Sealed(value.encode("ascii")) if value else None


def derived_key(secret: str, purpose: Purpose) -> bytes:
    """Return the 32 bytes of one secret for one purpose."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"lujian {purpose}".encode())
    return kdf.derive(secret.encode("utf-8", "surrogateescape"))


def derived_keys(secret_key: str, purpose: Purpose) -> tuple[bytes, ...]:
    """Return a key for each secret in ``core.settings.secret_key``, the signing one first.

    A secret below 32 characters counts as none.
    """
    secrets = (part.strip() for part in secret_key.split(","))
    return tuple(derived_key(part, purpose) for part in secrets if len(part) >= LEAST_LENGTH)


def sign(secret_key: str, purpose: Purpose, token: str) -> str:
    """Return a token of 64 hex digits with its signature. Raises ``NoKeyError``."""
    keys = derived_keys(secret_key, purpose)
    if not keys:
        raise NoKeyError()
    return f"{token}.{mac_of(keys[0], token)}"


def signed_token(secret_key: str, purpose: Purpose, text: str) -> str | None:
    """Return the token in what ``sign`` gave for the same purpose; None for anything else."""
    found = _SIGNED.fullmatch(text)
    if found is None:
        return None
    token, signature = found.groups()
    keys = derived_keys(secret_key, purpose)
    ours = [hmac.compare_digest(mac_of(key, token), signature) for key in keys]
    return token if any(ours) else None


def mac_of(key: bytes, text: str) -> str:
    """Return HMAC-SHA256 as 64 hex digits."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), sha256).hex()


def hash_of(token: str) -> str:
    """Return what a table keeps of a random token: hex SHA-256."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
