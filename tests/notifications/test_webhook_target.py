"""Where hooks may lead, how what is sent is signed, and that a name cannot lead elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from deliberation.webhooks.hooks import new_secret, secret_bytes
from notifications.webhook_target import (
    Fetched,
    WebhookAddressError,
    fetch,
    is_public,
    post,
    read_target,
    resolved,
    signed_headers,
)

PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
    *("240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:10.0.0.1"),
    *("::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "2001:0:4136::1", "2001:db8::1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_network_is_public(address: str) -> None:
    assert not is_public(ip_address(address))
    target = read_target("https://hook.example/x")
    for found in ([address], ["93.184.215.14", address]):
        with pytest.raises(WebhookAddressError) as caught:
            resolved(target, resolve=lambda _host, _port, found=found: found)
        assert caught.value.params["problem"] == "private"
    assert resolved(target, private_allowed=True, resolve=lambda _h, _p: [address]) == str(
        ip_address(address)
    )


def test_public_addresses_are_taken_and_the_first_is_kept() -> None:
    target = read_target("https://hook.example:8443/x?y=1")
    assert (target.host, target.port, target.path) == ("hook.example", 8443, "/x?y=1")
    found = ["93.184.215.14", "2606:2800:21f::1"]
    assert resolved(target, resolve=lambda _h, _p: found) == "93.184.215.14"
    for nothing in ([], ["not an address"]):
        with pytest.raises(WebhookAddressError):
            resolved(target, resolve=lambda _h, _p, nothing=nothing: nothing)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://hook.example/", "https"),
        ("ftp://hook.example/", "form"),
        ("file:///etc/passwd", "form"),
        ("https://", "form"),
        ("https://user:pass@hook.example/", "form"),
        ("https://hook.example/#x", "form"),
        ("https://hook.example:99999/", "form"),
        ("https://hook example/", "form"),
        ("https://例子.example/", "form"),
        ("https://hook.example/" + "x" * 500, "form"),
        ("gopher://127.0.0.1:25/", "form"),
    ],
)
def test_what_is_no_address_of_a_server_is_refused(url: str, problem: str) -> None:
    with pytest.raises(WebhookAddressError) as caught:
        read_target(url)
    assert caught.value.params["problem"] == problem
    assert post(url, b"{}", {}).problem == f"address: {problem}"


class Taking(BaseHTTPRequestHandler):
    """Keeps what was sent and answers as it is told."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status = self.server.answers  # type: ignore[attr-defined]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.taken.append((self.path, dict(self.headers), b""))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"0123456789")

    def log_message(self, *_told: Any) -> None:
        """Say nothing."""


@pytest.fixture
def there() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    server.taken, server.answers = [], 204
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_speaks_to_the_address_that_was_looked_at(there: Any) -> None:
    """A name that stands for another address a moment later is not asked again."""
    port = there.server_address[1]
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    url = f"http://hook.example:{port}/in?a=1"
    answer = post(url, b"{}", {"x-a": "b"}, private_allowed=True, resolve=resolve)
    assert (answer.sent, answer.status) == (True, 204)
    ((path, headers, body),) = there.taken
    assert (path, headers["Host"], headers["x-a"], body) == (
        "/in?a=1",
        f"hook.example:{port}",
        "b",
        b"{}",
    )
    assert asked == ["hook.example"]
    assert post(url, b"{}", {}, resolve=resolve).problem == "address: https"
    refused = post(url.replace("http:", "https:"), b"{}", {}, resolve=resolve)
    assert refused.problem == "address: private"
    assert len(there.taken) == 1


def test_what_is_asked_for_comes_from_that_address_and_no_more_of_it_than_wanted(
    there: Any,
) -> None:
    url = f"http://tiles.example:{there.server_address[1]}/1/2"
    here = {"resolve": lambda _h, _p: ["127.0.0.1"], "most_bytes": 4}
    assert fetch(url, {"x-a": "b"}, private_allowed=True, **here) == Fetched(200, b"0123")
    ((path, headers, _body),) = there.taken
    assert (path, headers["Host"].split(":")[0], headers["x-a"]) == ("/1/2", "tiles.example", "b")
    for odd in (url, url.replace("http:", "https:")):
        with pytest.raises(WebhookAddressError):
            fetch(odd, {}, **here)
    assert len(there.taken) == 1


@pytest.mark.parametrize("status", [302, 400, 410, 429, 500])
def test_other_answers_are_told_and_no_redirect_is_followed(there: Any, status: int) -> None:
    there.answers = status
    url = f"http://hook.example:{there.server_address[1]}/"
    answer = post(url, b"{}", {}, private_allowed=True, resolve=lambda _h, _p: ["127.0.0.1"])
    assert (answer.sent, answer.status, answer.problem) == (False, status, f"HTTP {status}")
    assert answer.gone == (status == 410)
    assert len(there.taken) == 1


def test_a_server_that_is_not_there_is_told_of() -> None:
    there = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    port = there.server_address[1]
    there.server_close()
    answer = post(f"http://127.0.0.1:{port}/", b"{}", {}, private_allowed=True)
    assert (answer.status, answer.problem) == (None, "connection: ConnectionRefusedError")


def test_both_secrets_verify_with_the_library_of_the_specification() -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    now = datetime.now(UTC)
    body = json.dumps({"type": "webhook.test", "data": {"text": "单车"}}, ensure_ascii=False)
    secrets = [secret_bytes(new), secret_bytes(old)]
    headers = signed_headers(secrets, "msg_1", body.encode(), now)
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers) == json.loads(body)
    for wrong in (other, None):
        with pytest.raises(WebhookVerificationError):
            Webhook(wrong or new).verify(body if wrong else body + " ", headers)
    assert len(secret_bytes(new)) == 32
