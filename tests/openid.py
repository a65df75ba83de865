"""Real OpenID providers on real sockets: the mock in its own process, and one that lies."""

import base64
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives import hmac as macs
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.core import clock

REDIRECT = "http://127.0.0.1/signed-in"
Claims = dict[str, Any]


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def number(value: int) -> str:
    """A number of a JWK."""
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@dataclass
class MockProvider:
    """`oidc-provider-mock` in a process of its own, and somebody at its sign-in page."""

    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "oidc_provider_mock", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.issuer}/.well-known/openid-configuration").raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the provider does not answer")

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def sign_in(self, client_id: str, nonce: str, subject: str, **claims: Any) -> str:
        """The authorization-code flow, as a browser and a front end do it; the ID token."""
        with httpx.Client(base_url=self.issuer) as http:
            described = http.get("/.well-known/openid-configuration").json()
            http.put(f"/users/{subject}", json=claims).raise_for_status()
            query = {
                "client_id": client_id, "redirect_uri": REDIRECT, "response_type": "code",
                "scope": "openid email", "nonce": nonce, "state": "here",
            }  # fmt: skip
            page = http.post(
                described["authorization_endpoint"], params=query, data={"sub": subject}
            )
            back = parse_qs(urlsplit(page.headers["location"]).query)
            assert back["state"] == ["here"]
            form = {
                "grant_type": "authorization_code", "code": back["code"][0],
                "redirect_uri": REDIRECT, "client_id": client_id, "client_secret": "any",
            }  # fmt: skip
            token: str = http.post(described["token_endpoint"], data=form).json()["id_token"]
            return token


@contextmanager
def mock_provider() -> Iterator[MockProvider]:
    """The mock, running."""
    provider = MockProvider()
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


class Key:
    """A signing key of the provider that lies."""

    def __init__(self, kid: str, kind: str = "rsa", bits: int = 2_048) -> None:
        self.kid = kid
        self.rsa = rsa.generate_private_key(65_537, bits) if kind == "rsa" else None
        self.ec = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else None

    @property
    def alg(self) -> str:
        """The algorithm it is for."""
        return "RS256" if self.rsa else "ES256"

    def public(self) -> Claims:
        """As a JWKS shows it."""
        about = {"kid": self.kid, "use": "sig", "alg": self.alg}
        if self.rsa:
            numbers = self.rsa.public_key().public_numbers()
            return about | {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        assert self.ec is not None
        point = self.ec.public_key().public_numbers()
        x, y = (b64(one.to_bytes(32, "big")) for one in (point.x, point.y))
        return about | {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def pem(self) -> bytes:
        """The public key as text, which a confused verifier would take for a password."""
        assert self.rsa is not None
        return self.rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, signed: bytes) -> bytes:
        """A signature as JWS writes it."""
        if self.rsa:
            return self.rsa.sign(signed, padding.PKCS1v15(), SHA256())
        assert self.ec is not None
        r, s = decode_dss_signature(self.ec.sign(signed, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed(claims: Any, key: Key, **header: Any) -> str:
    """A token as a provider signs it, with whatever header."""
    head = {"alg": key.alg, "kid": key.kid, "typ": "JWT"} | header
    head = {name: value for name, value in head.items() if value is not None}
    raw = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    text = f"{b64(json.dumps(head).encode())}.{b64(raw)}"
    return f"{text}.{b64(key.sign(text.encode()))}"


def signed_by_secret(claims: Claims, secret: bytes, **header: Any) -> str:
    """A token of HS256, whose secret may be somebody's public key."""
    head = {"alg": "HS256", "typ": "JWT"} | header
    text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    mac = macs.HMAC(secret, SHA256())
    mac.update(text.encode())
    return f"{text}.{b64(mac.finalize())}"


def unsigned(claims: Claims) -> str:
    """A token that nobody signed."""
    head = b64(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    return f"{head}.{b64(json.dumps(claims).encode())}."


@dataclass
class LyingProvider:
    """An OpenID provider of several issuers (`/a`, `/TENANT/v2.0`, ...) that does as it is told.

    `said` replaces what is answered at a path: bytes, or a status with headers. `hits` counts.
    """

    key: Key = field(default_factory=lambda: Key("one"))
    keys: list[Key] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)
    slow_seconds: float = 0.0
    port: int = 0

    def __post_init__(self) -> None:
        self.keys = [self.key]

    def issuer(self, name: str = "a") -> str:
        """One of its issuers."""
        return f"http://127.0.0.1:{self.port}/{name}"

    def claims(self, nonce: str, issuer: str = "a", **more: Any) -> Claims:
        """What a good token of it says."""
        now = int(clock.now().timestamp())
        return {
            "iss": self.issuer(issuer), "sub": str(uuid4()), "aud": "cairn-client", "iat": now,
            "exp": now + 3_600, "nonce": nonce, "auth_time": now,
        } | more  # fmt: skip

    def token(self, nonce: str, issuer: str = "a", **more: Any) -> str:
        """A good token, but for what `more` says."""
        return signed(self.claims(nonce, issuer, **more), self.key)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """What is answered at a path."""
        self.hits[path] = self.hits.get(path, 0) + 1
        if path.endswith("/keys"):
            time.sleep(self.slow_seconds)
        told = self.said.get(path)
        if isinstance(told, tuple):
            return told[0], told[1], b""
        if told is not None:
            return 200, {}, told if isinstance(told, bytes) else json.dumps(told).encode()
        if path.endswith("/.well-known/openid-configuration"):
            issuer = f"http://127.0.0.1:{self.port}{path.removesuffix('/.well-known/openid-configuration')}"
            return 200, {}, json.dumps({"issuer": issuer, "jwks_uri": f"{issuer}/keys"}).encode()
        if path.endswith("/keys"):
            shown = {"keys": [key.public() for key in self.keys]}
            return 200, {"Cache-Control": "max-age=3600"}, json.dumps(shown).encode()
        return 404, {}, b""


@contextmanager
def lying_provider() -> Iterator[LyingProvider]:
    """The provider that lies, at a socket."""
    provider = LyingProvider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = provider.answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:  # the client had read enough
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
