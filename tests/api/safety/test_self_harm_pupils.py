"""A report about more pupils than one: what is owed is owed to each of them."""

from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.api.pathways import open_kinds, state_of
from tests.api.safety.test_self_harm_steps import closed
from tests.jobs.climbing import MONDAY, after, fresh
from tests.world import Api, School, World


async def told(api: Api, *children: tuple[UUID, str], **fields: Any) -> str:
    """A teacher's report about children with their parts."""
    body = {
        "children": [{"child_id": str(child), "role": role} for child, role in children],
        "account": [{"kind": "child_said", "text": "We do not want to be here."}],
        "self_harm": {"kind": "thoughts_of_suicide"},
    } | fields
    answer = await api.post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def owed(world: World, concern: str) -> set[tuple[str, UUID]]:
    """What is open of a concern, and for which child."""
    return set(
        world.sql(
            "select kind, child_id from task where concern_id = %s and ended_at is null", concern
        )
    )


def available(world: World, school: School) -> set[UUID]:
    """Who is on the support list."""
    rows = world.sql(
        "select child_id from support_list_entry where school_id = %s and ended_at is null",
        school.id,
    )
    return {child for (child,) in rows}


class TestTwoPupils:
    async def test_are_each_seen_and_each_watched(self, world: World, school: School) -> None:
        ada, bo = await school.child("Ada"), await school.child("Bo")
        with clock.frozen(MONDAY):
            concern = await told(fresh(world, school[Role.STAFF]), (ada, "subject"), (bo, "harmed"))
            lead = fresh(world, school[Role.DSL])
            each = {"sh_check", "sh_parents", "sh_leaving", "sh_stay"}
            assert owed(world, concern) == {(kind, one) for kind in each for one in (ada, bo)}
            assert available(world, school) == {ada, bo}
            answer = await lead.post(f"/v1/children/{ada}/records", {"kind": "safety_check"} | {})
            assert answer.status_code == 201, answer.text
            assert ("sh_check", bo) in owed(world, concern)
            assert ("sh_check", ada) not in owed(world, concern)
            assert state_of(world, concern) != "checked", "somebody still waits to be seen"
            await lead.post(f"/v1/children/{bo}/records", {"kind": "safety_check"} | {})
            assert state_of(world, concern) == "checked"

    async def test_a_friend_who_told_is_owed_nothing_of_it(
        self, world: World, school: School
    ) -> None:
        ada, friend = await school.child("Ada"), await school.child("Bo")
        concern = await told(school.staff, (ada, "subject"), (friend, "witness"))
        assert {child for _, child in owed(world, concern)} == {ada}
        assert available(world, school) == {ada}


class TestMerging:
    async def test_moves_what_is_owed_with_its_clock(self, world: World, school: School) -> None:
        ada = await school.child("Ada")
        with clock.frozen(MONDAY):
            first = await told(fresh(world, school[Role.STAFF]), (ada, "subject"))
            due = dict(world.sql("select kind, due_at from task where concern_id = %s", first))
            with after(minutes=40):
                second = await told(fresh(world, school[Role.STAFF]), (ada, "subject"))
                lead = fresh(world, school[Role.DSL])
                (version,) = world.sql("select version from concern where id = %s", first)[0]
                body = {"into": second, "reason": "The same words."}
                merged = await lead.post(f"/v1/concerns/{first}/merge", body, version=version)
                assert merged.status_code == 200, merged.text
                rows = world.sql(
                    "select kind, due_at from task where concern_id = %s and ended_at is null",
                    second,
                )
        assert len(rows) == len(due)
        assert all(at <= due[kind] for kind, at in rows), "nothing is put off by merging"
        assert open_kinds(world, first) == set()
        assert available(world, school) == {ada}

    async def test_never_loses_a_pupil(self, world: World, school: School) -> None:
        ada, bo = await school.child("Ada"), await school.child("Bo")
        both = await told(school.staff, (bo, "subject"), (ada, "subject"))
        one = await told(school.staff, (ada, "subject"))
        (version,) = world.sql("select version from concern where id = %s", both)[0]
        body = {"into": one, "reason": "The same words."}
        answer = await school.lead.post(f"/v1/concerns/{both}/merge", body, version=version)
        assert (answer.status_code, answer.json()["code"]) == (409, "pupil_missing")
        assert bo in {child for _, child in owed(world, both)}


