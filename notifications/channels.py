"""Handing a letter over: e-mail by SMTP, short messages by a signed webhook to a gateway.

A sender tells how it ended and never raises for what the network or the other side does. What it
tells of a problem holds codes only: replies of mail servers repeat the address.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import smtplib
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from hmac import digest
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from core.settings import Settings
from notifications.contacts import ContactKind
from notifications.outbox import DeliveryOutcome, DeliveryVerdict

TIMEOUT_S = 20.0
_PARTING_S = 2.0
_ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_SENDER = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
_LEAST_SECRET = 24  # bytes, by the Standard Webhooks specification
_TRY_AGAIN = frozenset({408, 425, 429})
_log = logging.getLogger(__name__)


class _LinkHeader(UnstructuredHeader, BaseHeader):
    """A link, whole on its line: folding would spell a long one in a way that nobody follows."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> EmailPolicy[EmailMessage]:
    headers = HeaderRegistry()
    headers.map_to_type("list-unsubscribe", _LinkHeader)
    return SMTP.clone(cte_type="7bit", header_factory=headers)


_POLICY = _policy()


@dataclass(frozen=True)
class Letter:
    """What is said: as an e-mail, and in short for a phone, where ``link`` follows ``sms``.

    ``end_link`` is where one says that one wants no more of these; empty where one comes alone.
    """

    subject: str
    body: str
    sms: str
    link: str
    end_link: str


@dataclass(frozen=True)
class Parcel:
    """A letter with its address; ``name`` is the same at each attempt and that of no other."""

    name: str
    address: str
    language: str
    letter: Letter


class Sender(Protocol):
    """One way out."""

    def send(self, parcel: Parcel, *, now: datetime) -> DeliveryOutcome:
        """Try once to hand the parcel over."""


