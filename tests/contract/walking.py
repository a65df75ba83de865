"""Asks every reading operation as several people, over one school that is always the same.

The clock stands, and ids and secrets are counted instead of drawn: two walks see the same bytes.
"""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import httpx
import pytest

from app.core import clock, ids
from app.core.words import Role
from tests.security.capture import captured
from tests.security.matrix import TABLE
from tests.security.operations import Operation, operations
from tests.security.scenes import Call, Scene, a_school
from tests.world import Api, School, World

ASKING = (Role.DSL, Role.DEPUTY_DSL, Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN)
BEGINS = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
"""A day after the suite begins: its signing keys are in force."""
TICK = timedelta(milliseconds=100)
"""Between what is made for one operation and for the next."""
LONGEST = timedelta(minutes=1)
"""How long a walk may last by its clock: records are written to the minute."""
STREAM = "text/event-stream"
READING = {
    name: one
    for name, one in operations().items()
    if (one.method == "GET" and STREAM not in one.described["responses"]["200"].get("content", {}))
    or name == "search_children"
}
"""Every reading operation, but for a stream: one ends by the clock, which stands.

One search is a POST: no name of a child stands in an address.
"""


class Counted:
    """Ids and random values by counting: their time is the clock's, and later is greater."""

    def __init__(self) -> None:
        self.count = 0
        self.drawn = random.Random(1)
        self.people = random.Random(2)  # apart: how many secrets were drawn before may differ

    def uuid7(self) -> UUID:
        """The next id."""
        self.count += 1
        milliseconds = int(clock.now().timestamp() * 1_000)
        return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | self.count)

    def uuid4(self) -> UUID:
        """The next id without a time."""
        return UUID(int=self.people.getrandbits(128), version=4)


@contextmanager
def fixed() -> Iterator[None]:
    """Count where the application draws, while this lasts."""
    counted = Counted()
    draw = counted.drawn
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ids, "uuid7", counted.uuid7)
        patched.setattr(ids, "uuid", SimpleNamespace(UUID=UUID, uuid4=counted.uuid4))
        patched.setattr(secrets, "token_bytes", lambda size=32: draw.randbytes(size))
        patched.setattr(secrets, "token_hex", lambda size=32: draw.randbytes(size).hex())
        patched.setattr(secrets, "randbelow", draw.randrange)
        patched.setattr(secrets, "choice", draw.choice)
        yield


@dataclass(frozen=True)
class Asked:
    """What one person was answered, and the statements that it took."""

    who: str
    answer: httpx.Response
    statements: list[str]


@dataclass
class Walk:
    """One school, with what each operation asks for."""

    world: World
    school: School
    key: Api
    ticks: dict[datetime, str] = field(default_factory=dict)
    """For which operation something was made at a moment: ids tell it."""
    calls: dict[str, Call] = field(default_factory=dict)
    asked: dict[str, list[Asked]] = field(default_factory=dict)

    async def make(self, name: str, role: Role | None, at: datetime) -> Call:
        """A valid request for an operation by somebody in a role."""
        actor = self.school[role] if role else self.school[Role.STAFF]
        with clock.frozen(at):
            return await TABLE[name].recipe(Scene(self.world, self.school, actor))

    async def ask(self, operation: Operation, who: str, api: Api, call: Call) -> None:
        """Send one request and keep what came of it."""
        async with captured(self.world) as statements:
            answer = await operation.send(api, call)
        self.asked.setdefault(operation.name, []).append(Asked(who, answer, statements))

    async def ask_all(self, name: str, at: datetime) -> None:
        """Ask for one operation as everybody, and as the person it was made for.

        What is one person's alone is made for each.
        """
        operation, row, call = READING[name], TABLE[name], self.calls[name]
        if operation.is_public:
            who = "recipient" if operation.scope == "recipient" else "anybody"
            await self.ask(operation, who, self.world.anybody, call)
            return
        if row.by_key is not None:
            await self.ask(operation, "key", self.key, call)
        maker = maker_of(name) or Role.DSL
        for role in dict.fromkeys((*ASKING, maker)):
            api = self.school.api(role)
            await self.ask(operation, role.value, api, call)
            if role in row.roles and self.asked[name][-1].answer.status_code == 404:
                own = await self.make(name, role, at)
                await self.ask(operation, f"{role.value}, their own", api, own)


def maker_of(name: str) -> Role | None:
    """The person for whom an operation's request is made: the lead, where the lead may."""
    roles = TABLE[name].roles
    return Role.DSL if Role.DSL in roles else min(roles, default=None)


async def walk(world: World) -> Walk:
    """Make everything, then ask for everything."""
    with fixed():
        return await _walk(world)


async def _walk(world: World) -> Walk:
    with clock.frozen(BEGINS):
        school = await a_school(world)
        scopes = sorted({row.by_key for row in TABLE.values() if row.by_key})
        key = world.as_token((await world.a_service_key(school.id, *scopes))[1])
        found = Walk(world, school, key)
    at = BEGINS
    for name in sorted(READING):
        at += TICK
        found.ticks[at] = name
        found.calls[name] = await found.make(name, maker_of(name), at)
    for name in sorted(READING):
        at += TICK
        found.ticks[at] = name
        with clock.frozen(at):
            await found.ask_all(name, at)
    assert at - BEGINS < LONGEST
    return found
