"""Staff passes: who works here, until there are accounts.

A pass is a signed piece of text that names a person, one role and when it ends. Whoever holds the
address with the pass in it has the role, on that device, until then; so it is given by hand and
for weeks, not years. No list of passes is kept: changing LUJIAN_SECRET_KEY ends all of them at
once (put the new secret in place of the one that signed them; an old secret left behind a comma
goes on opening what it signed). Each pass has a number, which tells two of them apart.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from errors import InvalidError, NoKeyError
from people.actors import Actor, Role, everywhere
from people.keys import derived_keys
from people.visitors import device_of

STAFF_COOKIE = "lujian_pass"
MOST_DAYS = 366
MOST_NAME = 80
_MOST_CHARACTERS = 1_000
_PURPOSE = "staff pass"


@dataclass(frozen=True)
class Pass:
    """What a valid pass says. ``number`` tells passes apart; ``until`` is when it ends."""

    name: str
    roles: frozenset[Role]
    until: datetime
    number: str


def issue_pass(key: str, role: str, name: str, days: int, now: datetime) -> str:
    """Return the text of a new pass, signed with the first secret of ``settings.secret_key``.

    Raises ``NoKeyError``; ``InvalidError`` naming the field: a role that is none, an empty or
    long name, days outside 1 to 366.
    """
    name = name.strip()
    sound = {
        "role": role in set(Role),
        "name": 0 < len(name) <= MOST_NAME and name.isprintable(),
        "days": 1 <= days <= MOST_DAYS,
    }
    for field, good in sound.items():
        if not good:
            raise InvalidError(field=field)
    serializers = _serializers(key)
    if not serializers:
        raise NoKeyError()
    until = now + timedelta(days=days)
    said = {"n": name, "r": role, "u": int(until.timestamp()), "i": secrets.token_hex(4)}
    return str(serializers[0].dumps(said))


def read_pass(key: str, token: str, now: datetime) -> Pass | None:
    """Return what a pass says, or None for one that is not ours, was changed, or has ended."""
    if not isinstance(token, str) or not token.isascii() or len(token) > _MOST_CHARACTERS:
        return None
    for serializer in _serializers(key):
        try:
            said = serializer.loads(token)
        except BadData:
            continue
        return _pass(said, now)
    return None


def actor_from(cookies: Mapping[str, str], key: str, now: datetime) -> Actor:
    """Return who acts: this device, with the roles of its pass if it has a valid one."""
    found = read_pass(key, cookies.get(STAFF_COOKIE, ""), now)
    grants = everywhere(*found.roles) if found else frozenset()
    return Actor(device=device_of(dict(cookies)), grants=grants)


def _serializers(key: str) -> list[URLSafeSerializer]:
    kwargs = {"digest_method": sha256, "key_derivation": "hmac"}
    parts = derived_keys(key, _PURPOSE)
    return [URLSafeSerializer(part, salt=_PURPOSE, signer_kwargs=kwargs) for part in parts]


def _pass(said: dict[str, Any], now: datetime) -> Pass | None:
    """Read what one of our secrets signed; a role may have been abolished since."""
    until = datetime.fromtimestamp(said["u"], UTC)
    if now >= until or said["r"] not in set(Role):
        return None
    return Pass(said["n"], frozenset({Role(said["r"])}), until, said["i"])
