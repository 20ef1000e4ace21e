"""Who comes back from a provider is taken for that only where one is set up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from language import translations
from people.actors import Actor
from screens import sign_in
from screens.parts.visitor import Visitor
from settings import Settings

SECTION = {"client_id": "lujian", "server_metadata_url": "https://id.example.org"}
NOBODY = Visitor("en", translations("en"), Actor("d" * 32))


class User:
    """What Streamlit says of a cookie with a right signature."""

    def to_dict(self) -> dict[str, Any]:
        """Return an identity of this very moment."""
        return {
            "is_logged_in": True,
            "iss": "https://id.example.org",
            "sub": "7",
            "iat": time.time(),
            "groups": ["chiefs"],
        }


@pytest.mark.parametrize(
    ("auth", "roles", "comes"),
    [
        ({}, "", False),
        ({}, "chiefs=administrator", False),
        (SECTION, "", False),
        (SECTION, "chiefs=administrator", True),
    ],
)
def test_who_comes_back(
    monkeypatch: pytest.MonkeyPatch, auth: Mapping[str, Any], roles: str, comes: bool
) -> None:
    monkeypatch.setattr(sign_in, "auth", lambda: auth)
    monkeypatch.setattr(sign_in, "get_settings", lambda: Settings(oidc_roles=roles))
    monkeypatch.setattr(sign_in.st, "user", User())
    assert (sign_in.returning(NOBODY) is not None) == comes
