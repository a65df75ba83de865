"""Events while a transaction takes long: it holds back nobody, and none of its own is lost."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Role
from app.db.long_work import draw_turn, set_aside
from app.db.reading import open_reading
from app.db.repositories.exchange.events import START, Place
from app.db.repositories.exchange.webhook_deliveries import schools_with_work
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.exchange.events.queries import read_leaf, schools_with_news, start_now
from app.domain.exchange.imports import rules as states
from app.jobs.imports import import_stored
from tests.api.exchange.test_events_changes import CONCERNS, now_of, raised, since
from tests.api.exchange.test_webhooks import add
from tests.rosters import Roster, package, pupils
from tests.world import School, World

APPLIED = AuditEvent.ROSTER_APPLIED


@asynccontextmanager
async def long_work(school: School) -> AsyncIterator[UnitOfWork]:
    """A work that has written an event, takes long, and commits when the block ends."""
    async with open_work(school.world.runtime.database, Actor.system(school.id)) as work:
        await set_aside(await work.driver())
        work.record(APPLIED, "roster_import", new_id())
        await work.save()
        yield work


async def concerns_since(school: School, place: str) -> list[str]:
    return [one["about"]["id"] for one in await since(school.lead, place, CONCERNS)]


async def imports_since(school: School, place: str) -> list[str]:
    found = await since(school.api(Role.SCHOOL_ADMIN), place, "kind=roster.applied")
    return [one["id"] for one in found]


class TestLongWork:
    async def test_holds_back_no_event_of_its_own_school_or_of_another(
        self, school: School, other_school: School
    ) -> None:
        here, there = await now_of(school.lead), await now_of(other_school.lead)
        async with long_work(school):
            ours, theirs = await raised(school), await raised(other_school)
            assert await concerns_since(school, here) == [ours]
            assert await concerns_since(other_school, there) == [theirs]

    async def test_is_news_for_those_who_follow_another_school(
        self, school: School, other_school: School, world: World
    ) -> None:
        async with long_work(school):
            async with open_reading(world.runtime.database, Actor.system(school.id)) as reading:
                place = await start_now(reading.driver)
                assert not await schools_with_news(reading.driver, {other_school.id: place})
            await raised(other_school)
            async with open_reading(world.runtime.database, Actor.system(school.id)) as reading:
                news = await schools_with_news(reading.driver, {other_school.id: place})
            assert news == [other_school.id]

    async def test_is_read_by_those_who_passed_it_once_and_in_one_order(
        self, school: School
    ) -> None:
        admin = school.api(Role.SCHOOL_ADMIN)
        before = await now_of(admin)
        async with long_work(school):
            await raised(school)
            passed = await now_of(admin)
            assert await imports_since(school, before) == []
        late = await imports_since(school, passed)
        assert len(late) == 1
        assert await imports_since(school, before) == late
        assert await imports_since(school, await now_of(admin)) == []

    async def test_is_work_for_endpoints_once_it_ends(self, school: School, world: World) -> None:
        await add(school.api(Role.SCHOOL_ADMIN))
        async with long_work(school):
            await raised(school)
            oldest = (await _now(school)).xid
        async with open_reading(world.runtime.database, Actor.system(school.id)) as reading:
            found = await schools_with_work(reading.driver, oldest, reading.now)
        assert school.id in found

    async def test_is_waited_for_from_the_moment_it_draws_its_turn(self, school: School) -> None:
        place = await now_of(school.lead)
        imports = await now_of(school.api(Role.SCHOOL_ADMIN))
        async with long_work(school) as work:
            await draw_turn(await work.driver(), school.id)
            concern = await raised(school)
            assert await concerns_since(school, place) == []
        assert await concerns_since(school, place) == [concern]
        assert len(await imports_since(school, imports)) == 1

    async def test_that_fails_leaves_no_turn_and_no_event(self, school: School) -> None:
        place = await now_of(school.api(Role.SCHOOL_ADMIN))
        with pytest.raises(ZeroDivisionError):
            async with long_work(school):
                raise ZeroDivisionError
        await raised(school)
        assert await imports_since(school, place) == []

    async def test_skips_and_repeats_nothing_however_works_overlap(self, school: School) -> None:
        """Many works, long and short, that end in any order, and a reader that never rests."""
        dice = random.Random(20260)
        ids = [new_id() for _ in range(60)]
        database, actor = school.world.runtime.database, Actor.system(school.id)
        seen: list[UUID | None] = []
        place, busy = await _now(school), True

        async def write(id_: UUID, takes_long: bool, seconds: float) -> None:
            async with open_work(database, actor) as work:
                if takes_long:
                    await set_aside(await work.driver())
                work.record(APPLIED, "roster_import", id_)
                await work.save()
                await asyncio.sleep(seconds)

        async def follow() -> None:
            nonlocal place
            while busy:
                place = await _read(school, place, seen)

        reader = asyncio.create_task(follow())
        for start in range(0, len(ids), 5):
            await asyncio.gather(
                *(write(id_, dice.random() < 0.5, dice.random() / 20) for id_ in ids[start:][:5])
            )
        busy = False
        await reader
        await _read(school, place, seen)
        assert sorted(map(str, seen)) == sorted(map(str, ids))
        again: list[UUID | None] = []
        await _read(school, START, again)
        assert [one for one in again if one in ids] == seen


async def _now(school: School) -> Place:
    async with open_reading(school.world.runtime.database, Actor.system(school.id)) as reading:
        return await start_now(reading.driver)


async def _read(school: School, place: Place, seen: list[Any]) -> Place:
    """Everything after a place, in small pages."""
    while True:
        async with open_reading(school.world.runtime.database, Actor.system(school.id)) as reading:
            leaf = await read_leaf(reading.driver, school.id, place, 7)
        seen += [one.resource_id for one in leaf.entries if one.kind.did is APPLIED]
        place = leaf.place
        if leaf.is_complete:
            return place


class TestRosterImports:
    async def test_hold_back_no_event_while_they_apply(
        self, school: School, other_school: School
    ) -> None:
        roster = Roster(school)
        place, there = await now_of(school.lead), await now_of(other_school.lead)
        import_id = await roster.send(package(*pupils(30)))
        told: dict[str, list[str]] = {}

        async def seen(done: int, total: int, state: str) -> None:
            if state == states.PLANNED:
                told["raised"] = [await raised(school), await raised(other_school)]
                told["read"] = [
                    *await concerns_since(school, place), *await concerns_since(other_school, there)
                ]  # fmt: skip

        runtime = school.world.runtime
        outcome = await import_stored(
            runtime.database, runtime.storage, school.id, UUID(import_id), seen=seen
        )
        assert outcome.state == states.APPLIED
        assert told["read"] == told["raised"]
