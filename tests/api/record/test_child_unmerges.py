"""What was written while two files were one, and the two are taken apart again."""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from app.domain.record.child_merges.commands import settle_merges
from app.jobs.child_merges import settle_everywhere, settle_here
from app.jobs.queue import build_queue
from app.jobs.runner import Run, TryLater
from tests.api.record.test_child_merges import merged, two, unmerge, unmerged
from tests.api.records import a_concern, a_contact
from tests.api.sharing.test_transfer_packets import packed
from tests.around_children import created
from tests.owners import Plot
from tests.transfers import adapters_of, step
from tests.world import School, World

SAM = {"name": "Sam Hill", "email": "sam@example.org"}


async def told(school: School, child: UUID) -> dict[str, bool]:
    """Which contacts of a child may be told."""
    listed = (await school.lead.get(f"/v1/children/{child}/contacts")).json()["items"]
    return {one["id"]: one["may_be_told"]["value"] for one in listed}


async def mark(school: School, child: UUID, contact: str, **facts: Any) -> None:
    facts = facts or {"alleged_source_of_harm": True}
    path = f"/v1/children/{child}/contacts/{contact}"
    version = school.world.version("contact", contact)
    answer = await school.lead.patch(path, facts, version=version)
    assert answer.status_code == 200, answer.text


def because(answer: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["table"], one["reason_code"]) for one in answer["not_restored"]}


