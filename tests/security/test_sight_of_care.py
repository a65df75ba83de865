"""Who learns nothing of what is done for a pupil: whom it names, whoever is close, and the sealed.

Every way that leads to the same thing is tried: lists, single ones, the support list, events.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.exchange.test_events_changes import now_of, since
from tests.api.linking import a_child_group, a_linkable, look_through
from tests.api.record.test_concerns import a_triage, step
from tests.api.record.test_incomplete_reports import half
from tests.api.records import a_contact
from tests.api.sharing.test_sharing_exceptions import BARRED
from tests.bereavement import proposed
from tests.check_ins import MONDAY, a_plan, keep
from tests.jobs.climbing import fresh
from tests.world import School, World


def a_disclosure(child: UUID, named: UUID) -> dict[str, Any]:
    return {
        "children": [{"child_id": str(child)}],
        "account": [{"kind": "child_said", "text": "The deputy hurts me."}],
        "occurred_at": clock.now().isoformat(), "occurred_precision": "about",
        "source": "child_disclosure", "immediacy": "today", "categories": ["not_sure"],
        "self_harm": {"kind": "self_harm"}, "staff_named": [str(named)],
    }  # fmt: skip


async def put_on(school_lead: Any, child: UUID) -> str:
    until = (clock.now() + timedelta(days=30)).isoformat()
    body = {"child_id": str(child), "reason": "Bereaved.", "until": until}
    made = await school_lead.post("/v1/support-list", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def check_of(school: School, child: UUID, concern: str) -> str:
    path = f"/v1/children/{child}/records"
    made = await school.lead.post(path, {"kind": "safety_check", "concern_id": concern})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def seal(school: School, concern: str) -> None:
    command = a_triage(school[Role.DSL].id, confidentiality="K5", level=1)
    done = await step(school.lead, concern, "triage", command)
    assert done.status_code == 200, done.text


class TestWhomATaskIsBarredFrom:
    async def test_a_named_lead_neither_sees_nor_gives_away_nor_hears_of_it(
        self, world: World, school: School
    ) -> None:
        api = school.api(Role.DEPUTY_DSL)
        cursor = await now_of(api)
        before = (await api.get("/v1/overview")).json()
        named = half(staff_named=[str(school[Role.DEPUTY_DSL].id)])
        answer = await school.staff.post("/v1/concerns", named)
        saved = answer.json()["saved_as"]
        ((task, version),) = world.sql("select id, version from task where about_id = %s", saved)
        assert saved not in (await api.get("/v1/tasks")).text
        assert (await api.get(f"/v1/tasks/{task}")).status_code == 404
        to = {"owner_id": str(school[Role.HEADTEACHER].id)}
        given = await api.post(f"/v1/tasks/{task}/assign", to, version=version)
        assert given.status_code == 404
        assert (await api.get(f"/v1/incomplete-reports/{saved}")).status_code == 404
        assert not [one for one in await since(api, cursor) if "task" in str(one)]
        after = (await api.get("/v1/overview")).json()
        assert {**before, "at": 0} == {**after, "at": 0}
        assert str(task) in (await school.lead.get("/v1/tasks")).text

    async def test_who_proposed_sees_what_another_has_to_decide(
        self, world: World, school: School
    ) -> None:
        case = await proposed(school, await school.child())
        rows = world.sql(
            "select id, owner_id, barred from task where school_id = %s and about_id = %s",
            school.id, case["id"],
        )  # fmt: skip
        ((task, owner, barred),) = rows
        assert barred == [school[Role.DEPUTY_DSL].id]
        assert owner not in barred
        api = school.api(Role.DEPUTY_DSL)
        assert str(task) in (await api.get("/v1/tasks")).text
        assert (await api.get(f"/v1/tasks/{task}")).status_code == 200


class TestAReportInAnyShape:
    @pytest.mark.parametrize("shape", ["text", "rows", "padded", "other_name", "within", "compact"])
    async def test_whom_it_names_does_not_get_it(
        self, world: World, school: School, shape: str
    ) -> None:
        lead = str(school[Role.DSL].id)
        shapes: dict[str, dict[str, Any]] = {
            "text": {"staff_named": lead},
            "rows": {"staff_named": [{"id": lead}]},
            "padded": {"staff_named": [str(uuid4()) for _ in range(60)] + [lead]},
            "other_name": {"staffNamed": [lead]},
            "within": {"account": f"It was staff {lead}, she says."},
            "compact": {"staff_named": {"staff_id": lead.replace("-", "").upper()}},
        }
        fields = shapes[shape]
        answer = await school.staff.post("/v1/concerns", half(**fields))
        saved = answer.json()["saved_as"]
        ((owner,),) = world.sql("select owner_id from task where about_id = %s", saved)
        assert str(owner) != lead
        assert (await school.lead.get(f"/v1/incomplete-reports/{saved}")).status_code == 404

    @pytest.mark.parametrize("shape", ["text", "rows", "alone"])
    async def test_who_is_close_to_the_child_does_not_get_it(
        self, world: World, school: School, shape: str
    ) -> None:
        child = await school.child()
        said = {"child_id": str(child), "reason": "My son."}
        assert (await school.lead.post("/v1/conflicts", said)).status_code == 201
        shapes: dict[str, dict[str, Any]] = {
            "text": {"children": str(child)},
            "rows": {"children": [{"id": str(child)}]},
            "alone": {"child_id": str(child)},
        }
        fields = shapes[shape]
        saved = (await school.staff.post("/v1/concerns", half(**fields))).json()["saved_as"]
        ((owner,),) = world.sql("select owner_id from task where about_id = %s", saved)
        assert owner != school[Role.DSL].id
        assert (await school.lead.get(f"/v1/incomplete-reports/{saved}")).status_code == 404

    async def test_the_reporter_may_name_themselves(self, world: World, school: School) -> None:
        me = school[Role.STAFF].id
        answer = await school.staff.post("/v1/concerns", half(staff_named=[str(me)]))
        saved = answer.json()["saved_as"]
        ((barred,),) = world.sql("select barred from incomplete_report where id = %s", saved)
        assert me not in barred


class TestASealedConcern:
    async def test_its_open_tasks_go_with_it_to_who_reads_the_class(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_linkable(school, child)
        await check_of(school, child, concern)
        ((task,),) = world.sql(
            "update task set owner_id = %s where id = (select id from task where concern_id = %s"
            " and ended_at is null and confidentiality = 'K3' order by id limit 1) returning id",
            school[Role.DEPUTY_DSL].id, concern,
        )  # fmt: skip
        await seal(school, concern)
        rows = world.sql(
            "select id, confidentiality, owner_id from task where concern_id = %s"
            " and ended_at is null and confidentiality <> 'anyone'", concern,
        )  # fmt: skip
        assert {row[1] for row in rows} == {"K5"}
        assert {row[2] for row in rows} == {school[Role.DSL].id}
        assert task in {row[0] for row in rows}

    async def test_whoever_does_not_read_it_finds_it_nowhere(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_linkable(school, child)
        record = await check_of(school, child, concern)
        api = school.api(Role.DEPUTY_DSL)
        assert str(child) in (await api.get("/v1/support-list")).text
        await seal(school, concern)
        cursor, of_lead = await now_of(api), await now_of(school.lead)
        amend = f"/v1/children/{child}/records/{record}/amend"
        amended = await school.lead.post(
            amend, {"kind": "safety_check", "reason": "More is known."}
        )
        assert amended.json()["confidentiality"] == "K5"
        for path in ("/v1/support-list", "/v1/support-list/hand-over", "/v1/tasks"):
            assert str(child) not in (await api.get(path)).text, path
        assert await since(api, cursor) == []
        assert await since(school.lead, of_lead)
        assert str(child) in (await school.lead.get("/v1/support-list")).text

    async def test_its_entry_can_not_be_changed_by_who_must_not_know(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_linkable(school, child)
        await seal(school, concern)
        ((entry, version),) = world.sql(
            "select id, version from support_list_entry where source_id = %s", concern
        )
        path = f"/v1/support-list/{entry}/end"
        api = school.api(Role.DEPUTY_DSL)
        assert (await api.post(path, {"reason": "x"}, version=version)).status_code == 404


class TestALeadWhoIsNamed:
    async def test_is_not_told_of_what_is_overdue_for_the_child(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            child, deputy = await school.child(), school[Role.DEPUTY_DSL]
            await put_on(fresh(world, school[Role.DSL]), child)
            staff = fresh(world, school[Role.STAFF])
            raised = await staff.post("/v1/concerns", a_disclosure(child, deputy.id))
            assert raised.status_code == 201, raised.text
        with clock.frozen(MONDAY + timedelta(days=7)):
            rows = (await fresh(world, deputy).get("/v1/support-list")).json()["items"]
            assert [row["overdue"] for row in rows] == [[]]
            rows = (await fresh(world, school[Role.DSL]).get("/v1/support-list")).json()["items"]
            assert rows[0]["overdue"]

    async def test_sees_no_check_in_of_the_plan_that_was_made_for_it(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            child, deputy = await school.child(), school[Role.DEPUTY_DSL]
            staff = fresh(world, school[Role.STAFF])
            raised = await staff.post("/v1/concerns", a_disclosure(child, deputy.id))
            await a_plan(school, child, concern_id=raised.json()["id"])
            await keep(world, school)
            lead, api = fresh(world, school[Role.DSL]), fresh(world, deputy)
            found = (await lead.get("/v1/check-ins")).json()["items"]
            assert found
            assert (await api.get("/v1/check-ins")).json()["items"] == []
            assert (await api.get("/v1/support-list")).json()["items"] == []
            assert (await api.get(f"/v1/check-ins/{found[0]['id']}")).status_code == 404
            assert (await api.get("/v1/support-list/hand-over")).json()["items"] == []


class TestEvents:
    async def test_of_linked_concerns_are_for_who_may_read_every_row(
        self, world: World, school: School
    ) -> None:
        api, head = school.api(Role.DEPUTY_DSL), school.api(Role.HEADTEACHER)
        cursor, of_head = await now_of(api), await now_of(head)
        children = [await school.child("Alex", "Reed"), await school.child("Robin", "Dale")]
        await a_child_group(school, "friend", *children, confirm=True)
        said = {"child_id": str(children[0]), "reason": "My niece."}
        assert (await api.post("/v1/conflicts", said)).status_code == 201
        for child in children:
            await a_linkable(school, child)
        assert await look_through(world, school) == 1
        ((task,),) = world.sql(
            "select id from task where school_id = %s and kind = 'linked_concerns'", school.id
        )
        assert str(task) not in str(await since(api, cursor))
        assert str(task) in str(await since(head, of_head))

    async def test_of_records_and_tasks_follow_the_concern_behind_them(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            child, deputy = await school.child(), school[Role.DEPUTY_DSL]
            staff, lead = fresh(world, school[Role.STAFF]), fresh(world, school[Role.DSL])
            raised = await staff.post("/v1/concerns", a_disclosure(child, deputy.id))
            concern = raised.json()["id"]
            api = fresh(world, deputy)
            cursor, of_lead = await now_of(api), await now_of(lead)
            plan = await a_plan(school, child, concern_id=concern)
            ((task,),) = world.sql(
                "select id from task where about_id = %s and concern_id is null", plan["id"]
            )
            seen, whole = str(await since(api, cursor)), str(await since(lead, of_lead))
            assert (str(task) in whole, "record.kept" in whole) == (True, True)
            assert (str(task) in seen, "record.kept" in seen) == (False, False)
            assert (await api.get(f"/v1/tasks/{task}")).status_code == 404
            assert str(task) not in (await api.get("/v1/tasks")).text
            assert str(task) in (await lead.get("/v1/tasks")).text


class TestNotesOfHandOver:
    async def test_one_about_their_own_child_is_not_shown_to_a_lead(self, school: School) -> None:
        child = await school.child("Zebediah", "Quill")
        said = {"child_id": str(child), "reason": "Her son."}
        assert (await school.api(Role.DEPUTY_DSL).post("/v1/conflicts", said)).status_code == 201
        await put_on(school.lead, child)
        note = {"to_id": str(school[Role.HEADTEACHER].id), "note": "Zebediah: see him at 9."}
        path = "/v1/support-list/hand-over"
        assert (await school.lead.post(path, note)).status_code == 201
        assert "Zebediah" not in (await school.api(Role.DEPUTY_DSL).get(path)).text
        for role in (Role.DSL, Role.HEADTEACHER):
            assert "Zebediah" in (await school.api(role).get(path)).text

    async def test_others_are_shown(self, school: School) -> None:
        child = await school.child()
        await put_on(school.lead, child)
        note = {"to_id": str(school[Role.HEADTEACHER].id), "note": "All is said."}
        assert (await school.lead.post("/v1/support-list/hand-over", note)).status_code == 201
        seen = await school.api(Role.DEPUTY_DSL).get("/v1/support-list/hand-over")
        assert [one["note"] for one in seen.json()["notes"]] == ["All is said."]


class TestWhatAnswersTell:
    async def test_nothing_of_a_pathway_to_who_keeps_contacts(
        self, world: World, school: School
    ) -> None:
        keeps = ["child:change", "child:safeguard", "child:open"]
        await world.a_role(school.id, "contacts", keeps, classes=[], cohort_classes=[])
        person = await world.a_person(school.id, Role.CUSTOM, defined="contacts")
        api, answers = world.as_token(person.token), []
        for is_open in (False, True):
            child = await school.child()
            contact = await a_contact(world, school, child, kind="father", **BARRED)
            if is_open:
                await a_linkable(school, child)
            path = f"/v1/children/{child}/contacts/{contact}"
            answer = await api.patch(path, {"may_be_told": None}, version=1)
            answers.append((answer.status_code, answer.json().get("code")))
        assert answers == [(403, "telling_blocked"), (403, "telling_blocked")]

    async def test_an_administrator_is_told_how_much_is_left_and_not_what(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            await a_plan(school)
            person = school[Role.STAFF]
            ((membership,),) = world.sql(
                "select id from membership where school_id = %s and staff_id = %s",
                school.id, person.id,
            )  # fmt: skip
            api = fresh(world, school[Role.SCHOOL_ADMIN])
            path = f"/v1/staff/{person.id}/memberships/{membership}/end"
            refused = await api.post(path, {}, version=1)
            assert refused.json()["code"] == "work_would_be_orphaned"
            counts = {name for name in refused.json() if name.startswith("open_")}
            assert counts == {"open_work"}
