"""Hashes and checks passwords with Argon2id, in few threads and with a limit on who waits."""

import asyncio
import os
import secrets
import threading
import unicodedata
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog

with warnings.catch_warnings():
    # Both are passlib 1.7.4's own doing, at import and when it picks its backend.
    warnings.filterwarnings("ignore", "'crypt' is deprecated", DeprecationWarning)
    warnings.filterwarnings("ignore", "Accessing argon2.__version__", DeprecationWarning)
    from passlib.context import CryptContext
    from passlib.hash import argon2

    argon2.set_backend("argon2_cffi")

LONGEST = 256
"""Code points, counted before normalising."""
LONGEST_BYTES = 4096
"""passlib's own limit, reached only by ligatures that NFKC writes out at great length."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


class PasswordUnusable(ValueError):
    """Too long, or not text (a lone surrogate): cannot become a password."""


class HasherBusy(Exception):
    """More passwords wait to be hashed than is sensible: try again shortly."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password was right; `new_hash` replaces a stored hash of older strength."""

    ok: bool
    new_hash: str | None = None


class PasswordHasher(Protocol):
    """Turns passwords into hashes and checks them."""

    async def hash(self, password: str) -> str:
        """Raises PasswordUnusable and HasherBusy."""

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Never ok for `None` (no such account), after the same work. Raises HasherBusy."""


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """OWASP's 19 MiB setting: some 20 ms, so that a morning's sign-ins fit on two cores."""

    memory_kib: int = 19456
    passes: int = 2
    lanes: int = 1


QUICK = Argon2Cost(memory_kib=64, passes=1)


class Argon2Passwords:
    """Argon2id by passlib, in threads of its own, one for each processor."""

    def __init__(
        self, cost: Argon2Cost | None = None, *, threads: int | None = None, queue: int = 64
    ) -> None:
        threads = threads or os.cpu_count() or 2
        self._context = _context(cost or Argon2Cost())
        self._dummy = self._context.hash(secrets.token_urlsafe())
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = threading.BoundedSemaphore(threads + queue)

    async def hash(self, password: str) -> str:
        """A new salted hash. Raises PasswordUnusable and HasherBusy."""
        secret = _to_bytes(password)
        if secret is None:
            raise PasswordUnusable
        return await self._in_thread(lambda: self._context.hash(secret))

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Compare with a stored hash; no hash, or one we cannot read, costs the same time.

        Raises HasherBusy.
        """
        return await self._in_thread(lambda: self._compare(_to_bytes(password), stored))

    def close(self) -> None:
        """Let the running hashes end and drop the waiting ones."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _compare(self, secret: bytes | None, stored: str | None) -> Verdict:
        if secret is None or stored is None:
            return self._refuse_slowly()
        try:
            ok, new_hash = self._context.verify_and_update(secret, stored)
        except (ValueError, TypeError):
            log.warning("stored_password_hash_unreadable")
            return self._refuse_slowly()
        return Verdict(ok, new_hash)

    def _refuse_slowly(self) -> Verdict:
        self._context.verify(b"", self._dummy)
        return Verdict(ok=False)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """The place is given back when the thread is done, even if the caller has gone."""
        if not self._places.acquire(blocking=False):
            raise HasherBusy
        try:
            future = self._threads.submit(work)
        except BaseException:
            self._places.release()
            raise
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)


class QuickPasswords(Argon2Passwords):
    """The same code at a cost that suits tests and nothing else."""

    def __init__(self) -> None:
        super().__init__(QUICK)


def _context(cost: Argon2Cost) -> CryptContext:
    return CryptContext(
        schemes=["argon2"],
        argon2__type="ID",
        argon2__memory_cost=cost.memory_kib,
        argon2__time_cost=cost.passes,
        argon2__parallelism=cost.lanes,
    )


def _to_bytes(password: str) -> bytes | None:
    """NFKC in UTF-8 (NIST SP 800-63B, 5.1.1.2), so that every keyboard spells it the same.

    None where the password is too long or holds a lone surrogate. Nothing is cut off or trimmed.
    """
    if len(password) > LONGEST:
        return None
    try:
        secret = unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError:
        return None
    return secret if len(secret) <= LONGEST_BYTES else None
