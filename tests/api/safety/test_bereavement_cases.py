"""After a death: two people open, close and undo; a team reads the case; duties have owners."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.common.deadlines.rules import rule_book
from app.domain.safety.bereavement_cases import rules
from tests.api.record.test_concerns import a_triage, step
from tests.api.records import a_concern
from tests.bereavement import PATH, all_done, code_of, confirm, opened, proposed, tasks_of, the_case
from tests.deadlines import due_by
from tests.inconsistency import find_inconsistent
from tests.world import School, World


class TestTwoPeople:
    async def test_nothing_follows_until_another_confirms(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        case = await proposed(school, child)
        assert (case["state"], case["file_frozen_at"]) == ("proposed", None)
        assert [(one["duty"], one["owner"]["id"]) for one in case["duties"]] == [
            ("confirm", str(school[Role.DSL].id))
        ]
        same = await confirm(school.api(Role.DEPUTY_DSL), case["id"])
        assert code_of(same) == (403, "second_person_needed")
        assert world.sql("select 1 from frozen_file where child_id = %s", child) == []
        done = await confirm(school.api(Role.HEADTEACHER), case["id"])
        assert (done.status_code, done.json()["state"]) == (200, "open")
        assert done.json()["file_frozen_at"] is not None
        assert done.json()["decided_by"]["id"] == str(school[Role.HEADTEACHER].id)

    async def test_the_table_refuses_one_person_twice(self, world: World, school: School) -> None:
        case = await proposed(school, await school.child())
        with pytest.raises(Exception, match="ck_bereavement_case_two_people"):
            world.sql("update bereavement_case set decided_by = proposed_by where id = %s",
                      UUID(case["id"]))  # fmt: skip

    async def test_a_proposal_is_taken_back(self, world: World, school: School) -> None:
        child = await school.child()
        case = await proposed(school, child)
        body = {"reason": "It was another family."}
        path = f"{PATH}/{case['id']}/withdraw"
        answer = await school.api(Role.DEPUTY_DSL).post(path, body, version=1)
        assert answer.json()["state"] == "taken_back"
        assert [one["state"] for one in answer.json()["duties"]] == ["not_needed"]
        assert code_of(await confirm(school.lead, case["id"], 2)) == (409, "state_conflict")
        assert (await proposed(school, child))["state"] == "proposed", "it can be said again"

    async def test_there_is_one_case_for_a_child(self, school: School) -> None:
        child = await school.child()
        await proposed(school, child)
        body = {"person_died": "pupil", "child_id": str(child), "learned_from": "Phone."}
        assert code_of(await school.lead.post(PATH, body)) == (409, "bereavement_case_exists")

    async def test_closes_by_two(self, world: World, school: School) -> None:
        case = await opened(school, await school.child())
        await all_done(school, case["id"])
        path, body = f"{PATH}/{case['id']}/close", {"reason": "The year has turned."}
        asked = await school.lead.post(path, body, version=2)
        assert (asked.json()["state"], asked.json()["pending"]["kind"]) == ("open", "close")
        assert asked.json()["permissions"] == ["undo_bereavement_case"]
        head = (await school.api(Role.HEADTEACHER).get(f"{PATH}/{case['id']}")).json()
        assert head["permissions"] == ["close_bereavement_case", "undo_bereavement_case"]
        again = await school.lead.post(path, body, version=3)
        assert code_of(again) == (403, "second_person_needed")
        done = await school.api(Role.HEADTEACHER).post(path, body, version=3)
        assert (done.json()["state"], done.json()["pending"]) == ("closed", None)
        assert done.json()["file_frozen_at"] is not None, "the file stays as it stood"
        states = {
            one["state"] for one in done.json()["duties"] if one["kind"] == "bereavement_duty"
        }
        assert states == {"done", "not_needed"}

    async def test_stays_open_while_a_duty_is(self, world: World, school: School) -> None:
        case = await opened(school, await school.child())
        path, body = f"{PATH}/{case['id']}/close", {"reason": "The year has turned."}
        refused = await school.lead.post(path, body, version=2)
        assert code_of(refused) == (409, "bereavement_duties_open")
        assert "still open" in refused.json()["title"]
        await all_done(school, case["id"])
        await school.lead.post(path, body, version=2)
        duty = await school.lead.post(f"{PATH}/{case['id']}/duties", {"duty": "serious_incident"})
        assert duty.status_code == 201, duty.text
        again = await school.api(Role.HEADTEACHER).post(path, body, version=3)
        assert code_of(again) == (409, "bereavement_duties_open")
        async with world.work(school.id) as work:
            assert await find_inconsistent(await work.driver(), school.id) == []

    async def test_an_old_word_does_not_make_the_next_one_final(
        self, world: World, school: School
    ) -> None:
        case = await opened(school, await school.child())
        await all_done(school, case["id"])
        path, body = f"{PATH}/{case['id']}/close", {"reason": "The year has turned."}
        await school.lead.post(path, body, version=2)
        old = (clock.now() - timedelta(days=9)).isoformat()
        world.sql(
            "update bereavement_case set pending = jsonb_set(pending, '{at}', to_jsonb(%s::text))"
            " where id = %s", old, UUID(case["id"]),
        )  # fmt: skip
        renewed = await school.api(Role.HEADTEACHER).post(path, body, version=3)
        assert renewed.json()["state"] == "open"
        assert renewed.json()["pending"]["by"]["id"] == str(school[Role.HEADTEACHER].id)

    async def test_a_mistake_is_undone_by_two(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        case = await opened(school, child)
        version = (await school.lead.get(f"/v1/concerns/{concern}")).headers["etag"].strip('"')
        body = a_triage(school[Role.DSL].id)
        frozen = await school.lead.post(f"/v1/concerns/{concern}/triage", body, version=version)
        assert code_of(frozen) == (409, "file_frozen")
        path, why = f"{PATH}/{case['id']}/undo", {"reason": "Another child of that name."}
        await school.lead.post(path, why, version=2)
        assert code_of(await school.lead.post(path, why, version=3))[1] == "second_person_needed"
        assert (await the_case(school, case["id"]))["file_frozen_at"] is not None
        done = await school.api(Role.HEADTEACHER).post(path, why, version=3)
        assert (done.json()["state"], done.json()["file_frozen_at"]) == ("undone", None)
        assert {one["duty"] for one in done.json()["duties"] if one["state"] == "open"} == {
            "put_back"
        }
        goes_on = await step(school.lead, concern, "triage", body)
        assert goes_on.status_code == 200, goes_on.text
        async with world.work(school.id) as work:
            assert await find_inconsistent(await work.driver(), school.id) == []


class TestWhoReads:
    async def test_the_team_reads_the_case_and_no_record(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        case = await opened(school, child)
        teacher, path = school[Role.STAFF], f"{PATH}/{case['id']}"
        assert (await school.staff.get(path)).status_code == 404
        body = {"role": "pupils", "staff_id": str(teacher.id)}
        made = await school.lead.post(f"{path}/team", body)
        assert made.status_code == 201, made.text
        (member,) = made.json()["team"]
        assert (await school.staff.get(path)).status_code == 200
        assert (await school.staff.get(f"{path}/affected")).status_code == 200
        assert [one["id"] for one in (await school.staff.get(PATH)).json()["items"]] == [case["id"]]
        assert (await school.staff.get(f"/v1/children/{child}")).status_code == 403
        left = await school.staff.post(f"{path}/team/{member['id']}/leave", version=1)
        assert left.status_code == 200, left.text
        assert (await school.staff.get(path)).status_code == 404
        assert (await school.staff.get(PATH)).json()["items"] == []

    async def test_what_somebody_had_who_steps_out_is_anothers(
        self, world: World, school: School
    ) -> None:
        case = await opened(school, await school.child())
        path, teacher = f"{PATH}/{case['id']}", school[Role.STAFF]
        made = await school.lead.post(
            f"{path}/team", {"role": "pupils", "staff_id": str(teacher.id)}
        )
        body = {"duty": "serious_incident", "owner_id": str(teacher.id)}
        assert (await school.lead.post(f"{path}/duties", body)).status_code == 201
        member = made.json()["team"][0]["id"]
        await school.staff.post(f"{path}/team/{member}/leave", version=1)
        owners = {
            one["owner"]["id"]
            for one in (await the_case(school, case["id"]))["duties"]
            if one["duty"] == "serious_incident" and one["state"] == "open"
        }
        assert len(owners) == 1
        assert str(teacher.id) not in owners

    async def test_hides_it_from_others_and_from_a_relation(
        self, school: School, other_school: School
    ) -> None:
        child = await school.child()
        deputy = school[Role.DEPUTY_DSL]
        case = await opened(school, child)
        path = f"{PATH}/{case['id']}"
        for api in (
            school.staff, school.api(Role.PASTORAL), other_school.lead,
            other_school.api(Role.HEADTEACHER),
        ):  # fmt: skip
            assert (await api.get(path)).status_code == 404
            assert (await api.get(f"{path}/affected")).status_code == 404
        conflict = {"staff_id": str(deputy.id), "child_id": str(child), "reason": "Family."}
        assert (await school.lead.post("/v1/conflicts", conflict)).status_code == 201
        related = school.api(Role.DEPUTY_DSL)
        assert (await related.get(path)).status_code == 404
        assert (await related.get(PATH)).json()["items"] == []

    async def test_hides_its_duties_from_a_relation_and_passes_theirs_on(
        self, world: World, school: School
    ) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        case, other = await opened(school, child), await opened(school, await school.child())
        related = school.api(Role.DEPUTY_DSL)
        duty = next(one for one in await tasks_of(school, "") if one["about"]["id"] == case["id"])
        given = await school.lead.post(
            f"/v1/tasks/{duty['id']}/assign", {"owner_id": str(deputy.id)},
            version=world.version("task", duty["id"]),
        )  # fmt: skip
        assert given.status_code == 200, given.text
        said = {"child_id": str(child), "reason": "My niece."}
        assert (await related.post("/v1/conflicts", said)).status_code == 201
        listed = await tasks_of(school, "", Role.DEPUTY_DSL)
        assert {one["about"]["id"] for one in listed} == {other["id"]}
        assert (await related.get(f"/v1/tasks/{duty['id']}")).status_code == 404
        told = await related.get("/v1/changes", params={"since": "start", "limit": "200"})
        assert duty["id"] not in told.text
        assert world.sql("select owner_id from task where id = %s", duty["id"]) != [(deputy.id,)]
        assert await tasks_of(school, "", Role.DSL)

    async def test_shows_first_whom_the_authority_wants_called(
        self, world: World, school: School
    ) -> None:
        case = await opened(school, await school.child())
        assert case["first"] is None
        today = clock.now().date().isoformat()
        contacts = {
            "call_first": [{"name": "Emergency planning duty officer", "number": "01632 960100"}],
            "do_not_yet": ["Do not tell other schools yet."], "checked_on": today,
        }  # fmt: skip
        put = await school.lead.request(
            "PUT", "/v1/authority-contacts/westmere", json=contacts, version=0
        )
        assert put.status_code in (200, 201), put.text
        first = (await the_case(school, case["id"]))["first"]
        assert first["call_first"][0]["name"] == "Emergency planning duty officer"
        assert first["do_not_yet"] == ["Do not tell other schools yet."]


class TestDuties:
    async def test_each_has_its_own_limit_owner_and_source(
        self, world: World, school: School
    ) -> None:
        case = await opened(school, await school.child())
        found = {one["duty"]: one for one in case["duties"] if one["kind"] == "bereavement_duty"}
        assert set(found) == {
            "confirm", "first_call", "stop_elsewhere", "team_meets", "family_contact",
            "child_death_review", "joint_response", "community", "governors",
        }  # fmt: skip
        for code, one in found.items():
            rule = "bereavement.confirm" if code == "confirm" else rules.DUTIES[code].rule_id
            assert one["due_rule"] == rule
            assert rule_book()[rule][0].source
        hour = datetime.fromisoformat(found["stop_elsewhere"]["due_at"]) - clock.now()
        assert hour <= timedelta(hours=1)
        day = datetime.fromisoformat(found["child_death_review"]["due_at"]) - clock.now()
        assert timedelta(hours=23) < day <= timedelta(hours=24)

    async def test_are_the_teams(self, world: World, school: School) -> None:
        case = await opened(school, await school.child())
        teacher = await school.person(Role.STAFF)
        path = f"{PATH}/{case['id']}"
        body = {"role": "records", "staff_id": str(teacher.id)}
        await school.lead.post(f"{path}/team", body)
        due = (clock.now() + timedelta(days=4)).isoformat()
        asked = {"duty": "coroner_request", "due_at": due}
        made = await school.lead.post(f"{path}/duties", asked)
        (one,) = [one for one in made.json()["duties"] if one["duty"] == "coroner_request"]
        assert one["owner"]["id"] == str(teacher.id)
        without = await school.lead.post(f"{path}/duties", {"duty": "coroner_request"})
        assert code_of(without) == (422, "validation_failed")

    async def test_no_law_is_taken_for_anothers(self, world: World, school: School) -> None:
        world.sql("update organisation set nation = 'scotland' where id = %s", school.id)
        case = await opened(school, await school.child())
        found = {one["duty"] for one in case["duties"]}
        assert {"child_death_review", "joint_response"}.isdisjoint(found)
        assert "local_law" in found
        assert case["nation"] == "scotland"

    async def test_a_death_of_no_pupil_freezes_nothing(self, world: World, school: School) -> None:
        case = await opened(school, None, person_died="staff", person="Ms Roe")
        assert (case["child"], case["person"], case["file_frozen_at"]) == (None, "Ms Roe", None)
        found = {one["duty"] for one in case["duties"]}
        assert {"first_call", "community"} <= found
        assert {"child_death_review", "joint_response"}.isdisjoint(found)

    async def test_the_school_looks_back_after_six_weeks(
        self, world: World, school: School
    ) -> None:
        case = await opened(school, await school.child())
        (review,) = [one for one in case["duties"] if one["kind"] == "bereavement_review"]
        due = await due_by(world, school, "bereavement.learning", case["decided_at"])
        assert datetime.fromisoformat(review["due_at"]) == due
        assert timedelta(days=41) < due - clock.now() < timedelta(days=43)
