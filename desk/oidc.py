"""Log-in by an identity provider: OpenID Connect's authorization code flow, with PKCE, state and nonce.

Source: OpenID Connect Core 1.0, sections 3.1 and 3.1.3.7; RFC 7636; discovery by OpenID Connect Discovery 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from desk.config import Oidc

TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
KNOWN_FOR_SECONDS = 3600
LEEWAY_SECONDS = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by the provider's private key only: never `none`, and no secret that both sides know."""


class ProviderAwayError(Exception):
    """The identity provider cannot be reached, or answers what no provider answers."""


class NotProvenError(Exception):
    """What came back does not prove who it is; says why, for the log."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Someone as the provider knows them: `subject` for good, `claimed` the name they have there today."""

    issuer: str
    subject: str
    claimed: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a log-in was begun with; the answer must fit it."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Provider:
    """The identity provider of the settings. What it says of itself is known for an hour."""

    def __init__(self, settings: Oidc, clock: Callable[[], float] = time.time) -> None:
        self.settings, self._clock = settings, clock
        self._metadata: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._known_until = 0.0

    async def address(self, asked: Asked, redirect_uri: str) -> str:
        """Where the browser is sent. Raises ProviderAwayError."""
        await self._discover()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": asked.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = str(self._metadata["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def identity(self, asked: Asked, code: str, redirect_uri: str) -> Identity:
        """Who the code stands for. Raises ProviderAwayError and NotProvenError."""
        await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": asked.verifier,
        }
        secret = (self.settings.client_id, self.settings.client_secret)
        answer = await self._send("POST", str(self._metadata["token_endpoint"]), data=form, auth=secret)
        if answer.status_code != 200:
            raise NotProvenError(f"the provider did not take the code: {answer.status_code}")
        tokens = _object(answer)
        claims = await self._claims(str(tokens.get("id_token", "")), asked)
        claimed = claims.get(self.settings.claim)
        if claimed is None:
            claimed = await self._told_by_userinfo(str(tokens.get("access_token", "")), str(claims["sub"]))
        return Identity(self.settings.issuer, str(claims["sub"]), claimed if isinstance(claimed, str) else None)

    async def _claims(self, id_token: str, asked: Asked) -> Mapping[str, Any]:
        """The token's claims, once its signature and all it must say are checked; unknown keys are asked for anew."""
        try:
            return checked(id_token, await self._key_set(), self.settings, asked.nonce, self._clock())
        except NotProvenError:
            self._keys = None
        return checked(id_token, await self._key_set(), self.settings, asked.nonce, self._clock())

    async def _told_by_userinfo(self, access_token: str, subject: str) -> Any:
        endpoint = self._metadata.get("userinfo_endpoint")
        if not endpoint or not access_token:
            return None
        answer = await self._send("GET", str(endpoint), headers={"authorization": f"Bearer {access_token}"})
        told = _object(answer) if answer.status_code == 200 else {}
        return told.get(self.settings.claim) if told.get("sub") == subject else None

    async def _discover(self) -> None:
        if self._metadata and self._clock() < self._known_until:
            return
        found = _object(await self._send("GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"))
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if found.get("issuer") != self.settings.issuer or not all(isinstance(found.get(name), str) for name in needed):
            raise ProviderAwayError("its configuration names another issuer, or not every endpoint")
        self._metadata, self._keys = found, None
        self._known_until = self._clock() + KNOWN_FOR_SECONDS

    async def _key_set(self) -> KeySet:
        if self._keys is None:
            answer = _object(await self._send("GET", str(self._metadata["jwks_uri"])))
            try:
                self._keys = KeySet.import_key_set(answer)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderAwayError(f"its keys cannot be read: {error}") from error
        return self._keys

    async def _send(self, method: str, url: str, **more: Any) -> httpx2.Response:
        if not _is_safe(url):
            raise ProviderAwayError(f"{url} is not https")
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client:
                answer = await client.request(method, url, **more)
        except httpx2.HTTPError as error:
            raise ProviderAwayError(f"{type(error).__name__}: {error}") from error
        if answer.status_code >= 500:
            raise ProviderAwayError(f"{url} answered {answer.status_code}")
        return answer


def checked(id_token: str, keys: KeySet, settings: Oidc, nonce: str, now: float) -> Mapping[str, Any]:
    """The claims of an ID token that proves who it is to us, now, in answer to this log-in. Raises NotProvenError."""
    registry = jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": settings.issuer},
        aud={"essential": True, "value": settings.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims
        registry.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise NotProvenError(f"{type(error).__name__}: {error}") from error
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != settings.client_id:
        raise NotProvenError("it was made for another party")
    return claims


def _object(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        read = answer.json()
    except ValueError as error:
        raise ProviderAwayError(f"{answer.request.url} answered no JSON") from error
    if not isinstance(read, dict):
        raise ProviderAwayError(f"{answer.request.url} answered no object")
    return read


def _is_safe(url: str) -> bool:
    """Over TLS, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"})
