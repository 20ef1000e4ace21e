"""Keys for single purposes, derived from the operator's secret."""

from __future__ import annotations

import hmac
from hashlib import sha256

LEAST_LENGTH = 32


def derived_keys(secret_key: str, purpose: str) -> tuple[bytes, ...]:
    """Return 32 bytes for each secret in ``settings.secret_key``, the signing one first.

    One step of HKDF-Expand (RFC 5869) with ``purpose`` as info: a key of one purpose tells nothing
    of another's. A secret below 32 characters counts as none.
    """
    secrets = (part.strip() for part in secret_key.split(","))
    info = f"lujian {purpose}\x01".encode()
    return tuple(
        hmac.digest(secret.encode("utf-8", "surrogateescape"), info, sha256)
        for secret in secrets
        if len(secret) >= LEAST_LENGTH
    )
