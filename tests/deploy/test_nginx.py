"""The program behind the nginx of ``deploy/``: what operators copy is what is started here."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import make_url
from websockets.sync.client import connect

from deploy.try_nginx import (
    NO_NGINX,
    SITE,
    Front,
    Ports,
    free_ports,
    nginx,
    nginx_path,
    rendered,
    wait_for_end,
)
from people.access.device_cookie import COOKIE
from serving.body_limit import MOST_BODY
from tests.browser.walking import ROOT, Server, start_server
from tests.lacking import lacks
from tests.loops import finish
from tests.postgis import VARIABLE, fresh_database
from tests.web.browsing import Browser, receipt_code

SLUG = "bike-parking"
HALF_OPEN = 300
#: The times of the file, short enough for a test.
SHORT = {
    "client_header_timeout 10s": "client_header_timeout 2s",
    "client_body_timeout 15s": "client_body_timeout 2s",
}
FILING = {
    "longitude": "116.3256",
    "latitude": "40.0372",
    "category": "bike_parking",
    "relation": "lives",
}


@dataclass
class Site:
    """The program, nginx before it, and what a client needs to trust it."""

    program: Server
    front: Front
    tls: ssl.SSLContext = field(repr=False)

    def client(self, **headers: str) -> httpx2.Client:
        return httpx2.Client(verify=self.tls, base_url=self.front.url, headers=headers, timeout=30)


class Phone(Browser):
    """A browser without JavaScript that talks to nginx over TLS."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client  # type: ignore[assignment]
        self.answer = None

    def __enter__(self) -> Phone:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def file(self, text: str) -> None:
        form = self.open(f"/w/c/{SLUG}?lang=zh_CN").form("/say")
        self.send(form, text=text, **FILING)


def needs_nginx() -> None:
    if nginx_path() is None:
        lacks(NO_NGINX)


@pytest.fixture(scope="module")
def database_address() -> Iterator[dict[str, str]]:
    """Say which database the program has: PostGIS, as offices have it, where there is one."""
    server = os.environ.get(VARIABLE)
    if server is None:
        yield {}
        return
    with fresh_database(make_url(server), f"lujian_nginx_{os.getpid()}") as address:
        yield {"LUJIAN_DATABASE_URL": address}


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, database_address: dict[str, str]
) -> Iterator[Site]:
    """The program with nginx before it."""
    needs_nginx()
    ports = free_ports()
    settings = {
        "LUJIAN_PUBLIC_URL": f"https://localhost:{ports.https}",
        "LUJIAN_TRUSTED_PROXIES": "127.0.0.1/32",
        "FORWARDED_ALLOW_IPS": "",
        "LUJIAN_MAX_FILINGS_PER_HOUR": "1",
        **database_address,
    }
    program = start_server(tmp_path_factory.mktemp("var"), **settings)
    ports = Ports(ports.http, ports.https, int(program.url.rpartition(":")[2]))
    try:
        with nginx(tmp_path_factory.mktemp("nginx"), ports, SHORT) as front:
            yield Site(program, front, ssl.create_default_context(cafile=front.certificate))
    finally:
        program.stop()


def test_a_proposal_is_filed_through_it(site: Site) -> None:
    with Phone(site.client()) as phone:
        phone.open(f"/w/c/{SLUG}")
        cookie = phone.answer.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert "; Secure" in cookie
        phone.file("清上园门口太乱,请画停车线。")
        assert phone.status == 303, phone.body[:500]
        code = receipt_code(phone.answer.headers["location"])
        page = phone.follow()
        assert phone.status == 200
        assert "清上园门口太乱" in page.text
        assert f"{site.front.url}/w/r/{code}" in [a.get("href") for a in page.all("a")]
        assert phone.answer.headers["strict-transport-security"] == "max-age=31536000"


def test_only_the_own_name_by_https_is_served(site: Site) -> None:
    with site.client() as client:
        plain = f"http://localhost:{site.front.ports.http}"
        answer = client.get(f"{plain}/w/c/{SLUG}?lang=en")
        assert (answer.status_code, answer.headers["location"]) == (
            301,
            f"{site.front.url}/w/c/{SLUG}?lang=en",
        )
        with pytest.raises(httpx2.RemoteProtocolError):
            client.get(plain, headers={"Host": "evil.example"})
        answer = client.get("/w/", headers={"Host": "evil.example"})
        assert (answer.status_code, "lujian" in answer.text) == (421, False)
        answer = client.get("/w/")
        assert (answer.status_code, answer.headers["server"]) == (200, "nginx")
    with site.client() as client, pytest.raises(httpx2.ConnectError):
        client.get("/w/", extensions={"sni_hostname": "evil.example"})


