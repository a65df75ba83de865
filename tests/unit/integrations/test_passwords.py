"""Passwords: exact comparison, equal work for the unknown, stronger hashes over time, a limit."""

import asyncio
import subprocess
import sys
import threading
import unicodedata
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from argon2 import PasswordHasher as ReferenceHasher
from argon2 import Type, low_level
from argon2.exceptions import VerifyMismatchError

from app.integrations.passwords import (
    Argon2Cost,
    Argon2Passwords,
    HasherBusy,
    PasswordUnusable,
    QuickPasswords,
    Verdict,
)

CHEAP = Argon2Cost(memory_kib=64, passes=1)

# "password" with salt "somesalt": from the test file of the Argon2 reference implementation.
REFERENCE = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"


@pytest.fixture
def passwords() -> Iterator[QuickPasswords]:
    passwords = QuickPasswords()
    yield passwords
    passwords.close()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cost of every comparison that Argon2 computes to its end and finds unequal."""
    done: list[str] = []
    genuine = low_level.verify_secret

    def watched(stored: bytes, secret: bytes, kind: Type) -> Literal[True]:
        try:
            return genuine(stored, secret, kind)
        except VerifyMismatchError:
            done.append(stored.split(b"$")[3].decode())
            raise

    monkeypatch.setattr(low_level, "verify_secret", watched)
    return done


class TestHash:
    async def test_uses_argon2id_at_the_agreed_cost(self) -> None:
        stored = await Argon2Passwords().hash("correct horse")
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    async def test_makes_what_another_implementation_accepts(
        self, passwords: QuickPasswords
    ) -> None:
        stored = await passwords.hash("correct horse")
        assert ReferenceHasher(type=Type.ID).verify(stored, "correct horse")

    async def test_salts_every_hash(self, passwords: QuickPasswords) -> None:
        assert await passwords.hash("same") != await passwords.hash("same")

    @pytest.mark.parametrize(
        "password", ["x" * 257, "\ud800", "\ufdfa" * 256], ids=["too long", "surrogate", "grows"]
    )
    async def test_refuses_what_cannot_be_a_password(
        self, password: str, passwords: QuickPasswords
    ) -> None:
        with pytest.raises(PasswordUnusable) as refused:
            await passwords.hash(password)
        assert str(refused.value) == ""


class TestVerify:
    @pytest.mark.parametrize(
        "password",
        ["correct horse", "", " ", "a\0b", "x" * 256, "\U0001f511" * 256],
        ids=["words", "empty", "space", "NUL", "256 letters", "256 emoji"],
    )
    async def test_accepts_the_password_that_was_hashed(
        self, password: str, passwords: QuickPasswords
    ) -> None:
        assert await passwords.verify(password, await passwords.hash(password)) == Verdict(ok=True)

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("Password", "password"),
            ("password", "password "),
            ("password", ""),
            ("a\0b", "a\0c"),
            ("x" * 256, "x" * 255),
            ("x" * 256, "x" * 257),
            ("é", "e"),
        ],
        ids=["case", "space", "empty", "after NUL", "one short", "one over", "accent"],
    )
    async def test_refuses_any_other(
        self, right: str, wrong: str, passwords: QuickPasswords
    ) -> None:
        assert await passwords.verify(wrong, await passwords.hash(right)) == Verdict(ok=False)

    @pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
    async def test_accepts_every_spelling_of_the_same_letters(
        self, form: str, passwords: QuickPasswords
    ) -> None:
        stored = await passwords.hash("Zoë ﬁve ²")
        spelt = unicodedata.normalize(form, "Zoë ﬁve ²")  # type: ignore[arg-type]
        assert (await passwords.verify(spelt, stored)).ok

    async def test_accepts_the_published_vector(self, passwords: QuickPasswords) -> None:
        assert (await passwords.verify("password", REFERENCE)).ok
        assert not (await passwords.verify("Password", REFERENCE)).ok

    @pytest.mark.parametrize(
        "stored", [None, "", "garbage", "$argon2id$v=19$x", "$2b$12$" + "a" * 53, REFERENCE[:60]]
    )
    async def test_does_the_same_work_where_there_is_no_usable_hash(
        self, stored: str | None, passwords: QuickPasswords, work: list[str]
    ) -> None:
        assert await passwords.verify("password", stored) == Verdict(ok=False)
        assert work == ["m=64,t=1,p=1"]

    @pytest.mark.parametrize("password", ["x" * 257, "\ud800", "\ufdfa" * 256, "wrong"])
    async def test_does_the_same_work_for_every_wrong_password(
        self, password: str, passwords: QuickPasswords, work: list[str]
    ) -> None:
        stored = await passwords.hash("right")
        assert await passwords.verify(password, stored) == Verdict(ok=False)
        assert work == ["m=64,t=1,p=1"]

    async def test_refuses_the_dummys_own_secret(self, passwords: QuickPasswords) -> None:
        assert not (await passwords.verify("", None)).ok


class TestUpgrade:
    async def test_gives_a_stronger_hash_after_a_right_password(self) -> None:
        weak, strong = QuickPasswords(), Argon2Passwords(Argon2Cost(memory_kib=128, passes=2))
        stored = await weak.hash("right")
        verdict = await strong.verify("right", stored)
        assert verdict.ok
        assert verdict.new_hash is not None
        assert verdict.new_hash.startswith("$argon2id$v=19$m=128,t=2,p=1$")
        assert await strong.verify("right", verdict.new_hash) == Verdict(ok=True)

    async def test_gives_none_after_a_wrong_one(self) -> None:
        stored = await QuickPasswords().hash("right")
        strong = Argon2Passwords(Argon2Cost(memory_kib=128, passes=2))
        assert await strong.verify("wrong", stored) == Verdict(ok=False)


class TestQueue:
    async def test_turns_away_whoever_finds_it_full(self) -> None:
        passwords = Argon2Passwords(CHEAP, threads=1, queue=1)
        async with blocked(passwords):
            waiting = asyncio.create_task(passwords.hash("first in the queue"))
            await asyncio.sleep(0)
            with pytest.raises(HasherBusy):
                await passwords.verify("x", None)
        assert await waiting
        assert await passwords.hash("room again")

    async def test_gives_back_the_place_of_one_who_left_the_queue(self) -> None:
        passwords = Argon2Passwords(CHEAP, threads=1, queue=1)
        async with blocked(passwords):
            for _ in range(3):
                waiting = asyncio.create_task(passwords.hash("gone"))
                await asyncio.sleep(0)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
        assert await passwords.hash("room again")

    async def test_leaves_the_event_loop_free(self) -> None:
        passwords = Argon2Passwords(CHEAP, threads=1)
        async with blocked(passwords):
            waiting = asyncio.create_task(passwords.hash("slow"))
            await asyncio.sleep(0.01)
            assert not waiting.done()
        assert await waiting


class TestImport:
    def test_warns_of_nothing(self) -> None:
        code = "from app.integrations.passwords import QuickPasswords; QuickPasswords()"
        subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


@asynccontextmanager
async def blocked(passwords: Argon2Passwords) -> AsyncIterator[None]:
    """Keep the only thread, and its place, busy for a while."""
    let_go = threading.Event()
    task = asyncio.create_task(passwords._in_thread(let_go.wait))
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        let_go.set()
        await task
