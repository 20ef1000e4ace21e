"""Fixed files compressed once: whole, whoever hung up meanwhile, and nothing else is kept."""

from __future__ import annotations

from pathlib import Path

import brotli
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from api.assets import asset_routes
from serving import fixed_files
from serving.compression import PackingMiddleware
from serving.unknown_paths import OddPathMiddleware, is_closed, is_odd
from tests.loops import finish


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "large.js").write_bytes(b"export const large = 1;\n" * 40_000)
    return tmp_path


def asked(name: str) -> Scope:
    return {
        "type": "http",
        "method": "GET",
        "path": f"/static/{name}",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"accept-encoding", b"br")],
    }


async def gone() -> Message:
    """Tell that the visitor hung up, as a server does at once."""
    return {"type": "http.disconnect"}


def test_a_visitor_who_hangs_up_does_not_spoil_a_file_for_all(folder: Path) -> None:
    files = StaticFiles(directory=folder)

    async def below(scope: Scope, receive: object, send: object) -> None:
        await files({**scope, "path": scope["path"].removeprefix("/static")}, receive, send)  # type: ignore[arg-type]

    packing = PackingMiddleware(below, frozenset({"/static/large.js"}))
    bodies: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.body":
            bodies.append(message["body"])

    async def ask_twice() -> None:
        for _ in range(2):
            await packing(asked("large.js"), gone, keep)

    finish(ask_twice())
    wanted = (folder / "large.js").read_bytes()
    assert [brotli.decompress(body) for body in bodies] == [wanted, wanted]


ODD = [
    "/static/./large.js",
    "/static/././large.js",
    "/static/x/../large.js",
    "/static//large.js",
    "/static/large.js/.",
    "/static\\large.js",
    "/static/large.js\0",
    "/static/\ufffd.js",
    "/_stcore",
    "/_stcore/metrics",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/mcp",
    "/_stcore/upload_file/a/b",
    "/_stcore/script-health-check",
]


def as_asked(path: str) -> Scope:
    return {**asked(""), "path": path, "raw_path": path.encode()}


@pytest.mark.parametrize("path", ODD)
def test_odd_and_closed_addresses_lead_nowhere(path: str) -> None:
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError(scope["path"])

    finish(OddPathMiddleware(never)(as_asked(path), gone, keep))
    assert sent[0]["status"] == 404


@pytest.mark.parametrize(
    "path", ["/", "/w/", "/w/c/a.b/%41..b/", "/api/v1/..x/x..", "/w/中文", "/_stcore/health"]
)
def test_a_plain_spelling_is_not_odd(path: str) -> None:
    assert not is_odd(path)
    assert not is_closed(path)


def test_what_is_no_fixed_file_is_neither_compressed_nor_kept(folder: Path) -> None:
    files = StaticFiles(directory=folder)
    kept: list[PackingMiddleware] = []

    def packing(app: Starlette) -> PackingMiddleware:
        kept.append(PackingMiddleware(app, frozenset({"/static/large.js"})))
        return kept[0]

    app = Starlette(routes=[Mount("/static", files)], middleware=[Middleware(packing)])
    with TestClient(app) as client:
        taking = {"Accept-Encoding": "br"}
        for n in range(1, 20):
            spelt = f"http://testserver/static{'/%2e' * n}/large.js?n={n}"
            assert "content-encoding" not in client.get(spelt, headers=taking).headers
            client.get(f"/static/large.js?n={n}", headers=taking)
    assert len(kept[0]._kept) == 1


def test_files_compressed_at_set_up_are_served_and_others_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (folder / "large.js").read_bytes()
    packed = folder / ".packed"
    packed.mkdir()
    (packed / "of_an_older_file.br").write_bytes(b"")
    monkeypatch.setattr(fixed_files, "_bodies", lambda: iter([body]))
    monkeypatch.setattr(fixed_files, "_folder", lambda: packed)
    assert (fixed_files.prepare(packed), fixed_files.prepare(packed)) == (2, 2)
    assert len(list(packed.iterdir())) == 2
    best = brotli.compress(body, mode=brotli.MODE_TEXT, quality=11)
    assert fixed_files.prepared(body, "br") == best
    assert fixed_files.prepared(body + b" ", "br") is None
    app = Starlette(routes=[Mount("/static", StaticFiles(directory=folder))])
    with TestClient(PackingMiddleware(app, frozenset({"/static/large.js"}))) as client:
        answer = client.get("/static/large.js", headers={"Accept-Encoding": "br"})
        assert (answer.headers["content-length"], answer.content) == (str(len(best)), body)


def test_the_fixed_files_are_those_that_are_served() -> None:
    fixed = fixed_files.fixed_addresses()
    served = Starlette(routes=asset_routes())
    with TestClient(served) as client:
        ours = [address for address in fixed if address.startswith("/assets/")]
        assert {client.head(address).status_code for address in ours} <= {200, 404}
        assert client.head("/assets/web/lujian.js").status_code == 200
    assert {"/assets/web/lujian.js", "/assets/bundle/map.js"} <= fixed
    assert any(address.startswith("/static/js/index.") for address in fixed)
    assert any(address.startswith("/component/streamlit_folium.st_folium/") for address in fixed)
    assert not any(is_odd(address) for address in fixed)
