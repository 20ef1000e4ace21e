"""Handing an event to somebody else's server: signed, and never into networks of our own.

The address is resolved once, every address that comes of it must be public, and the connection is
made to that very address: a name that points elsewhere a moment later changes nothing. Redirects
are not followed. Signed after the Standard Webhooks specification.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import digest
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from core.errors import InvalidError

TIMEOUT_S = 10.0
LONGEST = 500
_MOST_READ = 64_000
#: IPv6 networks in which an IPv4 address is wrapped: 6to4, Teredo and NAT64.
_WRAPPED = re.compile(r"^(2002:|2001:0?:|2001:0000:|64:ff9b:)")
Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


class WebhookAddressError(InvalidError):
    """Nothing can be sent to an address. Parameter: ``problem`` (form, https, private, unknown)."""

    code = "webhook_address"


@dataclass(frozen=True)
class Target:
    """An address in its parts."""

    secure: bool
    host: str
    port: int
    path: str


@dataclass(frozen=True)
class Fetched:
    """What an address answered; ``status`` is None where it did not."""

    status: int | None
    body: bytes = b""


@dataclass(frozen=True)
class WebhookAnswer:
    """How the other side answered; ``problem`` is empty for a success and never holds an address.

    ``gone``: it says that it wants no more of these (410).
    """

    status: int | None
    problem: str = ""

    @property
    def sent(self) -> bool:
        """Whether the event was taken."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether nothing more is wanted there."""
        return self.status == 410


def read_target(url: str, *, private_allowed: bool = False) -> Target:
    """Return the parts of an address. Raises ``WebhookAddressError``.

    Only https, unless private networks are allowed: then http, too.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WebhookAddressError(problem="form") from None
    odd = len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url
    if odd or not parts.hostname or parts.username or parts.password or parts.fragment:
        raise WebhookAddressError(problem="form")
    if parts.scheme not in ("https", "http"):
        raise WebhookAddressError(problem="form")
    if parts.scheme == "http" and not private_allowed:
        raise WebhookAddressError(problem="https")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, parts.hostname, port or (443 if secure else 80), path)


def resolved(
    target: Target, *, private_allowed: bool = False, resolve: Resolve | None = None
) -> str:
    """Return the address to connect to. Raises ``WebhookAddressError`` (private, unknown).

    A name is refused when any of its addresses is not public.
    """
    look_up = resolve or _resolve
    try:
        told = look_up(target.host, target.port)
        found = [ip_address(one.partition("%")[0]) for one in told]
    except (OSError, ValueError, UnicodeError):
        raise WebhookAddressError(problem="unknown") from None
    if not found:
        raise WebhookAddressError(problem="unknown")
    if not private_allowed and not all(map(is_public, found)):
        raise WebhookAddressError(problem="private")
    return str(found[0])


def is_public(address: Address) -> bool:
    """Tell whether an address lies in the public network, and wraps none that does not."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(mapped)
    if address.is_multicast or not address.is_global:
        return False
    return not (address.version == 6 and _WRAPPED.match(str(address)))


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def signed_headers(
    secrets: Sequence[bytes], name: str, body: bytes, now: datetime
) -> dict[str, str]:
    """Return what goes with a body: its id, Unix time in seconds, a signature by each secret."""
    seconds = str(int(now.timestamp()))
    said = f"{name}.{seconds}.".encode() + body
    signatures = (b64encode(digest(one, said, sha256)).decode() for one in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": "LuJian",
        "webhook-id": name,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def post(
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    private_allowed: bool = False,
    resolve: Resolve | None = None,
    timeout_s: float = TIMEOUT_S,
) -> WebhookAnswer:
    """Send it once; whatever goes wrong is told in the answer."""
    try:
        target = read_target(url, private_allowed=private_allowed)
        address = resolved(target, private_allowed=private_allowed, resolve=resolve)
    except WebhookAddressError as error:
        return WebhookAnswer(None, f"address: {error.params['problem']}")
    connection = _connection(target, address, timeout_s)
    try:
        connection.request("POST", target.path, body, headers)
        answer = connection.getresponse()
        answer.read(_MOST_READ)
    except (OSError, http.client.HTTPException) as error:
        return WebhookAnswer(None, f"connection: {type(error).__name__}")
    finally:
        connection.close()
    taken = 200 <= answer.status < 300
    return WebhookAnswer(answer.status, "" if taken else f"HTTP {answer.status}")


def fetch(
    url: str,
    headers: dict[str, str],
    *,
    most_bytes: int,
    private_allowed: bool = False,
    resolve: Resolve | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Fetched:
    """Ask for what is at an address, of which at most ``most_bytes`` are read.

    Held to the same as what is sent. Raises ``WebhookAddressError``.
    """
    target = read_target(url, private_allowed=private_allowed)
    address = resolved(target, private_allowed=private_allowed, resolve=resolve)
    connection = _connection(target, address, timeout_s)
    try:
        connection.request("GET", target.path, headers=headers)
        answer = connection.getresponse()
        return Fetched(answer.status, answer.read(most_bytes))
    except (OSError, http.client.HTTPException):
        return Fetched(None)
    finally:
        connection.close()


def _connection(target: Target, address: str, timeout_s: float) -> http.client.HTTPConnection:
    if target.secure:
        return _PinnedTls(target.host, target.port, address, timeout_s)
    return _Pinned(target.host, target.port, address, timeout_s)


class _Pinned(http.client.HTTPConnection):
    """Speaks to a host at an address that was looked at before."""

    def __init__(self, host: str, port: int, address: str, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._address = address

    def connect(self) -> None:
        """Connect to the address, not to what the name stands for by now."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _PinnedTls(_Pinned):
    """The same over TLS: the certificate must be that of the host's name."""

    def connect(self) -> None:
        """Connect and shake hands."""
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
