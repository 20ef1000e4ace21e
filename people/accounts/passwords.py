"""Passwords: Argon2id, and what may be one.

The parameters are the second recommended option of RFC 9106 (3 passes over 64 MiB, 4 lanes). At
most two are computed at once, so that many who sign in together cost time, not memory. What may
be a password follows NIST SP 800-63B: length counts, very common ones and the person's own names
do not, and nothing is said of digits or signs.
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from core.errors import BadPasswordError, PasswordProblem
from core.group_writer import BusyError

LEAST, MOST = 10, 200
AT_ONCE = 2
#: Longer than this nobody waits for a turn; 50 of them pass in it.
WAIT_S = 10.0
#: Without letters and digits that look alike.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_TURNS = threading.BoundedSemaphore(AT_ONCE)
#: Common ones of ten characters and more that are neither a run nor a repetition.
COMMON = frozenset(
    """
    password12 password123 password1234 passw0rd123 p@ssw0rd123 mypassword passwordpassword
    qwertyuiop qwerty1234 qwerty12345 qwerty123456 qwertyuiop123 1qaz2wsx3edc 1q2w3e4r5t
    1q2w3e4r5t6y q1w2e3r4t5 zaq12wsxcde3 qazwsxedcrfv asdfghjkl; asdfghjkl123 zxcvbnm123
    iloveyou123 iloveyou1234 woaini1314 woaini520 woaini1314520 woaini521 5201314520 1314520520
    a123456789 aa123456789 abc123456789 abc1234567 abcd123456 abcd1234567 asd123456789
    q123456789 qq123456789 zxc123456789 123456789a 123456789q 123456789z 123456789abc 1234567890a
    1234567890q 147258369a 1472583690 147852369a 9876543210a 1357924680 2468013579 1123581321
    administrator administrator1 admin123456 admin12345 admin1234567 adminadmin root123456
    root1234567 welcome123 welcome1234 changeme123 letmein123 letmein1234 letmeinplease
    superman123 football123 baseball123 sunshine123 princess123 michael123 computer123
    beijing2008 beijing123 beijing2022 beijing123456 haidian123 qinghe1234 qinghe123456
    test123456 test1234567 user123456 guest123456 default123 master1234 internet123
    """.split()  # noqa: SIM905
)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "01234567890123456789")


@dataclass(frozen=True)
class OneTime:
    """A password made for somebody, and its hash: shown once, and to be changed at once."""

    password: str
    hashed: str


def hash_password(password: str) -> str:
    """Return the password's hash in PHC form, up to 100 characters. Raises ``BusyError``."""
    with _turn():
        return _HASHER.hash(_normal(password))


def one_time() -> OneTime:
    """Return a fresh random password of 16 characters (79 bits), in groups of four."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(16))
    password = "-".join(drawn[start : start + 4] for start in range(0, 16, 4))
    return OneTime(password, hash_password(password))


def matches(hashed: str | None, password: str) -> bool:
    """Tell whether this is the password. Without a hash the same work is done, in vain.

    Raises ``BusyError``.
    """
    if len(password) > MOST:
        password = ""
    with _turn():
        try:
            return _HASHER.verify(hashed or _nobodys(), _normal(password)) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(hashed: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(hashed)


def check_password(password: str, *names: str) -> None:
    """Raise ``BadPasswordError`` for what may not be a password of somebody with these names.

    ``problem``: ``short``, ``long``, ``common``, ``name``.
    """
    normal = _normal(password)
    if len(normal) < LEAST:
        raise BadPasswordError(problem=PasswordProblem.SHORT, least=LEAST)
    if len(normal) > MOST:
        raise BadPasswordError(problem=PasswordProblem.LONG, most=MOST)
    folded = normal.casefold()
    if folded in COMMON or _is_run(folded) or _is_repetition(folded):
        raise BadPasswordError(problem=PasswordProblem.COMMON)
    if any(_is_little_more(folded, name.casefold()) for name in (*names, "lujian", "路见")):
        raise BadPasswordError(problem=PasswordProblem.NAME)


@contextmanager
def _turn() -> Iterator[None]:
    if not _TURNS.acquire(timeout=WAIT_S):
        raise BusyError(waiting=AT_ONCE)
    try:
        yield
    finally:
        _TURNS.release()


@cache
def _nobodys() -> str:
    """Return a hash that no password has; made within somebody's turn."""
    return _HASHER.hash(secrets.token_hex(32))


def _normal(password: str) -> str:
    """Return what is hashed: two keyboards may write one character in two ways (NIST: NFKC)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


def _is_run(text: str) -> bool:
    """Tell whether it goes along the alphabet, the digits or a row of keys, either way."""
    return any(text in row + row or text[::-1] in row + row for row in _ROWS)


def _is_repetition(text: str) -> bool:
    """Tell whether up to four characters come again and again."""
    return any(text == (text[:n] * len(text))[: len(text)] for n in range(1, 5))


def _is_little_more(text: str, name: str) -> bool:
    """Tell whether it is a name and but a few digits or signs."""
    return (
        len(name) >= 2 and name in text and len(re.sub(r"[\W\d_]", "", text.replace(name, ""))) < 3
    )
