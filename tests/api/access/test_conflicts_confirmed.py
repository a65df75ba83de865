"""What somebody typed locks nobody out until a second person confirms it, and nobody is last."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.api.access.test_conflicts import confirm_all, live, verbs
from tests.api.record.test_concerns import raise_one
from tests.api.records import a_contact
from tests.deadlines import keep_clocks
from tests.rosters import Roster, package
from tests.unit.formats.roster_packages import user
from tests.world import Api, School, World

LEADS = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)


async def typed(school: School, child: UUID, role: Role, *, by: Role = Role.SCHOOL_ADMIN) -> str:
    """Somebody writes down a member of staff as a child's family; the contact's id."""
    body = {"kind": "aunt_or_uncle", "name": school[role].name, "email": school[role].email}
    answer = await school.api(by).post(f"/v1/children/{child}/contacts", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def the_one(school: School, child: UUID, **asked: Any) -> dict[str, Any]:
    (found,) = await live(school, child_id=child, **asked)
    return found


async def reads(api: Api, child: UUID) -> bool:
    answer = await api.get(f"/v1/children/{child}")
    assert answer.status_code in (200, 403), answer.text
    return bool(answer.status_code == 200)


async def judge(world: World, api: Api, conflict: str, verb: str = "confirm") -> tuple[int, str]:
    body = {"reason": "Not family."} if verb == "end" else None
    version = world.version("conflict", conflict)
    answer = await api.post(f"/v1/conflicts/{conflict}/{verb}", body, version=version)
    return answer.status_code, answer.json().get("code") or answer.json()["state"]


def tasks(world: World, conflict: str) -> list[tuple[Any, ...]]:
    """Who is asked, by when, and what became of it."""
    return world.sql(
        "select owner_id, due_at, state from task where kind = 'conflict_check' "
        "and about_id = %s order by id", conflict,
    )  # fmt: skip


def task_of(world: World, conflict: str) -> list[tuple[Any, ...]]:
    """What is open about a suggestion, and what it says."""
    return world.sql(
        "select state, facts from task where kind = 'conflict_check' and about_id = %s", conflict
    )


class TestTyped:
    async def test_locks_no_lead_out(self, world: World, school: School) -> None:
        """An administrator types every lead in as a parent: the whole team goes on."""
        child = await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        for role in LEADS:
            await typed(school, child, role)
        found = await live(school, child_id=child)
        assert {one["state"] for one in found} == {"suggested"}
        for role in LEADS:
            assert await reads(school.api(role), child), role
            assert (await school.api(role).get(f"/v1/concerns/{concern}")).status_code == 200
        told = world.sql(
            "select recipient_id from alert where kind = 'conflict_found' and school_id = %s",
            school.id,
        )
        assert {school[role].id for role in LEADS} == {person for (person,) in told}
        for one in found:
            ((owner, due, state),) = tasks(world, one["id"])
            assert state == "open"
            assert owner in {school[Role.DSL].id, school[Role.HEADTEACHER].id}
            assert str(owner) != one["person"]["id"], "somebody it is not about"
            assert isinstance(due, datetime)
            assert due > clock.now()
        keep_clocks(world, school.id, "task")
        head = await school.api(Role.HEADTEACHER).get("/v1/tasks", params={"mine": "true"})
        assert [one["kind"] for one in head.json()["items"]] == ["conflict_check"]

    async def test_waits_for_another_person_who_may(self, world: World, school: School) -> None:
        child = await school.child()
        await typed(school, child, Role.DEPUTY_DSL, by=Role.DSL)
        one = await the_one(school, child)
        assert await judge(world, school.lead, one["id"]) == (403, "second_person_needed")
        for role in (Role.PASTORAL, Role.SCHOOL_ADMIN, Role.DEPUTY_DSL):
            assert await judge(world, school.api(role), one["id"]) == (403, "permission_missing")
        ((owner, _, _),) = tasks(world, one["id"])
        assert owner == school[Role.HEADTEACHER].id, "not the one who typed it"
        assert await reads(school.api(Role.DEPUTY_DSL), child)
        assert await judge(world, school.api(Role.HEADTEACHER), one["id"]) == (200, "in_force")
        assert not await reads(school.api(Role.DEPUTY_DSL), child)
        assert [state for *_, state in tasks(world, one["id"])] == ["done"]
        assert verbs(world, one["id"]) == ["conflict.suggested", "conflict.confirmed"]

    async def test_by_somebody_else_later_makes_nobody_a_second_person(
        self, world: World, school: School
    ) -> None:
        """Who typed it first stays one of the two, whoever writes the row again."""
        child = await school.child()
        contact = await typed(school, child, Role.DEPUTY_DSL, by=Role.DSL)
        path = f"/v1/children/{child}/contacts/{contact}"
        again = await school.api(Role.SCHOOL_ADMIN).patch(path, {"kind": "mother"}, version=1)
        assert again.status_code == 200, again.text
        one = await the_one(school, child)
        assert await judge(world, school.lead, one["id"]) == (403, "second_person_needed")

    async def test_of_oneself_acts_at_once(self, school: School) -> None:
        child = await school.child()
        await typed(school, child, Role.DSL, by=Role.DSL)
        assert (await the_one(school, child))["state"] == "in_force"
        assert not await reads(school.lead, child)

    async def test_once_rejected_stays_rejected(self, world: World, school: School) -> None:
        child = await school.child()
        await typed(school, child, Role.DSL)
        one = await the_one(school, child)
        assert await judge(world, school.api(Role.HEADTEACHER), one["id"], "end") == (
            200,
            "ended",
        )
        assert [state for *_, state in tasks(world, one["id"])] == ["done"]
        await typed(school, child, Role.DSL)
        await typed(school, child, Role.DSL, by=Role.DEPUTY_DSL)
        assert await live(school, child_id=child) == []
        await a_contact(world, school, child, email=school[Role.DSL].email)
        await typed(school, child, Role.STAFF)
        assert (await the_one(school, child, staff_id=school[Role.DSL].id))["state"] == "suggested"

    @pytest.mark.parametrize("by", [Role.DSL, Role.SCHOOL_ADMIN])
    @pytest.mark.parametrize("how", ["ended", "addressed elsewhere", "no family any more"])
    async def test_stays_open_when_its_ground_goes(
        self, world: World, school: School, how: str, by: Role
    ) -> None:
        """Neither the person it is about nor the typist takes the question away with the row."""
        child = await school.child()
        path = f"/v1/children/{child}/contacts/{await typed(school, child, Role.DSL)}"
        one = await the_one(school, child)
        assert one["ground_gone_at"] is None
        if how == "ended":
            gone = await school.api(by).post(f"{path}/end", version=1)
        else:
            change = {"email": "a@b.org"} if how.startswith("addressed") else {"kind": "other"}
            gone = await school.api(by).patch(path, change, version=1)
        assert gone.is_success, gone.text
        doubted = await the_one(school, child)
        assert (doubted["id"], doubted["state"]) == (one["id"], "suggested")
        assert doubted["ground_gone_at"] is not None
        assert task_of(world, one["id"]) == [("open", {"ground_gone": True})]
        await typed(school, child, Role.DSL)
        assert (await the_one(school, child))["ground_gone_at"] is None
        assert task_of(world, one["id"]) == [("open", {})]
        assert (await judge(world, school.lead, one["id"], "end"))[0] == 403, "not one's own"
        assert await judge(world, school.api(Role.HEADTEACHER), one["id"]) == (200, "in_force")
        assert not await reads(school.lead, child)
        assert verbs(world, one["id"]) == [
            "conflict.suggested", "conflict.to_confirm", "conflict.suggested",
            "conflict.confirmed",
        ]  # fmt: skip

    async def test_is_confirmed_also_without_its_ground(self, world: World, school: School) -> None:
        child = await school.child()
        contact = await typed(school, child, Role.DSL)
        one = await the_one(school, child)
        path = f"/v1/children/{child}/contacts/{contact}/end"
        assert (await school.lead.post(path, version=1)).is_success
        assert await judge(world, school.api(Role.HEADTEACHER), one["id"]) == (200, "in_force")
        assert [state for *_, state in tasks(world, one["id"])] == ["done"]

    async def test_is_shown_where_access_is_explained(self, school: School) -> None:
        child = await school.child()
        await typed(school, child, Role.DEPUTY_DSL)
        answer = await school.lead.get(f"/v1/access/explain?resource=child:{child}")
        assert answer.status_code == 200, answer.text
        (one,) = answer.json()["suggested_conflicts"]
        assert one["person"]["id"] == str(school[Role.DEPUTY_DSL].id)
        assert one["permissions"] == ["confirm_conflict", "end_conflict"]
        deputy = await school.api(Role.DEPUTY_DSL).get(f"/v1/access/explain?resource=child:{child}")
        assert deputy.json()["suggested_conflicts"] == [], "who decides on access sees them"


class TestRoster:
    def family(self, school: School, role: Role) -> list[str]:
        adult = {
            "sourcedId": "m1", "role": "parent", "agentSourcedIds": "k1",
            "givenName": "Lee", "familyName": "Vale", "email": school[role].email,
        }  # fmt: skip
        return [user(sourcedId="k1"), user(**adult)]

    async def of_the_last_reader(self, world: World, school: School, roster: Roster) -> UUID:
        """A roster says that the only one who could read a file is the child's family."""
        others = [school[Role.DEPUTY_DSL].id, school[Role.HEADTEACHER].id]
        away = "update staff set suspended_at = {} where id = any(%s)"
        world.sql(away.format("now()"), others)
        await roster.bring(package(*self.family(school, Role.DSL)))
        world.sql(away.format("null"), others)
        return UUID(roster.child("k1")["id"])

    async def test_locks_nobody_out_until_another_person_confirms(
        self, world: World, school: School
    ) -> None:
        roster = Roster(school)
        await roster.bring(package(*self.family(school, Role.DEPUTY_DSL)))
        child = UUID(roster.child("k1")["id"])
        one = await the_one(school, child)
        assert one["state"] == "suggested"
        assert await reads(school.api(Role.DEPUTY_DSL), child)
        assert await judge(world, school.lead, one["id"]) == (200, "in_force")
        assert not await reads(school.api(Role.DEPUTY_DSL), child)

    async def test_is_no_second_person_for_what_was_typed(
        self, world: World, school: School
    ) -> None:
        roster = Roster(school)
        await roster.bring(package(user(sourcedId="k1")))
        child = UUID(roster.child("k1")["id"])
        await typed(school, child, Role.DEPUTY_DSL)
        one = await the_one(school, child)
        await roster.bring(package(*self.family(school, Role.DEPUTY_DSL)))
        now = await the_one(school, child)
        assert (now["id"], now["state"]) == (one["id"], "suggested")
        assert [state for *_, state in tasks(world, one["id"])] == ["open"]
        assert await reads(school.api(Role.DEPUTY_DSL), child)

    async def test_takes_back_what_it_suggested_itself(self, world: World, school: School) -> None:
        """Of the last reader it is a suggestion; the next file without it ends that."""
        roster = Roster(school)
        child = await self.of_the_last_reader(world, school, roster)
        one = await the_one(school, child)
        assert one["state"] == "suggested"
        moved = [line.replace(school[Role.DSL].email, "a@b.org")
                 for line in self.family(school, Role.DSL)]  # fmt: skip
        await roster.bring(package(*moved))
        assert await live(school, child_id=child) == []
        assert verbs(world, one["id"]) == ["conflict.suggested", "conflict.ended"]

    async def test_takes_nothing_back_that_a_person_made_doubtful(
        self, world: World, school: School
    ) -> None:
        roster = Roster(school)
        child = await self.of_the_last_reader(world, school, roster)
        one = await the_one(school, child)
        (contact,) = (await school.lead.get(f"/v1/children/{child}/contacts")).json()["items"]
        path = f"/v1/children/{child}/contacts/{contact['id']}"
        etag = contact["etag"].strip('"')
        done = await school.lead.post(f"{path}/end", version=etag)
        assert done.status_code == 200, done.text
        moved = [line.replace(school[Role.DSL].email, "a@b.org")
                 for line in self.family(school, Role.DSL)]  # fmt: skip
        await roster.bring(package(*moved))
        left = await the_one(school, child)
        assert (left["id"], left["state"]) == (one["id"], "suggested")
        assert left["ground_gone_at"] is not None

    @pytest.mark.parametrize("change", ["email", "kind"])
    async def test_is_not_what_a_person_wrote_into_its_rows(
        self, school: School, change: str
    ) -> None:
        roster, deputy = Roster(school), school[Role.DEPUTY_DSL]
        lines = [line.replace(deputy.email, "a@b.org") for line in
                 self.family(school, Role.DEPUTY_DSL)] if change == "email" else (
                 self.family(school, Role.DEPUTY_DSL))  # fmt: skip
        if change == "kind":
            await roster.bring(package(*[one.replace(deputy.email, "a@b.org") for one in lines]))
            roster.sql("update contact set kind = 'other', email = %s where school_id = %s",
                       deputy.email, school.id)  # fmt: skip
        else:
            await roster.bring(package(*lines))
        child = UUID(roster.child("k1")["id"])
        (contact,) = (await school.lead.get(f"/v1/children/{child}/contacts")).json()["items"]
        body = {"email": deputy.email} if change == "email" else {"kind": "mother"}
        answer = await school.api(Role.SCHOOL_ADMIN).patch(
            f"/v1/children/{child}/contacts/{contact['id']}", body,
            version=contact["etag"].strip('"'),
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        assert (await the_one(school, child))["state"] == "suggested"


class TestHousehold:
    async def test_that_one_person_stated_is_suggested(self, world: World, school: School) -> None:
        """A deputy connects the lead's own child to another one."""
        own, other = await school.child("Own"), await school.child("Other")
        await a_contact(world, school, own, email=school[Role.DSL].email)
        body = {"other_child_id": str(other), "kind": "cousin"}
        answer = await school.api(Role.DEPUTY_DSL).post(f"/v1/children/{own}/relationships", body)
        assert answer.status_code == 201, answer.text
        await confirm_all(school, own)
        assert (await the_one(school, own))["state"] == "in_force"
        one = await the_one(school, other)
        assert (one["kind"], one["state"]) == ("roster_relative", "suggested")
        assert await reads(school.lead, other)
        end = f"/v1/children/{other}/relationships/{answer.json()['id']}/end"
        ended = await school.api(Role.DEPUTY_DSL).post(end, version=1)
        assert ended.is_success, ended.text
        left = await the_one(school, other)
        assert (left["id"], left["state"]) == (one["id"], "suggested")
        assert left["ground_gone_at"] is not None

    async def test_that_rests_on_a_typed_address_is_suggested(
        self, world: World, school: School
    ) -> None:
        own, other = await school.child("Own"), await school.child("Other")
        await a_contact(world, school, own, email=school[Role.DSL].email)
        await a_contact(world, school, own, kind="father", email="rob@example.org")
        body = {"kind": "father", "name": "Rob", "email": "rob@example.org"}
        made = await school.api(Role.SCHOOL_ADMIN).post(f"/v1/children/{other}/contacts", body)
        assert made.status_code == 201, made.text
        assert (await the_one(school, other))["state"] == "suggested"


class TestTheLastReader:
    async def test_is_not_confirmed_away(self, world: World, school: School) -> None:
        child = await school.child()
        for role in LEADS:
            await typed(school, child, role)
        found = {one["person"]["id"]: one["id"] for one in await live(school, child_id=child)}
        ids = [found[str(school[role].id)] for role in LEADS]
        head = school.api(Role.HEADTEACHER)
        assert await judge(world, head, ids[0]) == (200, "in_force")
        assert await judge(world, head, ids[1]) == (200, "in_force")
        assert await judge(world, head, ids[2]) == (409, "nobody_left")
        assert await judge(world, school.lead, ids[2]) == (409, "nobody_left")
        assert await reads(head, child)
        await school.person(Role.DEPUTY_DSL)
        assert await judge(world, school.lead, ids[2]) == (200, "in_force")

    async def test_of_one_concern_is_not_confirmed_away(self, world: World, school: School) -> None:
        child = await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER):
            body = {"staff_id": str(school[role].id)}
            named = await school.lead.post(f"/v1/concerns/{concern}/named-staff", body)
            assert named.json()["state"] == "in_force", named.text
        await typed(school, child, Role.DSL)
        one = await the_one(school, child, staff_id=school[Role.DSL].id)
        assert await judge(world, school.api(Role.HEADTEACHER), one["id"]) == (409, "nobody_left")

    @pytest.mark.parametrize("own", [True, False])
    async def test_is_not_declared_away(self, world: World, school: School, own: bool) -> None:
        child = await school.child()
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER):
            body = {"child_id": str(child), "reason": "Family."}
            answer = await school.api(role).post("/v1/conflicts", body)
            assert answer.json()["state"] == "in_force", answer.text
        body = {"child_id": str(child), "reason": "My niece."}
        body |= {} if own else {"staff_id": str(school[Role.DSL].id)}
        answer = await school.lead.post("/v1/conflicts", body)
        assert (answer.status_code, answer.json()["state"]) == (201, "suggested"), answer.text
        assert await reads(school.lead, child)
        told = world.sql(
            "select recipient_id from alert where kind = 'conflict_found' and school_id = %s",
            school.id,
        )
        assert {person for (person,) in told} == {
            school[role].id for role in (Role.DEPUTY_DSL, Role.HEADTEACHER)
        }
        again = await school.lead.post("/v1/conflicts", body)
        assert again.json()["code"] == "conflict_known"
        await school.person(Role.DEPUTY_DSL)
        assert await judge(world, school.lead, answer.json()["id"]) == (200, "in_force")


class TestDeclared:
    @pytest.mark.parametrize("which", ["unknown", "of another child", "of another school"])
    async def test_names_a_contact_of_the_child(
        self, world: World, school: School, other_school: School, which: str
    ) -> None:
        contact = {
            "unknown": lambda: str(new_id()),
            "of another child": await a_contact(world, school, await school.child()),
            "of another school": await a_contact(world, other_school, await other_school.child()),
        }[which]
        contact = contact() if callable(contact) else contact
        child = await school.child()
        body = {"child_id": str(child), "reason": "x", "contact_id": contact}
        answer = await school.lead.post("/v1/conflicts", body)
        assert answer.status_code == 422, answer.text
        (problem,) = answer.json()["errors"]
        assert (problem["pointer"], problem["code"]) == ("/contact_id", "unknown_contact")
