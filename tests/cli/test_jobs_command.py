"""`cairn jobs`: the queue as operators see it, and what they can do about it."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import cairn
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Role
from app.db.unit_of_work import Job
from app.domain.exchange.jobs.commands import JobFailure, fail_job
from app.jobs.queue import TASKS
from tests.world import School, World

pytestmark = pytest.mark.machine_time


class Cairn:
    """Runs `cairn jobs` on the database of the tests."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._environment = {
            "CAIRN_DATABASE_URL": settings.database_url.get_secret_value(),
            "CAIRN_KEYS_DIR": str(folder),
        }

    def __call__(self, *words: str) -> Result:
        with ThreadPoolExecutor(1) as thread:  # a command has an event loop of its own
            return thread.submit(
                CliRunner().invoke, cairn(), ["jobs", *words], env=self._environment
            ).result()

    def json(self, *words: str) -> Any:
        """The document a command prints."""
        result = self(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.output)


@pytest.fixture
def jobs(app_settings: Settings, tmp_path: Path) -> Cairn:
    return Cairn(app_settings, tmp_path)


async def a_failed_job(world: World, school: School) -> int:
    """The number of a job of the school that failed for good."""
    args = {"school_id": str(school.id), "import_id": str(new_id()), "note": "Persephone"}
    ((job_id,),) = world.sql(
        "insert into procrastinate_jobs (queue_name, task_name, args, status) "
        "values ('default', 'roster.import', %s, 'doing') returning id", json.dumps(args),
    )  # fmt: skip
    failed = JobFailure(job_id, 0, "roster.import", "default", 0, None, args, "ValueError", None)
    async with world.work(school.id) as work:
        assert await fail_job(work, failed)
    number: int = job_id
    return number


class TestList:
    async def test_counts_by_task_and_says_how_long_the_oldest_waits(
        self, world: World, school: School, jobs: Cairn
    ) -> None:
        async with world.work(school.id) as work:
            work.enqueue(Job("alert.send_one", {"alert_id": str(new_id())}, queue="alerts"))
        found = jobs.json("list")
        (alerts,) = [row for row in found["queues"] if row["queue"] == "alerts"]
        assert alerts["waiting"] >= 1
        assert alerts["oldest_waiting_seconds"] >= 0
        assert ["alerts", "alert.send_one", "todo"] in [
            [row["queue"], row["task"], row["state"]] for row in found["tasks"]
        ]
        assert "oldest waiting seconds" in jobs("list").output

    def test_counts_the_wait_of_what_backs_off_from_when_it_was_asked_for(
        self, world: World, jobs: Cairn
    ) -> None:
        ((job,),) = world.sql(
            "insert into procrastinate_jobs (queue_name, task_name, args, status, attempts, "
            "scheduled_at) values ('backing_off', 'roster.import', '{}', 'todo', 3, "
            "now() + interval '10 minutes') returning id"
        )
        try:
            world.sql(
                "update procrastinate_events set at = now() - interval '2 hours' "
                "where job_id = %s", job,
            )  # fmt: skip
            (row,) = [row for row in jobs.json("list")["queues"] if row["queue"] == "backing_off"]
        finally:
            world.sql("delete from procrastinate_jobs where id = %s", job)
        assert row["waiting"] == 1
        assert 7_200 <= row["oldest_waiting_seconds"] < 7_260


class TestFailed:
    async def test_lists_and_shows_ids_alone(
        self, world: World, school: School, jobs: Cairn
    ) -> None:
        number = await a_failed_job(world, school)
        (row,) = [row for row in jobs.json("failed")["failed_jobs"] if row["job"] == number]
        assert row["school_id"] == str(school.id)
        assert row["owner_id"] == str(school[Role.SCHOOL_ADMIN].id)
        shown = jobs.json("show", str(number))
        assert set(shown["job"]["args"]) == {"school_id", "import_id"}
        assert shown["failed_job"]["error"] == "ValueError"
        for words in (("failed",), ("show", str(number))):
            assert "Persephone" not in jobs(*words).output
            assert "roster.import" in jobs(*words).output

    def test_knows_no_job_that_is_not_there(self, jobs: Cairn) -> None:
        result = jobs("show", "999999999")
        assert "there is no job 999999999" in str(result.exception)


class TestReplay:
    async def test_replays_by_number_once(self, world: World, school: School, jobs: Cairn) -> None:
        number = await a_failed_job(world, school)
        assert (
            f"job {number} (roster.import) is asked for once more"
            in jobs("replay", str(number)).output
        )
        again = jobs("replay", str(number))
        assert "is no failed job that waits" in str(again.exception)
        states = world.sql(
            "select status::text from procrastinate_jobs where args->>'school_id' = %s "
            "and task_name = 'roster.import' order by id", str(school.id),
        )  # fmt: skip
        assert states == [("failed",), ("todo",)]

    async def test_replays_all_of_a_task(
        self, world: World, school: School, other_school: School, jobs: Cairn
    ) -> None:
        numbers = [await a_failed_job(world, one) for one in (school, school, other_school)]
        said = jobs("replay", "--all", "--task", "roster.import").output
        assert all(f"job {number} " in said for number in numbers)
        assert "nothing to replay" in jobs("replay", "--all", "--task", "roster.import").output

    @pytest.mark.parametrize("words", [(), ("--all",), ("1", "--all"), ("1", "--task", "x")])
    def test_has_to_know_which(self, jobs: Cairn, words: tuple[str, ...]) -> None:
        result = jobs("replay", *words)
        assert "name jobs by their numbers, or say --all with a --task" in str(result.exception)


class TestDrop:
    async def test_needs_a_reason_and_keeps_it(
        self, world: World, school: School, jobs: Cairn
    ) -> None:
        number = await a_failed_job(world, school)
        assert jobs("drop", str(number)).exit_code == 2
        assert jobs("drop", str(number), "--reason", "Done by hand.").exit_code == 0
        found = world.sql(
            "select ended_reason_code, reason, ended_by from failed_job where job_id = %s", number
        )
        assert found == [("dropped", "Done by hand.", None)]


class TestWorkers:
    def test_says_how_long_each_was_silent(self, world: World, jobs: Cairn) -> None:
        ((number,),) = world.sql(
            "insert into procrastinate_workers (last_heartbeat) values "
            "(now() - interval '90 seconds') returning id"
        )
        (row,) = [row for row in jobs.json("workers")["workers"] if row["id"] == number]
        assert row["silent_seconds"] >= 90
        assert row["running"] == 0
        world.sql("delete from procrastinate_workers where id = %s", number)


class TestPeriodic:
    def test_says_last_next_and_missed_of_each(self, world: World, jobs: Cairn) -> None:
        world.sql(
            "insert into periodic_tick (task, tick_at, deferred_at, missed) values ('keys.expire',"
            " date_trunc('day', now()) - interval '3 days' + interval '3 hours 10 minutes', now(),"
            " 5)"
        )
        try:
            rows = {row["task"]: row for row in jobs.json("periodic")["periodic"]}
        finally:
            world.sql("delete from periodic_tick where task = 'keys.expire'")
        assert set(rows) == {task.name for task in TASKS if task.every}
        assert rows["keys.expire"]["missed"] in (2, 3)
        assert rows["keys.expire"]["missed_before"] == 5
        assert rows["keys.expire"]["last"] < rows["keys.expire"]["next"]
