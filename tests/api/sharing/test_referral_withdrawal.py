"""A referral that went to the wrong agency is taken back, and what it was for is not forgotten."""

from typing import Any

import pytest

from app.core.words import Role
from tests.api.leaving_files import LETTER
from tests.api.records import a_concern, verbs_about
from tests.api.referring import a_body, a_draft, a_key, a_sent, an_agency, now, step
from tests.api.sharing.test_referral_following import a_challenge
from tests.api.sharing.test_referrals_files import FILE
from tests.api.sharing.test_referrals_files import a_sent as a_sent_file
from tests.api.sharing.test_shared_referrals import behind_link
from tests.world import Api, School, World

WRONG = {"reason": "It went to the wrong authority. zqwordsqz"}
SENT = "/v1/agency/referrals"


async def version_of(api: Api, referral: str) -> int:
    """The version that somebody sees."""
    tag = (await api.get(f"/v1/referrals/{referral}")).headers["etag"]
    return int(tag.strip('"').split("-")[0])


async def taken_back(school: School, referral: str) -> dict[str, Any]:
    """What the lead is answered who takes it back."""
    answer = await step(school.lead, referral, "withdraw", WRONG)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["referral"]["state"] == "withdrawn"
    return found


def clocks_of(world: World, referral: str) -> list[str]:
    """The rules of the clocks that run for it."""
    rows = world.sql(
        "select rule_id from deadline where thing_id = %s and ended_at is null", referral
    )
    return [rule for (rule,) in rows]


def owed(world: World, referral: str) -> list[Any]:
    """The open tasks to refer again: whose, about what, by which limit."""
    return world.sql(
        "select owner_id, concern_id, due_rule, confidentiality, urgent from task"
        " where about_id = %s and kind = 'refer_again' and ended_at is null", referral,
    )  # fmt: skip


async def in_state(school: School, state: str, **fields: Any) -> str:
    """A referral that was sent and taken on."""
    agency = fields.pop("agency", None) or await an_agency(school)
    referral = await a_sent(school, await a_body(school, agency, **fields))
    steps: dict[str, tuple[str, dict[str, Any]]] = {
        "acknowledged": ("acknowledgement", {"by": "Sam Field", "at": now()}),
        "chased": ("chase", {"whom": "Duty desk", "route": "phoned", "at": now()}),
        "challenged": ("challenge", a_challenge()),
        "outcome_received": (
            "outcome", {"outcome": "wrong_agency", "at": now(), "returned_by": "Sam Field"},
        ),
    }  # fmt: skip
    if state in steps:
        answer = await step(school.lead, referral, *steps[state])
        assert answer.json()["state"] == state, answer.text
    return referral


class TestTakingBack:
    @pytest.mark.parametrize(
        "state", ["sent", "acknowledged", "chased", "challenged", "outcome_received"]
    )
    async def test_ends_it_with_its_clock_from_every_state_in_which_it_is_read(
        self, world: World, school: School, state: str
    ) -> None:
        referral = await in_state(school, state)
        found = (await taken_back(school, referral))["referral"]
        assert found["ended_at"] is not None
        assert (found["due_at"], found["challenge"], found["permissions"]) == (None, None, [])
        assert clocks_of(world, referral) == []
        assert verbs_about(world, referral)[-1] == "referral.withdrawn"
        event = found["events"][-1]
        assert (event["kind"], event["text"]) == ("withdrawn", WRONG["reason"])
        again = await step(school.lead, referral, "withdraw", WRONG)
        assert (again.status_code, again.json()["code"]) == (409, "state_conflict")

    @pytest.mark.parametrize("approved", [False, True])
    async def test_is_not_for_what_was_never_sent(self, school: School, approved: bool) -> None:
        referral = await a_draft(school, await a_body(school, await an_agency(school)))
        if approved:
            await step(school.lead, referral, "approve", {"reason": "Help."})
        answer = await step(school.lead, referral, "withdraw", WRONG)
        assert answer.status_code == 409
        seen = (await school.lead.get(f"/v1/referrals/{referral}")).json()["permissions"]
        assert "withdraw_referral" not in seen

    async def test_wants_a_reason_and_a_lead(self, school: School) -> None:
        referral = await in_state(school, "sent")
        assert (await step(school.lead, referral, "withdraw", {})).status_code == 422
        seen = await version_of(school.lead, referral)
        path = f"/v1/referrals/{referral}/withdraw"
        head = school.api(Role.HEADTEACHER)
        assert (await head.post(path, WRONG, version=seen)).status_code == 403
        assert (await school.lead.post(path, WRONG)).status_code == 428
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.post(path, WRONG, version=seen)).status_code == 200

    async def test_stays_shown_to_the_school_with_who_saw_what(
        self, world: World, school: School
    ) -> None:
        referral = await in_state(school, "sent")
        agency = await behind_link(world, school, referral)
        await agency.read()
        before = await school.lead.get(f"/v1/referrals/{referral}/snapshot")
        await taken_back(school, referral)
        after = await school.lead.get(f"/v1/referrals/{referral}/snapshot")
        assert (after.status_code, after.content) == (200, before.content)
        kinds = [
            one["kind"]
            for one in (await school.lead.get(f"/v1/referrals/{referral}")).json()["events"]
        ]
        assert kinds[-2:] == ["opened", "withdrawn"]

    async def test_leaves_an_emergency_to_be_reviewed(self, world: World, school: School) -> None:
        body = await a_body(school, await an_agency(school), urgency="emergency")
        referral = await a_draft(school, body)
        how = {"route": "phoned", "at": now(), "to": "Duty desk"}
        assert (await step(school.lead, referral, "send", how)).status_code == 200
        due = (await school.lead.get(f"/v1/referrals/{referral}")).json()["due_at"]
        found = (await taken_back(school, referral))["referral"]
        assert (found["approval_owed"], found["due_at"], found["ended_at"]) == (True, due, None)
        assert clocks_of(world, referral) == ["referral.approve_after"]
        [(_, _, _, _, urgent)] = owed(world, referral)
        assert urgent
        reviewed = await step(
            school.api(Role.HEADTEACHER), referral, "approve", {"reason": "She was in danger."}
        )
        assert reviewed.status_code == 200, reviewed.text
        told = reviewed.json()
        assert (told["state"], told["due_at"]) == ("withdrawn", None)
        assert told["ended_at"] is not None
        assert clocks_of(world, referral) == []


