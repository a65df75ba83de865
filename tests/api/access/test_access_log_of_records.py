"""What the access log, the trail and notices tell of records kept for a sealed concern."""

from typing import Any
from uuid import UUID

import pytest

from app.core.verbs import LOOKS, AuditEvent
from app.core.words import Role
from app.domain.access.reading_notices import rules
from tests.api.access.test_access_log import log_of
from tests.api.access.test_grants import granted
from tests.api.access.test_reading_notices import notices, scan
from tests.api.adults.test_moved_concerns import move_it
from tests.api.leaving_files import approve, drafted
from tests.api.pathways import a_pathway
from tests.api.planning import begun, in_use, step
from tests.api.record.test_incomplete_reports import half
from tests.api.records import a_concern, a_contact, a_share, classify
from tests.world import Api, School, World

LISTED = {"child.added", "record.listed", "plan.listed", "access_log.read"}
"""What says nothing of what a child's file holds."""


async def a_file(world: World, school: School, child: UUID) -> dict[str, str]:
    """Everything that hangs on a sealed concern, opened once by the lead: ids by noun."""
    concern = await a_pathway(world, school, child)
    await classify(world, concern, "K5")
    plan = str((await begun(school, child, concern_id=concern))["id"])
    for verb in ("agree", "use"):
        assert (await step(school.lead, plan, verb)).status_code == 200
    copied = await step(school.lead, plan, "holders", {"kind": "family", "copy_kind": "paper"})
    body = {"concern_id": concern, "what": "Look again.", "due_at": "2027-01-10T09:00:00Z"}
    review = await school.lead.post("/v1/reviews", body)
    assert (copied.status_code, review.status_code) == (200, 201), (copied.text, review.text)
    await school.lead.get(f"/v1/reviews/{review.json()['id']}")
    await school.lead.get(f"/v1/children/{child}/safety-plans")
    await school.lead.get(f"/v1/children/{child}/records?kind=support_note")
    (task,) = world.sql(
        "select id::text from task where school_id = %s and kind = 'sh_check'", school.id
    )
    assert (await school.lead.get(f"/v1/tasks/{task[0]}")).status_code == 200
    (record,) = world.sql("select id::text from safety_record where school_id = %s", school.id)
    contact = await a_contact(world, school, child)
    drafted = await school.lead.post(
        "/v1/shares",
        a_share(
            child, {"via": "contact", "contact_id": contact},
            items=[{"kind": "record", "id": record[0], "reason": "Home has to know."}],
        ),
    )  # fmt: skip
    assert drafted.status_code == 201, drafted.text
    await school.lead.get(f"/v1/shares/{drafted.json()['id']}")
    return {
        "concern": concern, "plan": plan, "task": task[0], "record": record[0],
        "share": str(drafted.json()["id"]), "review": str(review.json()["id"]),
    }  # fmt: skip