def test_what_works_without_a_network_passes_unchanged(site: Site) -> None:
    with site.client() as client:
        worker = client.get("/w/sw.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        assert worker.headers["service-worker-allowed"] == "/w/"
        assert worker.headers["cache-control"] == "no-cache"
        assert "worker-src 'self'" in worker.headers["content-security-policy"]
        manifest = client.get("/w/manifest.webmanifest")
        assert manifest.headers["content-type"] == "application/manifest+json"
        icons = [client.get(icon["src"]).status_code for icon in manifest.json()["icons"]]
        assert set(icons) == {200}


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore//metrics", "/_stcore/x/../metrics"])
def test_figures_of_the_server_are_closed(site: Site, path: str) -> None:
    target = httpx2.URL(site.front.url).copy_with(raw_path=path.encode())
    with site.client() as client:
        assert client.get(target).status_code == 404


def test_the_pages_of_streamlit_get_their_websocket(site: Site) -> None:
    address = site.front.url.replace("https", "wss") + "/_stcore/stream"
    with connect(
        address, ssl=site.tls, subprotocols=["streamlit"], origin=site.front.url
    ) as stream:
        assert stream.response is not None
        assert (stream.response.status_code, stream.subprotocol) == (101, "streamlit")
    with site.client(Upgrade="h2c", Connection="Upgrade") as client:
        assert client.get("/api/health").status_code == 200


def test_what_a_stranger_says_of_the_own_address_is_not_believed(site: Site) -> None:
    """An address may file ten times as often as a device, here ten times an hour."""
    statuses = []
    for number in range(11):
        spoofed = {"X-Forwarded-For": f"10.9.8.{number}", "X-Forwarded-Proto": "http"}
        client = site.client(**spoofed, Forwarded=f"for=10.9.8.{number}")
        with Phone(client) as phone:
            phone.file(f"第{number}处缺少停车架,请补上。")
            statuses.append(phone.status)
    assert statuses[0] == 303
    assert statuses[-1] == 429
    # Asked from this machine itself, the program does believe: what nginx says is what counts.
    told = {"X-Forwarded-For": "10.9.8.99"}
    with Phone(httpx2.Client(base_url=site.program.url, headers=told)) as phone:
        phone.file("这里也缺少停车架。")
        assert phone.status == 303, phone.body[:500]


def test_half_open_requests_are_let_go_and_others_are_served(site: Site) -> None:
    async def half_open(start: bytes) -> bytes:
        try:
            reader, writer = await asyncio.open_connection(
                "localhost", site.front.ports.https, ssl=site.tls
            )
        except OSError:  # so slow that its handshake was let go
            held.release()
            return b""
        writer.write(start)
        held.release()
        try:
            return await reader.read()
        except OSError:  # a reset is an end, too
            return b""
        finally:
            writer.close()

    async def all_of_them() -> list[bytes]:
        head = b"GET /w/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
        body = b"POST /api/photos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n--half"
        starts = [head] * (HALF_OPEN * 2 // 3) + [body] * (HALF_OPEN // 3)
        tasks = [asyncio.create_task(half_open(start)) for start in starts]
        for _ in tasks:
            await held.acquire()
        async with httpx2.AsyncClient(verify=site.tls, timeout=120) as client:
            meanwhile = await client.get(f"{site.front.url}/w/c/{SLUG}")
        assert meanwhile.status_code == 200
        return await asyncio.gather(*tasks)

    held = asyncio.Semaphore(0)
    answers = finish(asyncio.wait_for(all_of_them(), 180))
    assert len(answers) == HALF_OPEN
    assert {answer.partition(b"\r\n")[0] for answer in answers} <= {
        b"",
        b"HTTP/1.1 408 Request Time-out",
    }


def test_a_body_past_the_limit_gets_a_page_in_both_languages(site: Site) -> None:
    limit = re.search(r"client_max_body_size (\d+)m;", SITE.read_text(encoding="utf-8"))
    assert limit is not None
    assert int(limit[1]) * 2**20 == MOST_BODY
    head = (
        f"POST /api/photos HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MOST_BODY + 1}\r\n\r\n"
    )
    with (
        socket.create_connection(("localhost", site.front.ports.https), timeout=30) as plain,
        site.tls.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        line.sendall(head.encode())
        answer = line.recv(65_536).decode()
    assert answer.startswith("HTTP/1.1 413 ")
    assert "Strict-Transport-Security" in answer
    assert "太大了" in answer
    assert "too large" in answer


def test_while_the_program_is_away_a_page_says_so(site: Site, tmp_path: Path) -> None:
    with nginx(tmp_path, free_ports()) as front:
        tls = ssl.create_default_context(cafile=front.certificate)
        answer = httpx2.get(f"{front.url}/w/", verify=tls)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert answer.headers["strict-transport-security"]
        assert "暂时打不开" in answer.text
        assert "cannot be reached" in answer.text
        assert "charset" in answer.text


def test_a_replacement_that_does_nothing_is_refused(tmp_path: Path) -> None:
    """So that what is tested stays what operators copy."""
    with pytest.raises(ValueError, match="client_header_timeout 11s"):
        rendered(Ports(1, 2, 3), tmp_path, {"client_header_timeout 11s": ""})
    lines = rendered(Ports(1, 2, 3), tmp_path).splitlines()
    orders = [line for line in lines if not line.lstrip().startswith("#")]
    assert not [line for line in orders if re.search("example|/opt/|/etc/|8501", line)]


def test_the_command_that_is_ended_leaves_nothing_running(tmp_path: Path) -> None:
    needs_nginx()
    ports = free_ports()
    words = [sys.executable, "-m", "deploy.try_nginx"]
    words += ["--http", str(ports.http), "--https", str(ports.https)]
    process = subprocess.Popen(
        words,
        cwd=ROOT,
        env={**os.environ, "LUJIAN_VAR_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    told = process.stdout.readline()
    assert "https://localhost:" in told
    folder = Path(told.partition("certificate: ")[2].rstrip(")\n")).parent
    assert folder.is_dir()
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # the first of its group


def test_the_program_that_ends_is_not_waited_for() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as front:
        behind = subprocess.Popen([sys.executable, "-c", "exit(2)"])
        with pytest.raises(RuntimeError, match="ended with code 2"):
            wait_for_end(front, behind)
        front.communicate(b"\n")
    wait_for_end(front, behind)
