"""The OpenID Connect providers by which people sign in: one without a name, any number with one.

Their addresses and secrets stand in Streamlit's ``secrets.toml``: ``[auth]`` for the one without a
name, ``[auth.google]`` for one called ``google``. What their words mean here is said by three
settings of one syntax: parts separated by commas, each about the provider in brackets before it::

    moderators=social_worker@110108017, [google]"CN=Planners,OU=Town"=community_planner

A value in double quotes may hold commas, equals signs and brackets; a quote in it is written twice.
A provider's roles are its own: what one says gives nothing by what another is trusted with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.settings import Settings
from people.access.actor import Grant, Reach, Role

#: How Streamlit calls the provider that has no name.
UNNAMED = "default"
#: Streamlit takes no underscore in a provider's name.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
GROUPS = "groups"
DISCOVERY = "/.well-known/openid-configuration"
_PART = re.compile(
    r"""\s*(?:\[(?P<provider>[^\[\]]*)\]\s*)?
    (?:"(?P<quoted>(?:[^"]|"")*)"(?P<after>[^,"]*)|(?P<plain>(?!\s*["\[])[^,]*))(?:,|$)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Provider:
    """A provider: how it is shown, which claim of it counts, and the roles by the claim's values.

    ``label`` is empty where the operator gave none.
    """

    key: str
    label: str = ""
    claim: str = GROUPS
    roles: Mapping[str, frozenset[Grant]] = field(default_factory=dict)


def providers_of(settings: Settings) -> dict[str, Provider]:
    """Return the providers that give roles here, by their keys, the one without a name first.

    Raises ``ValueError`` naming the setting and its first part that cannot be read.
    """
    claims = _texts("LUJIAN_OIDC_CLAIM", settings.oidc_claim)
    labels = _texts("LUJIAN_OIDC_NAMES", settings.oidc_names)
    roles = _roles(settings.oidc_roles)
    keys = sorted(roles, key=lambda key: (key != UNNAMED, list(roles).index(key)))
    every = claims.get(UNNAMED, GROUPS)
    return {
        key: Provider(key, labels.get(key, ""), claims.get(key, every), roles[key]) for key in keys
    }


def sections_of(auth: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the providers that ``[auth]`` of ``secrets.toml`` sets up, by their keys."""
    named = {key: part for key, part in auth.items() if isinstance(part, Mapping)}
    found = {UNNAMED: named.pop(UNNAMED, auth)} | {
        key: part for key, part in named.items() if NAME.fullmatch(key)
    }
    return {
        key: part
        for key, part in found.items()
        if part.get("client_id") and part.get("server_metadata_url")
    }


def offered_providers(settings: Settings, auth: Mapping[str, Any]) -> tuple[Provider, ...]:
    """Return the providers by which people can sign in: set up in ``[auth]``, and giving roles.

    Raises ``ValueError`` as ``providers_of``.
    """
    sections = sections_of(auth)
    return tuple(one for key, one in providers_of(settings).items() if key in sections)


def may_vouch(auth: Mapping[str, Any], key: str, issuer: str) -> bool:
    """Tell whether a provider may speak for an issuer, by whom an account is known.

    The issuer must be the one that its section names as ``issuer``, or else what the address of its
    metadata begins with (OpenID Connect Discovery 1.0, 4.3). Otherwise one provider could call
    itself another, and anybody by the name of somebody there. Where there is one provider alone,
    it has nobody to pass for: there its own word is enough, as some serve their metadata under an
    inner address.
    """
    sections = sections_of(auth)
    section = sections.get(key)
    if section is None:
        return False
    named = section.get("issuer")
    if named:
        return bool(issuer == named)
    return len(sections) == 1 or section["server_metadata_url"] == issuer.rstrip("/") + DISCOVERY


def _roles(text: str) -> dict[str, dict[str, frozenset[Grant]]]:
    setting = "LUJIAN_OIDC_ROLES"
    found: dict[str, dict[str, frozenset[Grant]]] = {}
    for key, part, after in _parts(setting, text):
        if after is None:
            value, _, grant = part.rpartition("=")
            value = value.strip()
        else:
            value, grant = part, after.removeprefix("=") if after.startswith("=") else ""
        if not value or not grant.strip():
            raise ValueError(f"{setting}: {part + (after or '')!r} is not value=role@place")
        known = found.setdefault(key, {})
        known[value] = known.get(value, frozenset()) | {_grant(setting, grant.strip())}
    return found


def _texts(setting: str, text: str) -> dict[str, str]:
    """Read a setting that says one thing of each provider."""
    found: dict[str, str] = {}
    for key, value, after in _parts(setting, text):
        if after or not value or key in found:
            raise ValueError(f"{setting}: {value + (after or '')!r} stands there once too often")
        found[key] = value
    return found


def _parts(setting: str, text: str) -> Iterator[tuple[str, str, str | None]]:
    """Give each part: the provider's key, a value, and for one in quotes what comes after it."""
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            raise ValueError(f"{setting}: {text[at : at + 60].strip()!r} cannot be read")
        at = max(found.end(), at + 1)
        name, quoted = found["provider"], found["quoted"]
        if name is not None and (NAME.fullmatch(name) is None or name == UNNAMED):
            raise ValueError(f"{setting}: {name!r} is no provider's name")
        value = found["plain"].strip() if quoted is None else quoted.replace('""', '"')
        if value or quoted is not None or name is not None:
            yield name or UNNAMED, value, None if quoted is None else found["after"].strip()


def _grant(setting: str, text: str) -> Grant:
    """Read role, role@subdistrict or role@community/edition."""
    name, at, place = text.partition("@")
    code, slash, edition = place.partition("/")
    sound = name in set(Role) and name != Role.RESIDENT and bool(at) == bool(code)
    if not sound or bool(slash) != bool(edition):
        raise ValueError(f"{setting}: {text!r} is no role, role@code or role@code/edition")
    if not code:
        return Grant(Role(name))
    reach = Reach.COMMUNITY if edition else Reach.SUBDISTRICT
    return Grant(Role(name), reach, code, edition)
