"""The client's address: nobody chooses it, and nobody can read it from what is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware as UvicornsOwn

from people.access.client_address import (
    UNKNOWN,
    AddressKeys,
    ProxyMiddleware,
    address_of,
    forwarded_scheme,
    networks_of,
)
from tests.loops import finish

PROXIES = networks_of("127.0.0.1, 10.0.0.0/8,2001:db8:ffff::/48")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANY_HEADER = st.text(max_size=60) | st.lists(st.ip_addresses().map(str)).map(",".join)
OUTSIDE = st.ip_addresses().filter(
    lambda a: not any(a in n for n in PROXIES) and not getattr(a, "ipv4_mapped", None)
)


def forwarded(*values: str, proto: str | None = None) -> list[tuple[bytes, bytes]]:
    headers = [(b"x-forwarded-for", v.encode("utf-8", "replace")) for v in values]
    return headers + ([(b"x-forwarded-proto", proto.encode("utf-8"))] if proto else [])


@pytest.mark.parametrize(
    ("host", "chain", "address"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["1.1.1.1"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1, 203.0.113.9, 10.1.2.3"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1", "203.0.113.9", "10.1.2.3:443"], "203.0.113.9"),
        ("::ffff:10.0.0.5", ["203.0.113.9:4711"], "203.0.113.9"),
        ("2001:db8:ffff::1", ["[2001:db8:1:2:3::4]:80"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3::4%eth0", ["1.1.1.1"], "2001:db8:1:2::/64"),
        # A proxy that could not name its peer: what stands left of that is the peer's word.
        ("127.0.0.1", ["1.1.1.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["1.1.1.1, "], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        ("testclient", ["1.1.1.1"], UNKNOWN),
        (None, ["1.1.1.1"], UNKNOWN),
    ],
)
def test_the_walk_along_the_hops(host: str | None, chain: list[str], address: str) -> None:
    assert address_of(forwarded(*chain), host, PROXIES) == address


@given(OUTSIDE, st.lists(ANY_HEADER, max_size=3), ANY_HEADER)
def test_a_client_at_the_door_never_chooses(
    client: IPv4Address | IPv6Address, claims: list[str], proto: str
) -> None:
    headers = forwarded(*claims, proto=proto)
    assert address_of(headers, str(client), PROXIES) == address_of([], str(client), PROXIES)
    assert address_of(headers, str(client), ()) == address_of([], str(client), ())
    assert forwarded_scheme(headers, str(client), PROXIES) is None


@given(
    OUTSIDE,
    st.lists(ANY_HEADER, max_size=3),
    st.lists(st.sampled_from(["10.0.0.1", "10.9.9.9"]), max_size=12),
)
def test_a_client_behind_proxies_never_chooses(
    client: IPv4Address | IPv6Address, claims: list[str], hops: list[str]
) -> None:
    added = [", ".join([str(client), *hops])]
    headers = forwarded(*claims, *added)
    address = address_of(headers, "127.0.0.1", PROXIES)
    assert address == address_of([], str(client), PROXIES)
    again = address_of(headers, address.partition("/")[0], PROXIES)
    assert again == address


@given(st.integers(1, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_one_household_is_one_address(network: int, host: int, other: int) -> None:
    first, second = (str(IPv6Address(network << 64 | part)) for part in (host, other))
    assert address_of([], first, ()) == address_of([], second, ())


@pytest.mark.parametrize(
    ("chain", "proto", "scheme"),
    [
        ("203.0.113.9", "https", "https"),
        ("203.0.113.9", "HTTPS", "https"),
        ("203.0.113.9", "https, http", "http"),
        ("203.0.113.9, 10.0.0.1", "gopher, https, http", "https"),
        ("203.0.113.9", "javascript", None),
        ("203.0.113.9", None, None),
    ],
)
def test_the_scheme_is_the_outermost_proxys(
    chain: str, proto: str | None, scheme: str | None
) -> None:
    assert forwarded_scheme(forwarded(chain, proto=proto), "127.0.0.1", PROXIES) == scheme


def test_a_mistyped_network_is_noticed() -> None:
    assert networks_of(" , ") == ()
    assert [str(n) for n in networks_of("10.1.2.3/8,::1")] == ["10.0.0.0/8", "::1/128"]
    for wrong in ("*", "10.0.0.0/99", "proxy.example.org"):
        with pytest.raises(ValueError, match=wrong.replace("*", r"\*")):
            networks_of(f"127.0.0.1,{wrong}")


def seen_by_the_app(trusted: str, kind: str, headers: list[tuple[bytes, bytes]]) -> Any:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)

    start = "ws" if kind == "websocket" else "http"
    scope = {"type": kind, "client": ("127.0.0.1", 9), "scheme": start, "headers": headers}
    finish(ProxyMiddleware(app, networks_of(trusted))(scope, None, None))  # type: ignore[arg-type]
    return seen["client"], seen["scheme"]


def test_the_middleware_names_client_and_scheme() -> None:
    headers = forwarded("1.1.1.1, 2001:db8::7", proto="https")
    resolved = ("2001:db8::7", 0)
    assert seen_by_the_app("127.0.0.1", "http", headers) == (resolved, "https")
    assert seen_by_the_app("127.0.0.1", "websocket", headers) == (resolved, "wss")
    assert seen_by_the_app("127.0.0.1", "http", []) == (("127.0.0.1", 9), "http")
    assert seen_by_the_app("10.0.0.1", "http", headers) == (("127.0.0.1", 9), "http")
    assert seen_by_the_app("", "websocket", headers) == (("127.0.0.1", 9), "ws")


def behind_uvicorn(headers: list[tuple[bytes, bytes]], peer: str, **named: Any) -> str:
    """Return the client that the program sees behind uvicorn as it comes, believing loopback."""
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"][0])

    ours = ProxyMiddleware(app, **named)
    scope = {"type": "http", "client": (peer, 9), "scheme": "http", "headers": headers}
    finish(UvicornsOwn(ours, "127.0.0.1,::1")(scope, None, None))  # type: ignore[arg-type]
    return seen[0]


MADE_UP = (
    "203.0.113.9",
    "203.0.113.9:4711",
    "[2001:db8::7]:1",
    "198.51.100.1, 203.0.113.9",
    "203.0.113.9" + ", 127.0.0.1" * 40,
    "nonsense",
)


@pytest.mark.parametrize("chain", MADE_UP)
def test_nobody_comes_from_where_they_say(chain: str) -> None:
    """Behind a proxy on this machine that hands on what the client wrote."""
    headers = forwarded(chain)
    assert behind_uvicorn(headers, "127.0.0.1") != "127.0.0.1"  # the way in
    assert behind_uvicorn(headers, "127.0.0.1", loopback_believed=True) == "127.0.0.1"
    assert behind_uvicorn(headers, "198.51.100.77", loopback_believed=True) == "198.51.100.77"
    assert behind_uvicorn([], "127.0.0.1", loopback_believed=True) == "127.0.0.1"


@pytest.mark.parametrize("trusted", ["", "127.0.0.1/32"])
@pytest.mark.parametrize("believed", [False, True])
def test_the_beginning_and_the_end_of_the_program_pass_by(trusted: str, believed: bool) -> None:
    """Its scope has no headers; an error there is taken for a program that needs no beginning."""
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    ours = ProxyMiddleware(app, networks_of(trusted), loopback_believed=believed)
    finish(ours({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_whoever_is_trusted_is_believed_whatever_uvicorn_does() -> None:
    trusted = networks_of("127.0.0.1/32")
    for believed in (False, True):
        found = behind_uvicorn(
            forwarded("6.6.6.6, 203.0.113.9"),
            "127.0.0.1",
            trusted=trusted,
            loopback_believed=believed,
        )
        assert found == "203.0.113.9"


def test_a_key_stands_for_an_address_for_a_day() -> None:
    keys = AddressKeys()
    night = datetime(2026, 5, 1, 20, tzinfo=UTC)  # 04:00 in Beijing
    first = keys.key_of("203.0.113.9", now=NOW)
    assert first == keys.key_of("203.0.113.9", now=night - timedelta(seconds=1))
    assert first != keys.key_of("203.0.113.8", now=NOW)
    assert first != AddressKeys().key_of("203.0.113.9", now=NOW)
    after = keys.key_of("203.0.113.9", now=night)
    assert after != first
    assert keys.key_of("203.0.113.9", now=NOW) == after  # the old key is gone, not kept beside
