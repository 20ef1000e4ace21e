"""No answer on a kept connection waits for the visitor's system to acknowledge its head."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from serving.tcp_nodelay import send_at_once
from tests.forked_programs import Program, start_program

#: What the system holds back and has not sent yet, in bytes. https://man7.org/linux/man-pages/man7/tcp.7.html
SIOCOUTQNSD = 0x894B
ANSWERS = 4
BODY = b"whole"

accepted: list[socket.socket] = []
held_back: SimpleQueue[int] = SimpleQueue()


class Watched(H11Protocol):
    """uvicorn's own protocol; keeps the sockets it is given."""

    def connection_made(self, transport: Any) -> None:
        accepted.append(transport.get_extra_info("socket"))
        super().connection_made(transport)


async def watching(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer in two pieces, a head and a body; note how much of them has not left."""
    headers = [(b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})
    waiting = fcntl.ioctl(accepted[-1].fileno(), SIOCOUTQNSD, bytes(4))
    held_back.put(int.from_bytes(waiting, sys.byteorder))


@pytest.fixture
def port() -> Iterator[int]:
    """Serve on a socket that was made as Streamlit makes its own; give the port."""
    send_at_once()
    accepted.clear()
    config = uvicorn.Config(watching, http=Watched, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.socket(socket.AF_INET) as listening:
        assert listening.proto == 0
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell what they hold back")
def test_later_answers_of_a_connection_leave_whole(port: int) -> None:
    kept = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(ANSWERS):
        kept.request("GET", "/")
        assert kept.getresponse().read() == BODY
    assert len(accepted) == 1
    assert accepted[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    kept.close()
    assert [held_back.get(timeout=20) for _ in range(ANSWERS)] == [0] * ANSWERS


#: Starts the program's server; at a signal it says in one line which of the sockets that it has
#: accepted have the option.
CHILD = """
import json, runpy, signal, socket, sys
kept, accept = [], socket.socket.accept

def keep(listening):
    kept.append(accept(listening)[0])
    return kept[-1], kept[-1].getpeername()

def tell(*_given):
    option = socket.IPPROTO_TCP, socket.TCP_NODELAY
    told = [one.getsockopt(*option) for one in kept if one.fileno() >= 0]
    print(json.dumps(told), flush=True)

socket.socket.accept = keep
signal.signal(signal.SIGUSR1, tell)
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_the_program_sends_at_once_under_streamlit(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    streamlit = ["streamlit", "run", "app.py", "--server.address", "127.0.0.1"]
    streamlit += ["--server.port", str(port)]
    environment = {**os.environ, "LUJIAN_DEMO": "0", "LUJIAN_VAR_DIR": str(tmp_path)}
    environment["LUJIAN_DATABASE_URL"] = ""
    said = tmp_path / "said"
    with said.open("wb") as output:
        child = start_program(["-c", CHILD, *streamlit], env=environment, output=output)
    try:
        kept = connected(port, child)
        for _ in range(2):
            kept.request("GET", "/api/health")
            assert json.loads(kept.getresponse().read())["status"] == "ok"
        os.kill(child.pid, signal.SIGUSR1)
        assert set(json.loads(line_of(said, child))) == {1}
        kept.close()
    finally:
        child.terminate()
        child.wait(30)


def line_of(said: Path, child: Program) -> str:
    """Return the line of figures that a program says, once it is there."""
    while True:
        for line in said.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.startswith("[") and line.endswith("\n"):
                return line
        assert child.poll() is None
        time.sleep(0.05)


def connected(port: int, child: Program) -> http.client.HTTPConnection:
    """Return a connection to the server that starts, once it listens."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.connect()
        except OSError:
            assert child.poll() is None
            time.sleep(0.1)
        else:
            return connection
