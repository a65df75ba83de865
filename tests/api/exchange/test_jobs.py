"""Failed jobs as the administrators of a school see and settle them."""

import asyncio
import json
from typing import Any

from app.core.ids import new_id
from app.core.words import Role
from app.domain.exchange.jobs.commands import JobFailure, fail_job
from tests.world import School, World


async def a_failed_job(world: World, school: School, task: str = "roster.import") -> str:
    """A job of the school, failed for good."""
    args = {"school_id": str(school.id), "import_id": str(new_id())}
    ((job_id,),) = world.sql(
        "insert into procrastinate_jobs (queue_name, task_name, args, status) "
        "values ('default', %s, %s, 'doing') returning id", task, json.dumps(args),
    )  # fmt: skip
    failed = JobFailure(
        job_id, 0, task, "default", 0, None, args, "ValueError", "the file could not be read"
    )
    async with world.work(school.id) as work:
        assert await fail_job(work, failed)
    ((failed_job_id,),) = world.sql("select id from failed_job where job_id = %s", job_id)
    return str(failed_job_id)


def waiting(world: World, school: School) -> int:
    """How many jobs wait for the school's roster."""
    ((number,),) = world.sql(
        "select count(*) from procrastinate_jobs where task_name = 'roster.import' "
        "and status = 'todo' and args->>'school_id' = %s", str(school.id),
    )  # fmt: skip
    found: int = number
    return found


def verbs(world: World, failed_job: str) -> list[Any]:
    return [verb for (verb,) in world.sql("select verb from trail where noun_id = %s", failed_job)]


class TestListFailedJobs:
    async def test_shows_those_of_the_school_and_what_can_be_done(
        self, world: World, school: School, other_school: School
    ) -> None:
        first, second = await a_failed_job(world, school), await a_failed_job(world, school)
        await a_failed_job(world, other_school)
        admin = school.api(Role.SCHOOL_ADMIN)
        answer = await admin.get("/v1/failed-jobs")
        assert [item["id"] for item in answer.json()["items"]] == [second, first]
        item = answer.json()["items"][0]
        assert item["task"] == "roster.import"
        assert item["message"] == "the file could not be read"
        assert item["owner"]["id"] == str(school[Role.SCHOOL_ADMIN].id)
        assert item["permissions"] == ["replay_failed_job", "drop_failed_job"]
        assert "args" not in item

    async def test_gives_pages_and_filters(self, world: World, school: School) -> None:
        failed_jobs = [await a_failed_job(world, school) for _ in range(3)]
        other = await a_failed_job(world, school, "trial.other")
        admin = school.api(Role.SCHOOL_ADMIN)
        page = (await admin.get("/v1/failed-jobs?limit=3&state=open")).json()
        rest = (await admin.get(f"/v1/failed-jobs?limit=3&cursor={page['next']}")).json()
        assert [item["id"] for item in page["items"] + rest["items"]] == [other, *failed_jobs[::-1]]
        assert rest["next"] is None
        of_task = (await admin.get("/v1/failed-jobs?task=trial.other")).json()["items"]
        assert [item["id"] for item in of_task] == [other]
        assert (await admin.get("/v1/failed-jobs?state=settled")).json()["items"] == []
        assert (await admin.get("/v1/failed-jobs?colour=red")).status_code == 422

    async def test_is_for_administrators(self, school: School) -> None:
        assert (await school.lead.get("/v1/failed-jobs")).status_code == 403


class TestGetFailedJob:
    async def test_says_its_version(self, world: World, school: School) -> None:
        failed_job = await a_failed_job(world, school)
        answer = await school.api(Role.SCHOOL_ADMIN).get(f"/v1/failed-jobs/{failed_job}")
        assert (answer.status_code, answer.headers["ETag"][:3]) == (200, '"1-')

    async def test_knows_none_of_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        failed_job = await a_failed_job(world, other_school)
        answer = await school.api(Role.SCHOOL_ADMIN).get(f"/v1/failed-jobs/{failed_job}")
        assert (answer.status_code, answer.json()["code"]) == (404, "failed_job_not_found")


class TestReplayFailedJob:
    async def test_asks_for_the_job_once_more(self, world: World, school: School) -> None:
        failed_job = await a_failed_job(world, school)
        admin = school.api(Role.SCHOOL_ADMIN)
        answer = await admin.post(f"/v1/failed-jobs/{failed_job}/replay", version=1)
        assert answer.status_code == 200
        assert answer.json()["ended_reason_code"] == "replayed"
        assert answer.json()["permissions"] == []
        assert waiting(world, school) == 1
        assert verbs(world, failed_job) == ["job.failed", "job.replayed"]
        again = await admin.post(f"/v1/failed-jobs/{failed_job}/replay", version=2)
        assert (again.status_code, again.json()["code"]) == (409, "failed_job_settled")

    async def test_makes_one_job_of_two_requests_at_once(
        self, world: World, school: School
    ) -> None:
        failed_job = await a_failed_job(world, school)
        admin = school.api(Role.SCHOOL_ADMIN)
        path = f"/v1/failed-jobs/{failed_job}/replay"
        answers = await asyncio.gather(*(admin.post(path, version=1) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert waiting(world, school) == 1

    async def test_needs_the_present_version(self, world: World, school: School) -> None:
        failed_job = await a_failed_job(world, school)
        admin = school.api(Role.SCHOOL_ADMIN)
        path = f"/v1/failed-jobs/{failed_job}/replay"
        assert (await admin.post(path)).status_code == 428
        assert (await admin.post(path, version=9)).status_code == 412
        assert waiting(world, school) == 0

    async def test_replays_its_own_answer(self, world: World, school: School) -> None:
        failed_job = await a_failed_job(world, school)
        admin = school.api(Role.SCHOOL_ADMIN)
        key = str(new_id())
        path = f"/v1/failed-jobs/{failed_job}/replay"
        first = await admin.post(path, version=1, key=key)
        again = await admin.post(path, version=1, key=key)
        assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
        assert waiting(world, school) == 1


class TestDropFailedJob:
    async def test_needs_a_reason_and_keeps_it(self, world: World, school: School) -> None:
        failed_job = await a_failed_job(world, school)
        admin = school.api(Role.SCHOOL_ADMIN)
        path = f"/v1/failed-jobs/{failed_job}/drop"
        assert (await admin.post(path, {}, version=1)).status_code == 422
        answer = await admin.post(path, {"reason": "Sent again by the office."}, version=1)
        assert answer.status_code == 200
        assert answer.json()["reason"] == "Sent again by the office."
        assert waiting(world, school) == 0
        assert verbs(world, failed_job) == ["job.failed", "job.dropped"]

    async def test_is_not_for_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        failed_job = await a_failed_job(world, other_school)
        admin = school.api(Role.SCHOOL_ADMIN)
        answer = await admin.post(f"/v1/failed-jobs/{failed_job}/drop", {"reason": "x"}, version=1)
        assert answer.status_code == 404
