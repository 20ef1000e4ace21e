"""Where a request came from: the client's address, believed from proxies only by setting.

An address is never stored and never leaves this process. What is counted by address is counted
under a keyed hash (``AddressKeys``) whose key lives in memory and changes every day.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Headers = Iterable[tuple[bytes, bytes]]

UNKNOWN = "unknown"
"""Stands for a client whose address cannot be read; all such clients are counted as one."""

LOOPBACK = "127.0.0.1"
MOST_HOPS = 16
#: A home or a phone is given a /64 of IPv6, and any address in it at will.
IPV6_PREFIX = 64
#: The key changes at 04:00 in Beijing, when hardly anybody files.
_DAY_TURNS = timedelta(hours=4)
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def networks_of(text: str) -> tuple[Network, ...]:
    """Read ``core.settings.trusted_proxies``: networks or addresses separated by commas.

    Raises ``ValueError`` naming the first that is none: trusting fewer or more proxies than the
    operator meant would stay unnoticed.
    """
    parts = [part.strip() for part in text.split(",")]
    return tuple(ip_network(part, strict=False) for part in parts if part)


def address_of(headers: Headers, client_host: str | None, trusted: Sequence[Network]) -> str:
    """Return the client's address as it is counted: IPv4 whole, IPv6 as its /64.

    ``headers`` are ASGI's (``scope["headers"]``, ``request.headers.raw``), ``client_host`` is the
    peer of the connection. X-Forwarded-For is believed only as far as trusted proxies wrote it:
    each proxy adds its own peer at the right, so it is walked from there, past trusted hops. An
    entry that is no address ends the walk, as what stands left of it came from somebody unnamed.
    A client inside a trusted network is taken for a proxy: trust the proxies' addresses only.
    """
    hops = _hops(headers, client_host, trusted)
    return _counted(hops[-1]) if hops else UNKNOWN


def forwarded_scheme(
    headers: Headers, client_host: str | None, trusted: Sequence[Network]
) -> str | None:
    """Return http or https as trusted proxies state it in X-Forwarded-Proto, or None.

    Of several values the one at the outermost trusted proxy counts; those left of it may be the
    client's own.
    """
    headers = list(headers)
    proxies = sum(_is_trusted(hop, trusted) for hop in _hops(headers, client_host, trusted))
    values = list(_from_the_right(headers, b"x-forwarded-proto"))
    if not proxies or not values:
        return None
    return _SCHEMES.get(values[min(proxies, len(values)) - 1].lower())


class ProxyMiddleware:
    """Sets a request's client and scheme to what trusted proxies say of them.

    uvicorn's own ``ProxyHeadersMiddleware`` walks the hops the same way, but in 0.54 it takes an
    entry that is no address for the client's name, does not see a trusted proxy behind
    ``::ffff:10.0.0.5``, reads X-Forwarded-Proto whole or not at all, and silently trusts nobody
    when a network is mistyped. Both may run: what uvicorn resolved is a peer here. uvicorn,
    however, believes any peer on loopback unless the environment has ``FORWARDED_ALLOW_IPS=``
    (empty). Behind a proxy on the same machine that hands on what a client wrote, each request
    would come from wherever it says. ``loopback_believed``: nobody has set that variable, so what
    uvicorn may have read is taken back where no proxy is trusted: all come from this machine then.
    """

    def __init__(
        self, app: ASGIApp, trusted: Sequence[Network] = (), *, loopback_believed: bool = False
    ) -> None:
        self._app = app
        self._trusted = tuple(trusted)
        self._takes_back = loopback_believed and not self._trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] in {"http", "websocket"}:
            scope = self._resolved(scope)
        await self._app(scope, receive, send)

    def _resolved(self, scope: Scope) -> Scope:
        if self._takes_back and _may_be_made_up(scope):
            return {**scope, "client": (LOOPBACK, 0)}
        if not self._trusted:
            return scope
        headers, peer = scope["headers"], scope.get("client")
        host = peer[0] if peer else None
        hops = _hops(headers, host, self._trusted)
        if not hops or not _is_trusted(hops[0], self._trusted):
            return scope
        resolved = dict(scope)
        if len(hops) > 1:
            resolved["client"] = (str(hops[-1]), 0)
        scheme = forwarded_scheme(headers, host, self._trusted)
        if scheme:
            secure = scheme == "https"
            names = ("ws", "wss") if scope["type"] == "websocket" else ("http", "https")
            resolved["scheme"] = names[secure]
        return resolved


class AddressKeys:
    """Turns an address into the key it is counted under; forgets how, every day."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._key = b""
        self._lock = threading.Lock()

    def key_of(self, address: str, *, now: datetime) -> str:
        """Return 32 hex digits that stand for ``address`` until the day turns."""
        with self._lock:
            day = (now.astimezone(UTC) + _DAY_TURNS).date()
            if self._day is None or day > self._day:
                self._day, self._key = day, secrets.token_bytes(32)
            key = self._key
        return hmac.digest(key, address.encode("utf-8", "replace"), sha256).hex()[:32]


def _may_be_made_up(scope: Scope) -> bool:
    """Tell whether a request's client stands in its own headers, and so may come from there.

    Of any length, as uvicorn walks past as many of its own hops as there are.
    """
    client = scope.get("client")
    host = client[0].encode("latin-1", "replace") if client else b""
    said = [value for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
    return any(host in value for value in said)


def _hops(headers: Headers, client_host: str | None, trusted: Sequence[Network]) -> list[Address]:
    """Return the peer and the hops before it, each but the last a trusted proxy."""
    peer = _read(client_host or "")
    if peer is None:
        return []
    hops = [peer]
    if not _is_trusted(peer, trusted):
        return hops
    for entry in _from_the_right(headers, b"x-forwarded-for"):
        hop = _read(entry)
        if hop is None:
            break
        hops.append(hop)
        if not _is_trusted(hop, trusted):
            break
    return hops


def _from_the_right(headers: Headers, name: bytes) -> Iterator[str]:
    found = b",".join(value for key, value in headers if key.lower() == name)
    if found:
        entries = found.decode("latin-1").rsplit(",", MOST_HOPS)[-MOST_HOPS:]
        yield from (entry.strip() for entry in reversed(entries))


def _read(text: str) -> Address | None:
    """Read 1.2.3.4, 1.2.3.4:5678, 2001:db8::1 or [2001:db8::1]:5678; None for anything else."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))  # without its zone, if any
    return address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _counted(address: Address) -> str:
    if address.version == 6:
        return str(ip_network((int(address), IPV6_PREFIX), strict=False))
    return str(address)
