"""Letters handed to a real mail server and a real gateway on this machine."""

from __future__ import annotations

import email.policy
import json
import socket
import ssl
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from typing import cast

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from standardwebhooks import Webhook

from core.settings import Settings
from notifications import channels
from notifications.channels import Letter, MailSender, Parcel, WebhookSender, offered, senders_of
from notifications.contacts import ContactKind
from notifications.outbox import DeliveryOutcome, DeliveryVerdict
from tests.conftest import NOW
from tests.notifications.conftest import DROP, KEY, Gateway, Mailbox, serving

FROM = "路见 <lujian@example.org>"
SECRET = "whsec_" + b64encode(b"a secret of thirty-two bytes....").decode()
BODY = (
    "您好!您关注的建议有了答复。\n\n.一行以点开头\n" + "长" * 1200 + "\n--\nhttps://example.org/x\n"
)
LETTER = Letter(
    subject="路见:您关注的建议有新进展,这个标题很长," * 4,
    body=BODY,
    sms="路见:您关注的建议有了答复。",
    link="https://example.org/w/p/abcdefgh",
    end_link="https://example.org/w/follow/" + "t" * 120 + "?lang=zh_CN",
)
ADDRESS = "li.xiaoming@example.org"
SENT = DeliveryOutcome(DeliveryVerdict.SENT)


def parcel(address: str = ADDRESS, **changes: str) -> Parcel:
    letter = Letter(**(vars(LETTER) | changes))
    return Parcel(name="0123456789abcdef", address=address, language="zh_CN", letter=letter)


def mail(url: str, what: Parcel | None = None) -> DeliveryOutcome:
    return MailSender(url, FROM, timeout_s=5).send(what or parcel(), now=NOW)


def read(content: bytes) -> EmailMessage:
    found = BytesParser(policy=email.policy.SMTP).parsebytes(content)
    return cast(EmailMessage, found)


def test_an_e_mail_arrives_as_it_was_written(mailbox: Mailbox, mail_port: int) -> None:
    assert mail(f"smtp://127.0.0.1:{mail_port}") == SENT
    ((address, content),) = mailbox.letters
    assert address == ADDRESS
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    message = read(content)
    assert message.get_content().replace("\r\n", "\n") == BODY
    assert message["Subject"] == LETTER.subject
    assert message["From"] == FROM
    assert message["To"] == ADDRESS
    assert message["Message-ID"] == "<0123456789abcdef@example.org>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == f"<{LETTER.end_link}>"
    assert f"<{LETTER.end_link}>".encode() in content
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Cc" not in message


def test_one_click_needs_an_encrypted_page(mailbox: Mailbox, mail_port: int) -> None:
    plain = parcel(end_link="http://localhost/w/follow/t")
    assert mail(f"smtp://127.0.0.1:{mail_port}", plain) == SENT
    message = read(mailbox.letters[0][1])
    assert message["List-Unsubscribe"] == "<http://localhost/w/follow/t>"
    assert "List-Unsubscribe-Post" not in message


def test_no_header_can_be_smuggled_in(mailbox: Mailbox, mail_port: int) -> None:
    url = f"smtp://127.0.0.1:{mail_port}"
    assert mail(url, parcel(subject="Hello\r\nBcc: wu@example.org")) == SENT
    message = read(mailbox.letters.pop()[1])
    assert message["Subject"] == "Hello Bcc: wu@example.org"
    assert "Bcc" not in message
    for bad in (
        parcel(f"{ADDRESS}\r\nRCPT TO:<wu@example.org>"),
        parcel(f"{ADDRESS}\nBcc: wu@example.org"),
        parcel(end_link="https://x/\r\nBcc: wu@example.org"),
    ):
        assert mail(url, bad).verdict is DeliveryVerdict.FAILED
    assert mailbox.letters == []


