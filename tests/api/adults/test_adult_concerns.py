"""The adult register: who raises, who reads, who signs, and where nothing of it may show."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.faults import UntracedChange
from app.db.models import AdultNote
from app.domain.adults.adult_concern_steps.commands import settle_all
from tests.adults import (
    ALLEGATION,
    LOW_LEVEL,
    NARRATIVE,
    ROOT,
    adult_body,
    ids_of,
    raise_about,
    row_of,
    step,
)
from tests.api.duty.test_cover import cover
from tests.api.record.test_concerns import a_body
from tests.deadlines import keep_clocks
from tests.world import EVERY_ROLE, Person, School, World

HEAD, CHAIR, ADMIN = Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN


def kinds_of(world: World, person: Person) -> list[str]:
    """The kinds of alert a person has."""
    rows = world.sql("select kind from alert where recipient_id = %s order by id", person.id)
    return [row[0] for row in rows]


def verbs_of(world: World, concern: str) -> list[str]:
    """What the register's own trail says of one."""
    rows = world.sql("select verb from adult_trail where noun_id = %s order by seq", concern)
    return [row[0] for row in rows]


def end_role(world: World, person: Person, role: Role) -> None:
    world.sql(
        "update membership set valid_to = current_date where staff_id = %s and role = %s",
        person.id,
        role.value,
    )


def give_role(world: World, school: School, person: Person, role: Role) -> None:
    world.sql(
        "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
        "values (%s, gen_random_uuid(), %s, %s, current_date - 1, now())",
        school.id,
        person.id,
        role.value,
    )


async def settled(world: World, school: School) -> int:
    """What the timed job does in one school."""
    async with world.work(school.id) as work:
        return await settle_all(work)


async def manage(world: World, school: School, concern: str, by: Role = HEAD) -> None:
    """Make the lead its case manager."""
    body = {"case_manager_id": str(school[Role.DSL].id), "reason": "Knows the children."}
    answer = await step(world, school.api(by), concern, "assign", body)
    assert answer.status_code == 200, answer.text


class TestRaise:
    async def test_has_owner_and_due_time_from_the_first_second(
        self, world: World, school: School
    ) -> None:
        receipt = await raise_about(school.staff, school[Role.PASTORAL].id)
        assert receipt["progress"] == "received"
        assert receipt["call"] is None
        assert row_of(world, receipt["id"], "owner_id") == school[HEAD].id
        assert row_of(world, receipt["id"], "due_at") > clock.now()
        assert row_of(world, receipt["id"], "about_head") is False

    @pytest.mark.parametrize("role", [*EVERY_ROLE])
    async def test_is_for_everybody_in_the_school(
        self, world: World, school: School, role: Role
    ) -> None:
        answer = await school.api(role).post(ROOT, adult_body(school[Role.PASTORAL].id))
        outside = {Role.GOVERNOR, Role.TRUST_LEAD}
        assert answer.status_code == (403 if role in outside else 201)

    async def test_alerts_exactly_those_who_may_read(self, world: World, school: School) -> None:
        await raise_about(school.staff, school[Role.PASTORAL].id)
        assert kinds_of(world, school[HEAD]) == ["adult_concern"]
        for role, person in school.people.items():
            if role is not HEAD:
                assert kinds_of(world, person) == [], role

    @pytest.mark.parametrize(
        ("kind", "mail"),
        [("low_level", "digest"), ("not_sure", "at_once"), ("allegation", "at_once")],
    )
    async def test_mails_at_once_what_the_officer_may_have_to_hear(
        self, world: World, school: School, kind: str, mail: str
    ) -> None:
        await raise_about(school.staff, school[Role.PASTORAL].id, kind=kind)
        sent = world.sql("select mail from alert where recipient_id = %s", school[HEAD].id)
        assert sent == [(mail,)]

    async def test_names_no_concern_in_the_alert(self, world: World, school: School) -> None:
        receipt = await raise_about(school.staff, school[Role.PASTORAL].id, immediate_risk=True)
        (alert,) = (await school.api(HEAD).get("/v1/alerts")).json()["items"]
        assert alert["urgent"] is True
        assert "about" not in alert
        assert receipt["id"] not in str(alert)
        jobs = world.sql("select args::text from procrastinate_jobs where task_name = %s",
                         "alert.send_one")  # fmt: skip
        assert not [args for (args,) in jobs if receipt["id"] in args]

    async def test_keeps_the_words_verbatim(self, world: World, school: School) -> None:
        receipt = await raise_about(
            school.staff, None,
            account=[{"kind": "child_said", "text": " He  said\n‘no’.", "prompted_by": "Why?"}],
        )  # fmt: skip
        record = (await school.api(HEAD).get(f"{ROOT}/{receipt['id']}")).json()
        assert record["account"][0]["text"] == " He  said\n‘no’."
        assert record["account"][0]["prompted_by"] == "Why?"
        assert record["about"] == {
            "staff_id": None, "name": "Kit Roe", "role": "supply", "employer": None,
        }  # fmt: skip

    async def test_draws_references_by_lot(self, world: World, school: School) -> None:
        """Counted ones would tell a head how many there are that no head may see."""
        found = [
            (await raise_about(school.staff, school[Role.PASTORAL].id))["reference"]
            for _ in range(4)
        ]
        numbers = sorted(int(reference.rpartition("-")[2]) for reference in found)
        assert numbers != list(range(numbers[0], numbers[0] + 4))
        assert world.sql(
            "select count(*) from reference_counter where school_id = %s", school.id
        ) == [(0,)]

    @pytest.mark.parametrize(
        ("kind", "more", "rule", "most"),
        [
            ("low_level", {}, "adult.acknowledge", timedelta(days=4)),
            ("allegation", {}, "lado.refer", timedelta(days=4)),
            ("not_sure", {}, "lado.refer", timedelta(days=4)),
            (
                "low_level", {"immediate_risk": True}, "adult.acknowledge.immediate_risk",
                timedelta(minutes=16),
            ),
        ],
    )  # fmt: skip
    async def test_starts_the_clock_of_its_kind(
        self, world: World, school: School, kind: str, more: Any, rule: str, most: timedelta
    ) -> None:
        receipt = await raise_about(school.staff, None, kind=kind, **more)
        assert row_of(world, receipt["id"], "due_rule") == rule
        assert row_of(world, receipt["id"], "due_at") < clock.now() + most
        assert bool(receipt["advice"]) is bool(more)

    async def test_is_written_once_for_one_key(self, world: World, school: School) -> None:
        body = adult_body(school[Role.PASTORAL].id)
        one = await school.staff.post(ROOT, body, key="a-key")
        two = await school.staff.post(ROOT, body, key="a-key")
        assert one.json() == two.json()
        assert two.headers["idempotency-replayed"] == "true"
        assert len(world.sql("select 1 from adult_concern where school_id = %s", school.id)) == 1

    async def test_refuses_what_does_not_exist(self, school: School, other_school: School) -> None:
        for about, code in (
            (new_id(), "subject_unknown"),
            (other_school[HEAD].id, "subject_unknown"),
        ):
            answer = await school.staff.post(ROOT, adult_body(about))
            assert (answer.status_code, answer.json()["code"]) == (422, code)
        child = await other_school.child()
        answer = await school.staff.post(ROOT, adult_body(None, child_ids=[str(child)]))
        assert (answer.status_code, answer.json()["code"]) == (422, "child_unknown")
        both = {"about": {"staff_id": str(school[HEAD].id), "name": "Kit Roe"}}
        assert (await school.staff.post(ROOT, adult_body(None, **both))).status_code == 422
        late = {"occurred_at": (clock.now() + timedelta(days=1)).isoformat()}
        answer = await school.staff.post(ROOT, adult_body(None, **late))
        assert answer.json()["code"] == "occurred_in_future"