class TestConflictsMadeSince:
    async def test_hold_for_both(self, school: School) -> None:
        child, kept = await two(school)
        concern, deputy = await a_concern(school, child), school[Role.DEPUTY_DSL]
        await merged(school, child, kept)
        body = {"child_id": str(kept), "staff_id": str(deputy.id), "reason": "His aunt."}
        await created(school.lead, "/v1/conflicts", body)
        assert ("conflict", "copied") in because(await unmerged(school, child))
        api = school.api(Role.DEPUTY_DSL)
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 404
        for one in (child, kept):
            answer = await api.get(f"/v1/children/{one}")
            assert answer.json()["code"] == "conflict_of_interest", answer.text

    async def test_hold_for_both_where_they_rest_on_a_contact_that_goes_back(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        aunt, deputy = await a_contact(world, school, child), school[Role.DEPUTY_DSL]
        await merged(school, child, kept)
        body = {
            "child_id": str(kept), "staff_id": str(deputy.id), "reason": "His aunt.",
            "contact_id": aunt,
        }  # fmt: skip
        await created(school.lead, "/v1/conflicts", body)
        await unmerged(school, child)
        for one in (child, kept):
            answer = await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{one}")
            assert answer.json()["code"] == "conflict_of_interest", answer.text

    async def test_that_were_found_are_asked_of_both(self, world: World, school: School) -> None:
        child, kept = await two(school)
        await merged(school, child, kept)
        deputy = school[Role.DEPUTY_DSL]
        body = {"kind": "mother", "name": deputy.name, "email": deputy.email}
        await created(school.lead, f"/v1/children/{kept}/contacts", body)
        live = "select child_id, state from conflict where staff_id = %s and ended_at is null"
        ((_, state),) = world.sql(live, deputy.id)
        await unmerged(school, child)
        assert set(world.sql(live, deputy.id)) == {(child, state), (kept, state)}

    async def test_that_were_only_suggested_before_hold_for_both_once_confirmed(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        deputy = school[Role.DEPUTY_DSL]
        body = {"kind": "mother", "name": deputy.name, "email": deputy.email}
        await created(school.lead, f"/v1/children/{kept}/contacts", body)
        live = "select id, child_id, state from conflict where staff_id = %s and ended_at is null"
        ((id_, _, state),) = world.sql(live, deputy.id)
        assert state == "suggested"
        await merged(school, child, kept)
        head = school.api(Role.HEADTEACHER)
        version = world.version("conflict", id_)
        answer = await head.post(f"/v1/conflicts/{id_}/confirm", version=version)
        assert answer.status_code == 200, answer.text
        assert ("conflict", "copied") in because(await unmerged(school, child))
        assert {(about, state) for _, about, state in world.sql(live, deputy.id)} == {
            (child, "in_force"), (kept, "in_force"),
        }  # fmt: skip

    async def test_that_ended_are_not_copied(self, world: World, school: School) -> None:
        child, kept = await two(school)
        await merged(school, child, kept)
        deputy = school[Role.DEPUTY_DSL]
        body = {"child_id": str(kept), "staff_id": str(deputy.id), "reason": "His aunt."}
        id_ = (await created(school.lead, "/v1/conflicts", body))["id"]
        version = world.version("conflict", id_)
        body = {"reason": "She is not."}
        answer = await school.lead.post(f"/v1/conflicts/{id_}/end", body, version=version)
        assert answer.status_code == 200, answer.text
        assert because(await unmerged(school, child)) == set()


class TestBarsWrittenSince:
    async def test_hold_for_the_same_person_of_the_other_child(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        one = await a_contact(world, school, child, **SAM)
        same = await a_contact(world, school, kept, **SAM)
        await merged(school, child, kept)
        await mark(school, kept, same)
        assert ("contact", "copied") in because(await unmerged(school, child))
        assert (await told(school, child))[one] is False
        assert (await told(school, kept))[same] is False

    async def test_hold_for_a_contact_that_had_been_merged(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        one = await a_contact(world, school, child, source_id="g1", **SAM)
        other = await a_contact(world, school, kept, source_id="g1", **SAM)
        await merged(school, child, kept)
        await mark(school, kept, other)
        await unmerged(school, child)
        assert (await told(school, child))[one] is False

    async def test_of_one_that_goes_back_hold_for_the_child_who_went_on(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        one = await a_contact(world, school, child, **SAM)
        same = await a_contact(world, school, kept, **SAM)
        await merged(school, child, kept)
        reason = {"may_be_told": False, "may_be_told_reason": "She asked us."}
        await mark(school, kept, one, **reason)
        await unmerged(school, child)
        assert (await told(school, kept))[same] is False
        await merged(school, child, kept)
        assert because(await unmerged(school, child)) == set()

    async def test_from_before_stay_where_they_were(self, world: World, school: School) -> None:
        child, kept = await two(school)
        await a_contact(world, school, child, alleged_source_of_harm=True, **SAM)
        same = await a_contact(world, school, kept, **SAM)
        before = await told(school, kept)
        await merged(school, child, kept)
        assert because(await unmerged(school, child)) == set()
        assert await told(school, kept) == before
        assert same in before


class TestTransfer:
    async def test_refuses_while_it_is_on_its_way(self, world: World, school: School) -> None:
        """The packet holds the record of the pupil who would be another again."""
        child, kept = await two(school)
        await a_concern(school, child)
        await merged(school, child, kept)
        transfer = await packed(world, school, kept)
        answer = await unmerge(school, child)
        assert (answer.status_code, answer.json()["code"]) == (409, "merge_blocked"), answer.text
        assert answer.json()["blocked_by"] == ["transfer_open"]
        await step(school.lead, transfer["id"], "cancel", {"reason": "Two pupils."})
        await unmerged(school, child)


class TestSettling:
    async def test_is_done_after_a_merge_that_left_nothing(
        self, world: World, school: School
    ) -> None:
        child, kept = await two(school)
        await a_concern(school, child)
        await merged(school, child, kept)
        used = adapters_of(world)
        run = Run(used, build_queue(used), {"school_id": str(school.id)})
        await settle_here(run)
        with suppress(TryLater):  # schools of other tests hold what cannot be settled
            await settle_everywhere(run)
        assert (await unmerged(school, child))["not_restored"] == []

    async def test_ends_a_grant_of_the_former_file(self, world: World, school: School) -> None:
        child, kept = await two(school)
        await a_concern(school, kept)
        await merged(school, child, kept)
        now = clock.now()
        grant = Plot(world, school, child).put(
            "access_grant", kind="grant", staff_id=school[Role.STAFF].id, child_id=child,
            classes=["K2", "K3"], reason="x", granted_by=school[Role.DSL].id, valid_from=now,
            valid_to=now + timedelta(days=1), created_at=now,
        )  # fmt: skip
        async with world.work(school.id) as work:
            await settle_merges(work)
        path = f"/v1/children/{kept}/chronology"
        assert (await school.staff.get(path)).status_code == 403
        ended = world.sql("select ended_at is not null from access_grant where id = %s", grant)
        assert ended == [(True,)]