class OneUser:
    def __init__(self) -> None:
        self.seen: list[tuple[bytes, bytes, bool]] = []

    def __call__(
        self, _server: object, session: object, _envelope: object, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        encrypted = getattr(session, "ssl", None) is not None
        self.seen.append((data.login, data.password, encrypted))
        return AuthResult(success=data.password == b"p@ss/word", handled=False)


@pytest.mark.usefixtures("trusted")
def test_with_starttls_and_a_password(mailbox: Mailbox, server_tls: ssl.SSLContext) -> None:
    user = OneUser()
    options = {"tls_context": server_tls, "require_starttls": True, "authenticator": user}
    with serving(mailbox, auth_required=True, **options) as port:
        assert mail(f"smtp://li%40x:p%40ss%2Fword@localhost:{port}") == SENT
        refused = mail(f"smtp://li%40x:wrong@localhost:{port}")
    assert user.seen[0] == (b"li@x", b"p@ss/word", True)
    assert refused == DeliveryOutcome(
        DeliveryVerdict.RETRY, "connection: SMTPAuthenticationError 535"
    )
    assert mailbox.encrypted == [True]


@pytest.mark.usefixtures("trusted")
def test_with_tls_from_the_start(mailbox: Mailbox, server_tls: ssl.SSLContext) -> None:
    with serving(mailbox, ssl_context=server_tls) as port:
        assert mail(f"smtps://localhost:{port}") == SENT
    assert mailbox.addresses() == [ADDRESS]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_an_unknown_certificate_is_not_trusted(
    mailbox: Mailbox, server_tls: ssl.SSLContext, scheme: str
) -> None:
    user, name = OneUser(), {"smtp": "tls_context", "smtps": "ssl_context"}[scheme]
    with serving(mailbox, **{name: server_tls}, authenticator=user) as port:
        outcome = mail(f"{scheme}://li:secret@localhost:{port}")
    assert outcome == DeliveryOutcome(DeliveryVerdict.RETRY, "connection: SSLCertVerificationError")
    assert (user.seen, mailbox.letters) == ([], [])


def test_a_password_is_not_sent_in_the_clear(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = OneUser()
    with serving(mailbox, authenticator=user, auth_require_tls=False) as port:
        assert mail(f"smtp://li:p%40ss%2Fword@127.0.0.1:{port}") == SENT
        monkeypatch.setattr(channels, "_is_loopback", lambda _host: False)
        outcome = mail(f"smtp://li:p%40ss%2Fword@127.0.0.1:{port}")
    assert outcome == DeliveryOutcome(DeliveryVerdict.RETRY, "connection: SMTPNotSupportedError")
    assert len(user.seen) == 1


@pytest.mark.parametrize(
    ("step", "answer", "verdict", "problem"),
    [
        ("MAIL", "550 5.7.1 you may not", "retry", "MAIL: 550 5.7.1"),
        ("MAIL", "451 4.3.0 later", "retry", "MAIL: 451 4.3.0"),
        ("RCPT", "550 5.1.1 <ADDRESS> unknown", "failed", "RCPT: 550 5.1.1"),
        ("RCPT", "550 <ADDRESS> unknown", "failed", "RCPT: 550"),
        ("RCPT", "450 4.2.0 <ADDRESS> greylisted", "retry", "RCPT: 450 4.2.0"),
        ("RCPT", "421 4.3.2 closing", "retry", "RCPT: 421 4.3.2"),
        ("letter", "554 5.7.1 spam", "failed", "letter: 554 5.7.1"),
        ("letter", "452 4.3.1 full", "retry", "letter: 452 4.3.1"),
        ("RCPT", DROP, "retry", "RCPT: SMTPServerDisconnected"),
        ("letter", DROP, "uncertain", "letter: SMTPServerDisconnected"),
    ],
)
def test_what_goes_wrong_decides_whether_it_is_tried_again(
    mailbox: Mailbox, mail_port: int, step: str, answer: str, verdict: str, problem: str
) -> None:
    mailbox.answers[step] = answer
    outcome = mail(f"smtp://127.0.0.1:{mail_port}")
    assert (outcome.verdict, outcome.problem) == (verdict, problem)
    assert mailbox.addresses() == ([ADDRESS] if verdict == "uncertain" else [])


def test_a_silent_server_after_the_letter_leaves_it_uncertain(
    mailbox: Mailbox, mail_port: int
) -> None:
    mailbox.hold = lambda step, _address: step == "letter"
    sender = MailSender(f"smtp://127.0.0.1:{mail_port}", FROM, timeout_s=0.3)
    assert sender.send(parcel(), now=NOW).verdict is DeliveryVerdict.UNCERTAIN


def test_where_nobody_listens_it_is_tried_again(gateway: Gateway) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        refused = DeliveryOutcome(DeliveryVerdict.RETRY, "connection: ConnectionRefusedError")
        assert mail(f"smtp://127.0.0.1:{port}") == refused
        sender = WebhookSender(f"http://127.0.0.1:{port}/", SECRET)
        outcome = sender.send(parcel("+8613812345678"), now=NOW)
        assert outcome == DeliveryOutcome(DeliveryVerdict.RETRY, "gateway: ConnectionRefusedError")


def test_the_gateway_gets_a_message_that_an_independent_reader_believes(gateway: Gateway) -> None:
    sender, now = WebhookSender(f"{gateway.url}?key=1", SECRET), datetime.now(UTC)
    assert sender.send(parcel("+8613812345678"), now=now) == SENT
    ((headers, body),) = gateway.requests
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "0123456789abcdef"
    assert Webhook(SECRET).verify(body, headers) == json.loads(body)
    assert json.loads(body) == {
        "id": "0123456789abcdef",
        "to": "+8613812345678",
        "kind": "phone",
        "text": LETTER.sms,
        "link": LETTER.link,
        "language": "zh_CN",
    }
    signed = Webhook(SECRET).sign("0123456789abcdef", now, body.decode())
    assert headers["webhook-signature"] == signed


def test_the_signature_is_that_of_the_specification() -> None:
    """The example that the specification's own libraries test themselves against."""
    sender = WebhookSender("https://example.org", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    sent = datetime.fromtimestamp(1614265330, UTC)
    headers = sender.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', sent)
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "sent"),
        (204, "sent"),
        (302, "retry"),
        (307, "retry"),
        (400, "failed"),
        (401, "failed"),
        (410, "failed"),
        (408, "retry"),
        (425, "retry"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
    ],
)
def test_the_gateways_answer_decides(gateway: Gateway, status: int, verdict: str) -> None:
    gateway.status = status
    outcome = WebhookSender(gateway.url, SECRET).send(parcel("+8613812345678"), now=NOW)
    assert outcome.verdict == verdict
    assert outcome.problem == (None if verdict == "sent" else f"gateway: HTTP {status}")
    assert len(gateway.requests) == 1


def test_a_silent_gateway_is_tried_again(gateway: Gateway) -> None:
    gateway.hold_at = 1
    sender = WebhookSender(gateway.url, SECRET, timeout_s=0.3)
    outcome = sender.send(parcel("+8613812345678"), now=NOW)
    assert outcome == DeliveryOutcome(DeliveryVerdict.RETRY, "gateway: TimeoutError")


def test_channels_follow_from_the_settings() -> None:
    assert senders_of(Settings()) == {}
    assert offered(Settings(smtp_url="smtp://h", webhook_url="https://h")) == frozenset()
    both = Settings(
        secret_key=KEY,
        smtp_url="smtp://h",
        mail_from=FROM,
        webhook_url="https://h",
        webhook_secret=SECRET,
        public_url="https://lujian.example",
    )
    assert set(senders_of(both)) == offered(both) == set(ContactKind)
    assert offered(replace(both, public_url="")) == frozenset()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"smtp_url": "mail.example.org:25"}, "LUJIAN_SMTP_URL"),
        ({"smtp_url": "smtp://h:port"}, "LUJIAN_SMTP_URL"),
        ({"smtp_url": "smtp://li:密码@h"}, "LUJIAN_SMTP_URL"),
        ({"smtp_url": "smtp://h", "mail_from": ""}, "LUJIAN_MAIL_FROM"),
        ({"smtp_url": "smtp://h", "mail_from": "路见"}, "LUJIAN_MAIL_FROM"),
        ({"smtp_url": "smtp://h", "mail_from": "a@b\nBcc: c@d"}, "LUJIAN_MAIL_FROM"),
        ({"webhook_url": "ftp://h"}, "LUJIAN_WEBHOOK_URL"),
        ({"webhook_url": "https://u:p@h"}, "LUJIAN_WEBHOOK_URL"),
        ({"webhook_url": "https://h", "webhook_secret": ""}, "LUJIAN_WEBHOOK_SECRET"),
        ({"webhook_url": "https://h", "webhook_secret": "whsec_c2hvcnQ="}, "LUJIAN_WEBHOOK_SEC"),
        ({"webhook_url": "https://h", "webhook_secret": "no base64!"}, "LUJIAN_WEBHOOK_SECRET"),
    ],
)
def test_settings_that_cannot_be_are_told_at_the_start(changes: dict[str, str], told: str) -> None:
    settings = Settings(**({"mail_from": FROM, "webhook_secret": SECRET} | changes))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=told) as refused:
        senders_of(settings)
    assert "\n" not in str(refused.value)
