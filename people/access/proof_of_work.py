"""Proof of work: under load a browser computes for a moment before it files.

After the ALTCHA protocol, version 1: the browser looks for the number whose SHA-256 with the salt
is the challenge; the server signed the challenge, and the salt carries when it expires. Nothing is
asked of a person, nothing of another host. A filing without a proof is never refused: it is held.
"""

from __future__ import annotations

import json
import secrets
import threading
from base64 import b64decode
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Any, cast

from altcha import v1 as altcha

from core.clock_watch import SteadyClock
from core.keys import Purpose, derived_keys
from people.access.rate_limit import LimitKind

MAX_NUMBER = 100_000
VALID_FOR = timedelta(minutes=10)
STAYS_ON_S = 600.0
MINUTE_S = 60.0
MOST_SPENT = 100_000
#: What expires later was given out before the clock was set back; two machines may differ a little.
_LONGEST_S = VALID_FOR.total_seconds() + 10
_MOST_CHARACTERS = 2_000
_TEXTS = ("algorithm", "challenge", "salt", "signature")


def proof_key(secret_key: str) -> bytes:
    """Return the key that signs challenges: from ``core.settings.secret_key``, else a random one.

    A random one is this process's own: behind several processes set the secret, or a challenge of
    one fails at the other.
    """
    keys = derived_keys(secret_key, Purpose.PROOF)
    return keys[0] if keys else secrets.token_bytes(32)


class ProofDesk:
    """Says when proofs are needed, gives out challenges, and takes each solved one once.

    Thread-safe. What is spent and how much comes in is known per process: behind several, a solved
    challenge passes once at each, and each switches on by what it serves itself.
    """

    def __init__(self, key: bytes, *, per_minute: int = 60, max_number: int = MAX_NUMBER) -> None:
        self._key, self._max_number, self._per_minute = key, max_number, max(1, per_minute)
        self._accepted: dict[LimitKind, deque[float]] = {}
        self._on_until_s: dict[LimitKind, float] = {}
        self._spent: OrderedDict[str, float] = OrderedDict()
        self._clock = SteadyClock()
        self._lock = threading.Lock()

    def accepted(self, kind: LimitKind, *, now: datetime) -> None:
        """Count one that was accepted: more than ``per_minute`` in a minute switch proofs on."""
        at_s = self._clock.seconds(now)
        with self._lock:
            latest = self._accepted.setdefault(kind, deque(maxlen=self._per_minute + 1))
            latest.append(at_s)
            if len(latest) > self._per_minute and at_s - latest[0] < MINUTE_S:
                self._on_until_s[kind] = at_s + STAYS_ON_S

    def needed(self, kind: LimitKind, *, now: datetime, crowded: bool = False) -> bool:
        """Tell whether to ask for a proof now.

        Yes for ten minutes from the last crowded minute on, and for an address that has used more
        than half of its allowance (``Limits.crowded``).
        """
        with self._lock:
            return crowded or self._clock.seconds(now) < self._on_until_s.get(kind, float("-inf"))

    def challenge(self, *, now: datetime) -> dict[str, Any]:
        """Return a fresh challenge for the browser, as ALTCHA's JSON."""
        made = altcha.create_challenge(
            altcha.ChallengeOptions(
                max_number=self._max_number, hmac_key=self._key, expires=now + VALID_FOR
            )
        )
        return {
            "algorithm": made.algorithm,
            "challenge": made.challenge,
            "maxnumber": made.max_number,
            "salt": made.salt,
            "signature": made.signature,
        }

    def check(self, payload: str, *, now: datetime) -> bool:
        """Tell whether ``payload`` (base64 JSON) solves a challenge of ours, unexpired and unspent.

        The challenge is spent with that. Never raises.
        """
        solution = _read(payload)
        if solution is None or solution["algorithm"] != altcha.SHA256:
            return False
        if not 0 <= solution["number"] <= self._max_number:
            return False
        # Its own look at the expiry reads the clock; ours comes in.
        expires_s = altcha.Payload.from_dict(solution).parse_salt()[1]
        if expires_s is None or not 0 <= expires_s - now.timestamp() <= _LONGEST_S:
            return False
        good, _error = altcha.verify_solution(solution, self._key, check_expires=False)
        return good and self._spend(solution["challenge"], expires_s, now.timestamp())

    def _spend(self, challenge: str, expires_s: float, at_s: float) -> bool:
        """Note a challenge as used; False when it was, or when no more can be remembered."""
        with self._lock:
            # All live equally long, so those at the front expire first, or nearly.
            while self._spent and next(iter(self._spent.values())) < at_s:
                self._spent.popitem(last=False)
            if challenge in self._spent or len(self._spent) >= MOST_SPENT:
                return False
            self._spent[challenge] = expires_s
            return True


def _read(payload: str) -> altcha.PayloadType | None:
    """Decode a payload into fields of the right types, or None."""
    if not isinstance(payload, str) or len(payload) > _MOST_CHARACTERS:
        return None
    try:
        fields = json.loads(b64decode(payload, validate=True))
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or type(fields.get("number")) is not int:
        return None
    texts = [fields.get(name) for name in _TEXTS]
    if not all(isinstance(text, str) and text.isascii() for text in texts):
        return None
    return cast(altcha.PayloadType, {name: fields[name] for name in (*_TEXTS, "number")})
