"""The peer of the server's memory: one Starlette page that files into SQLite and lists."""

from __future__ import annotations

import os
import sqlite3

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

_DATABASE = sqlite3.connect(os.environ["PEER_DATABASE"], isolation_level=None)
_DATABASE.execute("CREATE TABLE IF NOT EXISTS wish (text TEXT)")


async def listed(_request: Request) -> JSONResponse:
    """Return the newest twenty."""
    found = _DATABASE.execute("SELECT text FROM wish ORDER BY rowid DESC LIMIT 20").fetchall()
    return JSONResponse([text for (text,) in found])


async def file(request: Request) -> PlainTextResponse:
    """Store one."""
    _DATABASE.execute("INSERT INTO wish VALUES (?)", ((await request.body()).decode(),))
    return PlainTextResponse("stored", 201)


app = Starlette(routes=[Route("/", listed), Route("/", file, methods=["POST"])])
