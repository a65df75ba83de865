"""Sight beyond the role: granted for a while, or taken by breaking glass."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.pointers import pointer
from app.core.words import Role
from tests.api.record.test_concerns import raise_one
from tests.api.records import a_share, classify
from tests.security.scenes import soon
from tests.world import Person, School, World

WHY = "He has not been seen since registration this morning."


async def a_sealed_one(world: World, school: School, class_: str = "K5") -> tuple[str, UUID]:
    """A concern in a class, and its child."""
    child = await school.child()
    concern = (await raise_one(school.lead, child))["id"]
    await classify(world, concern, class_)
    return str(concern), child


def a_grant(person: Person, **fields: Any) -> dict[str, Any]:
    """A body that grants."""
    return {
        "staff_id": str(person.id),
        "classes": ["K5"],
        "reason": "She leads the meeting about him.",
        "valid_to": soon(days=7),
    } | fields


async def granted(school: School, person: Person, **fields: Any) -> dict[str, Any]:
    answer = await school.lead.post("/v1/access/grants", a_grant(person, **fields))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def told(world: World, school: School, kind: str) -> set[UUID]:
    rows = world.sql(
        "select recipient_id from alert where school_id = %s and kind = %s", school.id, kind
    )
    return {person for (person,) in rows}


def jobs(world: World, school: School) -> int:
    rows = world.sql(
        "select count(*) from alert where mail = 'digest' and kind = 'access_granted' "
        "and school_id = %s or school_id = %s and mail = 'at_once' and kind = 'break_glass'",
        school.id, school.id,
    )  # fmt: skip
    return int(rows[0][0])


class TestWhatIsForReading:
    @pytest.mark.parametrize("how", ["grant", "glass"])
    async def test_is_passed_on_by_nobody(self, world: World, school: School, how: str) -> None:
        """A minute of sight would last for ever in a copy."""
        concern, child = await a_sealed_one(world, school)
        deputy = school.api(Role.DEPUTY_DSL)
        if how == "grant":
            await granted(school, school[Role.DEPUTY_DSL], concern_id=concern)
        else:
            body = {"concern_id": concern, "reason": WHY}
            assert (await deputy.post("/v1/access/break-glass", body)).status_code == 201
        assert (await deputy.get(f"/v1/concerns/{concern}")).status_code == 200
        recipient = {
            "via": "professional", "kind": "police", "name": "DC Roe", "organisation": "Police",
        }  # fmt: skip
        command = a_share(child, recipient, concern)
        answer = await deputy.post("/v1/shares", command)
        assert answer.status_code == 422, answer.text
        assert [one["code"] for one in answer.json()["errors"]] == ["for_reading_only"]
        assert (await school.lead.post("/v1/shares", command)).status_code == 201


class TestGrantAccess:
    async def test_opens_one_sealed_concern(self, world: World, school: School) -> None:
        concern, _ = await a_sealed_one(world, school)
        other, _ = await a_sealed_one(world, school)
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/concerns/{concern}")).status_code == 404
        made = await granted(school, school[Role.DEPUTY_DSL], concern_id=concern)
        seen = await deputy.get(f"/v1/concerns/{concern}")
        assert seen.json()["seen_reason_code"] == "grant"
        rows = (await deputy.get("/v1/concerns")).json()["items"]
        assert [one["id"] for one in rows] == [concern]
        assert (await deputy.get(f"/v1/concerns/{other}")).status_code == 404
        assert told(world, school, "access_granted") == {school[Role.DEPUTY_DSL].id}
        assert jobs(world, school) == 1
        verbs = world.sql("select verb from trail where noun_id = %s", made["id"])
        assert verbs == [("access.granted",)]

    async def test_opens_one_childs_record_to_a_teacher(self, world: World, school: School) -> None:
        concern, child = await a_sealed_one(world, school, "K3")
        teacher = school.staff
        assert (await teacher.get(f"/v1/children/{child}")).status_code == 403
        await granted(school, school[Role.STAFF], child_id=str(child), classes=["K3"])
        assert (await teacher.get(f"/v1/children/{child}")).status_code == 200
        assert (await teacher.get(f"/v1/concerns/{concern}")).json()["state"] == "raised"
        seen = await teacher.get(f"/v1/children/{child}/chronology")
        assert len(seen.json()["items"]) == 1
        other = await school.child()
        assert (await teacher.get(f"/v1/children/{other}")).status_code == 403

    async def test_is_the_pupil_level_sight_of_a_trust_lead(
        self, world: World, school: School
    ) -> None:
        concern, child = await a_sealed_one(world, school, "K4")
        api = school.api(Role.TRUST_LEAD)
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 403
        await granted(school, school[Role.TRUST_LEAD], child_id=str(child), classes=["K3", "K4"])
        assert (await api.get(f"/v1/concerns/{concern}")).json()["state"] == "raised"
        for part in ("comments", "attachments", "amendments", "history"):
            assert (await api.get(f"/v1/concerns/{concern}/{part}")).status_code == 200, part
        assert (await api.get(f"/v1/children/{child}")).status_code == 200
        answer = await api.post(f"/v1/concerns/{concern}/comments", {"text": "x"})
        assert answer.status_code == 403

    async def test_ends_by_itself(self, world: World, school: School) -> None:
        concern, _ = await a_sealed_one(world, school)
        made = await granted(
            school, school[Role.DEPUTY_DSL], concern_id=concern, valid_to=soon(minutes=5)
        )
        with clock.shifted(timedelta(minutes=6)):
            answer = await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")
            assert answer.status_code == 404
            shown = await school.lead.get(f"/v1/access/grants/{made['id']}")
            assert shown.json()["state"] == "ended"

    @pytest.mark.parametrize("days", [-1, 91])
    async def test_lasts_ninety_days_at_most(self, world: World, school: School, days: int) -> None:
        concern, _ = await a_sealed_one(world, school)
        body = a_grant(school[Role.DEPUTY_DSL], concern_id=concern, valid_to=soon(days=days))
        answer = await school.lead.post("/v1/access/grants", body)
        assert answer.json()["code"] == "grant_too_long"

    async def test_is_never_to_oneself(self, world: World, school: School) -> None:
        concern, _ = await a_sealed_one(world, school)
        body = a_grant(school[Role.DSL], concern_id=concern)
        answer = await school.lead.post("/v1/access/grants", body)
        assert answer.json()["code"] == "second_person_needed"

    async def test_is_never_to_somebody_in_conflict(self, world: World, school: School) -> None:
        concern, child = await a_sealed_one(world, school)
        deputy = school[Role.DEPUTY_DSL]
        said = {"child_id": str(child), "reason": "My nephew."}
        await school.api(Role.DEPUTY_DSL).post("/v1/conflicts", said)
        for target in ({"concern_id": concern}, {"child_id": str(child)}):
            answer = await school.lead.post("/v1/access/grants", a_grant(deputy, **target))
            assert answer.json()["code"] == "grant_unsuitable", target

    async def test_opens_nothing_once_there_is_a_conflict(
        self, world: World, school: School
    ) -> None:
        concern, _ = await a_sealed_one(world, school)
        deputy = school[Role.DEPUTY_DSL]
        await granted(school, deputy, concern_id=concern)
        await school.lead.post(f"/v1/concerns/{concern}/named-staff", {"staff_id": str(deputy.id)})
        answer = await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")
        assert answer.status_code == 404

    @pytest.mark.parametrize(
        "role",
        [Role.SCHOOL_ADMIN, Role.GOVERNOR, Role.CHAIR_OF_GOVERNORS],
    )
    async def test_is_never_to_a_role_without_content(
        self, world: World, school: School, role: Role
    ) -> None:
        concern, _ = await a_sealed_one(world, school)
        answer = await school.lead.post(
            "/v1/access/grants", a_grant(school[role], concern_id=concern)
        )
        assert answer.json()["code"] == "grant_unsuitable"

    async def test_holds_no_class_that_the_granter_does_not_read(
        self, world: World, school: School
    ) -> None:
        concern, child = await a_sealed_one(world, school, "K3")
        world.sql(
            "insert into school_role (school_id, id, slug, label, permissions, classes, "
            "cohort_classes, cohort_only, created_by, created_at, changed_at) values "
            "(%s, %s, 'granter', 'Granter', %s, '{K2,K3}', '{}', false, %s, now(), now())",
            school.id, new_id(), ["access:grant", "concern:read", "child:open"],
            school[Role.DSL].id,
        )  # fmt: skip
        person = await school.person(Role.STAFF)
        world.sql("update membership set role = 'granter' where staff_id = %s", person.id)
        world.sql("update auth_session set role = 'granter' where id = %s", person.session_id)
        token = world.runtime.tokens.issue(
            sub=person.id, sid=person.session_id or person.id, org=school.id, role="granter",
            scope=("cairn",), amr=("pwd", "otp"), auth_time=clock.now(),
        )  # fmt: skip
        api, deputy = world.as_token(token), school[Role.DEPUTY_DSL]
        for classes, status in ((["K3"], 201), (["K3", "K4"], 422)):
            body = a_grant(deputy, child_id=str(child), classes=classes)
            answer = await api.post("/v1/access/grants", body)
            assert answer.status_code == status, answer.text
        assert answer.json()["code"] == "class_not_held"
        assert concern

    async def test_asks_for_a_recent_proof_and_one_record(
        self, world: World, school: School
    ) -> None:
        concern, child = await a_sealed_one(world, school)
        deputy = school[Role.DEPUTY_DSL]
        for target in ({}, {"concern_id": concern, "child_id": str(child)}):
            answer = await school.lead.post("/v1/access/grants", a_grant(deputy, **target))
            assert answer.status_code == 422
        world.sql(
            "update auth_session set auth_time = now() - interval '1 hour' where id = %s",
            school[Role.DSL].session_id,
        )
        answer = await school.lead.post("/v1/access/grants", a_grant(deputy, concern_id=concern))
        assert answer.json()["code"] == "step_up_needed"

    async def test_knows_no_record_of_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        concern, child = await a_sealed_one(world, other_school)
        for target in ({"concern_id": concern}, {"child_id": str(child)}):
            body = a_grant(school[Role.DEPUTY_DSL], **target)
            assert (await school.lead.post("/v1/access/grants", body)).status_code == 404


class TestEndGrant:
    async def test_closes_at_once(self, world: World, school: School) -> None:
        concern, _ = await a_sealed_one(world, school)
        made = await granted(school, school[Role.DEPUTY_DSL], concern_id=concern)
        path = f"/v1/access/grants/{made['id']}"
        assert (await school.staff.post(f"{path}/end", version=1)).status_code == 404
        assert (await school.staff.get(path)).status_code == 404
        assert (await school.lead.post(f"{path}/end", version=1)).json()["state"] == "ended"
        answer = await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")
        assert answer.status_code == 404
        again = await school.lead.post(f"{path}/end", version=2)
        assert again.json()["code"] == "state_conflict"
        verbs = world.sql("select verb from trail where noun_id = %s order by seq", made["id"])
        assert verbs == [("access.granted",), ("access.ended",)]

    async def test_is_listed_for_its_holder_and_who_grants(
        self, world: World, school: School
    ) -> None:
        concern, _ = await a_sealed_one(world, school)
        await granted(school, school[Role.DEPUTY_DSL], concern_id=concern)
        for role, number in ((Role.DEPUTY_DSL, 1), (Role.DSL, 1), (Role.HEADTEACHER, 0),
                             (Role.STAFF, 0), (Role.PASTORAL, 0)):  # fmt: skip
            rows = await school.api(role).get("/v1/access/grants?state=active")
            assert len(rows.json()["items"]) == number, role


class TestWhoOversees:
    async def test_a_part_of_the_school_sees_no_more_of_it(
        self, world: World, school: School
    ) -> None:
        """A grant names a child and says why in words: as the child's record does."""
        child = await school.child(year_group="9")
        await granted(school, school[Role.DEPUTY_DSL], child_id=str(child))
        taken = {"child_id": str(child), "reason": WHY}
        glass = await school.api(Role.PASTORAL).post("/v1/access/break-glass", taken)
        assert glass.status_code == 201, glass.text
        await school.role("house", "access:review", "child:open", cohort_only=True)
        for year, seen in (("7", False), ("9", True)):
            person = await school.holder("house", year_groups=[year])
            api = world.as_token(person.token)
            grants = (await api.get("/v1/access/grants")).json()["items"]
            assert [one["child"]["id"] for one in grants] == [str(child)] * seen, year
            (broken,) = (await api.get("/v1/access/break-glass")).json()["items"]
            assert (broken["sealed"], broken["reason"]) == (not seen, WHY if seen else None), year
            assert (broken["child"] is not None) is seen, year