class TestTheAccessLog:
    async def test_tells_nobody_of_what_a_sealed_concern_led_to(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        made = await a_file(world, school, child)
        told = await log_of(school, child, Role.HEADTEACHER)
        assert {one["verb"] for one in told} - {"contact.added"} <= LISTED, told
        whole = {one["about"]["id"] for one in await log_of(school, child, limit="200")}
        assert set(made.values()) <= whole, "who reads the class reads of all of it"

    async def test_tells_of_a_record_with_a_class_of_its_own_by_that_class(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        assert plan in {one["about"]["id"] for one in await log_of(school, child, Role.HEADTEACHER)}
        world.sql("update safety_plan set confidentiality = 'K5' where id = %s", plan)
        assert plan not in {
            one["about"]["id"] for one in await log_of(school, child, Role.HEADTEACHER)
        }
        await granted(school, school[Role.HEADTEACHER], child_id=str(child), classes=["K5"])
        assert plan in {one["about"]["id"] for one in await log_of(school, child, Role.HEADTEACHER)}

    async def test_tells_nobody_of_a_task_that_is_kept_from_them(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_pathway(world, school, child)
        head = str(school[Role.HEADTEACHER].id)
        seen = [one["verb"] for one in await log_of(school, child, Role.HEADTEACHER)]
        assert seen.count("task.set") == 2
        world.sql(
            "update task set barred = array[%s::uuid] where school_id = %s and kind = 'sh_check'",
            head, school.id,
        )  # fmt: skip
        seen = [one["verb"] for one in await log_of(school, child, Role.HEADTEACHER)]
        assert seen.count("task.set") == 1

    async def test_calls_a_look_a_look(self, world: World, school: School) -> None:
        child = await school.child()
        await a_file(world, school, child)
        looks = await log_of(school, child, kind="look", limit="200")
        changes = await log_of(school, child, kind="change", limit="200")
        assert {one["verb"] for one in looks} == {
            "plan.opened", "plan.listed", "record.listed", "review.opened", "share.opened",
            "task.opened",
        }  # fmt: skip
        assert not {one["verb"] for one in changes} & set(LOOKS)
        assert {one["kind"] for one in looks} == {"look"}


class TestLooks:
    def test_are_all_the_verbs_that_only_look(self) -> None:
        endings = (".opened", ".read", ".listed", "_opened", ".searched", ".explained", "_by_adult")
        named = {did for did in AuditEvent if did.value.endswith(endings)} - {
            AuditEvent.GLASS_BROKEN
        }
        assert named == set(LOOKS)


class TestTheTrail:
    async def test_tells_whom_a_concern_names_nothing_of_what_it_led_to(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        made = await a_file(world, school, child)
        before = await school.lead.get("/v1/audit", params={"limit": "200"})
        assert set(made.values()) <= {one["about"]["id"] for one in before.json()["items"]}
        lead = str(school[Role.DSL].id)
        other = await school.person(Role.DSL)
        named = await world.as_token(other.token).post(
            f"/v1/concerns/{made['concern']}/named-staff", {"staff_id": lead}
        )
        assert named.status_code in (200, 201), named.text
        found: list[dict[str, Any]] = []
        params: dict[str, str] = {"limit": "200"}
        while True:
            page = (await school.lead.get("/v1/audit", params=params)).json()
            found += page["items"]
            if page["next"] is None:
                break
            params["cursor"] = page["next"]
        told = {one["about"]["id"] for one in found if one["about"]} | {
            value for one in found for value in one["details"].values() if isinstance(value, str)
        }
        assert not told & set(made.values())
        assert not {one["about"]["kind"] for one in found if one["about"]} & {
            "safety_plan", "safety_plan_holder", "support_list_entry", "record", "review", "task",
        }  # fmt: skip

    async def test_tells_whom_a_concern_names_of_no_decision_to_share_it(
        self, world: World, school: School
    ) -> None:
        made = await drafted(world, school)
        assert (await approve(school, made)).json()["state"] == "approved"
        ((decision,),) = world.sql("select decision_id::text from share where id = %s", made.share)
        log = await log_of(school, made.child, Role.HEADTEACHER)
        assert decision in {one["about"]["id"] for one in log}
        named = {"staff_id": str(school[Role.HEADTEACHER].id)}
        answer = await school.lead.post(f"/v1/concerns/{made.concern}/named-staff", named)
        assert answer.status_code in (200, 201), answer.text
        log = await log_of(school, made.child, Role.HEADTEACHER)
        assert not {decision, made.share, made.concern} & {one["about"]["id"] for one in log}

    async def test_tells_whom_an_incomplete_report_names_nothing_of_it(
        self, world: World, school: School
    ) -> None:
        lead = school[Role.DSL].id
        sent = await school.staff.post("/v1/concerns", half(staff_named=[str(lead)]))
        saved = sent.json()["saved_as"]
        ((task, owner),) = world.sql("select id, owner_id from task where about_id = %s", saved)
        assert owner != lead
        rows = world.sql("select id from alert where thing_id = %s", task)
        about = {saved, str(task), *(str(id_) for (id_,) in rows)}
        assert len(about) == 3
        other = world.as_token((await school.person(Role.DSL)).token)
        seen = (await other.get("/v1/audit", params={"limit": "200"})).json()["items"]
        assert about <= {one["about"]["id"] for one in seen}
        told = await school.lead.get("/v1/audit", params={"limit": "200"})
        assert not [id_ for id_ in about if id_ in told.text]
        entry = next(one["id"] for one in seen if one["about"]["id"] == saved)
        assert (await school.lead.get(f"/v1/audit/{entry}")).status_code == 404

    async def test_tells_whom_a_concern_names_of_no_alert_about_what_it_led_to(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        other = world.as_token((await school.person(Role.DSL)).token)
        lead = str(school[Role.DSL].id)
        named = {"staff_id": lead}
        answer = await other.post(f"/v1/concerns/{concern}/named-staff", named)
        assert answer.status_code in (200, 201), answer.text
        rows = world.sql(
            "select a.id from alert a join task t on t.school_id = a.school_id"
            " and t.id = a.thing_id where t.concern_id = %s and a.concern_id is null", concern,
        )  # fmt: skip
        alerts = {str(id_) for (id_,) in rows}
        assert alerts
        seen = await other.get("/v1/audit", params={"about_kind": "alert", "limit": "200"})
        assert alerts <= {one["about"]["id"] for one in seen.json()["items"]}
        told = await school.lead.get("/v1/audit", params={"about_kind": "alert", "limit": "200"})
        assert not alerts & {one["about"]["id"] for one in told.json()["items"]}


class TestWhatIsMadeOfASealedRecord:
    async def test_stands_in_nobodys_day_or_chronology_who_does_not_read_it(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        made = await a_file(world, school, child)
        head = school.api(Role.HEADTEACHER)

        async def of_a_day(api: Api) -> str:
            return (await api.get("/v1/overview", params={"mine": "false"})).text

        async def of_the_child(api: Api) -> str:
            return (await api.get(f"/v1/children/{child}/chronology")).text

        assert made["share"] in await of_a_day(school.lead)
        assert made["share"] not in await of_a_day(head)
        approved = await school.lead.post(
            f"/v1/shares/{made['share']}/approve",
            {"reason": "Home has to know."}, version=1,
        )  # fmt: skip
        assert approved.status_code == 200, approved.text
        assert made["share"] in await of_the_child(school.lead)
        assert made["share"] not in await of_the_child(head)

    async def test_is_kept_from_whom_its_concern_names(self, world: World, school: School) -> None:
        child = await school.child()
        made = await a_file(world, school, child)
        lead = await school.person(Role.DSL)
        other = world.as_token(lead.token)
        assert made["share"] in (await other.get("/v1/overview?mine=false")).text
        named = await school.lead.post(
            f"/v1/concerns/{made['concern']}/named-staff", {"staff_id": str(lead.id)}
        )
        assert named.status_code in (200, 201), named.text
        assert made["share"] not in (await other.get("/v1/overview?mine=false")).text
        assert made["share"] not in (await other.get("/v1/shares")).text

    async def test_goes_to_another_owner_where_its_concern_names_this_one(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        made = await a_file(world, school, child)
        owner = "select owner_id from share where id = %s"
        assert world.sql(owner, made["share"]) == [(school[Role.DSL].id,)]
        other = await school.person(Role.DSL)
        named = await world.as_token(other.token).post(
            f"/v1/concerns/{made['concern']}/named-staff", {"staff_id": str(school[Role.DSL].id)}
        )
        assert named.status_code in (200, 201), named.text
        assert world.sql(owner, made["share"]) == [(other.id,)]


class TestNotices:
    @pytest.mark.parametrize(
        "path",
        ["/v1/children/{child}/safety-plans", "/v1/safety-plans/{plan}",
         "/v1/children/{child}/records", "/v1/children/{child}/contacts"],
    )  # fmt: skip
    async def test_are_about_every_way_into_a_file(
        self, world: World, school: School, path: str
    ) -> None:
        child = await school.child("Quiet")
        plan = await in_use(school, child)
        await forget(world, school, plan)
        deputy = school.api(Role.DEPUTY_DSL)
        answer = await deputy.get(path.format(child=child, plan=plan))
        assert answer.status_code == 200, answer.text
        assert await scan(world, school) == 1
        (one,) = await notices(school, Role.DSL)
        assert (one["rule"], one["child"]["id"]) == ("no_working_reason", str(child))
        assert one["reader"]["id"] == str(school[Role.DEPUTY_DSL].id)

    async def test_let_be_who_has_something_to_do_for_the_child(
        self, world: World, school: School
    ) -> None:
        """Whoever owns a task, a check-in, a review or a plan, and whom the support list is for."""
        deputy = school[Role.DEPUTY_DSL]
        for reason in ("task", "review", "plan", "support_list"):
            child = await school.child(f"Known by {reason}")
            plan = await in_use(school, child)
            if reason != "support_list":
                await forget(world, school, plan)
            if reason == "plan":
                world.sql("update safety_plan set lead_id = %s where id = %s", deputy.id, plan)
            if reason == "task":
                world.sql(
                    "update task set owner_id = %s, cover_id = null where child_id = %s",
                    deputy.id, child,
                )  # fmt: skip
            if reason == "review":
                body = {
                    "child_id": str(child), "what": "Look again.", "confidentiality": "K3",
                    "due_at": "2027-01-10T09:00:00Z", "owner_id": str(deputy.id),
                }  # fmt: skip
                assert (await school.lead.post("/v1/reviews", body)).status_code == 201
            await school.api(Role.DEPUTY_DSL).get(f"/v1/safety-plans/{plan}")
            await scan(world, school)
            assert [one for one in await notices(school, Role.DSL)
                    if one["reader"]["id"] == str(deputy.id)] == [], reason  # fmt: skip

    async def test_name_nothing_sealed_to_who_does_not_read_the_class(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        plan = str((await begun(school, child))["id"])
        await forget(world, school, plan)
        await school.api(Role.DEPUTY_DSL).get(f"/v1/safety-plans/{plan}")
        await scan(world, school)
        (notice,) = [one for one in await notices(school, Role.DSL)
                     if one["reader"]["id"] == str(school[Role.DEPUTY_DSL].id)]  # fmt: skip
        path = f"/v1/access/notices/{notice['id']}"
        head = school.api(Role.HEADTEACHER)
        assert [one["verb"] for one in (await head.get(path)).json()["entries"]] == ["plan.opened"]
        world.sql("update safety_plan set confidentiality = 'K5' where id = %s", plan)
        assert (await head.get(path)).json()["entries"] == []
        assert len((await school.lead.get(path)).json()["entries"]) == 1
        await granted(school, school[Role.HEADTEACHER], child_id=str(child), classes=["K5"])
        assert len((await head.get(path)).json()["entries"]) == 1, "as the access log does"

    async def test_name_no_task_that_is_kept_from_its_reader(
        self, world: World, school: School
    ) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        await a_pathway(world, school, child)
        await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{await school.child('Quiet')}")
        await scan(world, school)
        (notice,) = await notices(school, Role.DSL)
        ((task,),) = world.sql(
            "select id from task where school_id = %s and kind = 'sh_check'", school.id
        )
        assert (await school.api(Role.DEPUTY_DSL).get(f"/v1/tasks/{task}")).status_code == 200
        world.sql(
            "update reading_notice set entries = entries || array(select id from trail"
            " where noun_id = %s and actor_id = %s) where id = %s", task, deputy.id, notice["id"],
        )  # fmt: skip
        path, head = f"/v1/access/notices/{notice['id']}", school.api(Role.HEADTEACHER)
        assert len((await head.get(path)).json()["entries"]) == 2
        barred = "update task set barred = array[%s::uuid] where id = %s"
        world.sql(barred, school[Role.HEADTEACHER].id, task)
        assert [one["verb"] for one in (await head.get(path)).json()["entries"]] == ["child.opened"]

    @pytest.mark.parametrize("since", ["K5", "moved", "named"])
    async def test_name_no_concern_that_is_kept_from_its_reader(
        self, world: World, school: School, since: str
    ) -> None:
        child, deputy = await school.child(), school.api(Role.DEPUTY_DSL)
        await deputy.get(f"/v1/children/{child}/contacts")
        await scan(world, school)
        (notice,) = await notices(school, Role.DSL)
        concern = await a_concern(school, child)
        await classify(world, concern, "K3")
        assert (await deputy.get(f"/v1/concerns/{concern}")).status_code == 200
        world.sql(
            "update reading_notice set entries = entries || array(select id from trail"
            " where noun_id = %s and verb = 'concern.opened') where id = %s", concern, notice["id"],
        )  # fmt: skip
        path, head = f"/v1/access/notices/{notice['id']}", school.api(Role.HEADTEACHER)

        async def verbs(api: Api) -> list[str]:
            return [one["verb"] for one in (await api.get(path)).json()["entries"]]

        assert await verbs(head) == ["child.opened", "concern.opened"]
        if since == "named":
            named = {"staff_id": str(school[Role.HEADTEACHER].id)}
            answer = await school.lead.post(f"/v1/concerns/{concern}/named-staff", named)
            assert answer.status_code == 201, answer.text
        elif since == "moved":
            assert (await move_it(school, concern)).status_code == 200
        else:
            await classify(world, concern, since)
        assert await verbs(head) == ["child.opened"]
        assert "concern.opened" in await verbs(school.lead), "they own it"

    def test_count_every_look_at_a_file(self) -> None:
        assert {AuditEvent.PLAN_OPENED, AuditEvent.RECORD_OPENED, AuditEvent.SHARE_OPENED,
        AuditEvent.REFERRAL_OPENED,
                AuditEvent.TRANSFER_OPENED, AuditEvent.RECEIVED_RECORD_OPENED,
                AuditEvent.DOCUMENT_OPENED,
                AuditEvent.ATTACHMENT_OPENED,
                AuditEvent.CHILD_OPENED} <= set(rules.OPENED)  # fmt: skip
        assert set(rules.OPENED) < set(LOOKS)


async def forget(world: World, school: School, plan: str) -> None:
    """As if the plan had been begun long ago: the child is on no list because of it."""
    world.sql(
        "update support_list_entry set ended_at = put_at - interval '1 year', ended_by = put_by, "
        "end_reason = 'x' where school_id = %s and source_id = %s", school.id, plan,
    )  # fmt: skip
