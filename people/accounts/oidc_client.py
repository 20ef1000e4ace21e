"""OpenID Connect as a client: the authorization code flow with PKCE, spoken by Authlib.

``Flow`` is one sign-in that has begun in one browser. It is kept by that browser alone, in a
cookie that is signed and good for ten minutes; what comes back must name its state and nonce.
An identity token counts only if it is signed, by an asymmetric algorithm, with a key that the
provider publishes now, and if issuer, audience, times and nonce are right (OpenID Connect Core
1.0, 3.1.3.7). Nothing is asked of anybody but the provider.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oidc.core import CodeIDToken
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from core.errors import NoKeyError, SignInProblem, WrongSignInError
from core.keys import Purpose, derived_keys
from people.accounts.oidc_providers import may_vouch, sections_of

FLOW_S = 600
#: Clocks of provider and server differ by no more, in seconds.
LEEWAY_S = 60
METADATA_KEPT_S = 3600
TIMEOUT_S = 10.0
#: Never ``none``, and none that is verified with a secret.
ALGORITHMS = tuple(f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512))
#: The address that was registered at providers up to 0.5.0, one for all of them.
FORMER_CALLBACK = "/oauth2callback"
_DISCOVERED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_ASKED = {"scope": "openid email profile", "prompt": "select_account"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Flow:
    """One sign-in that has begun. ``state`` begins with the provider's key and a full stop."""

    provider: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str

    def is_of(self, provider: str, state: str) -> bool:
        """Tell whether an answer with this state, at a provider's address, belongs to it."""
        same = hmac.compare_digest(self.state.encode(), state.encode("utf-8", "replace"))
        return self.provider == provider and same


def new_flow(provider: str, redirect_uri: str) -> Flow:
    """Begin a sign-in by a provider."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Flow(provider, redirect_uri, f"{provider}.{state}", nonce, verifier)


def sealed_flow(secret_key: str, flow: Flow) -> str:
    """Return the cookie that keeps a flow. Raises ``NoKeyError``."""
    return _serializer(secret_key).dumps(asdict(flow))


def opened_flow(secret_key: str, cookie: str) -> Flow | None:
    """Return the flow of a cookie; None for one that is none of ours, or too old."""
    try:
        return Flow(**_serializer(secret_key).loads(cookie, max_age=FLOW_S))
    except (BadData, TypeError):
        return None


def _serializer(secret_key: str) -> URLSafeTimedSerializer:
    keys = derived_keys(secret_key, Purpose.PROVIDER_FLOW)
    if not keys:
        raise NoKeyError()
    return URLSafeTimedSerializer(
        list(reversed(keys)),  # the last one signs
        salt="",
        signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"},
    )


class OidcClient:
    """What this server is to one provider, as its section of ``secrets.toml`` says."""

    def __init__(self, auth: Mapping[str, Any], key: str) -> None:
        self._auth, self._key, self._section = auth, key, sections_of(auth)[key]
        self._metadata: Mapping[str, Any] = {}
        self._loaded_at = 0.0

    def redirect_uri(self, base_url: str) -> str:
        """Return the address to which the provider sends people back: as set, or our own."""
        told = self._section.get("redirect_uri")
        shared = str(self._auth.get("redirect_uri") or "")
        if told or shared.endswith(FORMER_CALLBACK):
            return str(told or shared).replace("{port}", str(urlsplit(base_url).port or ""))
        return f"{base_url}/w/desk/oidc/{self._key}/callback"

    async def begin(self, flow: Flow) -> str:
        """Return the provider's address at which a sign-in goes on. Raises ``WrongSignInError``."""
        told = {**_ASKED, **self._asked()}
        try:
            async with self._speaking(flow) as client:
                metadata = await self._discovered(client)
                address, _state = client.create_authorization_url(
                    metadata["authorization_endpoint"],
                    state=flow.state,
                    nonce=flow.nonce,
                    code_verifier=flow.verifier,
                    **told,
                )
        except (httpx2.HTTPError, httpx2.InvalidURL, LookupError, TypeError, ValueError) as error:
            raise self._refusal(SignInProblem.AWAY, error) from error
        return str(address)

    async def finish(self, flow: Flow, code: str, issuer: str = "") -> Mapping[str, Any]:
        """Return what the provider says of the person for whom it gave a code.

        ``issuer``: as the answer names it, if it does (RFC 9207). Raises ``WrongSignInError``.
        """
        try:
            async with self._speaking(flow) as client:
                metadata = await self._discovered(client)
                if issuer and issuer != metadata["issuer"]:
                    raise self._refusal(SignInProblem.ISSUER, ValueError("issuer of the answer"))
                token = await client.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=flow.verifier,
                )
                keys = await _fetched(client, metadata["jwks_uri"])
            return self._verified(token, KeySet.import_key_set(keys), metadata["issuer"], flow)
        except OAuthError as error:
            raise self._refusal(SignInProblem.EXPIRED, error) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._refusal(SignInProblem.AWAY, error) from error
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise self._refusal(SignInProblem.ISSUER, error) from error

    def _verified(
        self, token: Mapping[str, Any], keys: KeySet, issuer: str, flow: Flow
    ) -> Mapping[str, Any]:
        """Return the claims of an identity token. Raises ``JoseError`` and others."""
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        decoded = jwt.decode(token["id_token"], keys, registry=registry)
        client_id = self._section["client_id"]
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
                "sub": {"essential": True},
            },
            {
                "nonce": flow.nonce,
                "client_id": client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=LEEWAY_S)
        if not may_vouch(self._auth, self._key, claims["iss"]):
            raise ValueError("it speaks for an issuer that is not its own")
        return dict(claims)

    def _asked(self) -> dict[str, str]:
        told = {
            **(self._auth.get("client_kwargs") or {}),
            **(self._section.get("client_kwargs") or {}),
        }
        return {name: str(told[name]) for name in ("scope", "prompt", "login_hint") if name in told}

    def _speaking(self, flow: Flow) -> Any:
        kwargs = self._section.get("client_kwargs") or {}
        return AsyncOAuth2Client(
            self._section["client_id"],
            self._section.get("client_secret"),
            token_endpoint_auth_method=kwargs.get("token_endpoint_auth_method"),
            redirect_uri=flow.redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
        )

    async def _discovered(self, client: Any) -> Mapping[str, Any]:
        """Return what the provider says of itself, asked at most once an hour."""
        now = time.monotonic()
        if not self._metadata or now - self._loaded_at > METADATA_KEPT_S:
            told = await _fetched(client, self._section["server_metadata_url"])
            self._metadata = {name: str(told[name]) for name in _DISCOVERED}
            self._loaded_at = now
        return self._metadata

    def _refusal(self, problem: SignInProblem, error: Exception) -> WrongSignInError:
        log.warning("sign-in by provider %s: %s: %r", self._key, problem, error)
        return WrongSignInError(problem=problem)


async def _fetched(client: Any, address: str) -> Any:
    answer = await client.request("GET", address, withhold_token=True)
    answer.raise_for_status()
    return answer.json()
