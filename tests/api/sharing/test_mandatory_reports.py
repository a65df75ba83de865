"""Reports that are a person's own duty in law: nobody else changes, sends or stops them."""

from typing import Any

import pytest

from app.core.moments import written
from app.core.words import AuditEvent, Role
from app.domain.common.owners.commands import settle_left
from app.domain.common.owners.queries import ownerless
from tests.api.records import a_concern, verbs_about
from tests.api.referring import alerts_of, due_rule, now, step
from tests.deadlines import due_by
from tests.world import Api, School, World

MINE = "/v1/mandatory-reports"


@pytest.fixture
async def case(school: School) -> tuple[str, str]:
    """A child, and a concern that the teacher raised."""
    child = await school.child("Amina", "Noor", address="1 High Street")
    account = [
        {"kind": "observed", "text": "She could not sit."},
        {"kind": "child_said", "text": "they cutted me"},
    ]
    return str(child), await a_concern(school, child, account=account)


async def drafted(school: School, case: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """A report that the teacher began."""
    body = {"child_id": case[0], "concern_id": case[1], "kind": "fgm_report"} | fields
    answer = await school.staff.post(MINE, body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def a_call(**fields: Any) -> dict[str, Any]:
    """The teacher phoned."""
    return {"route": "phoned", "at": now(), "to": "101", "agency_reference": "CR-1"} | fields


async def turn(api: Api, id_: str, verb: str, body: Any) -> Any:
    """Take a step with a report of one's own."""
    read = await api.get(f"{MINE}/{id_}")
    return await api.post(f"{MINE}/{id_}/{verb}", body, version=read.headers["etag"].strip('"'))


class TestEveryDuty:
    @pytest.mark.parametrize(
        ("kind", "rule"), [("fgm_report", "fgm.police"), ("csa_report", "mandatory.report")]
    )
    async def test_is_the_reporters_until_it_is_made_and_then_the_leads(
        self, world: World, school: School, case: tuple[str, str], kind: str, rule: str
    ) -> None:
        found = await drafted(school, case, kind=kind)
        assert (found["kind"], found["state"], found["due_rule"]) == (kind, "draft", rule)
        assert due_rule(world, found["id"]) == rule
        assert owner_of(world, found["id"]) == school[Role.STAFF].id
        for api in (school.lead, school.api(Role.DEPUTY_DSL)):
            refused = await step(api, found["id"], "close", {"reason": "Not needed."})
            assert (refused.status_code, refused.json()["code"]) == (403, "duty_is_theirs")
        sent = await turn(school.staff, found["id"], "send", a_call())
        assert (sent.status_code, sent.json()["state"]) == (200, "sent")
        assert owner_of(world, found["id"]) == school[Role.DSL].id


def owner_of(world: World, id_: str) -> Any:
    """Who owns a report."""
    [(owner,)] = world.sql("select owner_id from referral where id = %s", id_)
    return owner


class TestDraftMandatoryReport:
    async def test_is_open_to_a_teacher_and_starts_their_own_clock(
        self, world: World, school: School, case: tuple[str, str]
    ) -> None:
        found = await drafted(school, case)
        assert (found["state"], found["due_rule"]) == ("draft", "fgm.police")
        due = await due_by(world, school, "fgm.police", found["drafted_at"])
        assert found["due_at"] == written(due)
        assert due_rule(world, found["id"]) == "fgm.police"
        assert found["agency_name"] == "Police (101)"
        assert found["fields"]["child_said"]["value"] == "“they cutted me”"
        assert found["fields"]["found_by"]["value"]["name"]
        [(owner,)] = world.sql("select owner_id from referral where id = %s", found["id"])
        assert owner == school[Role.STAFF].id
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            assert "mandatory_reported" in alerts_of(world, school, role)
        assert "mandatory_reported" not in alerts_of(world, school, Role.STAFF)
        assert verbs_about(world, found["id"]) == ["referral.drafted"]

    async def test_shows_nothing_of_the_record_that_the_teacher_did_not_know(
        self, school: School, case: tuple[str, str]
    ) -> None:
        found = await drafted(school, case)
        assert "High Street" not in str(found)
        assert "address" not in found["fields"]

    async def test_needs_a_concern_of_ones_own_with_that_child(
        self, school: School, other_school: School, case: tuple[str, str]
    ) -> None:
        body = {"child_id": case[0], "concern_id": case[1], "kind": "fgm_report"}
        for api in (school.lead, other_school.staff, school.api(Role.PASTORAL)):
            answer = await api.post(MINE, body)
            assert (answer.status_code, answer.json()["code"]) == (404, "concern_not_found")
        other = str(await school.child("Sam"))
        answer = await school.staff.post(MINE, {**body, "child_id": other})
        assert answer.json()["errors"][0]["pointer"] == "/child_id"
        answer = await school.staff.post(MINE, {**body, "kind": "early_help"})
        assert answer.status_code == 422


class TestChangeAndSend:
    async def test_is_made_by_its_writer_without_anybodys_approval(
        self, world: World, school: School, case: tuple[str, str]
    ) -> None:
        found = await drafted(school, case)
        assert "/fields/discovered" in found["missing"]
        change = {"fields": {"discovered": {"state": "value", "value": "told_by_the_girl"}}}
        changed = await school.staff.patch(f"{MINE}/{found['id']}", change, version=1)
        assert changed.json()["missing"] == [
            one for one in found["missing"] if one != "/fields/discovered"
        ]
        sent = await turn(school.staff, found["id"], "send", a_call())
        assert (sent.json()["state"], sent.json()["agency_reference"]) == ("sent", "CR-1")
        assert sent.json()["permissions"] == []
        seen = (await school.lead.get(f"/v1/referrals/{found['id']}")).json()
        assert seen["approval_owed"] is False
        assert seen["snapshot"] is not None
        assert seen["duty_of"] == str(school[Role.STAFF].id)
        assert (await turn(school.staff, found["id"], "send", a_call())).status_code == 409
        link = a_call(route="portal_link")
        other = await drafted(school, case)
        assert (await turn(school.staff, other["id"], "send", link)).status_code == 422

    @pytest.mark.parametrize("about", ["child", "concern"])
    async def test_shows_a_writer_in_conflict_only_their_own_answers(
        self, school: School, case: tuple[str, str], about: str
    ) -> None:
        found = await drafted(school, case)
        path = f"/v1/referrals/{found['id']}"
        added = {"fields": {"police_reference": {"state": "value", "value": "ADDED"}}}
        version = (await school.lead.get(path)).headers["etag"].strip('"')
        changed = await school.lead.patch(path, added, version=version)
        assert changed.status_code == 200, changed.text
        assert "ADDED" in (await school.staff.get(f"{MINE}/{found['id']}")).text
        body = {"staff_id": str(school[Role.STAFF].id), "reason": "It is about them."}
        if about == "child":
            made = await school.lead.post("/v1/conflicts", body | {"child_id": case[0]})
        else:
            read = await school.lead.get(f"/v1/concerns/{case[1]}")
            made = await school.lead.post(
                f"/v1/concerns/{case[1]}/named-staff", body,
                version=read.headers["etag"].strip('"'),
            )  # fmt: skip
        assert made.status_code == 201, made.text
        seen = await school.staff.get(f"{MINE}/{found['id']}")
        assert "ADDED" not in seen.text
        assert seen.json()["fields"]["child_said"]["value"] == "“they cutted me”"
        sent = await turn(school.staff, found["id"], "send", a_call())
        assert (sent.status_code, "ADDED" in sent.text) == (200, False)
        assert "ADDED" in (await school.lead.get(path)).text

    async def test_is_nobody_elses(
        self, school: School, other_school: School, case: tuple[str, str]
    ) -> None:
        found = await drafted(school, case)
        for api in (school.lead, school.api(Role.HEADTEACHER), other_school.staff):
            answer = await api.get(f"{MINE}/{found['id']}")
            assert (answer.status_code, answer.json()["code"]) == (
                404,
                "mandatory_report_not_found",
            )
            answer = await api.post(f"{MINE}/{found['id']}/send", a_call(), version=1)
            assert answer.status_code == 404
        listed = (await school.staff.get(MINE)).json()["items"]
        assert [one["id"] for one in listed] == [found["id"]]
        assert (await school.lead.get(MINE)).json()["items"] == []
        assert (await school.api(Role.GOVERNOR).get(MINE)).status_code == 403
        for path in ("/v1/referrals", f"/v1/referrals/{found['id']}"):
            assert (await school.staff.get(path)).status_code == 403


class TestAboutAnAdult:
    async def test_is_followed_up_in_the_adult_register_once_its_concern_moved(
        self, world: World, school: School, case: tuple[str, str]
    ) -> None:
        concern, head = f"/v1/concerns/{case[1]}", school.api(Role.HEADTEACHER)
        version = (await school.lead.get(concern)).headers["etag"].strip('"')
        body = {"adult": {"staff_id": str(school[Role.PASTORAL].id)}, "reason": "It was him."}
        moved = await school.lead.post(f"{concern}/move", body, version=version)
        assert moved.status_code == 200, moved.text
        before = alerts_of(world, school, Role.DSL).count("mandatory_reported")
        found = await drafted(school, case, kind="csa_report")
        call = a_call(to="PC Low", note="They come today.")
        sent = (await turn(school.staff, found["id"], "send", call)).json()
        assert (sent["state"], sent["due_at"]) == ("closed", None)
        clocks = world.sql(
            "select rule_id from deadline where thing_id = %s and ended_at is null", found["id"]
        )
        assert clocks == []
        assert alerts_of(world, school, Role.DSL).count("mandatory_reported") == before
        history = (await head.get(f"/v1/adult-concerns/{case[1]}/history")).json()
        event = history["items"][-1]
        assert (event["verb"], event["details"]["from"]) == ("referred", "police")
        assert (event["details"]["name"], event["details"]["advice"]) == ("PC Low", call["note"])
        seen = await school.staff.get(f"{MINE}/{found['id']}")
        assert (seen.status_code, seen.json()["state"]) == (200, "closed")

    async def test_reaches_another_reader_there_when_its_owner_has_left(
        self, world: World, school: School, case: tuple[str, str]
    ) -> None:
        concern, about = f"/v1/concerns/{case[1]}", f"/v1/adult-concerns/{case[1]}"
        version = (await school.lead.get(concern)).headers["etag"].strip('"')
        body = {"adult": {"staff_id": str(school[Role.PASTORAL].id)}, "reason": "It was him."}
        await school.lead.post(f"{concern}/move", body, version=version)
        head = school.api(Role.HEADTEACHER)
        to = {"case_manager_id": str(school[Role.DSL].id), "reason": "Knows the family."}
        assert (await head.post(f"{about}/assign", to, version=1)).status_code == 200
        world.sql(
            "update membership set valid_to = current_date where staff_id = %s", school[Role.DSL].id
        )
        world.sql("update alert set acknowledged_at = now() where school_id = %s", school.id)
        found = await drafted(school, case, kind="csa_report")
        await turn(school.staff, found["id"], "send", a_call(to="PC Low", note="They come today."))
        alerted = world.sql(
            "select recipient_id from alert where school_id = %s and acknowledged_at is null "
            "and kind = 'adult_concern'", school.id,
        )  # fmt: skip
        assert alerted == [(school[Role.HEADTEACHER].id,)]


class TestSuppressing:
    async def test_is_refused_to_every_lead_and_head(
        self, school: School, case: tuple[str, str]
    ) -> None:
        found = await drafted(school, case)
        id_ = found["id"]
        seen = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert seen["permissions"] == ["update_referral"]
        for api, verb, body in (
            (school.lead, "close", {"reason": "Not needed."}),
            (school.lead, "approve", {"reason": "Fine."}),
            (school.api(Role.HEADTEACHER), "approve", {"reason": "Fine."}),
            (school.api(Role.DEPUTY_DSL), "close", {"reason": "Not needed."}),
        ):
            answer = await step(api, id_, verb, body)
            assert (answer.status_code, answer.json()["code"]) == (403, "duty_is_theirs"), verb

    async def test_lets_a_lead_add_and_take_nothing_away(
        self, school: School, case: tuple[str, str]
    ) -> None:
        found = await drafted(school, case)
        path = f"/v1/referrals/{found['id']}"
        added = {"fields": {"address": {"state": "value", "value": "1 High Street"}}}
        answer = await school.lead.patch(path, added, version=1)
        assert answer.status_code == 200, answer.text
        for change in (
            {"fields": {"account": None}},
            {"fields": {"account": {"state": "withheld"}}},
            {"urgency": "routine"},
        ):
            refused = await school.lead.patch(path, change, version=2)
            assert (refused.status_code, refused.json()["code"]) == (403, "duty_is_theirs")

    async def test_is_left_to_its_writer_with_reasons(
        self, world: World, school: School, case: tuple[str, str]
    ) -> None:
        found = await drafted(school, case)
        answer = await turn(school.staff, found["id"], "withdraw", {"reason": "A mistake."})
        assert answer.json()["state"] == "closed"
        assert verbs_about(world, found["id"])[-1] == "referral.closed"
        assert alerts_of(world, school, Role.DSL).count("mandatory_reported") == 2


class TestOwning:
    async def test_stays_with_a_teacher_who_may_own_no_other_referral(
        self, world: World, school: School, case: tuple[str, str]
    ) -> None:
        found = await drafted(school, case)
        async with world.work(school.id) as work:
            assert [one.id for one in await ownerless(work)] == []
        await turn(school.staff, found["id"], "send", a_call())
        [(owner,)] = world.sql("select owner_id from referral where id = %s", found["id"])
        assert owner == school[Role.DSL].id

    async def test_moves_with_a_note_where_the_writer_is_gone(
        self, world: World, school: School, case: tuple[str, str]
    ) -> None:
        found = await drafted(school, case)
        world.sql(
            "update staff set suspended_at = now() where id = %s returning id",
            school[Role.STAFF].id,
        )
        async with world.work(school.id) as work:
            await settle_left(work, await ownerless(work), reason="suspended")
            work.record(AuditEvent.SUSPENDED, "staff", school[Role.STAFF].id)
        seen = (await school.lead.get(f"/v1/referrals/{found['id']}")).json()
        assert seen["owner"]["id"] == str(school[Role.DSL].id)
        assert seen["events"][-1]["kind"] == "duty_moved"
        assert "record_referral_sent" not in seen["permissions"]
        assert "close_referral" in seen["permissions"]
        again = await step(school.api(Role.DEPUTY_DSL), found["id"], "close", {"reason": "x"})
        assert again.json()["code"] == "duty_is_theirs"
