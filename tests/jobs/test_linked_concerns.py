"""The rules look after what may link concerns, and again from time to time."""

from typing import Any

import pytest

from app.core.words import Role
from app.db.repositories.people.schools import OrganisationRepository
from app.jobs.linked_concerns import LINKED_TASKS, look_everywhere, look_here
from app.jobs.queue import TASKS, build_queue
from app.jobs.runner import Run
from tests.api.linking import a_child_group, a_linkable, linked_concerns
from tests.transfers import adapters_of
from tests.world import School, World


def a_run(world: World, **args: str) -> Run:
    """One attempt at a job."""
    adapters = adapters_of(world)
    return Run(adapters, build_queue(adapters, ()), args)


async def two_friends(school: School) -> None:
    """Two concerns and a confirmed child group, at which nobody has looked."""
    children = [await school.child("Alex", "Reed"), await school.child("Robin", "Dale")]
    await a_child_group(school, "friend", *children, confirm=True)
    for child in children:
        await a_linkable(school, child)


class TestLookHere:
    async def test_fires_and_may_run_again(self, world: World, school: School) -> None:
        await two_friends(school)
        for _ in range(2):
            await look_here(a_run(world, school_id=str(school.id)))
        assert len(await linked_concerns(school.lead)) == 1

    def test_is_what_is_asked_for(self) -> None:
        assert set(LINKED_TASKS) <= set(TASKS)
        assert {task.name for task in LINKED_TASKS} == {
            "child_groups.look", "child_groups.sweep",
        }  # fmt: skip


class TestLookEverywhere:
    async def test_finds_what_no_job_was_asked_for_and_counts_for_trusts(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trust = await world.a_school([Role.TRUST_LEAD])
        world.sql("update organisation set kind = 'trust' where id = %s", trust.id)
        world.sql("update organisation set parent_id = %s where id = %s", trust.id, school.id)
        await two_friends(school)

        async def here(*_: Any) -> list[Any]:
            return [school.id, trust.id]

        monkeypatch.setattr(OrganisationRepository, "signed_in_since", here)
        await look_everywhere(a_run(world))
        assert len(await linked_concerns(school.lead)) == 1
        answer = await trust.api(Role.TRUST_LEAD).get("/v1/linked-concerns/counts")
        assert {one["linked_concerns"] for one in answer.json()["items"]} == {"<5"}
        before = world.sql("select count(*) from trail where school_id = %s", trust.id)
        await look_everywhere(a_run(world))
        assert world.sql("select count(*) from trail where school_id = %s", trust.id) == before
