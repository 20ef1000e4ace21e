"""A small OpenID Connect provider on loopback: it lets in whomever it is told to, at once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "lujian"
#: In the place of a secret: the token is not signed.
NOTHING = b"nothing"


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "1"})


@dataclass
class Provider:
    """Whom it lets in next, and what it was asked."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    #: What it calls itself, where that is not its address.
    issuer: str = ""
    key: RSAKey = field(default_factory=new_key)
    #: With what it signs, where that is not the key it publishes.
    signs_with: RSAKey | bytes | None = None
    #: Answers 503 to everything.
    away: bool = False
    #: Takes a code again and again.
    forgetful: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        """Return what a client discovers."""
        return {
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "code_challenge_methods_supported": ["S256"],
        }

    def give_code(self, asked: dict[str, str]) -> str:
        """Return where somebody who was let in is sent back to."""
        self.asked.append(asked)
        code = uuid4().hex
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str]) -> dict[str, Any] | None:
        """Return the tokens for a code, once; None for one that is none or lacks its proof."""
        take = self.codes.get if self.forgetful else self.codes.pop
        asked = take(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        proof = _base64(digest)
        if asked is None or proof != asked.get("code_challenge"):
            return None
        if sent.get("redirect_uri") != asked["redirect_uri"]:
            return None
        token = {"access_token": "a", "token_type": "Bearer", "expires_in": 300}
        return {**token, "id_token": self._identity(asked)}

    def _identity(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        said = {
            "iss": self.issuer or self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked.get("nonce", ""),
            **self.claims,
        }
        key = self.signs_with or self.key
        if isinstance(key, RSAKey):
            return jwt.encode({"alg": "RS256", "kid": "1"}, said, key)
        return _by_hand(said, key)


def _by_hand(said: dict[str, Any], secret: bytes) -> str:
    """Return a token that no library makes: signed with a secret, or with none at all."""
    head = {"alg": "none" if secret == NOTHING else "HS256", "kid": "1"}
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (head, said))
    digest = b"" if secret == NOTHING else hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{_base64(digest)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def running() -> Iterator[Provider]:
    """Run one on a free port."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if provider.away:
                self._say({}, 503)
            elif parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.give_code(asked))
                self.end_headers()
            elif parts.path == "/jwks":
                self._say({"keys": [provider.key.as_dict(private=False)]})
            else:
                self._say(provider.metadata())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            given = None if provider.away else provider.token(sent)
            if given is None:
                self._say({"error": "invalid_grant"}, 503 if provider.away else 400)
            else:
                self._say(given)

        def _say(self, said: Any, status: int = 200) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_given: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
