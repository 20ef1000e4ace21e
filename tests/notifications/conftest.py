"""A mail server and a gateway on this machine, and what the post needs around them."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.database import Database
from notifications import contacts, outbox
from notifications.contacts import Sealer
from tests.conftest import NOW

KEY = "one key of at least thirty-two characters"
DROP = "drop"


class Mailbox:
    """What a mail server does: keeps letters; ``answers`` tells what it says at a step instead.

    ``DROP`` cuts the connection there. ``hold`` makes it wait at that step, once ``reached``.
    """

    def __init__(self) -> None:
        self.letters: list[tuple[str, bytes]] = []
        self.answers: dict[str, str] = {}
        self.hold: Callable[[str, str], bool] = lambda step, address: False
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.encrypted: list[bool] = []
        self.users: list[Any] = []

    async def _answer(self, step: str, server: Any, address: str = "") -> str | None:
        if self.hold(step, address):
            self.reached.set()
            while not self.go_on.is_set():
                await asyncio.sleep(0.01)
        wanted = self.answers.get(step)
        if wanted == DROP:
            server.transport.abort()
            return "451 gone"
        return wanted.replace("ADDRESS", address) if wanted else None

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if answer := await self._answer("MAIL", server, address):
            return answer
        envelope.mail_from = address
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if answer := await self._answer("RCPT", server, address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos
        if self.answers.get("letter", DROP) == DROP:  # a refused letter was not taken
            self.letters.append((address, envelope.original_content))
        return await self._answer("letter", server, address) or "250 OK"

    def addresses(self) -> list[str]:
        return [address for address, _ in self.letters]


class _Server(Controller):
    """Takes any free port."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """Run a mail server and give its port."""
    server = _Server(mailbox, hostname="127.0.0.1", port=0, **options)
    server.start()
    try:
        yield server.port
    finally:
        mailbox.go_on.set()
        server.stop()


class Gateway:
    """What a gateway does: keeps requests and answers with ``status``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.hold_at: int | None = None
        self.reached, self.go_on = threading.Event(), threading.Event()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        self.requests.append((headers, body))
        if len(self.requests) == self.hold_at:
            self.reached.set()
            self.go_on.wait(30)
        return self.status


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail_port(mailbox: Mailbox) -> Iterator[int]:
    with serving(mailbox) as port:
        yield port


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """Run a gateway; what it redirects to is its own other page."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.take({k.lower(): v for k, v in self.headers.items()}, body)
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Gateway(f"http://127.0.0.1:{server.server_port}/sms")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with a certificate of this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([KEY])


def put(
    database: Database, sealer: Sealer, *addresses: str, now: datetime = NOW, **params: Any
) -> None:
    """Put one message to each address into the outbox; its key is the address."""

    def store(session: Any) -> None:
        for address in addresses:
            contact_id = contacts.keep(session, sealer, address, consent=True, now=now)
            outbox.enqueue(
                session,
                key=f"test:{address}",
                contact_id=contact_id,
                template="test",
                params=params,
                language="zh_CN",
                now=now,
            )

    database.write(store)


def states(database: Database) -> dict[str, int]:
    """Count the messages in each state."""
    counted: dict[str, int] = {}
    with database.reading() as session:
        for message in outbox.messages(session, most=10_000):
            counted[message.state] = counted.get(message.state, 0) + 1
    return counted
