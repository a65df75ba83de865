"""A receiver of webhooks in a process of its own, which behaves as it is told to, badly too."""

import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.openid import free_port

METADATA = "http://169.254.169.254/latest/meta-data/"


class Handler(BaseHTTPRequestHandler):
    """`POST /<path>` is a webhook; `PUT /<path>` sets how it is answered; `GET` says what came."""

    received: dict[str, list[dict[str, Any]]]
    modes: dict[str, str]
    lock: threading.Lock
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        """Set the mode of a path."""
        self.modes[self.path] = self.body().decode()
        self.plain(204)

    def do_GET(self) -> None:
        """What came to a path, in order."""
        with self.lock:
            text = json.dumps(self.received.get(self.path, [])).encode()
        self.plain(200, text)

    def do_POST(self) -> None:
        """Take one webhook and answer as told."""
        path = urlsplit(self.path).path
        body = self.body().decode()
        mode, _, value = self.modes.get(path, "ok").partition(":")
        with self.lock:
            kept = {"headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}
            self.received.setdefault(path, []).append({**kept, "answered": mode, "at": time.time()})
        self.close_connection = True
        getattr(self, f"be_{mode}")(value)

    def be_ok(self, _value: str) -> None:
        """Take it."""
        self.plain(200, b"thank you")

    def be_slow(self, seconds: str) -> None:
        """Take it late."""
        time.sleep(float(seconds))
        self.plain(200)

    def be_held(self, _value: str) -> None:
        """Take it when the path is told to behave otherwise."""
        path = urlsplit(self.path).path
        while self.modes.get(path) == "held":
            time.sleep(0.05)
        self.plain(200)

    def be_status(self, status: str) -> None:
        """Answer with any status."""
        self.plain(int(status), b"no")

    def be_redirect(self, to: str) -> None:
        """Send on to somewhere else."""
        self.plain(302, b"", {"Location": to or METADATA})

    def be_busy(self, seconds: str) -> None:
        """Ask to be left alone."""
        self.plain(429, b"", {"Retry-After": seconds})

    def be_endless(self, _value: str) -> None:
        """Answer without an end."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        try:
            while True:
                self.wfile.write(b"x" * 8_192)
        except OSError:
            return

    def be_dripping(self, _value: str) -> None:
        """Say yes, then never come to an end."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        try:
            for _ in range(100):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.5)
        except OSError:
            return

    def be_cut_in_head(self, _value: str) -> None:
        """Hang up within the first line."""
        self.wfile.write(b"HTTP/1.1 2")

    def be_cut_in_body(self, _value: str) -> None:
        """Say yes, then hang up."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    def be_silent(self, _value: str) -> None:
        """Hang up without a word."""

    def plain(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """An answer like any other."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        """What was sent."""
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def serve(port: int, certificate: str | None = None) -> None:
    """Receive until the process ends."""
    kept = {"received": {}, "modes": {}, "lock": threading.Lock()}
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Kept", (Handler,), kept))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


@dataclass
class Receiver:
    """The process, and what tests ask of it."""

    certificate: Path | None = None
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        more = [str(self.certificate)] if self.certificate else []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.receiver", str(self.port), *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                self._ask("GET", "/")
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the receiver did not start")

    def stop(self) -> None:
        """Stop; what came is forgotten."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def behave(self, path: str, mode: str) -> None:
        """How webhooks to a path are answered from now on: `ok`, `status:500`, `slow:2`..."""
        self._ask("PUT", path, content=mode.encode())

    def got(self, path: str) -> list[dict[str, Any]]:
        """Everything that came to a path."""
        found: list[dict[str, Any]] = self._ask("GET", path).json()
        return found

    def ids(self, path: str, answered: str = "ok") -> list[str]:
        """The ids of what came and was answered so."""
        return [
            one["headers"]["webhook-id"] for one in self.got(path) if one["answered"] == answered
        ]

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        scheme = "https" if self.certificate else "http"
        address = f"{scheme}://127.0.0.1:{self.port}{path}"
        with httpx.Client(verify=False, timeout=60, trust_env=False) as http:  # noqa: S501
            return http.request(method, address, **options)


@contextmanager
def a_receiver(certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver that runs as long as the block."""
    receiver = Receiver(certificate)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:3])