class TestTheAgency:
    async def test_reads_no_more_behind_its_link(self, world: World, school: School) -> None:
        referral = await a_sent_file(world, school, await an_agency(school))
        agency = await behind_link(world, school, referral)
        assert (await agency.read(FILE)).content == LETTER
        await taken_back(school, referral)
        for answer in (await agency.read(), await agency.read("snapshot"), await agency.read(FILE)):
            assert answer.status_code == 401, answer.text
        assert (await agency.post("acknowledge", {"by": "Sam Field"})).status_code == 401

    async def test_reads_no_more_by_its_key(self, world: World, school: School) -> None:
        agency = await an_agency(school)
        referral = await a_sent_file(world, school, agency)
        system = await a_key(world, school, agency)
        parts = ("", "/document.json", "/document.pdf", f"/{FILE}")
        for part in parts:
            assert (await system.get(f"{SENT}/{referral}{part}")).status_code == 200, part
        await taken_back(school, referral)
        assert (await system.get(SENT)).json()["items"] == []
        for part in parts:
            assert (await system.get(f"{SENT}/{referral}{part}")).status_code == 404, part
        said = {"outcome": "accepted", "by": "Jo Bell"}
        for verb, body in (
            ("outcome", said), ("questions", {"text": "x"}), ("acknowledgement", {"by": "x"}),
        ):  # fmt: skip
            answer = await system.post(f"{SENT}/{referral}/{verb}", body)
            assert answer.status_code == 404, verb

    async def test_reads_no_more_where_a_review_is_owed(self, world: World, school: School) -> None:
        agency = await an_agency(school)
        referral = await a_draft(school, await a_body(school, agency, urgency="emergency"))
        how = {"route": "phoned", "at": now(), "to": "Duty desk"}
        await step(school.lead, referral, "send", how)
        system = await a_key(world, school, agency)
        assert (await system.get(f"{SENT}/{referral}")).status_code == 200
        await taken_back(school, referral)
        assert (await system.get(f"{SENT}/{referral}")).status_code == 404
        assert (await system.get(SENT)).json()["items"] == []


class TestWhatTheAgencyReadSince:
    async def test_keeps_nobody_from_taking_it_back(self, world: World, school: School) -> None:
        agency = await an_agency(school)
        referral = await a_sent_file(world, school, agency)
        system = await a_key(world, school, agency)
        seen = await version_of(school.lead, referral)
        for _ in range(2):
            assert (await system.get(f"{SENT}/{referral}/{FILE}")).status_code == 200
        await system.post(f"{SENT}/{referral}/questions", {"text": "Who is at home?"})
        path = f"/v1/referrals/{referral}"
        stale = await school.lead.post(f"{path}/answers", {"text": "Kim."}, version=seen)
        assert stale.status_code == 412, "a question has to be seen"
        ahead = await version_of(school.lead, referral) + 1
        assert (await school.lead.post(f"{path}/withdraw", WRONG, version=ahead)).status_code == 412
        answer = await school.lead.post(f"{path}/withdraw", WRONG, version=seen)
        assert answer.status_code == 200, answer.text
        assert clocks_of(world, referral) == []

    async def test_stands_in_the_way_of_no_step(self, world: World, school: School) -> None:
        agency = await an_agency(school)
        referral = await a_sent_file(world, school, agency)
        system = await a_key(world, school, agency)
        path = f"/v1/referrals/{referral}"
        seen = await version_of(school.lead, referral)
        for _ in range(3):
            assert (await system.get(f"{SENT}/{referral}/{FILE}")).status_code == 200
        assert await version_of(school.lead, referral) == seen + 3
        said = {"by": "Sam Field", "at": now()}
        answer = await school.lead.post(f"{path}/acknowledgement", said, version=seen)
        assert answer.status_code == 200, answer.text
        assert answer.headers["etag"] == f'"{seen + 4}"'
        late = {"whom": "Duty desk", "route": "phoned", "at": now()}
        stale = await school.lead.post(f"{path}/chase", late, version=seen)
        assert stale.status_code == 412, "a step of the school has to be seen"

    async def test_also_behind_its_link(self, world: World, school: School) -> None:
        referral = await a_sent_file(world, school, await an_agency(school))
        agency = await behind_link(world, school, referral)
        seen = await version_of(school.lead, referral)
        await agency.read()
        await agency.read(FILE)
        said = {"by": "Sam Field", "at": now()}
        path = f"/v1/referrals/{referral}/acknowledgement"
        assert (await school.lead.post(path, said, version=seen)).status_code == 200


