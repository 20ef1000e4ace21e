"""Files packed once and kept: whole, whoever hung up while they were packed."""

from __future__ import annotations

from pathlib import Path

import anyio
import brotli
import pytest
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Scope

from api.packing import PackingMiddleware


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

    packing = PackingMiddleware(below)
    bodies: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.body":
            bodies.append(message["body"])

    async def ask_twice() -> None:
        for _ in range(2):
            await packing(asked("large.js"), gone, keep)

    anyio.run(ask_twice)
    wanted = (folder / "large.js").read_bytes()
    assert [brotli.decompress(body) for body in bodies] == [wanted, wanted]