class MailSender:
    """Hands e-mails to a mail server.

    ``smtp://`` turns to TLS where STARTTLS is offered, ``smtps://`` speaks it from the start;
    certificates are checked (``SSL_CERT_FILE`` names those of an authority of one's own). A
    password is never sent unencrypted, but to this very machine. Raises ``ValueError`` with one
    clear line for an address that cannot be.
    """

    def __init__(self, url: str, mail_from: str, *, timeout_s: float = TIMEOUT_S) -> None:
        parts, self._port = _split(url, "LUJIAN_SMTP_URL", {"smtp": 25, "smtps": 465})
        self._secure = parts.scheme == "smtps"
        self._host = str(parts.hostname)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (self._user + self._password).isascii():
            raise ValueError("LUJIAN_SMTP_URL: user and password need to be ASCII")
        self._from = _sender_address(mail_from)
        self._timeout_s = timeout_s

    def send(self, parcel: Parcel, *, now: datetime) -> DeliveryOutcome:
        """Try once; ``uncertain`` when the connection broke after the letter was on its way."""
        try:
            content = self._compose(parcel, now).as_bytes()
        except ValueError:
            return DeliveryOutcome(
                DeliveryVerdict.FAILED, "the letter cannot be written as an e-mail"
            )
        try:
            connection = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            return _broken("connection", error)
        try:
            return self._hand_over(connection, parcel.address, content)
        finally:
            _part(connection)

    def _compose(self, parcel: Parcel, now: datetime) -> EmailMessage:
        message = EmailMessage(policy=_POLICY)
        message["From"] = self._from
        message["To"] = Address(addr_spec=parcel.address)
        message["Subject"] = " ".join(parcel.letter.subject.split())
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{parcel.name}@{self._from.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = parcel.language.replace("_", "-")
        if parcel.letter.end_link:
            message["List-Unsubscribe"] = f"<{parcel.letter.end_link}>"
        if parcel.letter.end_link.startswith("https://"):  # RFC 8058 knows no other
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(parcel.letter.body)
        return message

    def _connect(self) -> smtplib.SMTP:
        tls, name = ssl.create_default_context(), self._from.domain
        where = (self._host, self._port, name, self._timeout_s)
        connection: smtplib.SMTP
        if self._secure:
            host, port, name, timeout_s = where
            connection = smtplib.SMTP_SSL(host, port, name, timeout=timeout_s, context=tls)
        else:
            connection = smtplib.SMTP(*where)
        try:
            self._enter(connection, tls)
        except BaseException:
            connection.close()
            raise
        return connection

    def _enter(self, connection: smtplib.SMTP, tls: ssl.SSLContext) -> None:
        """Greet, encrypt where offered, log in."""
        encrypted = self._secure
        connection.ehlo_or_helo_if_needed()
        if not encrypted and connection.has_extn("starttls"):
            code, _ = connection.starttls(context=tls)
            if code != 220:
                raise smtplib.SMTPResponseException(code, "STARTTLS")
            encrypted = True
            connection.ehlo_or_helo_if_needed()
        if self._user:
            if not encrypted and not _is_loopback(self._host):
                raise smtplib.SMTPNotSupportedError("no STARTTLS, so no password")
            connection.login(self._user, self._password)

    def _hand_over(self, connection: smtplib.SMTP, address: str, content: bytes) -> DeliveryOutcome:
        steps: tuple[tuple[str, Callable[[], tuple[int, bytes]], DeliveryVerdict], ...] = (
            ("MAIL", lambda: connection.mail(self._from.addr_spec), DeliveryVerdict.RETRY),
            ("RCPT", lambda: connection.rcpt(address), DeliveryVerdict.FAILED),
            ("DATA", lambda: connection.docmd("DATA"), DeliveryVerdict.FAILED),
        )
        for name, step, if_refused in steps:
            try:
                code, text = step()
            except (OSError, smtplib.SMTPException) as error:
                return _broken(name, error)
            if code // 100 not in (2, 3):
                return _refused(name, code, text, if_refused)
        try:
            connection.send(_dotted(content))
            code, text = connection.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return DeliveryOutcome(DeliveryVerdict.UNCERTAIN, f"letter: {type(error).__name__}")
        if code // 100 == 2:
            return DeliveryOutcome(DeliveryVerdict.SENT)
        return _refused(
            "letter", code, text, DeliveryVerdict.FAILED, otherwise=DeliveryVerdict.UNCERTAIN
        )


class WebhookSender:
    """Posts short messages to a gateway, signed after the Standard Webhooks specification.

    The secret is base64 of at least 24 bytes, with or without ``whsec_`` before it. Redirects are
    not followed. Raises ``ValueError`` with one clear line for an address or secret that cannot be.
    """

    def __init__(self, url: str, secret: str, *, timeout_s: float = TIMEOUT_S) -> None:
        parts, self._port = _split(url, "LUJIAN_WEBHOOK_URL", {"http": 80, "https": 443})
        if parts.username or parts.password:
            raise ValueError("LUJIAN_WEBHOOK_URL: the signature takes the place of a password")
        self._secure, self._host = parts.scheme == "https", str(parts.hostname)
        if not self._secure and not _is_loopback(self._host):
            _log.warning("LUJIAN_WEBHOOK_URL is http: phone numbers travel unencrypted")
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secret = _secret_bytes(secret)
        self._timeout_s = timeout_s

    def send(self, parcel: Parcel, *, now: datetime) -> DeliveryOutcome:
        """Try once. 2xx is sent; 4xx failed, but for those that ask for patience; else again."""
        body = self._body(parcel)
        connection = self._connection()
        try:
            connection.request("POST", self._target, body, self.headers(parcel.name, body, now))
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return _broken("gateway", error)
        finally:
            connection.close()
        if 200 <= status < 300:
            return DeliveryOutcome(DeliveryVerdict.SENT)
        refused = 400 <= status < 500 and status not in _TRY_AGAIN
        return DeliveryOutcome(
            DeliveryVerdict.FAILED if refused else DeliveryVerdict.RETRY, f"gateway: HTTP {status}"
        )

    def headers(self, name: str, body: bytes, now: datetime) -> dict[str, str]:
        """Return what goes with a body: its id, the time in Unix seconds, the signature."""
        seconds = str(int(now.timestamp()))
        signature = digest(self._secret, f"{name}.{seconds}.".encode() + body, sha256)
        return {
            "Content-Type": "application/json",
            "User-Agent": "LuJian",
            "webhook-id": name,
            "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{b64encode(signature).decode()}",
        }

    @staticmethod
    def _body(parcel: Parcel) -> bytes:
        content = {
            "id": parcel.name,
            "to": parcel.address,
            "kind": str(ContactKind.PHONE),
            "text": parcel.letter.sms,
            "link": parcel.letter.link,
            "language": parcel.language,
        }
        return json.dumps(content, ensure_ascii=False).encode()

    def _connection(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        tls = ssl.create_default_context()
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout_s, context=tls
        )


def senders_of(settings: Settings) -> dict[ContactKind, Sender]:
    """Return a sender for each channel that is set up; raise ``ValueError`` with one clear line."""
    senders: dict[ContactKind, Sender] = {}
    if settings.smtp_url:
        senders[ContactKind.EMAIL] = MailSender(settings.smtp_url, settings.mail_from)
    if settings.webhook_url:
        senders[ContactKind.PHONE] = WebhookSender(settings.webhook_url, settings.webhook_secret)
    return senders


def offered(settings: Settings) -> frozenset[ContactKind]:
    """Return how people can be reached: the channels set up.

    None without a key for contacts, nor without ``public_url``: a link in a letter must not follow
    whatever name of this host a request came with.
    """
    if not settings.secret_key or not settings.public_url:
        return frozenset()
    urls = {ContactKind.EMAIL: settings.smtp_url, ContactKind.PHONE: settings.webhook_url}
    return frozenset(kind for kind, url in urls.items() if url)


def _split(url: str, variable: str, ports: dict[str, int]) -> tuple[SplitResult, int]:
    """Return the parts of an address and its port."""
    known = " or ".join(f"{scheme}://host" for scheme in ports)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{variable}: this is no address such as {known}") from None
    if parts.scheme not in ports or not parts.hostname:
        raise ValueError(f"{variable}: this is no address such as {known}")
    return parts, port or ports[parts.scheme]


def _sender_address(mail_from: str) -> Address:
    name, spec = parseaddr(mail_from)
    if not (mail_from.isprintable() and _SENDER.fullmatch(spec)):
        raise ValueError("LUJIAN_MAIL_FROM: this is no sender such as 路见 <lujian@example.org>")
    return Address(display_name=name, addr_spec=spec)


def _secret_bytes(secret: str) -> bytes:
    text = secret.removeprefix("whsec_")
    try:
        found = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        found = b""
    if len(found) < _LEAST_SECRET:
        raise ValueError(
            f"LUJIAN_WEBHOOK_SECRET: base64 of at least {_LEAST_SECRET} bytes is needed, "
            "with or without whsec_ before it"
        )
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _dotted(content: bytes) -> bytes:
    """Return the letter as SMTP takes it: a dot before each leading dot, and one at the end."""
    lines = re.sub(rb"(?m)^\.", b"..", content)
    return lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _broken(step: str, error: Exception) -> DeliveryOutcome:
    code = getattr(error, "smtp_code", None)
    return DeliveryOutcome(
        DeliveryVerdict.RETRY, f"{step}: {type(error).__name__}{f' {code}' if code else ''}"
    )


def _refused(
    step: str,
    code: int,
    text: bytes,
    if_refused: DeliveryVerdict,
    *,
    otherwise: DeliveryVerdict = DeliveryVerdict.RETRY,
) -> DeliveryOutcome:
    """5xx is meant for good, 4xx for now; what is neither says nothing."""
    found = _ENHANCED.match(text)
    problem = f"{step}: {code}{f' {found[1].decode()}' if found else ''}"
    verdicts = {4: DeliveryVerdict.RETRY, 5: if_refused}
    return DeliveryOutcome(verdicts.get(code // 100, otherwise), problem)


def _part(connection: smtplib.SMTP) -> None:
    """Say goodbye; what became of the letter is known already."""
    with suppress(OSError, smtplib.SMTPException):
        if connection.sock is not None:
            connection.sock.settimeout(_PARTING_S)
            connection.quit()
    connection.close()
