"""The life of a concern, from the reporter's ninety seconds to its closing."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.ids import made_by, new_id
from app.core.words import Role
from app.domain.record.concerns.commands import NOBODY
from tests.deadlines import keep_clocks
from tests.inboxes import about_id
from tests.world import Api, School, World

ROUTINE = {"immediacy": "routine", "categories": ["bullying"]}
"""What may wait for the day's end."""


def a_body(*children: UUID, **fields: Any) -> dict[str, Any]:
    """A body that raises a concern about the children."""
    return {
        "children": [{"child_id": str(child)} for child in children],
        "account": [
            {"kind": "child_said", "text": "It hurts when I sit.", "prompted_by": "Are you well?"},
            {"kind": "observed", "text": "Stood through the lesson."},
        ],
        "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "occurred_precision": "about",
        "place": "playground",
        "source": "staff_observation",
        "immediacy": "today",
        "categories": ["not_sure"],
        "parents_told": {"value": "not_yet", "reason": "Lead to decide."},
    } | fields


PARTS: dict[str, dict[str, Any]] = {
    "nothing more": {},
    "more words": {"account": [{"text": "She has no lunch."}]},
    "a mark": {"body_map": [{"view": "back", "x": 0.5, "y": 0.5, "region": "upper_back_m",
                             "size_mm": 20, "swelling": True}]},
    "self-harm": {"self_harm": {"kind": "thoughts_of_suicide",
                                "with_now": "Ms Clarke"}},
    "an unknown child": {"children": [], "unmatched_child": {"name": "Sam, year 8"}},
    "another time": {"occurred_at": "2026-11-23T10:00:00Z"},
    "another place": {"place": "library"},
    "more urgent": {"immediacy": "immediate_danger"},
    "another category": {"categories": ["neglect"]},
    "who knows": {"told_already": [{"whom": "lead"}]},
}  # fmt: skip
"""What a report may say beside a child and its words."""


def counts_of(world: World, school: School) -> list[tuple[int, int]]:
    """How many concerns and incomplete reports a school has."""
    return world.sql(
        "select (select count(*) from concern where school_id = %s),"
        " (select count(*) from incomplete_report where school_id = %s)",
        school.id,
        school.id,
    )


async def raise_one(api: Api, *children: UUID, **fields: Any) -> dict[str, Any]:
    """A raised concern's receipt."""
    answer = await api.post("/v1/concerns", a_body(*children, **fields))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def step(api: Api, concern: str, verb: str, body: Any = None) -> httpx.Response:
    """Take a step at the concern's present version."""
    read = await api.get(f"/v1/concerns/{concern}")
    return await api.post(
        f"/v1/concerns/{concern}/{verb}", body, version=read.headers["etag"].strip('"')
    )


def a_triage(owner: UUID, level: int = 2, **fields: Any) -> dict[str, Any]:
    """A body that triages."""
    return {
        "level": level,
        "primary_category": "physical_abuse",
        "owner_id": str(owner),
        "due_at": (clock.now() + timedelta(days=2)).isoformat(),
        "reason": "Injury without an explanation.",
    } | fields


async def triaged(school: School, level: int = 2, **fields: Any) -> str:
    """A triaged concern's id."""
    receipt = await raise_one(school.staff, await school.child())
    answer = await step(
        school.lead, receipt["id"], "triage", a_triage(school[Role.DSL].id, level, **fields)
    )
    assert answer.status_code == 200, answer.text
    return str(receipt["id"])


