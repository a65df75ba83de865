"""Ladders for tests: schools with something overdue, ticks at a moved clock, and whom each told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.jobs.ladder import Rung, ring_everywhere
from tests.api.record.test_concerns import raise_one
from tests.world import Api, Person, School, World

MONDAY = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
"""A working day in term, in winter time."""
LEADS = (Role.DSL, Role.DEPUTY_DSL)


async def tick(world: World, school: School) -> Rung:
    """Ring what is due in a school."""
    done = await ring_everywhere(world.runtime.database, only=school.id)
    for error in done.failed:
        raise error
    return done


@contextmanager
def after(**by: int) -> Iterator[None]:
    """Some time later."""
    with clock.shifted(timedelta(**by)):
        yield


async def overdue(school: School, *, by: Role = Role.STAFF, **fields: Any) -> UUID:
    """A concern raised now by somebody; what it is overdue for comes as time passes."""
    child = fields.pop("child", None) or await school.child("Alex", "Marsh")
    fields = {"immediacy": "immediate_danger"} | fields
    api = fresh(school.world, school[by])
    return UUID((await raise_one(api, child, **fields))["id"])


def fresh(world: World, person: Person) -> Api:
    """The API as somebody who has just signed in."""
    world.sql(
        "update auth_session set expires_at = %s, auth_time = %s where id = %s",
        clock.now() + timedelta(hours=12), clock.now(), person.session_id,
    )  # fmt: skip
    return world.as_token(world.token_of(person))


def climbs(world: World, school: School, trail: str = "trail") -> list[tuple[str, set[UUID]]]:
    """Each ring so far: the rung's name and who was told in the school."""
    return [(name, told) for name, told, _ in rings(world, school, trail)]


def rings(
    world: World, school: School, trail: str = "trail"
) -> list[tuple[str, set[UUID], datetime]]:
    """Each ring so far with its time."""
    rows = world.sql(
        f"select details->>'name', details->'recipients', at from {trail} "  # noqa: S608
        "where school_id = %s and verb in ('deadline.missed', 'deadline.climbed') order by seq",
        school.id,
    )
    return [(name, {UUID(one) for one in told}, at) for name, told, at in rows]


def ids(school: School, *roles: Role) -> set[UUID]:
    """The school's people in some roles."""
    return {school[role].id for role in roles}


def alerts(world: World, school: School, kind: str = "overdue") -> list[Any]:
    """Alerts of a kind: recipient, round, rung, whether acknowledged."""
    return world.sql(
        "select recipient_id, round, rung, acknowledged_at is not null from alert "
        "where school_id = %s and kind = %s order by round, created_at, id",
        school.id, kind,
    )  # fmt: skip


def deadline(world: World, school: School) -> dict[str, Any]:
    """The one open clock of a school."""
    names = ("id", "rung", "round", "next_at", "due_at", "acknowledged_at", "acknowledged_by")
    rows = world.sql(
        f"select {', '.join(names)} from deadline where school_id = %s and ended_at is null",  # noqa: S608
        school.id,
    )
    assert len(rows) == 1, rows
    return dict(zip(names, rows[0], strict=True))


def away(world: World, school: School, person: UUID, *stand_ins: UUID) -> None:
    """Somebody is away from yesterday for ten days, and who stands in."""
    cover, day = new_id(), clock.now().date()
    world.sql(
        "insert into cover (school_id, id, away_id, valid_from, valid_to, created_by, created_at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        school.id, cover, person, day - timedelta(days=1), day + timedelta(days=10), person,
        clock.now(),
    )  # fmt: skip
    for position, one in enumerate(stand_ins):
        world.sql(
            "insert into cover_person (school_id, id, cover_id, staff_id, position) "
            "values (%s, %s, %s, %s, %s)",
            school.id, new_id(), cover, one, position,
        )  # fmt: skip


async def a_trust(world: World, school: School) -> list[Person]:
    """A trust over the school, with two leads."""
    trust = await world.a_school([Role.TRUST_LEAD])
    world.sql("update organisation set kind = 'trust' where id = %s", trust.id)
    world.sql("update organisation set parent_id = %s where id = %s", trust.id, school.id)
    return [trust[Role.TRUST_LEAD], await trust.person(Role.TRUST_LEAD)]


async def acknowledge(world: World, person: Person, kind: str = "overdue") -> Any:
    """Somebody acknowledges their newest alert of a kind."""
    (alert, *_) = world.sql(
        "select id from alert where recipient_id = %s and kind = %s order by created_at desc, id",
        person.id, kind,
    )[0]  # fmt: skip
    return await fresh(world, person).post(f"/v1/alerts/{alert}/acknowledge")
