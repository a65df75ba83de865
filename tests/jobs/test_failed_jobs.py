"""What becomes of a job that fails for good: kept, owned, told, and settled by a person."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from app.core.ids import NIL, new_id
from app.core.words import Role
from app.db.unit_of_work import Job
from app.domain.exchange.jobs.commands import drop_failed_job, replay_failed_job
from app.domain.exchange.jobs.errors import FailedJobSettled
from app.domain.exchange.jobs.queries import all_open_failed_jobs, failed_job_of
from app.jobs.runner import Adapters
from tests.inconsistency import find_inconsistent
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
    """What is kept of a job that came to nothing."""
    mark = str(new_id())
    async with world.work(school_id) as work:
        work.enqueue(Job(task, {"thing_id": mark}, **job))

    def buried() -> list[Any]:
        return world.sql("select * from failed_job where args->>'thing_id' = %s", mark)

    async with a_worker(adapters, trial.TRIAL):
        await eventually(buried)
    found = world.sql("select to_jsonb(d) from failed_job d where args->>'thing_id' = %s", mark)
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
        failed_job = await fail(world, adapters, school.id, priority=7, lock="one")
        assert failed_job["task"] == "trial.poison"
        assert (failed_job["queue"], failed_job["priority"], failed_job["lock"]) == (
            "default",
            7,
            "one",
        )
        assert (failed_job["attempts"], failed_job["error"], failed_job["message"]) == (
            3,
            "ValueError",
            None,
        )
        assert trial.SECRET not in str(failed_job)
        assert states(world, school, "trial.poison") == ["failed"]

    async def test_keeps_our_own_words(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        failed_job = await fail(world, adapters, school.id, "trial.impossible")
        assert (failed_job["attempts"], failed_job["error"]) == (1, "JobImpossible")
        assert failed_job["message"] == "there is no such thing"

    async def test_gives_it_to_an_administrator_with_a_clock_and_an_alert(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        admin = school[Role.SCHOOL_ADMIN]
        failed_job = await fail(world, adapters, school.id)
        assert failed_job["owner_id"] == str(admin.id)
        assert failed_job["due_rule"] == "job.replay"
        assert failed_job["due_at"] is not None
        clock = world.sql(
            "select noun, ladder, ended_at from deadline where thing_id = %s", failed_job["id"]
        )
        assert clock == [("failed_job", "admin", None)]
        assert alerts(world, school) == [(admin.id, "job_failed")]
        named = world.sql(
            "select noun, thing_id::text from alert where kind = 'job_failed' and school_id = %s",
            school.id,
        )
        assert named == [("failed_job", failed_job["id"])]
        mail = world.sql(
            "select mail from alert where kind = 'job_failed' and school_id = %s", school.id
        )
        assert mail == [("digest",)]
        verbs = world.sql("select verb from trail where noun_id = %s", failed_job["id"])
        assert verbs == [("job.failed",)]
        async with world.work(school.id) as work:
            assert await find_inconsistent(await work.driver(), school.id) == []

    async def test_tells_of_a_failed_mail_in_the_inbox_alone(
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
            failed_job = await fail(world, adapters, school_id)
            assert failed_job["school_id"] == str(NIL)
            assert failed_job["owner_id"] is None
            found = await failed_job_of(adapters.database, failed_job["job_id"])
            assert found is not None
            assert found["task"] == "trial.poison"
            assert found["args"]["school_id"] == str(school_id)


class TestSettling:
    async def test_replays_as_a_new_job_once_however_many_ask(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        failed_job = await fail(world, adapters, school.id, priority=7, lock="one", queue="alerts")

        async def ask() -> str:
            try:
                async with world.work(school.id) as work:
                    await replay_failed_job(work, UUID(failed_job["id"]))
            except FailedJobSettled:
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
        assert jobs[1][1:] == (0, "alerts", 50, "one", failed_job["args"]["thing_id"])
        async with world.work(school.id) as work:
            assert await find_inconsistent(await work.driver(), school.id) == []

    async def test_drops_for_a_reason(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        failed_job = await fail(world, adapters, school.id)
        async with world.work(school.id) as work:
            await drop_failed_job(work, UUID(failed_job["id"]), "It was done by hand.")
        row = world.sql(
            "select ended_reason_code, reason, ended_at is not null from failed_job where id = %s",
            failed_job["id"],
        )
        assert row == [("dropped", "It was done by hand.", True)]
        assert failed_job["id"] not in {
            str(one["id"]) for one in await all_open_failed_jobs(adapters.database)
        }
        ended = world.sql(
            "select ended_reason_code from deadline where thing_id = %s", failed_job["id"]
        )
        assert ended == [("dropped",)]