class TestRaiseConcern:
    async def test_raises_and_keeps_every_word(self, school: School) -> None:
        child, other = await school.child(), await school.child("Robin", "Vale")
        body = a_body(
            child,
            other,
            body_map=[
                {
                    "child_id": str(child), "view": "front", "x": 0.42, "y": 0.31,
                    "region": "upper_arm_outer_l", "size_mm": 20, "colour": "purple",
                    "explanation": "I fell",
                }
            ],
            told_already=[{"whom": "lead", "name": "Ms Lead"}],
        )  # fmt: skip
        body["children"][1]["role"] = "witness"
        sent = new_id()
        body["id"], id_ = str(sent), str(made_by(school[Role.STAFF].id, sent))
        answer = await school.staff.post("/v1/concerns", body)
        assert answer.status_code == 201, answer.text
        receipt = answer.json()
        assert receipt["id"] == id_
        assert re.fullmatch(rf"C-{clock.now().year}-\d{{6}}", receipt["reference"])
        assert receipt["progress"] == "received"
        assert answer.headers["location"] == f"/v1/concerns/{id_}"
        record = (await school.lead.get(answer.headers["location"])).json()
        assert [one["text"] for one in record["account"]] == [
            one["text"] for one in body["account"]
        ]
        assert record["account"][0]["prompted_by"] == "Are you well?"
        assert record["body_map"][0]["region"] == "upper_arm_outer_l"
        assert record["body_map"][0]["x"] == 0.42
        assert [(one["id"], one["role"]) for one in record["children"]] == [
            (str(child), "subject"),
            (str(other), "witness"),
        ]
        assert record["parents_told"]["value"] == "not_yet"
        assert record["told_already"][0]["whom"] == "lead"
        assert record["state"] == "raised"
        assert record["owner"]["id"] == str(school[Role.DSL].id)
        assert record["due_at"] > record["recorded_at"]

    async def test_accepts_the_documented_body(self, school: School) -> None:
        child = await school.child()
        body = {
            "id": str(new_id()),
            "children": [{"child_id": str(child), "role": "subject"}],
            "account": [
                {"kind": "child_said", "text": "He hit me", "prompted_by": "What happened?"},
                {"kind": "observed", "text": "A bruise."},
            ],
            "occurred_at": "2026-11-20T10:15:00Z",
            "occurred_precision": "about",
            "place": "playground",
            "source": "child_disclosure",
            "immediacy": "today",
            "categories": ["not_sure"],
            "body_map": [
                {
                    "view": "front", "x": 0.42, "y": 0.31, "region": "upper_arm_outer_l",
                    "size_mm": 20, "colour": "purple", "explanation": "fell",
                }
            ],
            "parents_told": {"value": "not_yet", "reason": "Ask the lead first."},
        }  # fmt: skip
        assert (await school.staff.post("/v1/concerns", body)).status_code == 201

    async def test_tells_the_reporter_to_phone_first(self, school: School) -> None:
        receipt = await raise_one(school.staff, await school.child(), immediacy="immediate_danger")
        assert "999" in receipt["guidance"]["first"][0]

    async def test_alerts_every_lead_and_queues_the_mail(
        self, world: World, school: School
    ) -> None:
        receipt = await raise_one(school.staff, await school.child())
        alerted = world.sql("select recipient_id from alert where concern_id = %s", receipt["id"])
        assert {row[0] for row in alerted} == {school[Role.DSL].id, school[Role.DEPUTY_DSL].id}
        jobs = world.sql(
            "select args from procrastinate_jobs where args->>'concern_id' = %s", receipt["id"]
        )
        assert jobs == [({"school_id": str(school.id), "concern_id": receipt["id"]},)]
        inbox = await school.lead.get("/v1/alerts")
        assert about_id(inbox.json()["items"][0]) == receipt["id"]

    async def test_goes_to_the_head_where_there_is_no_lead(self, world: World) -> None:
        school = await world.a_school([Role.STAFF, Role.HEADTEACHER])
        receipt = await raise_one(school.staff, await school.child())
        found = world.sql("select owner_id from concern where id = %s", receipt["id"])
        assert found == [(school[Role.HEADTEACHER].id,)]

    async def test_tells_administrators_where_nobody_could_read_it(self, world: World) -> None:
        school = await world.a_school([Role.STAFF, Role.SCHOOL_ADMIN])
        receipt = await raise_one(school.staff, await school.child())
        told = world.sql("select recipient_id from alert where concern_id = %s", receipt["id"])
        assert told == [(school[Role.SCHOOL_ADMIN].id,)]

    async def test_is_never_refused_for_want_of_a_lead(self, world: World) -> None:
        school = await world.a_school([Role.STAFF])
        receipt = await raise_one(school.staff, await school.child())
        found = world.sql("select owner_id, due_at from concern where id = %s", receipt["id"])
        assert found[0][0] == school[Role.STAFF].id
        assert found[0][1] is not None

    async def test_replays_with_its_key(self, world: World, school: School) -> None:
        body = a_body(await school.child())
        first = await school.staff.post("/v1/concerns", body, key="k1")
        again = await school.staff.post("/v1/concerns", body, key="k1")
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["etag"] == first.headers["etag"]
        assert world.sql("select count(*) from concern where school_id = %s", school.id) == [(1,)]

    async def test_leaves_a_trace(self, world: World, school: School) -> None:
        receipt = await raise_one(school.staff, await school.child())
        trail = world.sql(
            "select verb, actor_id, after_hash is not null from trail where noun_id = %s",
            receipt["id"],
        )
        assert trail == [("concern.raised", school[Role.STAFF].id, True)]

    async def test_refuses_a_child_of_another_school(
        self, school: School, other_school: School
    ) -> None:
        answer = await school.staff.post("/v1/concerns", a_body(await other_school.child()))
        assert answer.status_code == 422
        assert answer.json()["code"] == "child_unknown"
        assert answer.json()["errors"][0]["pointer"] == "/children/0/child_id"

    @pytest.mark.parametrize("part", PARTS)
    async def test_says_of_a_report_sent_twice_where_it_is(
        self, world: World, school: School, part: str
    ) -> None:
        child = await school.child()
        body = a_body(child, id=str(new_id()), **PARTS[part])
        first = await school.staff.post("/v1/concerns", body, key=str(new_id()))
        assert first.status_code == 201, first.text
        before = counts_of(world, school)
        for key in (None, str(new_id())):
            again = await school.staff.post("/v1/concerns", body, key=key)
            assert (again.status_code, again.json()) == (201, first.json())
            assert again.headers["location"] == first.headers["location"]
        assert counts_of(world, school) == before

    @pytest.mark.parametrize("part", PARTS)
    async def test_keeps_what_a_second_report_of_one_id_says_more(
        self, world: World, school: School, part: str
    ) -> None:
        body = a_body(await school.child(), id=str(new_id()))
        await school.staff.post("/v1/concerns", body)
        more = PARTS[part] or {"account": [{"text": "It hurts when I run."}]}
        again = await school.staff.post("/v1/concerns", body | more)
        assert (again.status_code, again.json()["code"]) == (409, "already_exists")
        assert again.json()["kept"] is True
        assert counts_of(world, school) == [(1, 1)]

    async def test_does_not_show_that_an_id_exists_elsewhere(
        self, school: School, other_school: School
    ) -> None:
        chosen = str(new_id())
        await raise_one(school.staff, await school.child(), id=chosen)
        answer = await other_school.staff.post(
            "/v1/concerns", a_body(await other_school.child(), id=chosen)
        )
        assert answer.status_code == 201

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"occurred_at": "2026-11-20T10:15:00"}, "/occurred_at"),
            ({"children": []}, "/children"),
            ({"account": []}, "/account"),
            ({"account": [{"kind": "guess", "text": "x"}]}, "/account/0/kind"),
            ({"account": [{"kind": "observed", "text": " "}]}, "/account/0/text"),
            ({"account": [{"kind": "opinion", "text": "x"}]}, "/account/0/basis"),
            ({"account": [{"kind": "told_by", "text": "x"}]}, "/account/0/told_by"),
            ({"categories": ["nonsense"]}, "/categories/0"),
            ({"immediacy": "soon"}, "/immediacy"),
            ({"colour": "x"}, "/colour"),
            (
                {"body_map": [{"view": "front", "x": 1.2, "y": 0, "region": "nose_m"}]},
                "/body_map/0/x",
            ),
        ],
    )
    async def test_points_at_what_is_wrong(
        self, school: School, fields: dict[str, Any], pointer: str
    ) -> None:
        answer = await school.staff.post("/v1/concerns", a_body(await school.child(), **fields))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer

    async def test_says_in_words_what_is_wrong(self, school: School) -> None:
        account = [{"kind": "opinion", "text": "x"}]
        answer = await school.staff.post(
            "/v1/concerns", a_body(await school.child(), account=account, source="rumour")
        )
        told = {one["pointer"]: one["detail"] for one in answer.json()["errors"]}
        assert told == {
            "/account/0/basis": "Say what the opinion rests on.",
            "/source": "Not valid: not a code of GET /v1/vocabularies/concern_sources.",
        }

    async def test_refuses_the_future(self, school: School) -> None:
        later = (clock.now() + timedelta(days=1)).isoformat()
        answer = await school.staff.post(
            "/v1/concerns", a_body(await school.child(), occurred_at=later)
        )
        problem = answer.json()
        assert problem["code"] == "occurred_in_future"
        assert problem["errors"] == [
            {
                "pointer": "/occurred_at",
                "code": "occurred_in_future",
                "detail": "It is in the future: check the date.",
            }
        ]


