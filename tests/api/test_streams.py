"""Files that break off: at their beginning with a status, later without the end of the format."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from sqlalchemy.exc import OperationalError
from starlette.types import ASGIApp

from analysis.export import proposal_text
from api import create_api
from people.access.actor import Actor
from serving.context import Context
from serving.server_name import hide_server_name
from submissions.proposals.queries import CampaignView
from tests.submissions.acting import file

LAST_CHUNK = b"0\r\n\r\n"
FORMS = ("proposals.geojson", "proposals.csv")


@contextmanager
def served(app: ASGIApp) -> Iterator[int]:
    """Run a server of the kind that serves the program; give its port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def asked(port: int, path: str, *headers: str) -> tuple[bytes, bytes]:
    """Send one request; return the head and the body as they come over the wire."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        told = b""
        while piece := connection.recv(65_536):
            told += piece
    head, _, body = told.partition(b"\r\n\r\n")
    return head, body


def joined(body: bytes) -> bytes:
    """Take a body that comes in chunks out of them."""
    told = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        told, body = told + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return told


Breaks = Callable[[int], None]


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Breaks:
    """Give what lets the database go away after so many rows."""

    def after(rows: int) -> None:
        def parts(numbers: Any) -> Iterator[list[int]]:
            yield from ([number] for number in numbers[:rows].tolist())
            raise OperationalError("select", {}, Exception("gone"))

        monkeypatch.setattr(proposal_text, "_parts", parts)

    return after


@pytest.fixture
def port(room: Context, campaign: CampaignView) -> Iterator[int]:
    for number in range(4):
        file(room.database, campaign, Actor(f"device {number}"), text=f"第{number}条建议")
    hide_server_name()
    with served(create_api(room)) as found:
        yield found


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_breaks_off_has_no_end(
    port: int, campaign: CampaignView, breaks: Breaks, form: str
) -> None:
    address = f"/campaigns/{campaign.slug}/{form}"
    head, body = asked(port, address)
    assert b"transfer-encoding: chunked" in head.lower()
    assert b"\nserver:" not in head.lower()
    assert body.endswith(LAST_CHUNK)
    assert (b"\n]}" in body) is form.endswith("geojson")
    breaks(3)
    for accepted in ("identity", "gzip"):
        head, body = asked(port, address, f"Accept-Encoding: {accepted}")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert not body.endswith(LAST_CHUNK)
        assert b"\n]}" not in body
        if accepted == "gzip":
            unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
            assert b"\n]}" not in unpacking.decompress(joined(body))
            assert not unpacking.eof


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_cannot_be_begun_is_refused(
    port: int, campaign: CampaignView, breaks: Breaks, form: str
) -> None:
    breaks(0)
    head, body = asked(port, f"/campaigns/{campaign.slug}/{form}")
    assert head.split()[1] in (b"500", b"503")
    assert b'"error"' in body
