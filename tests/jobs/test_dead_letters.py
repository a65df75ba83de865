"""What becomes of a job that fails for good: kept, owned, told, and settled by a person."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from app.core.ids import NIL, new_id
from app.core.words import Role
from app.db.repositories.open_things import astray
from app.db.unit_of_work import Job
from app.domain.jobs.commands import drop_dead_letter, replay_dead_letter
from app.domain.jobs.errors import DeadLetterSettled
from app.domain.jobs.queries import all_open_letters, letter_of_job
from app.jobs.runner import Adapters
from tests.jobs import trial
from tests.jobs.working import a_worker, eventually, states
from tests.world import School, World


@pytest.fixture(autouse=True)
def effects(world: World) -> Iterator[None]:
    world.sql(trial.SCHEMA)
    yield
    world.sql("delete from procrastinate_jobs where task_name like 'trial.%%'")
    world.sql("drop schema trial cascade")


async def fail(
    world: World, adapters: Adapters, school_id: UUID, task: str = "trial.poison", **job: Any
) -> Any:
    """The dead letter of a job that came to nothing."""
    mark = str(new_id())
    async with world.work(school_id) as work:
        work.enqueue(Job(task, {"thing_id": mark}, **job))

    def buried() -> list[Any]:
        return world.sql("select * from dead_letter where args->>'thing_id' = %s", mark)

    async with a_worker(adapters, trial.TRIAL):
        await eventually(buried)
    found = world.sql("select to_jsonb(d) from dead_letter d where args->>'thing_id' = %s", mark)
    assert len(found) == 1
    return found[0][0]


def alerts(world: World, school: School) -> list[Any]:
    """(recipient, kind) of each alert."""
    return world.sql(
        "select recipient_id, kind from alert where school_id = %s order by id", school.id
    )


class TestBurying:
    async def test_keeps_the_job_without_what_the_exception_said(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        letter = await fail(world, adapters, school.id, priority=7, lock="one")
        assert letter["task"] == "trial.poison"
        assert (letter["queue"], letter["priority"], letter["lock"]) == ("default", 7, "one")
        assert (letter["attempts"], letter["error"], letter["message"]) == (3, "ValueError", None)
        assert trial.SECRET not in str(letter)
        assert states(world, school, "trial.poison") == ["failed"]

    async def test_keeps_our_own_words(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        letter = await fail(world, adapters, school.id, "trial.impossible")
        assert (letter["attempts"], letter["error"]) == (1, "JobImpossible")
        assert letter["message"] == "there is no such thing"

    async def test_gives_it_to_an_administrator_with_a_clock_and_an_alert(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        admin = school[Role.SCHOOL_ADMIN]
        letter = await fail(world, adapters, school.id)
        assert letter["owner_id"] == str(admin.id)
        assert letter["due_rule"] == "job.replay"
        assert letter["due_at"] is not None
        clock = world.sql(
            "select noun, ladder, ended_at from deadline where thing_id = %s", letter["id"]
        )
        assert clock == [("dead_letter", "admin", None)]
        assert alerts(world, school) == [(admin.id, "job_failed")]
        named = world.sql(
            "select noun, thing_id::text from alert where kind = 'job_failed' and school_id = %s",
            school.id,
        )
        assert named == [("dead_letter", letter["id"])]
        assert states(world, school, "alert.send_one") == ["todo"]
        verbs = world.sql("select verb from trail where noun_id = %s", letter["id"])
        assert verbs == [("job.failed",)]
        async with world.work(school.id) as work:
            assert await astray(await work.driver(), school.id) == []

    async def test_tells_of_a_failed_mail_in_the_tray_alone(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        await fail(world, adapters, school.id, queue="alerts")
        assert alerts(world, school) == [(school[Role.SCHOOL_ADMIN].id, "job_failed")]
        assert states(world, school, "alert.send_one") == []

    async def test_tells_once_while_the_first_alert_waits(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        for _ in range(2):
            await fail(world, adapters, school.id)
        assert len(alerts(world, school)) == 1
        world.sql("update alert set acknowledged_at = now() where school_id = %s", school.id)
        await fail(world, adapters, school.id)
        assert len(alerts(world, school)) == 2

    async def test_leaves_to_operators_what_belongs_to_no_school(
        self, world: World, adapters: Adapters
    ) -> None:
        nobody = await world.a_school(roles=())
        for school_id in (NIL, nobody.id):
            letter = await fail(world, adapters, school_id)
            assert letter["school_id"] == str(NIL)
            assert letter["owner_id"] is None
            found = await letter_of_job(adapters.database, letter["job_id"])
            assert found is not None
            assert found["task"] == "trial.poison"
            assert found["args"]["school_id"] == str(school_id)


class TestSettling:
    async def test_replays_as_a_new_job_once_however_many_ask(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        letter = await fail(world, adapters, school.id, priority=7, lock="one", queue="alerts")

        async def ask() -> str:
            try:
                async with world.work(school.id) as work:
                    await replay_dead_letter(work, UUID(letter["id"]))
            except DeadLetterSettled:
                return "settled"
            return "replayed"

        said = await asyncio.gather(*(ask() for _ in range(5)))
        assert sorted(said) == ["replayed"] + ["settled"] * 4
        jobs = world.sql(
            "select status::text, attempts, queue_name, priority, lock, args->>'thing_id' "
            "from procrastinate_jobs where task_name = 'trial.poison' and args->>'school_id' = %s "
            "order by id", str(school.id),
        )  # fmt: skip
        assert [row[0] for row in jobs] == ["failed", "todo"]
        assert jobs[1][1:] == (0, "alerts", 50, "one", letter["args"]["thing_id"])
        async with world.work(school.id) as work:
            assert await astray(await work.driver(), school.id) == []

    async def test_drops_for_a_reason(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        letter = await fail(world, adapters, school.id)
        async with world.work(school.id) as work:
            await drop_dead_letter(work, UUID(letter["id"]), "It was done by hand.")
        row = world.sql(
            "select ended_because, reason, ended_at is not null from dead_letter where id = %s",
            letter["id"],
        )
        assert row == [("dropped", "It was done by hand.", True)]
        assert letter["id"] not in {
            str(one["id"]) for one in await all_open_letters(adapters.database)
        }
        ended = world.sql("select ended_because from deadline where thing_id = %s", letter["id"])
        assert ended == [("dropped",)]