class TestOpenConcern:
    async def test_shows_the_reporter_only_their_own_part(self, school: School) -> None:
        concern = await triaged(school)
        await school.lead.post(f"/v1/concerns/{concern}/comments", {"text": "Call the GP."})
        seen = (await school.staff.get(f"/v1/concerns/{concern}")).json()
        assert seen["progress"] == "being_handled"
        assert len(seen["account"]) == 2
        for hidden in ("state", "level", "comments", "decisions", "actions", "owner", "outcome"):
            assert hidden not in seen
        assert seen["seen_reason_code"] == "own"

    async def test_tells_the_reporter_nothing_of_hidden_work_by_its_etag(
        self, school: School
    ) -> None:
        concern = await triaged(school)
        before = (await school.staff.get(f"/v1/concerns/{concern}")).headers["etag"]
        await school.lead.post(f"/v1/concerns/{concern}/comments", {"text": "Rang the GP."})
        after = await school.staff.get(f"/v1/concerns/{concern}", headers={"If-None-Match": before})
        assert after.status_code == 304

    async def test_hides_it_from_other_staff(self, school: School) -> None:
        concern = await triaged(school)
        colleague = await school.person(Role.STAFF)
        answer = await school.world.as_token(colleague.token).get(f"/v1/concerns/{concern}")
        assert answer.status_code == 404

    async def test_hides_class_k5_from_deputies(self, school: School) -> None:
        concern = await triaged(school, confidentiality="K5")
        assert (await school.lead.get(f"/v1/concerns/{concern}")).status_code == 200
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER, Role.PASTORAL):
            assert (await school.api(role).get(f"/v1/concerns/{concern}")).status_code == 404

    async def test_answers_304_for_a_known_version_and_still_leaves_a_trace(
        self, world: World, school: School
    ) -> None:
        concern = await triaged(school)
        first = await school.lead.get(f"/v1/concerns/{concern}")
        counted = "select count(*) from trail where noun_id = %s and verb = 'concern.opened'"
        before = world.sql(counted, concern)[0][0]
        again = await school.lead.get(
            f"/v1/concerns/{concern}", headers={"If-None-Match": first.headers["etag"]}
        )
        assert again.status_code == 304
        assert world.sql(counted, concern)[0][0] == before + 1

    async def test_says_what_the_reader_may_do_next(self, school: School) -> None:
        concern = await triaged(school)
        lead = (await school.lead.get(f"/v1/concerns/{concern}")).json()["permissions"]
        assert {
            "close_concern", "monitor_concern", "assign_concern", "add_comment",
            "record_decision", "add_action",
        } <= set(lead)  # fmt: skip
        assert "acknowledge_concern" not in lead
        head = (await school.api(Role.HEADTEACHER).get(f"/v1/concerns/{concern}")).json()
        assert "close_concern" not in head["permissions"]


