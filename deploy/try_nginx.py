"""LuJian behind nginx on loopback: ``python -m deploy.try_nginx``, then https://localhost:8443.

It starts the file that operators copy, ``deploy/nginx/lujian.conf``, with what has to differ on
loopback replaced by name: addresses, the host's name, paths, a certificate made for the occasion.
nginx and the program end with Ctrl-C or SIGTERM, and each when the other ends. Debian:
``apt install nginx``.
"""

from __future__ import annotations

import argparse
import getpass
import grp
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = Path(__file__).resolve().parent
SITE = HERE / "nginx" / "lujian.conf"
HOST = "localhost"
NO_NGINX = "nginx is missing: apt install nginx"
_LIVE = "/etc/letsencrypt/live/lujian.example.org"
_MAIN = HERE / "nginx" / "loopback.conf.in"


@dataclass(frozen=True)
class Ports:
    """Where nginx listens, and where the program does, all on 127.0.0.1."""

    http: int
    https: int
    program: int


@dataclass(frozen=True)
class Front:
    """A running nginx: its addresses, its folder with certificate and logs, its process."""

    ports: Ports
    folder: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def url(self) -> str:
        """The address that browsers open."""
        return f"https://{HOST}:{self.ports.https}"

    @property
    def certificate(self) -> Path:
        """The certificate that a client has to trust."""
        return self.folder / "fullchain.pem"


def nginx_path() -> str | None:
    """Return the path of nginx, or None; Debian's lies where not everybody looks."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def free_ports() -> Ports:
    """Return three ports of loopback that nothing listens on now."""
    probes = [socket.socket() for _ in range(3)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return Ports(*(int(probe.getsockname()[1]) for probe in probes))
    finally:
        for probe in probes:
            probe.close()


def rendered(ports: Ports, folder: Path, changes: Mapping[str, str] | None = None) -> str:
    """Return the site's configuration for loopback.

    ``changes``: further replacements, such as ``{"client_body_timeout 15s": "…"}``. Raises
    ``ValueError`` for one whose left side does not stand in the file.
    """
    text = SITE.read_text(encoding="utf-8")
    for old, new in [*_loopback(ports, folder).items(), *(changes or {}).items()]:
        if old not in text:
            raise ValueError(f"{SITE.name} does not hold {old!r}")
        text = text.replace(old, new)
    return text


def _loopback(ports: Ports, folder: Path) -> dict[str, str]:
    """Return what differs on loopback; IPv6 is left out, as not every machine has it."""
    return {
        "    listen [::]:": "    # IPv6: ",
        "listen 80": f"listen 127.0.0.1:{ports.http}",
        "listen 443": f"listen 127.0.0.1:{ports.https}",
        "https://lujian.example.org": f"https://{HOST}:{ports.https}",
        "server_name lujian.example.org": f"server_name {HOST}",
        _LIVE: str(folder),
        "Host $host;": f"Host $host:{ports.https};",
        "http://127.0.0.1:8501": f"http://127.0.0.1:{ports.program}",
        "/opt/lujian/deploy/nginx/pages": str(HERE / "nginx" / "pages"),
        "/var/log/nginx/": f"{folder}/",
    }


def write_certificate(folder: Path) -> None:
    """Write ``fullchain.pem`` and ``privkey.pem`` for localhost, good for two days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "privkey.pem"
    file.touch(mode=0o600)
    file.write_bytes(private)


@contextmanager
def nginx(folder: Path, ports: Ports, changes: Mapping[str, str] | None = None) -> Iterator[Front]:
    """Run nginx with its files in ``folder``; raises ``RuntimeError`` with its log if it ends."""
    program = nginx_path()
    if program is None:
        raise RuntimeError(NO_NGINX)
    write_certificate(folder)
    (folder / "lujian.conf").write_text(rendered(ports, folder, changes), encoding="utf-8")
    main = folder / "nginx.conf"
    text = _MAIN.read_text(encoding="utf-8")
    main.write_text(text.format(folder=folder, user=_user()), encoding="utf-8")
    words = [program, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(main)]
    process = subprocess.Popen(words)
    try:
        _wait(process, ports.https, folder / "error.log")
        yield Front(ports, folder, process)
    finally:
        process.send_signal(signal.SIGQUIT)  # lets answers that are under way finish
        _ended(process)


def _user() -> str:
    """Return whose rights nginx keeps: the caller's; without it root's workers drop theirs."""
    if os.geteuid() != 0:
        return ""
    return f"user {getpass.getuser()} {grp.getgrgid(os.getegid()).gr_name};\n"


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until something listens on a port of loopback."""
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(log.read_text(errors="replace")[-2000:] if log.exists() else "")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


def _ended(process: subprocess.Popen[bytes], wait_s: float = 3) -> None:
    """End a process of ours and wait for it."""
    try:
        process.wait(wait_s)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()


@contextmanager
def program(ports: Ports, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run LuJian as the service does: on loopback, believing this machine's proxy alone."""
    said = {
        "LUJIAN_PUBLIC_URL": url,
        "LUJIAN_TRUSTED_PROXIES": "127.0.0.1/32",
        "FORWARDED_ALLOW_IPS": "",
    }
    words = [sys.executable, "-m", "streamlit", "run", str(HERE.parent / "app.py")]
    words += ["--server.address", "127.0.0.1", "--server.port", str(ports.program)]
    process = subprocess.Popen(words, cwd=HERE.parent, env={**os.environ, **said})
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        _ended(process, 20)


def wait_for_end(front: subprocess.Popen[bytes], behind: subprocess.Popen[bytes]) -> None:
    """Wait until nginx ends; raise ``RuntimeError`` if the program does, which said why."""
    while front.poll() is None:
        if behind.poll() is not None:
            raise RuntimeError(f"LuJian ended with code {behind.returncode}")
        time.sleep(0.2)


def main() -> int:
    """Serve until Ctrl-C or SIGTERM; return 2 if nginx or the program does not start."""
    parser = argparse.ArgumentParser(prog="python -m deploy.try_nginx", description=__doc__)
    parser.add_argument("--http", type=int, default=8080, help="port of plain HTTP")
    parser.add_argument("--https", type=int, default=8443, help="port of HTTPS")
    options = parser.parse_args()
    ports = Ports(options.http, options.https, free_ports().program)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # else both would run on
    with tempfile.TemporaryDirectory(prefix="lujian-nginx-") as folder:
        try:
            with nginx(Path(folder), ports) as front, program(ports, front.url) as behind:
                print(
                    f"路见 LuJian: {front.url} (its certificate: {front.certificate})", flush=True
                )
                wait_for_end(front.process, behind)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