class TestReferringAgain:
    async def test_is_owed_by_whoever_has_the_concern_the_same_day(
        self, world: World, school: School
    ) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        concern = await a_concern(school, child)
        world.sql("update concern set owner_id = %s where id = %s returning id", deputy.id, concern)
        referral = await in_state(
            school, "sent", child_id=str(child), concern_id=concern,
            items=[{"kind": "concern", "id": concern}],
        )  # fmt: skip
        asked = (await taken_back(school, referral))["refer_again"]
        [(owner, of, rule, level, urgent)] = owed(world, referral)
        assert (owner, str(of), rule, level, urgent) == (
            deputy.id, concern, "referral.again", "K3", False,
        )  # fmt: skip
        assert asked["owner"]["id"] == str(deputy.id)
        [(soon,)] = world.sql(
            "select due_at <= set_at + interval '1 day' from task where id = %s", asked["task_id"]
        )
        assert soon
        told = world.sql(
            "select count(*) from alert where recipient_id = %s and kind = 'task_set'"
            " and thing_id = %s", deputy.id, asked["task_id"],
        )  # fmt: skip
        assert told == [(1,)]
        done = await school.api(Role.DEPUTY_DSL).post(
            f"/v1/tasks/{asked['task_id']}/complete", {}, version=1
        )
        assert done.status_code == 200, done.text
        assert owed(world, referral) == []

    @pytest.mark.parametrize(("kind", "asks"), [("early_help", False), ("camhs", True)])
    async def test_is_not_owed_where_another_of_its_kind_is_open(
        self, world: World, school: School, kind: str, asks: bool
    ) -> None:
        child, agency = await school.child(), await an_agency(school)
        concern = await a_concern(school, child)
        of = {
            "child_id": str(child), "concern_id": concern,
            "items": [{"kind": "concern", "id": concern}],
        }  # fmt: skip
        referral = await in_state(school, "sent", **of)
        right = await a_body(school, agency, **of)
        await a_draft(school, right | {"kind": kind, "fields": {}})
        found = await taken_back(school, referral)
        assert (found["refer_again"] is not None) is asks
        assert bool(owed(world, referral)) is asks

    async def test_is_owed_again_where_the_next_is_taken_back_too(
        self, world: World, school: School
    ) -> None:
        body = await a_body(school, await an_agency(school))
        first, second = await a_sent(school, body), await a_sent(school, body)
        assert (await taken_back(school, first))["refer_again"] is None
        assert (await taken_back(school, second))["refer_again"] is not None

    async def test_is_nothing_for_whom_the_concern_names(
        self, world: World, school: School
    ) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        concern = await a_concern(school, child, staff_named=[str(deputy.id)])
        world.sql("update concern set owner_id = %s where id = %s returning id", deputy.id, concern)
        referral = await in_state(
            school, "sent", child_id=str(child), concern_id=concern,
            items=[{"kind": "concern", "id": concern}],
        )  # fmt: skip
        await taken_back(school, referral)
        [(owner, *_)] = owed(world, referral)
        assert owner != deputy.id

    async def test_climbs_where_nobody_does_it(self, world: World, school: School) -> None:
        referral = await in_state(school, "sent")
        asked = (await taken_back(school, referral))["refer_again"]
        [(ladder,)] = world.sql(
            "select ladder from deadline where thing_id = %s and ended_at is null",
            asked["task_id"],
        )  # fmt: skip
        assert ladder == "today"


class TestAPersonalDuty:
    async def test_is_taken_back_by_nobody_but_its_writer(
        self, world: World, school: School
    ) -> None:
        referral = await in_state(school, "sent")
        world.sql(
            "update referral set duty_of = %s where id = %s returning id",
            school[Role.STAFF].id, referral,
        )  # fmt: skip
        seen = (await school.lead.get(f"/v1/referrals/{referral}")).json()["permissions"]
        assert "withdraw_referral" not in seen
        answer = await step(school.lead, referral, "withdraw", WRONG)
        assert (answer.status_code, answer.json()["code"]) == (403, "duty_is_theirs")