class TestBreakGlass:
    async def test_opens_a_sealed_concern_for_a_short_time(
        self, world: World, school: School
    ) -> None:
        concern, _ = await a_sealed_one(world, school)
        pastoral = school.api(Role.PASTORAL)
        body = {"concern_id": concern, "reason": WHY, "minutes": 10}
        made = await pastoral.post("/v1/access/break-glass", body)
        assert made.status_code == 201, made.text
        seen = await pastoral.get(f"/v1/concerns/{concern}")
        assert seen.json()["seen_reason_code"] == "break_glass"
        with clock.shifted(timedelta(minutes=11)):
            assert (await pastoral.get(f"/v1/concerns/{concern}")).status_code == 404

    async def test_tells_every_other_lead_in_the_same_transaction(
        self, world: World, school: School
    ) -> None:
        concern, child = await a_sealed_one(world, school)
        second, related = await school.person(Role.DSL), await school.person(Role.DSL)
        said = {"child_id": str(child), "reason": "My godson."}
        await world.as_token(related.token).post("/v1/conflicts", said)
        made = await school.api(Role.PASTORAL).post(
            "/v1/access/break-glass", {"concern_id": concern, "reason": WHY}
        )
        assert told(world, school, "break_glass") == {school[Role.DSL].id, second.id}
        (card, *_) = (await school.lead.get("/v1/alerts")).json()["items"]
        assert card["about"] == pointer("break_glass", made.json()["id"])
        assert jobs(world, school) == 2
        assert made.json()["owner"]["id"] in {str(school[Role.DSL].id), str(second.id)}
        assert made.json()["due_at"]
        trail = world.sql(
            "select verb, reason, child_id from trail where noun_id = %s", made.json()["id"]
        )
        assert trail == [("break_glass.opened", WHY, child)]

    async def test_tells_the_head_where_there_is_no_other_lead(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        made = await school.lead.post(
            "/v1/access/break-glass", {"child_id": str(child), "reason": WHY}
        )
        assert made.status_code == 201, made.text
        assert told(world, school, "break_glass") == {school[Role.HEADTEACHER].id}
        head = school.api(Role.HEADTEACHER)
        rows = (await head.get("/v1/access/break-glass?state=unreviewed")).json()["items"]
        assert [(one["id"], one["state"]) for one in rows] == [(made.json()["id"], "unreviewed")]

    async def test_opens_a_child_outside_the_cohort(self, world: World, school: School) -> None:
        concern, child = await a_sealed_one(world, school, "K4")
        pastoral = school.api(Role.PASTORAL)
        refused = await pastoral.get(f"/v1/children/{child}")
        assert refused.json()["code"] == "outside_cohort"
        await pastoral.post("/v1/access/break-glass", {"child_id": str(child), "reason": WHY})
        assert (await pastoral.get(f"/v1/children/{child}")).status_code == 200
        assert (await pastoral.get(f"/v1/concerns/{concern}")).status_code == 200

    async def test_never_opens_against_a_conflict(self, world: World, school: School) -> None:
        concern, child = await a_sealed_one(world, school)
        other, _ = await a_sealed_one(world, school)
        pastoral = school.api(Role.PASTORAL)
        await pastoral.post("/v1/conflicts", {"child_id": str(child), "reason": "My niece."})
        await school.lead.post(
            f"/v1/concerns/{other}/named-staff", {"staff_id": str(school[Role.PASTORAL].id)}
        )
        for target, status in (
            ({"child_id": str(child)}, 403), ({"concern_id": concern}, 404),
            ({"concern_id": other}, 404),
        ):  # fmt: skip
            answer = await pastoral.post("/v1/access/break-glass", {**target, "reason": WHY})
            assert answer.status_code == status, target
        assert told(world, school, "break_glass") == set()

    async def test_needs_a_reason_and_a_short_time(self, world: World, school: School) -> None:
        child = str(await school.child())
        short = await school.lead.post(
            "/v1/access/break-glass", {"child_id": child, "reason": "urgent"}
        )
        assert short.status_code == 422
        assert "20 characters" in short.text
        long = await school.lead.post(
            "/v1/access/break-glass", {"child_id": child, "reason": WHY, "minutes": 61}
        )
        assert long.json()["code"] == "break_glass_too_long"

    async def test_finds_no_record_of_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        concern, child = await a_sealed_one(world, other_school)
        for target in ({"child_id": str(child)}, {"concern_id": concern}):
            body = {**target, "reason": WHY}
            assert (await school.lead.post("/v1/access/break-glass", body)).status_code == 404

    async def test_asks_for_a_recent_proof(self, world: World, school: School) -> None:
        world.sql(
            "update auth_session set auth_time = now() - interval '1 hour' where id = %s",
            school[Role.DSL].session_id,
        )
        body = {"child_id": str(await school.child()), "reason": WHY}
        answer = await school.lead.post("/v1/access/break-glass", body)
        assert answer.json()["code"] == "step_up_needed"


class TestReviewBreakGlass:
    async def broken(self, school: School, **fields: Any) -> str:
        body = {"child_id": str(await school.child()), "reason": WHY, **fields}
        made = await school.api(Role.PASTORAL).post("/v1/access/break-glass", body)
        assert made.status_code == 201, made.text
        return f"/v1/access/break-glass/{made.json()['id']}"

    async def test_takes_it_off_the_list(self, world: World, school: School) -> None:
        path = await self.broken(school)
        body = {"outcome": "justified", "note": "He was found at his aunt's."}
        answer = await school.lead.post(f"{path}/review", body, version=1)
        assert answer.status_code == 200, answer.text
        assert answer.json()["outcome"] == "justified"
        waiting = await school.lead.get("/v1/access/break-glass?state=unreviewed")
        assert waiting.json()["items"] == []
        done = await school.lead.get("/v1/access/break-glass?state=reviewed")
        assert len(done.json()["items"]) == 1
        again = await school.lead.post(f"{path}/review", body, version=2)
        assert again.json()["code"] == "state_conflict"
        verbs = world.sql(
            "select verb from trail where noun_id = %s order by seq", path.rpartition("/")[2]
        )
        assert verbs == [("break_glass.opened",), ("break_glass.reviewed",)]

    async def test_is_never_for_the_breaker(self, school: School) -> None:
        made = await school.lead.post(
            "/v1/access/break-glass", {"child_id": str(await school.child()), "reason": WHY}
        )
        path = f"/v1/access/break-glass/{made.json()['id']}/review"
        answer = await school.lead.post(path, {"outcome": "justified", "note": "Mine."}, version=1)
        assert answer.json()["code"] == "second_person_needed"

    async def test_is_never_for_somebody_in_conflict(self, school: School) -> None:
        path = await self.broken(school)
        child = (await school.lead.get(path)).json()["child"]["id"]
        head = school.api(Role.HEADTEACHER)
        await head.post("/v1/conflicts", {"child_id": child, "reason": "My son."})
        body = {"outcome": "justified", "note": "x"}
        answer = await head.post(f"{path}/review", body, version=1)
        assert answer.status_code == 404
        assert (await head.get("/v1/access/break-glass")).json()["items"] == []

    async def test_can_be_closed_early(self, school: School) -> None:
        path = await self.broken(school)
        assert (await school.staff.post(f"{path}/end", version=1)).status_code == 404
        closed = await school.api(Role.PASTORAL).post(f"{path}/end", version=1)
        assert closed.json()["live"] is False
        child = (await school.lead.get(path)).json()["child"]["id"]
        answer = await school.api(Role.PASTORAL).get(f"/v1/children/{child}")
        assert answer.json()["code"] == "outside_cohort"


class TestTwice:
    async def test_refuses_a_grant_that_repeats_a_live_one(self, school: School) -> None:
        body = {
            "staff_id": str(school[Role.STAFF].id), "child_id": str(await school.child()),
            "classes": ["K2", "K3"], "reason": WHY, "valid_to": soon(days=3),
        }  # fmt: skip
        assert (await school.lead.post("/v1/access/grants", body)).status_code == 201
        again = await school.lead.post("/v1/access/grants", {**body, "classes": ["K3", "K2"]})
        assert (again.status_code, again.json()["code"]) == (409, "already_granted")
        more = await school.lead.post("/v1/access/grants", {**body, "classes": ["K4"]})
        assert more.status_code == 201, more.text

    async def test_breaks_no_glass_over_what_one_reads(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = {"concern_id": concern, "reason": WHY}
        answer = await school.api(Role.DEPUTY_DSL).post("/v1/access/break-glass", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "already_readable")


class TestSealed:
    async def test_shows_a_reviewer_nothing_of_a_record_they_may_not_open(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        await classify(world, concern, "K5")
        made = await school.api(Role.DEPUTY_DSL).post(
            "/v1/access/break-glass", {"concern_id": concern, "reason": WHY}
        )
        assert made.status_code == 201, made.text
        head = school.api(Role.HEADTEACHER)
        (one,) = (await head.get("/v1/access/break-glass")).json()["items"]
        assert (one["sealed"], one["concern"], one["reason"]) == (True, None, None)
        assert one["person"]["id"] == str(school[Role.DEPUTY_DSL].id)
        path = f"/v1/access/break-glass/{one['id']}/review"
        review = {"outcome": "justified", "note": "Yes."}
        refused = await head.post(path, review, version=1)
        assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
        (one,) = (await school.lead.get("/v1/access/break-glass")).json()["items"]
        assert (one["sealed"], one["concern"]["id"]) == (False, concern)
        assert (await school.lead.post(path, review, version=1)).status_code == 200