class TestAboutTheHead:
    async def test_goes_to_the_chair_and_no_head(self, world: World, school: School) -> None:
        second_head = await school.person(HEAD)
        concern = (await raise_about(school.staff, school[HEAD].id))["id"]
        assert row_of(world, concern, "owner_id") == school[CHAIR].id
        assert kinds_of(world, school[CHAIR]) == ["adult_concern"]
        assert kinds_of(world, school[HEAD]) == kinds_of(world, second_head) == []
        assert await ids_of(school.api(CHAIR)) == {concern}
        for person in (school[HEAD], second_head):
            api = world.as_token(person.token)
            assert await ids_of(api) == set()
            assert (await api.get(f"{ROOT}/{concern}")).status_code == 404

    async def test_also_when_described_and_not_named(self, world: World, school: School) -> None:
        about = {"about": {"name": "The head", "role": "headteacher"}}
        concern = (await raise_about(school.staff, None, **about))["id"]
        assert await ids_of(school.api(HEAD)) == set()
        assert await ids_of(school.api(CHAIR)) == {concern}

    @pytest.mark.parametrize("said", ["own", "The Head  Teacher", "headmistress", "Our Principal"])
    async def test_also_when_a_description_means_the_head(
        self, world: World, school: School, said: str
    ) -> None:
        name = world.sql("select name from staff where id = %s", school[HEAD].id)[0][0]
        written = f" mrs. {name.upper().replace(' ', '  ')}" if said == "own" else said
        about = {"about": {"name": written, "role": "staff"}}
        receipt = await raise_about(school.staff, None, **about)
        assert "chair of governors" in receipt["call"]
        assert row_of(world, receipt["id"], "about_head") is True
        assert row_of(world, receipt["id"], "adult_role") == "headteacher"
        assert await ids_of(school.api(HEAD)) == set()
        assert await ids_of(school.api(CHAIR)) == {receipt["id"]}
        other = {"about": {"name": "Hedda Teach", "role": "staff"}}
        assert (await raise_about(school.staff, None, **other))["call"] is None

    async def test_never_advises_to_tell_the_head_of_it(self, world: World, school: School) -> None:
        receipt = await raise_about(school.staff, school[HEAD].id, immediate_risk=True)
        assert "Do not tell the headteacher" in receipt["advice"]
        assert row_of(world, receipt["id"], "adult_role") == "headteacher"
        other = await raise_about(school.staff, school[Role.PASTORAL].id, immediate_risk=True)
        assert "tell the headteacher in person" in other["advice"]
        without = await world.a_school([Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN])
        nobody = await raise_about(without.staff, without[Role.PASTORAL].id, immediate_risk=True)
        assert "headteacher" not in nobody["advice"]
        assert "LADO" in nobody["call"]

    async def test_also_when_the_head_reports_it(self, world: World, school: School) -> None:
        concern = (await raise_about(school.api(HEAD), school[HEAD].id))["id"]
        assert row_of(world, concern, "owner_id") == school[CHAIR].id
        own = (await school.api(HEAD).get(f"{ROOT}/{concern}")).json()
        assert own["progress"] == "received"
        assert "state" not in own

    async def test_also_when_they_were_head_on_the_day(self, world: World, school: School) -> None:
        was = await school.person(HEAD)
        then = (clock.now() - timedelta(hours=2)).date()
        world.sql("update membership set valid_from = %s, valid_to = %s where staff_id = %s",
                  then - timedelta(days=9), then + timedelta(days=1), was.id)  # fmt: skip
        concern = (await raise_about(school.staff, was.id))["id"]
        assert row_of(world, concern, "about_head") is True

    async def test_leaves_the_head_when_its_subject_becomes_one(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        assert await ids_of(school.api(HEAD)) == {concern}
        assert await ids_of(school.api(CHAIR)) == set()
        give_role(world, school, school[Role.PASTORAL], HEAD)
        assert await ids_of(school.api(HEAD)) == set()
        assert (await school.api(HEAD).get(f"{ROOT}/{concern}")).status_code == 404
        assert await ids_of(school.api(CHAIR)) == {concern}

    async def test_is_never_lost_in_a_school_without_a_chair(self, world: World) -> None:
        school = await world.a_school([Role.STAFF, HEAD, Role.SCHOOL_ADMIN, Role.DSL])
        for reporter in (school.staff, school.api(HEAD)):
            receipt = await raise_about(reporter, school[HEAD].id)
            assert "LADO" in receipt["call"]
            assert row_of(world, receipt["id"], "owner_id") == school[ADMIN].id
            assert row_of(world, receipt["id"], "due_at") is not None
            for role in school.people:
                assert await ids_of(school.api(role)) == set()
        assert kinds_of(world, school[ADMIN]) == ["appointment_needed"] * 2
        assert kinds_of(world, school[HEAD]) == []
        (alert, _) = (await school.api(ADMIN).get("/v1/alerts")).json()["items"]
        assert receipt["reference"] not in str(alert)

    async def test_reaches_the_chair_who_is_appointed_later(self, world: World) -> None:
        school = await world.a_school([Role.STAFF, HEAD, Role.SCHOOL_ADMIN])
        concern = (await raise_about(school.staff, school[HEAD].id))["id"]
        chair = await school.person(CHAIR)
        assert await settled(world, school) == 1
        assert row_of(world, concern, "owner_id") == chair.id
        assert kinds_of(world, chair) == ["adult_concern"]
        assert await ids_of(world.as_token(chair.token)) == {concern}
        assert await settled(world, school) == 0

    async def test_has_the_chair_as_case_manager_where_no_head_may_read(self, world: World) -> None:
        school = await world.a_school([Role.STAFF, Role.PASTORAL, CHAIR, Role.SCHOOL_ADMIN])
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        assert row_of(world, concern, "case_manager_id") == school[CHAIR].id
        assert await ids_of(school.api(CHAIR)) == {concern}

    async def test_goes_to_the_chair_while_the_head_is_away(
        self, world: World, school: School
    ) -> None:
        away = await cover(school, school[HEAD].id, school[Role.DSL].id)
        assert away.status_code == 201, away.text
        receipt = await raise_about(school.staff, school[Role.PASTORAL].id, immediate_risk=True)
        assert "phone the chair" in receipt["advice"]
        assert "Do not tell" not in receipt["advice"]
        for role in (HEAD, CHAIR):
            assert "adult_concern" in kinds_of(world, school[role])
            assert await ids_of(school.api(role)) == {receipt["id"]}
        assert row_of(world, receipt["id"], "owner_id") == school[CHAIR].id

    async def test_does_not_tell_an_administrator_whom_it_is_about(self, world: World) -> None:
        school = await world.a_school([Role.STAFF, Role.SCHOOL_ADMIN])
        receipt = await raise_about(school.staff, school[ADMIN].id)
        assert kinds_of(world, school[ADMIN]) == []
        assert row_of(world, receipt["id"], "owner_id") == school[Role.STAFF].id


class TestRead:
    async def test_is_for_the_head_and_no_other_reader_of_children(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        for role in EVERY_ROLE:
            api = school.api(role)
            seen = role is HEAD
            assert await ids_of(api) == ({concern} if seen else set()), role
            opened = await api.get(f"{ROOT}/{concern}")
            if role is Role.STAFF:
                assert "state" not in opened.json()
            elif not seen:
                assert opened.status_code in (403, 404), role

    async def test_shows_its_reporter_progress_and_own_words_alone(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        path = f"{ROOT}/{concern}"
        seen = (await school.staff.get(path)).json()
        assert seen["account"][0]["text"] == NARRATIVE
        assert seen["progress"] == "received"
        hidden = {"state", "about", "owner", "notes", "threshold", "pending", "advice_taken"}
        assert not hidden & set(seen)
        before = (await school.staff.get(path)).headers["etag"]
        await step(world, school.api(HEAD), concern, "acknowledge")
        await school.api(HEAD).post(f"{path}/notes", {"text": "Spoke with HR."})
        seen = await school.staff.get(path)
        assert seen.json()["progress"] == "being_handled"
        assert "Spoke" not in seen.text
        await school.api(HEAD).post(f"{path}/notes", {"text": "And again."})
        after = (await school.staff.get(path)).headers["etag"]
        assert after == seen.headers["etag"] != before
        (mine,) = (await school.staff.get(f"{ROOT}/mine")).json()["items"]
        assert (mine["id"], mine["progress"]) == (concern, "being_handled")

    async def test_is_for_a_lead_only_as_case_manager(self, world: World, school: School) -> None:
        one = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        two = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        assert (await school.lead.get(f"{ROOT}/{one}")).status_code == 404
        await manage(world, school, one)
        assert row_of(world, one, "owner_id") == school[Role.DSL].id
        assert kinds_of(world, school[Role.DSL]) == ["adult_concern"]
        assert await ids_of(school.lead) == {one}
        seen = (await school.lead.get(f"{ROOT}/{one}")).json()
        assert seen["seen_reason_code"] == "adult.case_manager"
        assert seen["permissions"] == [
            "acknowledge_adult_concern", "add_adult_note", "amend_adult_concern",
            "assess_adult_concern", "record_adult_advice", "withdraw_adult_concern",
        ]  # fmt: skip
        assert (await school.lead.get(f"{ROOT}/{two}")).status_code == 404
        denied = await step(world, school.lead, one, "assign",
                            {"case_manager_id": str(school[HEAD].id), "reason": "x"})  # fmt: skip
        assert denied.status_code == 403

    @pytest.mark.parametrize("reporter", [Role.STAFF, HEAD])
    @pytest.mark.parametrize("about_child", [False, True])
    async def test_is_not_for_a_head_who_is_close_to_a_child_in_it(
        self, world: World, school: School, reporter: Role, about_child: bool
    ) -> None:
        child = str(await school.child())
        related = {"child_id": child, "reason": "My niece."}
        assert (await school.api(HEAD).post("/v1/conflicts", related)).status_code == 201
        api, subject = school.api(reporter), school[Role.PASTORAL].id
        if about_child:
            adult = {"staff_id": str(subject)}
            body = a_body(UUID(child), categories=["low_level"], adult=adult)
            concern = (await api.post("/v1/concerns", body)).json()["id"]
        else:
            concern = (await raise_about(api, subject, child_ids=[child]))["id"]
        assert row_of(world, concern, "owner_id") == school[CHAIR].id
        assert await ids_of(school.api(HEAD)) == set()
        assert await ids_of(school.api(CHAIR)) == {concern}

    async def test_leaves_a_trace_in_its_own_trail(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        await school.api(HEAD).get(f"{ROOT}/{concern}")
        await school.api(HEAD).get(f"{ROOT}/{concern}/history")
        await school.lead.get(f"{ROOT}/{concern}")
        assert verbs_of(world, concern) == [
            "adult_concern.raised", "adult_concern.opened", "adult_concern.opened",
            "access.refused",
        ]  # fmt: skip
        await ids_of(school.api(HEAD))
        listed = world.sql(
            "select actor_id, details from adult_trail where school_id = %s and verb = %s",
            school.id,
            "adult_concern.listed",
        )
        assert listed == [(school[HEAD].id, {"shown": 1})]

    async def test_filters_and_turns_pages(self, world: World, school: School) -> None:
        api = school.api(HEAD)
        made = [(await raise_about(school.staff, school[Role.PASTORAL].id))["id"] for _ in "abc"]
        await step(world, api, made[0], "assess", LOW_LEVEL)
        first = (await api.get(f"{ROOT}?limit=2")).json()
        rest = (await api.get(f"{ROOT}?limit=2&cursor={first['next']}")).json()
        assert [row["id"] for row in first["items"] + rest["items"]] == made[::-1]
        assert NARRATIVE not in str(first)
        assert await ids_of(api, "&state=assessed") == {made[0]}
        assert await ids_of(api, "&threshold=low_level") == {made[0]}
        assert await ids_of(api, "&state=ended") == set()
        assert await ids_of(api, "&state=open") == set(made)
        assert await ids_of(api, "&state=ended&state=assessed") == {made[0]}
        assert await ids_of(api, f"&staff_id={school[Role.STAFF].id}") == set()
        world.sql("update adult_concern set due_at = now() where id = %s", made[1])
        keep_clocks(world, school.id, "adult_concern")
        assert await ids_of(api, "&overdue=true&sort=due") == {made[1]}
        assert (await api.get(f"{ROOT}?wrong=1")).status_code == 422

    async def test_needs_the_second_factor_of_its_readers(
        self, world: World, school: School
    ) -> None:
        world.sql("update auth_session set amr = '{pwd}' where id = %s", school[HEAD].session_id)
        answer = await school.api(HEAD).get(ROOT)
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")


class TestItsSubject:
    """A person who is head and subject: nothing tells them that it exists."""

    async def test_is_answered_like_an_unknown_id(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, school[HEAD].id))["id"]
        api, unknown = school.api(HEAD), str(new_id())
        body = {"reason": "x"}
        for method, part, sent in (
            ("GET", "", None),
            ("GET", "/history", None),
            ("POST", "/acknowledge", None),
            ("POST", "/assess", LOW_LEVEL),
            ("POST", "/notes", {"text": "x"}),
            ("POST", "/amendments", {"text": "x", "reason": "x"}),
            ("POST", "/withdraw", body),
            ("POST", "/close", {**body, "outcome": "unfounded"}),
            ("POST", "/assign", {**body, "case_manager_id": str(school[HEAD].id)}),
            ("POST", "/redirect", {**body, "about": {"name": "x"}}),
            ("POST", "/lock-outs", {**body, "staff_id": str(school[HEAD].id)}),
        ):
            found = [
                await api.request(method, f"{ROOT}/{id_}{part}", json=sent, version=1)
                for id_ in (concern, unknown)
            ]
            assert [one.status_code for one in found] == [404, 404], part
            own = {"instance": "", "saved_as": ""}  # of each refusal
            bodies = [{**one.json(), **own} for one in found]
            assert bodies[0] == bodies[1]
            headers = [sorted(one.headers) for one in found]
            assert headers[0] == headers[1]

    async def test_sees_none_in_lists_patterns_audit_and_alerts(
        self, world: World, school: School
    ) -> None:
        receipt = await raise_about(school.staff, school[HEAD].id)
        await school.api(CHAIR).get(f"{ROOT}/{receipt['id']}")
        api = school.api(HEAD)
        told = (await api.get("/v1/adult-audit")).text
        assert receipt["id"] not in told
        assert str(school[CHAIR].id) not in told
        for path in (
            ROOT,
            f"{ROOT}?staff_id={school[HEAD].id}",
            f"{ROOT}/mine",
            f"{ROOT}/patterns?staff_id={school[HEAD].id}",
            f"/v1/adult-audit?concern_id={receipt['id']}",
            "/v1/alerts",
        ):
            answer = await api.get(path)
            assert answer.status_code == 200
            assert answer.json()["items"] == [], path

    async def test_is_locked_out_in_every_role(self, world: World, school: School) -> None:
        """A lead who is the subject cannot be made its case manager; a head as lead stays out."""
        concern = (await raise_about(school.staff, school[Role.DSL].id))["id"]
        body = {"case_manager_id": str(school[Role.DSL].id), "reason": "x"}
        answer = await step(world, school.api(HEAD), concern, "assign", body)
        assert answer.json()["code"] == "case_manager_unsuitable"
        world.sql("update adult_concern set case_manager_id = staff_id where id = %s", concern)
        assert (await school.lead.get(f"{ROOT}/{concern}")).status_code == 404
        assert await ids_of(school.lead) == set()

    async def test_stays_out_as_a_head_signed_in_otherwise(
        self, world: World, school: School
    ) -> None:
        give_role(world, school, school[Role.DSL], HEAD)
        concern = (await raise_about(school.staff, school[HEAD].id))["id"]
        body = {"case_manager_id": str(school[Role.DSL].id), "reason": "x"}
        answer = await step(world, school.api(CHAIR), concern, "assign", body)
        assert answer.json()["code"] == "case_manager_unsuitable"
        world.sql("update adult_concern set case_manager_id = %s where id = %s",
                  school[Role.DSL].id, concern)  # fmt: skip
        assert (await school.lead.get(f"{ROOT}/{concern}")).status_code == 404


class TestSteps:
    async def test_take_an_allegation_to_its_outcome(self, world: World, school: School) -> None:
        head, chair = school.api(HEAD), school.api(CHAIR)
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id, kind="allegation"))[
            "id"
        ]
        answer = await step(world, head, concern, "acknowledge")
        assert (answer.json()["state"], answer.json()["due_rule"]) == ("acknowledged", "lado.refer")
        answer = await step(world, head, concern, "assess", ALLEGATION)
        assert (answer.json()["threshold"], answer.json()["due_rule"]) == (
            "allegation", "lado.refer",
        )  # fmt: skip
        advice = {"from": "lado", "name": "Jo Field", "at": now(), "advice": "Hold a meeting."}
        answer = await step(world, head, concern, "advice", advice)
        assert (answer.json()["state"], answer.json()["due_rule"]) == (
            "lado_consulted", "adult.review",
        )  # fmt: skip
        referral = {**advice, "kind": "referral", "from": "police", "reference": "CAD 1"}
        answer = await step(world, head, concern, "advice", referral)
        assert answer.json()["state"] == "referred"
        await head.post(f"{ROOT}/{concern}/notes", {"text": "Suspended today."})
        assert row_of(world, concern, "state") == "in_progress"
        closing = {"outcome": "substantiated", "reason": "Two witnesses."}
        answer = await step(world, head, concern, "close", closing)
        assert answer.json()["state"] == "in_progress"
        assert answer.json()["pending"]["kind"] == "closure"
        assert kinds_of(world, school[CHAIR]) == ["adult_concern"]
        own = await step(world, head, concern, "countersign", {"agree": True, "reason": "x"})
        assert own.json()["code"] == "second_person_needed"
        assert await ids_of(chair) == {concern}
        answer = await step(world, chair, concern, "countersign", {"agree": True, "reason": "Yes"})
        assert (answer.json()["state"], answer.json()["outcome"]) == ("closed", "substantiated")
        assert await ids_of(chair) == set()
        record = (await head.get(f"{ROOT}/{concern}")).json()
        assert [one["from"] for one in record["advice_taken"]] == ["lado", "police"]
        assert record["advice_taken"][0]["advice"] == "Hold a meeting."
        history = (await head.get(f"{ROOT}/{concern}/history")).json()["items"]
        assert [one["verb"] for one in history] == [
            "raised", "acknowledged", "assessed", "advised", "referred", "resumed",
            "closure_proposed", "closed",
        ]  # fmt: skip
        assert (await school.staff.get(f"{ROOT}/{concern}")).json()["progress"] == "thank_you"
        assert [verb for verb in verbs_of(world, concern) if "opened" not in verb] == [
            "adult_concern.raised", "adult_concern.acknowledged", "adult_concern.assessed",
            "adult_concern.advised", "adult_concern.referred", "adult_concern.resumed",
            "adult_concern.noted", "adult_concern.closure_proposed", "access.refused",
            "adult_concern.closed",
        ]  # fmt: skip

    async def test_close_a_low_level_one_by_one_person(self, world: World, school: School) -> None:
        head = school.api(HEAD)
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        early = await step(world, head, concern, "close", {"outcome": "dealt_with", "reason": "x"})
        assert (early.status_code, early.json()["code"]) == (409, "state_conflict")
        await step(world, head, concern, "assess", LOW_LEVEL)
        wrong = await step(
            world, head, concern, "close", {"outcome": "substantiated", "reason": "x"}
        )
        assert wrong.json()["code"] == "outcome_unsuitable"
        answer = await step(
            world, head, concern, "close", {"outcome": "dealt_with", "reason": "Reminded."}
        )
        assert answer.json()["state"] == "closed"
        again = await step(world, head, concern, "acknowledge")
        assert again.json()["code"] == "adult_concern_ended"

    @pytest.mark.parametrize("kind", ["allegation", "not_sure"])
    async def test_talk_no_allegation_down_alone(
        self, world: World, school: School, kind: str
    ) -> None:
        head = school.api(HEAD)
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id, kind=kind))["id"]
        if kind == "not_sure":
            await step(world, head, concern, "assess", ALLEGATION)
        await step(world, head, concern, "assess", LOW_LEVEL)
        if kind == "allegation":
            assert row_of(world, concern, "due_rule") == "lado.refer"
        closing = {"outcome": "dealt_with", "reason": "Nothing in it."}
        assert (await step(world, head, concern, "close", closing)).json()["state"] == "assessed"
        answer = await step(
            world, school.api(CHAIR), concern, "countersign", {"agree": True, "reason": "Yes."}
        )
        assert answer.json()["state"] == "closed"

    async def test_keep_the_officers_clock_of_what_was_assessed_as_an_allegation(
        self, world: World, school: School
    ) -> None:
        head = school.api(HEAD)
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        await step(world, head, concern, "assess", ALLEGATION)
        due = row_of(world, concern, "due_at")
        for threshold in (LOW_LEVEL, ALLEGATION):
            with clock.shifted(timedelta(minutes=5)):
                await step(world, head, concern, "assess", threshold)
            assert row_of(world, concern, "due_rule") == "lado.refer"
            assert row_of(world, concern, "due_at") == due

    @pytest.mark.parametrize("kind", ["allegation", "not_sure"])
    async def test_put_off_no_officers_deadline_by_anothers_advice(
        self, world: World, school: School, kind: str
    ) -> None:
        head = school.api(HEAD)
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id, kind=kind))["id"]
        later = (clock.now() + timedelta(days=60)).isoformat()
        advice = {
            "from": "human_resources",
            "name": "Jo Field",
            "at": now(),
            "advice": "Wait.",
            "due_at": later,
        }
        answer = await step(world, head, concern, "advice", advice)
        assert (answer.status_code, answer.json().get("code")) == (422, "due_too_far")
        assert row_of(world, concern, "due_rule") == "lado.refer"
        answer = await step(world, head, concern, "advice", {**advice, "from": "lado"})
        assert answer.status_code == 200, answer.text

    async def test_refuse_a_closure_back_to_its_proposer(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        head = school.api(HEAD)
        await step(world, head, concern, "assess", ALLEGATION)
        closing = {"outcome": "unfounded", "reason": "x"}
        await step(world, head, concern, "close", closing)
        blocked = await step(world, head, concern, "assess", LOW_LEVEL)
        assert blocked.json()["code"] == "signature_pending"
        answer = await step(
            world, school.api(CHAIR), concern, "countersign", {"agree": False, "reason": "No"}
        )
        assert (answer.json()["state"], answer.json()["pending"]) == ("assessed", None)
        nothing = await step(world, head, concern, "countersign", {"agree": True, "reason": "x"})
        assert nothing.json()["code"] == "nothing_to_sign"

    async def test_withdraw_by_two_people(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        await manage(world, school, concern)
        await step(world, school.lead, concern, "withdraw", {"reason": "Another school's."})
        own = await step(world, school.lead, concern, "countersign", {"agree": True, "reason": "x"})
        assert own.status_code == 403
        answer = await step(
            world, school.api(HEAD), concern, "countersign", {"agree": True, "reason": "Yes."}
        )
        assert answer.json()["state"] == "entered_in_error"
        assert await ids_of(school.api(HEAD)) == {concern}

    async def test_of_a_heads_are_signed_by_chair_and_case_manager(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[HEAD].id))["id"]
        await manage(world, school, concern, by=CHAIR)
        await step(world, school.lead, concern, "assess", ALLEGATION)
        closing = {"outcome": "false", "reason": "x"}
        await step(world, school.lead, concern, "close", closing)
        assert kinds_of(world, school[HEAD]) == []
        answer = await step(
            world, school.api(CHAIR), concern, "countersign", {"agree": True, "reason": "x"}
        )
        assert answer.json()["outcome"] == "false"

    async def test_keep_to_the_version_that_was_read(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        head = school.api(HEAD)
        assert (await step(world, head, concern, "acknowledge", version=7)).status_code == 412
        path = f"{ROOT}/{concern}/acknowledge"
        assert (await head.post(path)).status_code == 428
        assert (await head.post(path, version=1)).headers["etag"] == '"2"'

    async def test_name_the_tests_of_the_threshold(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, None))["id"]
        wrong = {"threshold": "allegation", "reason": "x"}
        answer = await step(world, school.api(HEAD), concern, "assess", wrong)
        assert answer.json()["code"] == "harm_tests_unsuitable"

    async def test_are_for_nobody_who_only_reads(self, world: World, school: School) -> None:
        """A role of the school's own that carries reading without deciding."""
        reader = await school.person(Role.STAFF)
        world.sql(
            "insert into school_role (school_id, id, slug, label, permissions, classes, "
            "cohort_classes, cohort_only, created_by, created_at, changed_at) values (%s, "
            "gen_random_uuid(), 'register_reader', 'R', '{adult_concern:read,adult_concern:raise}',"
            " '{}', '{}', false, %s, now(), now())",
            school.id,
            reader.id,
        )
        world.sql("update membership set role = 'register_reader' where staff_id = %s", reader.id)
        world.sql("update auth_session set role = 'register_reader' where id = %s",
                  reader.session_id)  # fmt: skip
        assert reader.session_id is not None
        token = world.runtime.tokens.issue(
            sub=reader.id, sid=reader.session_id, org=school.id, role="register_reader",
            scope=("cairn",), amr=("pwd", "otp"), auth_time=clock.now(),
        )  # fmt: skip
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        about_head = (await raise_about(school.staff, school[HEAD].id))["id"]
        api = world.as_token(token)
        assert await ids_of(api) == {concern}
        assert (await api.get(f"{ROOT}/{about_head}")).status_code == 404
        assert (await api.get(f"{ROOT}/{concern}")).json()["permissions"] == ["amend_adult_concern"]
        answer = await step(world, api, concern, "acknowledge")
        assert answer.json()["code"] == "permission_missing"


def now() -> str:
    return clock.now().isoformat()


def described(name: str) -> dict[str, str]:
    return {"name": name, "role": "staff"}


class TestNamesakes:
    """An adult who is described by name may be whoever has that name."""

    @pytest.mark.parametrize("form", ["{name}", "Mr {last}", "our lead, {name}", "{LAST}"])
    async def test_do_not_get_it_until_the_adult_is_named(
        self, world: World, school: School, form: str
    ) -> None:
        lead = await school.person(Role.DSL, "Corin Vandersteen")
        name = form.format(name=lead.name, last="Vandersteen", LAST="VANDERSTEEN")
        concern = (await raise_about(school.staff, None, about=described(name)))["id"]
        record = (await school.api(HEAD).get(f"{ROOT}/{concern}")).json()
        assert record["namesakes"] == [str(lead.id)]
        body = {"case_manager_id": str(lead.id), "reason": "Knows the children."}
        refused = await step(world, school.api(HEAD), concern, "assign", body)
        assert refused.json()["code"] == "case_manager_unsuitable"
        right = {"about": {"name": "A visitor", "role": "visitor"}, "reason": "Not of us."}
        await step(world, school.api(HEAD), concern, "redirect", right)
        assert (await step(world, school.api(HEAD), concern, "assign", body)).status_code == 200

    async def test_are_not_everybody_who_shares_a_letter(
        self, world: World, school: School
    ) -> None:
        await school.person(Role.DSL, "Corin Vandersteen")
        for name in ("A visitor", "Corin Ash", "Mr V", "Vander"):
            concern = (await raise_about(school.staff, None, about=described(name)))["id"]
            assert row_of(world, concern, "namesakes") == [], name

    async def test_a_former_name_counts(self, world: World, school: School) -> None:
        lead = await school.person(Role.DSL, "Corin Ash")
        world.sql(
            "insert into staff_name (school_id, id, staff_id, name, until) "
            "values (%s, gen_random_uuid(), %s, 'Corin Vandersteen', now())", school.id, lead.id,
        )  # fmt: skip
        concern = (await raise_about(school.staff, None, about=described("Mrs Vandersteen")))["id"]
        assert row_of(world, concern, "namesakes") == [lead.id]

    async def test_a_head_with_the_family_name_hands_it_to_the_chair(
        self, world: World, school: School
    ) -> None:
        world.sql("update staff set name = 'Iris Vandersteen' where id = %s", school[HEAD].id)
        concern = (await raise_about(school.staff, None, about=described("Mr Vandersteen")))["id"]
        assert row_of(world, concern, "owner_id") == school[CHAIR].id
        assert await ids_of(school.api(HEAD)) == set()

    async def test_who_alone_can_read_it_does(self, world: World, school: School) -> None:
        """A name that fits leaves no report with nobody."""
        world.sql("update staff set name = 'Iris Vandersteen' where id = %s", school[HEAD].id)
        end_role(world, school[CHAIR], CHAIR)
        concern = (await raise_about(school.staff, None, about=described("Mr Vandersteen")))["id"]
        assert row_of(world, concern, "owner_id") == school[HEAD].id
        assert await ids_of(school.api(HEAD)) == {concern}


class TestRedirect:
    async def test_moves_it_to_the_chair_and_locks_both_out(
        self, world: World, school: School
    ) -> None:
        wrong = school[Role.PASTORAL]
        concern = (await raise_about(school.staff, wrong.id))["id"]
        body = {"about": {"staff_id": str(school[HEAD].id)}, "reason": "It was me."}
        answer = await step(world, school.api(HEAD), concern, "redirect", body)
        assert answer.json()["about_head"] is True
        assert answer.json()["owner"]["id"] == str(school[CHAIR].id)
        assert kinds_of(world, school[CHAIR]) == ["adult_concern"]
        assert await ids_of(school.api(HEAD)) == set()
        assert (await school.api(HEAD).get(f"{ROOT}/{concern}")).status_code == 404
        record = (await school.api(CHAIR).get(f"{ROOT}/{concern}")).json()
        assert record["locked_out"] == [str(wrong.id)]
        assert record["reported_about"]["staff_id"] == str(wrong.id)
        assert record["about"]["staff_id"] == str(school[HEAD].id)
        own = (await school.staff.get(f"{ROOT}/{concern}")).json()
        assert own["reported_about"]["staff_id"] == str(wrong.id)
        assert str(school[HEAD].id) not in str(own)

    async def test_moves_it_back_to_a_head_it_does_not_name(
        self, world: World, school: School
    ) -> None:
        second = await school.person(HEAD)
        concern = (await raise_about(school.staff, school[HEAD].id))["id"]
        body = {"about": {"name": "Kit Roe", "role": "supply"}, "reason": "Mistaken."}
        await step(world, school.api(CHAIR), concern, "redirect", body)
        assert await ids_of(school.api(CHAIR)) == set()
        assert await ids_of(world.as_token(second.token)) == {concern}
        assert await ids_of(school.api(HEAD)) == set()
        assert kinds_of(world, second) == ["adult_concern"]
        assert kinds_of(world, school[HEAD]) == []

    async def test_drops_a_case_manager_who_may_not_read_it_now(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        await manage(world, school, concern)
        body = {"about": {"staff_id": str(school[Role.DSL].id)}, "reason": "It was the lead."}
        await step(world, school.api(HEAD), concern, "redirect", body)
        assert row_of(world, concern, "case_manager_id") is None
        assert row_of(world, concern, "owner_id") == school[HEAD].id
        assert (await school.lead.get(f"{ROOT}/{concern}")).status_code == 404

    async def test_refuses_an_unknown_adult(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, None))["id"]
        body = {"about": {"staff_id": str(new_id())}, "reason": "x"}
        answer = await step(world, school.api(HEAD), concern, "redirect", body)
        assert answer.json()["code"] == "subject_unknown"


class TestLockOut:
    async def test_keeps_somebody_with_an_interest_away(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        body = {"staff_id": str(school[HEAD].id), "reason": "My partner."}
        answer = await step(world, school.api(HEAD), concern, "lock-outs", body)
        assert answer.json()["owner"]["id"] == str(school[CHAIR].id)
        assert await ids_of(school.api(HEAD)) == set()
        assert await ids_of(school.api(CHAIR)) == {concern}
        assert kinds_of(world, school[CHAIR]) == ["adult_concern"]

    async def test_ends_no_ownership_of_another(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, None))["id"]
        body = {"staff_id": str(school[Role.DSL].id), "reason": "Their friend."}
        await step(world, school.api(HEAD), concern, "lock-outs", body)
        assert row_of(world, concern, "owner_id") == school[HEAD].id
        body = {"case_manager_id": str(school[Role.DSL].id), "reason": "x"}
        answer = await step(world, school.api(HEAD), concern, "assign", body)
        assert answer.json()["code"] == "case_manager_unsuitable"


class TestSettling:
    async def test_gives_what_an_ended_role_owned_to_another_reader(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        await manage(world, school, concern)
        end_role(world, school[Role.DSL], Role.DSL)
        assert await settled(world, school) == 1
        assert row_of(world, concern, "owner_id") == school[HEAD].id
        assert verbs_of(world, concern)[-1] == "adult_concern.assigned"

    async def test_follows_a_subject_who_became_head(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        give_role(world, school, school[Role.PASTORAL], HEAD)
        assert await settled(world, school) == 1
        assert row_of(world, concern, "owner_id") == school[CHAIR].id
        assert kinds_of(world, school[CHAIR]) == ["adult_concern"]

    async def test_leaves_what_is_in_order(self, world: World, school: School) -> None:
        await raise_about(school.staff, school[Role.PASTORAL].id)
        await raise_about(school.staff, school[HEAD].id)
        assert await settled(world, school) == 0


def new_alerts(world: World, school: School) -> list[Any]:
    """Who has an alert that they have not acknowledged."""
    return world.sql(
        "select recipient_id, kind from alert where school_id = %s and acknowledged_at is null "
        "and kind in ('adult_concern', 'appointment_needed')",
        school.id,
    )


class TestAddTo:
    async def test_amends_beside_the_original(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        path = f"{ROOT}/{concern}"
        statement = (await school.staff.get(path)).json()["account"][0]["id"]
        body = {"kind": "correction", "statement_id": statement, "text": "Drove two.",
                "reason": "Remembered."}  # fmt: skip
        assert (await school.staff.post(f"{path}/amendments", body)).status_code == 201
        record = (await school.api(HEAD).get(path)).json()
        assert record["account"][0]["text"] == NARRATIVE
        assert record["amendments"][0]["text"] == "Drove two."
        wrong = {**body, "statement_id": str(new_id())}
        answer = await school.staff.post(f"{path}/amendments", wrong)
        assert answer.json()["code"] == "statement_unknown"
        answer = await school.lead.post(f"{path}/amendments", body)
        assert answer.status_code == 404

    async def test_alerts_who_works_on_it_even_when_it_is_closed(
        self, world: World, school: School
    ) -> None:
        head = school.api(HEAD)
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        assign = {"case_manager_id": str(school[Role.DSL].id), "reason": "Knows the team."}
        await step(world, head, concern, "assign", assign)
        more = {"text": "He did it again.", "reason": "Seen today."}
        for closed in (False, True):
            if closed:
                await step(world, head, concern, "assess", LOW_LEVEL)
                await step(world, head, concern, "close", {"outcome": "dealt_with", "reason": "x"})
                assert row_of(world, concern, "state") == "closed"
            world.sql("update alert set acknowledged_at = now() where school_id = %s", school.id)
            answer = await school.staff.post(f"{ROOT}/{concern}/amendments", more)
            assert answer.status_code == 201, answer.text
            assert new_alerts(world, school) == [(school[Role.DSL].id, "adult_concern")]

    async def test_alerts_another_reader_when_its_owner_has_left(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        assign = {"case_manager_id": str(school[Role.DSL].id), "reason": "Knows the team."}
        await step(world, school.api(HEAD), concern, "assign", assign)
        world.sql(
            "update membership set valid_to = current_date where staff_id = %s", school[Role.DSL].id
        )
        world.sql("update alert set acknowledged_at = now() where school_id = %s", school.id)
        more = {"text": "He did it again.", "reason": "Seen today."}
        await school.staff.post(f"{ROOT}/{concern}/amendments", more)
        assert new_alerts(world, school) == [(school[HEAD].id, "adult_concern")]

    async def test_hides_anothers_amendment_from_the_reporter(self, school: School) -> None:
        concern = (await raise_about(school.staff, None))["id"]
        path = f"{ROOT}/{concern}"
        await school.api(HEAD).post(f"{path}/amendments", {"text": "From HR.", "reason": "x"})
        assert (await school.staff.get(path)).json()["amendments"] == []

    @pytest.mark.parametrize("table", ["adult_statement", "adult_note", "adult_event"])
    async def test_cannot_change_what_was_written(self, world: World, table: str) -> None:
        granted = world.sql(
            "select has_any_column_privilege('cairn_app', %s, 'update'), "
            "has_table_privilege('cairn_app', %s, 'delete')",
            table,
            table,
        )
        assert granted == [(False, False)]


class TestPatterns:
    async def test_count_earlier_ones_about_the_same_adult(
        self, world: World, school: School
    ) -> None:
        head, about = school.api(HEAD), school[Role.PASTORAL].id
        made = [(await raise_about(school.staff, about))["id"] for _ in "abc"]
        await step(world, head, made[0], "assess", ALLEGATION)
        await raise_about(school.staff, school[Role.DSL].id)
        found = (await head.get(f"{ROOT}/patterns?staff_id={about}")).json()
        assert (found["count"], found["low_level"], found["allegation"]) == (3, 2, 1)
        assert [one["id"] for one in found["items"]] == made[::-1]
        assert NARRATIVE not in str(found)

    async def test_are_for_readers_and_of_what_they_read(
        self, world: World, school: School
    ) -> None:
        path = f"{ROOT}/patterns?staff_id={school[Role.PASTORAL].id}"
        await raise_about(school.staff, school[Role.PASTORAL].id)
        assert (await school.api(CHAIR).get(path)).json()["count"] == 0
        assert (await school.lead.get(path)).status_code == 403
        assert (await school.api(HEAD).get(f"{ROOT}/patterns")).status_code == 422


class TestAudit:
    async def test_lists_what_was_done_to_what_the_reader_reads(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        await school.lead.get(f"{ROOT}/{concern}")
        found = (await school.api(HEAD).get(f"/v1/adult-audit?concern_id={concern}")).json()
        assert [(one["verb"], one["actor_id"]) for one in found["items"]] == [
            ("access.refused", str(school[Role.DSL].id)),
            ("adult_concern.raised", str(school[Role.STAFF].id)),
        ]

    async def test_shows_the_chair_nothing_of_what_is_not_about_a_head(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        answer = await school.api(CHAIR).get("/v1/adult-audit")
        assert concern not in answer.text
        assert (await school.lead.get("/v1/adult-audit")).status_code == 403


class TestLeaks:
    """Nothing of one shows anywhere else."""

    async def test_nothing_enters_the_trail_of_children(self, world: World, school: School) -> None:
        count = "select count(*) from trail where school_id = %s"
        before = world.sql(count, school.id)
        child = await school.child()
        (made,) = world.sql(count, school.id)
        assert made[0] == before[0][0] + 1
        receipt = await raise_about(
            school.staff, school[HEAD].id, child_ids=[str(child)], immediate_risk=True
        )
        concern, chair = receipt["id"], school.api(CHAIR)
        for role in EVERY_ROLE:
            await school.api(role).get(f"{ROOT}/{concern}")
            await school.api(role).get(ROOT)
            await school.api(role).get("/v1/adult-audit")
            await school.api(role).post(f"{ROOT}/{concern}/notes", {"text": "x"})
        await manage(world, school, concern, by=CHAIR)
        await step(world, school.lead, concern, "assess", ALLEGATION)
        await step(world, school.lead, concern, "close", {"outcome": "false", "reason": "x"})
        await step(world, chair, concern, "countersign", {"agree": True, "reason": "x"})
        for alert in (await chair.get("/v1/alerts")).json()["items"]:
            await chair.post(f"/v1/alerts/{alert['id']}/acknowledge")
        await settled(world, school)
        assert world.sql(count, school.id) == [made]
        rows = world.sql("select * from trail where school_id = %s", school.id)
        assert concern not in str(rows)
        assert receipt["reference"] not in str(rows)
        assert "adult" not in str(rows)
        kept = world.sql("select verb, count(*) from adult_trail where school_id = %s "
                         "group by verb", school.id)  # fmt: skip
        assert {"access.refused", "alert.acknowledged", "adult_concern.closed"} <= {
            verb for verb, _ in kept
        }

    async def test_nothing_shows_on_the_childs_side(self, world: World, school: School) -> None:
        child = await school.child()
        receipt = await raise_about(school.staff, school[Role.PASTORAL].id, child_ids=[str(child)])
        assert receipt["id"]
        for role in (Role.DSL, HEAD, Role.PASTORAL, Role.SCHOOL_ADMIN, Role.DEPUTY_DSL):
            for path in (
                f"/v1/children/{child}",
                f"/v1/children/{child}/chronology",
                f"/v1/children/{child}/contacts",
                f"/v1/concerns?child_id={child}",
                "/v1/concerns",
                "/v1/actions",
                f"/v1/staff/{school[Role.PASTORAL].id}",
                f"/v1/staff/{school[Role.PASTORAL].id}/memberships",
                "/v1/staff?limit=200",
            ):
                told = (await school.api(role).get(path)).text
                for secret in (receipt["id"], receipt["reference"], NARRATIVE, 'adult_concern"'):
                    assert secret not in told, f"{role} {path}"
        assert world.sql("select count(*) from chronology_entry where school_id = %s",
                         school.id) == [(0,)]  # fmt: skip

    async def test_nothing_is_told_to_leads(self, world: World, school: School) -> None:
        await raise_about(school.staff, school[Role.PASTORAL].id, immediate_risk=True)
        for role in (Role.DSL, Role.DEPUTY_DSL, ADMIN, Role.PASTORAL):
            assert (await school.api(role).get("/v1/alerts")).json()["items"] == []

    async def test_never_travels(self, world: World, school: School) -> None:
        child = await school.child()
        concern = (
            await raise_about(school.staff, school[Role.PASTORAL].id, child_ids=[str(child)])
        )["id"]
        await manage(world, school, concern)
        note = (await school.lead.post(f"{ROOT}/{concern}/notes", {"text": "x"})).json()["id"]
        share = {
            "child_id": str(child),
            "recipient": {"via": "other", "name": "Kim", "role": "Nurse"},
            "purpose": "inform_parent",
            "purpose_detail": "Asked.",
            "lawful_basis": "public_task",
        }
        for thing in (concern, note):
            for kind in ("concern", "comment", "decision", "action", "adult_concern"):
                items = [{"kind": kind, "id": thing}]
                for path in ("/v1/shares", "/v1/referrals"):
                    answer = await school.lead.post(path, {**share, "items": items})
                    assert answer.status_code == 422, f"{path} {kind}"

    async def test_another_school_finds_nothing(
        self, world: World, school: School, other_school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        for role in (HEAD, CHAIR, Role.DSL):
            assert (await other_school.api(role).get(f"{ROOT}/{concern}")).status_code == 404
            assert await ids_of(other_school.api(role)) == set()


class TestUntracedChanges:
    async def test_of_the_register_are_refused_when_traced_elsewhere(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, None))["id"]

        async def add(register: Any) -> None:
            async with world.work(school.id) as work:
                work.adults.add(
                    AdultNote(
                        school_id=school.id, id=uuid4(), concern_id=UUID(concern), kind="note",
                        text="x", author_id=school[HEAD].id, recorded_at=work.now,
                    )
                )  # fmt: skip
                work.record(AuditEvent.COMMENT_ADDED, "note", None, register=register)

        with pytest.raises(UntracedChange, match="adult_note"):
            await add("children")
        assert world.sql("select count(*) from adult_note where concern_id = %s", concern) == [(0,)]
        await add("adults")

    async def test_of_children_are_refused_when_traced_there(
        self, world: World, school: School
    ) -> None:
        async def change() -> None:
            async with world.work(school.id) as work:
                await (await work.driver()).write(
                    "update staff set phone = '1' where school_id = $1", school.id
                )
                work.record(AuditEvent.STAFF_CHANGED, "staff", None, register="adults")

        with pytest.raises(UntracedChange, match="staff"):
            await change()

    async def test_cannot_be_recorded_in_the_wrong_trail(
        self, world: World, school: School
    ) -> None:
        with pytest.raises(UntracedChange):
            async with world.work(school.id) as work:
                work.record(AuditEvent.ADULT_OPENED, "adult_concern", None)