class TestMatching:
    async def test_sets_what_is_owed_to_every_pupil(self, world: World, school: School) -> None:
        ada, bo = await school.child("Ada"), await school.child("Bo")
        concern = await told(school.staff, unmatched_child={"name": "Two girls in year 9"})
        (version,) = world.sql("select version from concern where id = %s", concern)[0]
        children = [{"child_id": str(one), "role": "subject"} for one in (ada, bo)]
        path = f"/v1/concerns/{concern}/match"
        answer = await school.lead.post(path, {"children": children}, version=version)
        assert answer.status_code == 200, answer.text
        assert {("sh_check", ada), ("sh_check", bo)} <= owed(world, concern)
        assert "child_unmatched" not in open_kinds(world, concern)
        assert available(world, school) == {ada, bo}

    async def test_does_not_end_without_the_pupil(self, world: World, school: School) -> None:
        friend = await school.child("Bo")
        concern = await told(
            school.staff, (friend, "witness"), unmatched_child={"name": "A boy in year 9"}
        )
        (version,) = world.sql("select version from concern where id = %s", concern)[0]
        path = f"/v1/concerns/{concern}/match"
        for role in ("subject", "witness"):
            children = [{"child_id": str(friend), "role": role}]
            answer = await school.lead.post(path, {"children": children}, version=version)
            assert (answer.status_code, answer.json()["code"]) == (422, "nobody_matched")
        assert "child_unmatched" in open_kinds(world, concern)


class TestAfterwards:
    async def test_a_closed_one_taken_up_again_is_told_and_owed_anew(
        self, world: World, school: School
    ) -> None:
        ada = await school.child("Ada")
        concern = await told(school.staff, (ada, "subject"))
        await closed(world, school, concern)
        before = told_to(world, school)
        answer = await school.staff.post(f"/v1/concerns/{concern}/with-adult", {"name": "Ms Hill"})
        assert answer.status_code == 201, answer.text
        leads = {school[Role.DSL].id, school[Role.DEPUTY_DSL].id, school[Role.HEADTEACHER].id}
        assert told_to(world, school) - before >= {(one, "concern_joined") for one in leads}
        assert {("sh_check", ada), ("sh_parents", ada)} <= owed(world, concern)

    async def test_who_phones_tomorrow_changes_and_the_time_does_not(
        self, world: World, school: School
    ) -> None:
        ada = await school.child("Ada")
        with clock.frozen(MONDAY):
            concern = await told(fresh(world, school[Role.STAFF]), (ada, "subject"))
            await leave(world, school, concern, Role.DSL)
            rows = "select owner_id, due_at, state from task where concern_id = %s and kind = %s"
            ((_, due, _),) = world.sql(rows, concern, "sh_next_day")
            with after(days=3):
                await leave(world, school, concern, Role.DEPUTY_DSL)
            found = world.sql(rows, concern, "sh_next_day")
        assert found == [(school[Role.DEPUTY_DSL].id, due, "open")]


async def leave(world: World, school: School, concern: str, phones: Role) -> None:
    """The lead says with whom the pupil left, and who phones."""
    lead = fresh(world, school[Role.DSL])
    (version,) = world.sql("select version from concern where id = %s", concern)[0]
    body = {"handed_to": "Her mother", "phones_tomorrow": str(school[phones].id)}
    answer = await lead.post(f"/v1/concerns/{concern}/leave-safely", body, version=version)
    assert answer.status_code == 200, answer.text


def told_to(world: World, school: School) -> set[tuple[UUID, str]]:
    """Who got which alert."""
    return set(world.sql("select recipient_id, kind from alert where school_id = %s", school.id))
