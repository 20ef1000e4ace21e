"""An actor's device token never reaches a table; its hash does."""

from __future__ import annotations

from hashlib import sha256

from people.access.actor import OPERATOR, Actor


def test_the_key_is_the_hash_of_the_token() -> None:
    assert Actor("token").key == sha256(b"token").hexdigest()
    assert Actor("token").key != Actor("Token").key
    assert Actor("令牌\ud800").key is not None


def test_no_device_no_key() -> None:
    assert Actor().key is None
    assert Actor("").key is None
    assert OPERATOR.key is None