class TestSteps:
    async def test_walks_from_raised_to_closed_and_back(self, school: School) -> None:
        lead = school[Role.DSL].id
        receipt = await raise_one(school.staff, await school.child())
        concern = receipt["id"]
        states = []
        review = (clock.now() + timedelta(days=7)).isoformat()
        for verb, body in (
            ("acknowledge", None),
            ("triage", a_triage(lead)),
            ("monitor", {"review_at": review, "reason": "Watch."}),
            ("close", {"outcome": "explained", "reason": "The GP explained it."}),
            ("reopen", {"reason": "A new mark."}),
        ):
            answer = await step(school.lead, concern, verb, body)
            assert answer.status_code == 200, answer.text
            states.append(answer.json()["state"])
        assert states == ["acknowledged", "triaged", "monitoring", "closed", "in_progress"]
        history = (await school.lead.get(f"/v1/concerns/{concern}/history")).json()["items"]
        assert [one["verb"] for one in history] == [
            "raised", "acknowledged", "triaged", "monitored", "closed", "reopened",
        ]  # fmt: skip
        assert history[4]["reason"] == "The GP explained it."

    async def test_needs_the_version_last_read(self, school: School) -> None:
        concern = await triaged(school)
        path = f"/v1/concerns/{concern}/close"
        body = {"outcome": "explained", "reason": "x"}
        assert (await school.lead.post(path, body)).status_code == 428
        assert (await school.lead.post(path, body, version=1)).status_code == 412

    async def test_gives_one_of_two_racing_leads_the_step(self, school: School) -> None:
        receipt = await raise_one(school.staff, await school.child())
        path = f"/v1/concerns/{receipt['id']}/acknowledge"
        answers = await asyncio.gather(
            *(
                api.post(path, version=1)
                for api in (school.lead, school.api(Role.DEPUTY_DSL), school.lead)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412]

    @pytest.mark.parametrize(
        ("verb", "body"),
        [
            ("acknowledge", None),
            ("monitor", {"review_at": "2100-01-01T00:00:00Z", "reason": "x"}),
            ("close", {"outcome": "explained", "reason": "x"}),
            ("reopen", {"reason": "x"}),
        ],
    )
    async def test_refuses_steps_out_of_order(self, school: School, verb: str, body: Any) -> None:
        receipt = await raise_one(school.staff, await school.child())
        if verb == "acknowledge":
            await step(school.lead, receipt["id"], "acknowledge")
        answer = await step(school.lead, receipt["id"], verb, body)
        assert answer.status_code == 409, answer.text

    async def test_refuses_an_owner_who_does_not_work_on_concerns(self, school: School) -> None:
        receipt = await raise_one(school.staff, await school.child())
        for owner in (school[Role.STAFF].id, school[Role.GOVERNOR].id):
            answer = await step(school.lead, receipt["id"], "triage", a_triage(owner))
            assert answer.json()["code"] == "owner_unsuitable"
            (error,) = answer.json()["errors"]
            assert (error["pointer"], error["code"]) == ("/owner_id", "owner_unsuitable")

    async def test_says_alike_of_nobody_and_of_somebody_elsewhere(
        self, school: School, other_school: School
    ) -> None:
        receipt = await raise_one(school.staff, await school.child())
        said = []
        for owner in (new_id(), other_school[Role.DSL].id):
            answer = await step(school.lead, receipt["id"], "triage", a_triage(owner))
            assert answer.json()["code"] == "owner_unsuitable"
            said.append(answer.json()["errors"])
        nobody = [{"pointer": "/owner_id", "code": "staff_unknown", "detail": NOBODY}]
        assert said == [nobody, nobody]

    async def test_needs_reasons(self, school: School) -> None:
        receipt = await raise_one(school.staff, await school.child())
        body = a_triage(school[Role.DSL].id)
        del body["reason"]
        answer = await step(school.lead, receipt["id"], "triage", body)
        assert answer.json()["errors"][0]["pointer"] == "/reason"

    async def test_tells_a_new_owner(self, world: World, school: School) -> None:
        concern = await triaged(school)
        head = school[Role.HEADTEACHER].id
        for owner in (head, school[Role.DEPUTY_DSL].id, head):
            body = {"owner_id": str(owner), "reason": "Knows the family."}
            assert (await step(school.lead, concern, "assign", body)).status_code == 200
        told = world.sql(
            "select recipient_id from alert where concern_id = %s and kind = 'concern_assigned' "
            "order by created_at",
            concern,
        )
        assert told == [(head,), (school[Role.DEPUTY_DSL].id,), (head,)]
        inbox = await school.api(Role.HEADTEACHER).get("/v1/alerts")
        assert inbox.json()["items"][0]["kind"] == "concern_assigned"

    async def test_gives_a_sealed_concern_only_to_somebody_who_can_open_it(
        self, school: School
    ) -> None:
        concern = await triaged(school, confidentiality="K5")
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER, Role.PASTORAL):
            body = {"owner_id": str(school[role].id), "reason": "x"}
            answer = await step(school.lead, concern, "assign", body)
            assert answer.json()["code"] == "owner_unsuitable"
        other = (await raise_one(school.staff, await school.child()))["id"]
        body = a_triage(school[Role.DEPUTY_DSL].id, confidentiality="K5")
        assert (await step(school.lead, other, "triage", body)).status_code == 422

    async def test_lets_pastoral_staff_seal_nothing(self, school: School) -> None:
        pastoral = school[Role.PASTORAL].id
        concern = await triaged(school)
        await step(school.lead, concern, "assign", {"owner_id": str(pastoral), "reason": "x"})
        body = a_triage(pastoral, confidentiality="K5")
        answer = await step(school.api(Role.PASTORAL), concern, "triage", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")

    async def test_gives_it_to_another_owner(self, school: School) -> None:
        concern = await triaged(school)
        deputy = school[Role.DEPUTY_DSL].id
        answer = await step(
            school.lead, concern, "assign", {"owner_id": str(deputy), "reason": "Knows them."}
        )
        assert answer.json()["owner"]["id"] == str(deputy)


class TestClosing:
    async def test_waits_for_open_actions(self, school: School) -> None:
        concern = await triaged(school)
        action = await school.lead.post(
            f"/v1/concerns/{concern}/actions",
            {
                "what": "Ring home",
                "owner_id": str(school[Role.STAFF].id),
                "due_at": (clock.now() + timedelta(days=1)).isoformat(),
            },
        )
        body = {"outcome": "explained", "reason": "x"}
        refused = await step(school.lead, concern, "close", body)
        assert refused.json()["code"] == "concern_has_open_actions"
        path = f"/v1/actions/{action.json()['id']}/complete"
        done = await school.staff.post(path, {"outcome": "Spoke to mum."}, version=1)
        assert done.json()["state"] == "done"
        again = await school.staff.post(path, {"outcome": "Spoke to mum."}, version=2)
        assert again.json()["code"] == "action_ended"
        assert (await step(school.lead, concern, "close", body)).json()["state"] == "closed"

    @pytest.mark.parametrize("level", [3, 4])
    async def test_needs_a_second_person_at_level_3_and_4(self, school: School, level: int) -> None:
        concern = await triaged(school, level)
        body = {"outcome": "agency_leading", "reason": "Social care leads."}
        proposed = await step(school.lead, concern, "close", body)
        assert proposed.json()["state"] == "triaged"
        assert proposed.json()["pending"]["kind"] == "closure"
        sign = {"agree": True, "reason": "I agree."}
        alone = await step(school.lead, concern, "countersign", sign)
        assert alone.json()["code"] == "second_person_needed"
        deputy = await step(school.api(Role.DEPUTY_DSL), concern, "countersign", sign)
        assert deputy.json()["code"] == "permission_missing"
        signed = await step(school.api(Role.HEADTEACHER), concern, "countersign", sign)
        assert (signed.json()["state"], signed.json()["outcome"]) == ("closed", "agency_leading")

    async def test_needs_a_second_person_even_after_the_level_was_lowered(
        self, school: School
    ) -> None:
        concern = await triaged(school, 4)
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id, 1))
        body = {"outcome": "explained", "reason": "Not so bad."}
        proposed = await step(school.lead, concern, "close", body)
        assert (proposed.json()["state"], proposed.json()["pending"]["kind"]) == (
            "triaged",
            "closure",
        )

    async def test_needs_a_second_person_for_what_was_merged_into_it(self, school: School) -> None:
        child = await school.child()
        grave = (await raise_one(school.staff, child))["id"]
        slight = (await raise_one(school.staff, child))["id"]
        await step(school.lead, grave, "triage", a_triage(school[Role.DSL].id, 4))
        await step(school.lead, slight, "triage", a_triage(school[Role.DSL].id, 1))
        await step(school.lead, grave, "merge", {"into": slight, "reason": "Same."})
        body = {"outcome": "explained", "reason": "Fine."}
        proposed = await step(school.lead, slight, "close", body)
        assert proposed.json()["pending"]["kind"] == "closure"

    async def test_offers_a_withdrawal_to_whoever_may_sign_it(self, school: School) -> None:
        concern = await triaged(school)
        await step(school.lead, concern, "withdraw", {"reason": "Wrong child."})
        deputy = (await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")).json()
        assert "countersign_concern" in deputy["permissions"]
        proposer = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert "countersign_concern" not in proposer["permissions"]

    async def test_stays_open_when_the_second_person_refuses(self, school: School) -> None:
        concern = await triaged(school, 4)
        body = {"outcome": "agency_leading", "reason": "x"}
        await step(school.lead, concern, "close", body)
        refused = await step(
            school.api(Role.HEADTEACHER), concern, "countersign",
            {"agree": False, "reason": "No plan yet."},
        )  # fmt: skip
        assert (refused.json()["state"], refused.json()["pending"]) == ("triaged", None)

    async def test_is_entered_in_error_only_by_two_people(self, school: School) -> None:
        concern = await triaged(school)
        proposed = await step(school.lead, concern, "withdraw", {"reason": "Wrong child."})
        assert proposed.json()["state"] == "triaged"
        again = await step(school.lead, concern, "countersign", {"agree": True, "reason": "Yes."})
        assert again.json()["code"] == "second_person_needed"
        done = await step(
            school.api(Role.DEPUTY_DSL), concern, "countersign",
            {"agree": True, "reason": "Checked."},
        )  # fmt: skip
        assert done.json()["state"] == "entered_in_error"
        kept = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert len(kept["account"]) == 2

    async def test_merges_a_duplicate_about_the_same_child(self, school: School) -> None:
        child = await school.child()
        one = (await raise_one(school.staff, child))["id"]
        two = (await raise_one(school.staff, child))["id"]
        answer = await step(school.lead, two, "merge", {"into": one, "reason": "Same event."})
        assert (answer.json()["state"], answer.json()["duplicate_of"]) == ("duplicate_of", one)

    async def test_refuses_to_merge_unrelated_concerns(self, school: School) -> None:
        one = (await raise_one(school.staff, await school.child()))["id"]
        two = (await raise_one(school.staff, await school.child()))["id"]
        answer = await step(school.lead, two, "merge", {"into": one, "reason": "x"})
        assert answer.json()["code"] == "merge_target_unsuitable"


class TestAmendConcern:
    async def test_keeps_the_original_and_shows_the_amendment(self, school: School) -> None:
        receipt = await raise_one(school.staff, await school.child())
        record = (await school.staff.get(f"/v1/concerns/{receipt['id']}")).json()
        statement = record["account"][1]
        answer = await school.staff.post(
            f"/v1/concerns/{receipt['id']}/amendments",
            {
                "kind": "correction",
                "statement_id": statement["id"],
                "text": "It was the right arm.",
                "reason": "I mixed up left and right.",
            },
        )
        assert answer.status_code == 201
        record = (await school.lead.get(f"/v1/concerns/{receipt['id']}")).json()
        assert record["account"][1] == statement
        assert record["amendments"][0]["statement_id"] == statement["id"]
        assert record["amendments"][0]["author"]["id"] == str(school[Role.STAFF].id)

    async def test_is_not_for_others(self, school: School) -> None:
        receipt = await raise_one(school.staff, await school.child())
        colleague = await school.person(Role.STAFF)
        answer = await school.world.as_token(colleague.token).post(
            f"/v1/concerns/{receipt['id']}/amendments", {"text": "x", "reason": "y"}
        )
        assert answer.status_code == 404

    async def test_cannot_change_the_original_even_in_sql(
        self, world: World, school: School
    ) -> None:
        await raise_one(school.staff, await school.child())
        for statement in (
            "update account_statement set text = 'x'",
            "delete from account_statement",
            "update concern set recorded_at = now()",
            "update concern_correction set was = became",
            "delete from concern_correction",
            "delete from concern_child",
            "update concern set reporter_id = owner_id",
            "delete from concern",
            "update amendment set text = 'x'",
            "update concern_event set reason = 'x'",
            "delete from trail",
        ):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with world.work(school.id) as work:
                    await work.session.execute(text(statement))


class TestRecordDecision:
    async def test_records_a_decision_not_to_act(self, school: School) -> None:
        concern = await triaged(school)
        answer = await school.lead.post(
            f"/v1/concerns/{concern}/decisions",
            {
                "kind": "not_refer",
                "question": "Refer to social care?",
                "options": ["refer", "early help", "monitor"],
                "decision": "Not at present.",
                "reason": "Below the threshold; the family accepts help.",
                "advice": [{"from": "MASH duty worker", "text": "Agreed."}],
            },
        )
        assert answer.status_code == 201, answer.text
        record = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert record["decisions"][0]["advice"][0]["from"] == "MASH duty worker"
        assert record["state"] == "in_progress"


class TestListConcerns:
    async def test_pages_through_each_once_newest_first(self, school: School) -> None:
        child = await school.child()
        raised = [(await raise_one(school.staff, child))["id"] for _ in range(7)]
        seen: list[str] = []
        path = "/v1/concerns?limit=3"
        while path:
            answer = await school.lead.get(path)
            seen += [one["id"] for one in answer.json()["items"]]
            link = answer.headers.get("link", "")
            path = link[1 : link.index(">")] if link else ""
        assert seen == raised[::-1]

    async def test_filters(self, school: School) -> None:
        child, other = await school.child(), await school.child("Kim", "Dale")
        one = (await raise_one(school.staff, child, **ROUTINE))["id"]
        two = (await raise_one(school.staff, other, immediacy="immediate_danger"))["id"]
        far = (clock.now() + timedelta(days=6)).isoformat()
        await step(school.lead, two, "triage", a_triage(school[Role.DEPUTY_DSL].id, 4, due_at=far))

        async def ids(query: str) -> list[str]:
            answer = await school.lead.get(f"/v1/concerns?{query}")
            return [row["id"] for row in answer.json()["items"]]

        assert await ids(f"child_id={child}") == [one]
        assert await ids("state=triaged") == [two]
        assert await ids("state=triaged&state=raised") == [two, one]
        assert await ids("state=open") == await ids("state=open&state=ended") == [two, one]
        assert await ids("state=ended&state=raised") == await ids("state=raised") == [one]
        assert await ids("level=4") == [two]
        assert await ids("immediacy=routine") == [one]
        assert await ids(f"owner_id={school[Role.DEPUTY_DSL].id}") == [two]
        assert await ids("category=physical_abuse") == [two]
        assert await ids("sort=due") == [one, two]
        assert await ids("overdue=true") == []
        past = "update concern set due_at = now() - interval '1 hour' where id = %s"
        school.world.sql(past, one)
        keep_clocks(school.world, school.id)
        assert await ids("overdue=true") == [one]
        assert await ids("state=ended") == []

    async def test_refuses_what_it_does_not_know(self, school: School) -> None:
        for query in ("colour=red", "limit=0", "limit=201", "cursor=nonsense", "state=sad"):
            assert (await school.lead.get(f"/v1/concerns?{query}")).status_code == 422

    async def test_shows_pastoral_staff_their_cohort_and_assignments_only(
        self, world: World, school: School
    ) -> None:
        pastoral = school[Role.PASTORAL]
        world.sql(
            'update membership set cohort = \'{"year_groups": ["8"]}\' where staff_id = %s',
            pastoral.id,
        )
        api = school.api(Role.PASTORAL)
        mine = await school.child(year_group="8")
        theirs = await school.child("Sam", "Field", year_group="9")
        in_cohort = (await raise_one(school.staff, mine))["id"]
        outside = (await raise_one(school.staff, theirs))["id"]
        assigned = (await raise_one(school.staff, theirs))["id"]

        async def ids() -> list[str]:
            return [row["id"] for row in (await api.get("/v1/concerns")).json()["items"]]

        assert await ids() == []
        for concern in (in_cohort, outside):
            body = a_triage(school[Role.DSL].id, confidentiality="K2")
            await step(school.lead, concern, "triage", body)
        await step(school.lead, assigned, "triage", a_triage(pastoral.id))
        assert set(await ids()) == {in_cohort, assigned}

    async def test_shows_another_school_nothing(self, school: School, other_school: School) -> None:
        await raise_one(school.staff, await school.child())
        assert (await other_school.lead.get("/v1/concerns")).json()["items"] == []


class TestListMyConcerns:
    async def test_shows_progress_without_content(self, school: School) -> None:
        receipt = await raise_one(school.staff, await school.child())
        colleague = await school.person(Role.STAFF)
        await raise_one(school.world.as_token(colleague.token), await school.child())

        async def mine() -> list[dict[str, Any]]:
            items: list[dict[str, Any]] = (await school.staff.get("/v1/concerns/mine")).json()[
                "items"
            ]
            return items

        assert [(one["id"], one["progress"]) for one in await mine()] == [
            (receipt["id"], "received")
        ]
        await step(school.lead, receipt["id"], "triage", a_triage(school[Role.DSL].id))
        assert (await mine())[0]["progress"] == "being_handled"
        await step(school.lead, receipt["id"], "close", {"outcome": "explained", "reason": "Fine."})
        assert (await mine())[0]["progress"] == "thank_you"
        assert "state" not in (await mine())[0]


class TestQueryParameters:
    async def test_refuses_one_given_twice(self, school: School) -> None:
        answer = await school.lead.get("/v1/concerns?level=1&level=2")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/query/level"


class TestReferences:
    def test_are_each_given_once(self, world: World) -> None:
        rows = world.sql("select reference_number(n, %s) from generate_series(1, 3000) n", new_id())
        assert len({number for (number,) in rows}) == len(rows)
        assert all(re.fullmatch(r"\d{6}", number) for (number,) in rows)

    async def test_tell_nobody_how_many_lie_between(self, world: World, school: School) -> None:
        """A gap in what a reader sees would count what is hidden from them."""
        secret, child = UUID("0190c9f1-0000-7000-8000-000000000001"), await school.child()
        year = clock.now().year
        world.sql(
            "insert into reference_counter (school_id, kind, year, last, secret)"
            " values (%s, 'C', %s, 0, %s)", school.id, year, secret,
        )  # fmt: skip
        receipts = [
            (await school.staff.post("/v1/concerns", a_body(child))).json() for _ in range(3)
        ]
        found = [one["reference"] for one in receipts]
        assert found == [f"C-{year}-{number}" for number in ("383753", "281682", "779684")]
