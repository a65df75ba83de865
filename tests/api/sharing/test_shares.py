"""Sharing chosen items about one child with one recipient, and proving what was shared."""

import base64
import hashlib
import re
from collections.abc import Callable
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
from tests.api.records import (
    a_concern,
    a_contact,
    a_decision,
    a_share,
    a_status,
    classify,
    verbs_about,
)
from tests.deadlines import keep_clocks
from tests.kept_safe import a_kept_record
from tests.security.capture import captured
from tests.world import Api, School, World

SOCIAL_WORKER = {
    "via": "professional",
    "kind": "social_care",
    "name": "Sam Field",
    "organisation": "Westshire",
}

SECRET = "What the lead wrote."


async def drafted(school: School, body: dict[str, Any]) -> dict[str, Any]:
    """A drafted share."""
    answer = await school.lead.post("/v1/shares", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(api: Api, share_id: str, verb: str, body: Any) -> httpx.Response:
    """Take a step at the share's present version."""
    read = await api.get(f"/v1/shares/{share_id}")
    version = read.headers["etag"].strip('"')
    return await api.post(f"/v1/shares/{share_id}/{verb}", body, version=version)


def withdrawn(world: World, school: School, concern: str) -> None:
    """Two people have said that a concern was entered in error."""
    world.sql(
        "update concern set state = 'entered_in_error', ended_at = now() where id = %s", concern
    )
    keep_clocks(world, school.id, "concern")


async def approve(api: Api, share_id: str, **fields: Any) -> httpx.Response:
    """Approve with reasons."""
    return await step(api, share_id, "approve", {"reason": "It protects the child."} | fields)


def a_hand_over(**fields: Any) -> dict[str, Any]:
    """How it was handed over."""
    return {"route": "in_person", "at": clock.now().isoformat(), "to": "Kim Marsh"} | fields


def a_response(kind: str = "acknowledged", **fields: Any) -> dict[str, Any]:
    """What the recipient did."""
    return {"kind": kind, "at": clock.now().isoformat()} | fields


class Told:
    """A child with a concern and a mother who may be told."""

    def __init__(self, child: UUID, contact: str, concern: str) -> None:
        self.child, self.contact, self.concern = child, contact, concern
        self.body = a_share(child, {"via": "contact", "contact_id": contact}, concern)


@pytest.fixture
async def told(world: World, school: School) -> Told:
    """A child with a concern and a mother who may be told."""
    child = await school.child()
    return Told(child, await a_contact(world, school, child), await a_concern(school, child))


async def an_approved(school: School, body: dict[str, Any]) -> str:
    """The id of an approved share."""
    share = await drafted(school, body)
    answer = await approve(school.lead, share["id"])
    assert answer.json()["state"] == "approved", answer.text
    return str(share["id"])


class TestDraftShare:
    async def test_keeps_what_was_chosen(self, world: World, school: School, told: Told) -> None:
        sent = new_id()
        share = await drafted(school, told.body | {"id": str(sent)})
        id_ = share["id"]
        assert id_ == str(made_by(school[Role.DSL].id, sent))
        assert re.fullmatch(rf"S-{clock.now().year}-\d{{6}}", share["reference"])
        assert share["state"] == "draft"
        assert share["recipient"]["kind"] == "parent"
        assert share["recipient"]["name"] == "Kim Marsh"
        assert share["items"][0]["include"] == ["account", "amendments"]
        assert share["owner"]["id"] == str(school[Role.DSL].id)
        assert share["due_at"] is not None
        assert share["snapshot"] is None
        assert set(share["permissions"]) == {"update_share", "approve_share", "revoke_share"}
        assert verbs_about(world, id_) == ["share.drafted"]

    async def test_takes_an_agency_or_a_named_professional(
        self, school: School, told: Told
    ) -> None:
        agency = await school.lead.post(
            "/v1/agencies", {"name": "Police", "kind": "police", "route": "phoned"}
        )
        at_agency = {"via": "agency", "agency_id": agency.json()["id"], "name": "DC Roe"}
        one = await drafted(school, a_share(told.child, at_agency))
        assert one["recipient"]["kind"] == "police"
        assert one["recipient"]["organisation"] == "Police"
        two = await drafted(school, a_share(told.child, SOCIAL_WORKER))
        assert two["recipient"]["kind"] == "social_care"

    @pytest.mark.parametrize("kind", ["parent", "child", "other"])
    async def test_refuses_a_professional_of_a_kind_that_is_none(
        self, school: School, told: Told, kind: str
    ) -> None:
        body = a_share(told.child, SOCIAL_WORKER | {"kind": kind})
        answer = await school.lead.post("/v1/shares", body)
        assert answer.status_code == 422
        [problem] = answer.json()["errors"]
        assert (problem["pointer"], problem["code"]) == ("/recipient/kind", "not_a_professional")

    async def test_refuses_a_retired_agency(self, school: School, told: Told) -> None:
        agency = await school.lead.post(
            "/v1/agencies", {"name": "Police", "kind": "police", "route": "phoned"}
        )
        path = f"/v1/agencies/{agency.json()['id']}"
        await school.lead.patch(path, {"state": "retired"}, version=1)
        recipient = {"via": "agency", "agency_id": agency.json()["id"], "name": "DC Roe"}
        answer = await school.lead.post("/v1/shares", a_share(told.child, recipient))
        assert answer.status_code == 409

    async def test_refuses_a_contact_of_another_child(
        self, world: World, school: School, told: Told
    ) -> None:
        contact = await a_contact(world, school, await school.child("Sam"))
        body = a_share(told.child, {"via": "contact", "contact_id": contact})
        answer = await school.lead.post("/v1/shares", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "contact_not_found")

    async def test_points_at_items_of_another_child(
        self, world: World, school: School, told: Told
    ) -> None:
        other = await school.child("Sam", "Stone")
        items = [
            {"kind": "concern", "id": await a_concern(school, other)},
            {"kind": "status", "id": await a_status(world, school, other)},
            {"kind": "decision", "id": await a_decision(world, school, other)},
            {"kind": "concern", "id": str(new_id())},
        ]
        answer = await school.lead.post("/v1/shares", told.body | {"items": items})
        assert answer.status_code == 422
        pointers = [one["pointer"] for one in answer.json()["errors"]]
        assert pointers == [f"/items/{place}/id" for place in range(4)]

    async def test_points_at_redactions_outside_their_text(
        self, world: World, school: School, told: Told
    ) -> None:
        [(statement,), *_] = world.sql(
            "select id from account_statement where concern_id = %s order by position",
            told.concern,
        )
        cuts = [
            {"statement_id": str(statement), "start": 0, "end": 400, "reason": "too long"},
            {"statement_id": str(statement), "start": 4, "end": 4, "reason": "empty"},
            {"statement_id": str(new_id()), "start": 0, "end": 1, "reason": "elsewhere"},
            {"statement_id": str(statement), "start": 0, "end": 4, "reason": "fits"},
        ]
        item = {"kind": "concern", "id": told.concern, "redactions": cuts}
        answer = await school.lead.post("/v1/shares", told.body | {"items": [item]})
        assert answer.status_code == 422
        pointers = [one["pointer"] for one in answer.json()["errors"]]
        assert pointers == [f"/items/0/redactions/{place}" for place in range(3)]

    async def test_refuses_who_may_not_write(self, school: School, told: Told) -> None:
        for role in (Role.STAFF, Role.PASTORAL, Role.HEADTEACHER, Role.GOVERNOR):
            answer = await school.api(role).post("/v1/shares", told.body)
            assert answer.status_code == 403, role

    async def test_hides_another_schools_child(self, other_school: School, told: Told) -> None:
        answer = await other_school.lead.post("/v1/shares", told.body)
        assert (answer.status_code, answer.json()["code"]) == (404, "child_not_found")

    async def test_refuses_an_unknown_part_of_a_concern(self, school: School, told: Told) -> None:
        item = {"kind": "concern", "id": told.concern, "include": ["comments"]}
        answer = await school.lead.post("/v1/shares", told.body | {"items": [item]})
        assert answer.status_code == 422

    async def test_drafts_once_for_one_key(self, world: World, school: School, told: Told) -> None:
        first = await school.lead.post("/v1/shares", told.body, key="k")
        again = await school.lead.post("/v1/shares", told.body, key="k")
        assert first.json() == again.json()
        assert world.sql("select count(*) from share where school_id = %s", school.id) == [(1,)]


class TestListShares:
    async def test_filters_and_pages_without_narrative(self, school: School, told: Told) -> None:
        ids = [(await drafted(school, told.body))["id"] for _ in range(3)]
        other = await school.child("Sam", "Stone")
        await drafted(school, a_share(other, SOCIAL_WORKER))
        first = await school.lead.get(f"/v1/shares?child_id={told.child}&limit=2")
        page = await school.lead.get(
            f"/v1/shares?child_id={told.child}&limit=2&cursor={first.json()['next']}"
        )
        assert [one["id"] for one in first.json()["items"] + page.json()["items"]] == ids[::-1]
        assert "items" not in first.json()["items"][0]
        assert (await school.lead.get("/v1/shares?state=approved")).json()["items"] == []
        assert (await school.lead.get("/v1/shares?who=me")).status_code == 422

    async def test_shows_nothing_to_a_teacher_or_another_school(
        self, school: School, other_school: School, told: Told
    ) -> None:
        await drafted(school, told.body)
        assert (await school.staff.get("/v1/shares")).status_code == 403
        assert (await other_school.lead.get("/v1/shares")).json()["items"] == []


class TestOpenShare:
    async def test_leaves_a_trace(self, world: World, school: School, told: Told) -> None:
        share = await drafted(school, told.body)
        found = await school.api(Role.HEADTEACHER).get(f"/v1/shares/{share['id']}")
        assert found.status_code == 200
        assert found.json()["permissions"] == ["approve_share"]
        assert verbs_about(world, share["id"]) == ["share.drafted", "share.opened"]

    async def test_tells_nothing_of_it_to_who_may_not_see_all_items(
        self, world: World, school: School, told: Told
    ) -> None:
        sealed = await a_concern(school, told.child)
        share = await drafted(
            school, a_share(told.child, SOCIAL_WORKER, told.concern, sealed, purpose_detail=SECRET)
        )
        await classify(world, sealed, "K5")
        path = f"/v1/shares/{share['id']}"
        deputy = school.api(Role.DEPUTY_DSL)
        for look in ("", "/preview", "/snapshot"):
            answer = await deputy.get(path + look)
            assert (answer.status_code, answer.json()["code"]) == (404, "share_not_found"), look
            assert SECRET not in answer.text
        approval = await school.api(Role.HEADTEACHER).post(
            f"{path}/approve", {"reason": "x"}, version=1
        )
        assert (approval.status_code, approval.json()["code"]) == (404, "share_not_found")
        assert verbs_about(world, share["id"]) == ["share.drafted"]
        assert (await school.lead.get(path)).json()["purpose_detail"] == SECRET
        listed = await deputy.get("/v1/shares")
        assert listed.json()["items"] == []
        [card] = (await school.lead.get("/v1/shares")).json()["items"]
        assert card["all_items_shown"] is True

    async def test_leaves_lists_and_chronology_when_its_concern_is_sealed(
        self, world: World, school: School, told: Told
    ) -> None:
        others = [await an_approved(school, told.body) for _ in range(3)]
        kept = await a_concern(school, told.child)
        body = a_share(told.child, SOCIAL_WORKER, kept)
        seen = [await an_approved(school, body) for _ in range(2)]
        deputy = school.api(Role.DEPUTY_DSL)
        listed = (await deputy.get("/v1/shares")).json()["items"]
        assert {one["id"] for one in listed} == {*others, *seen}
        dated = f"/v1/children/{told.child}/chronology?limit=100"
        before = (await deputy.get(dated)).text
        assert all(one in before for one in others)
        await classify(world, told.concern, "K5")
        first = (await deputy.get("/v1/shares?limit=1")).json()
        second = (await deputy.get(f"/v1/shares?limit=1&cursor={first['next']}")).json()
        assert [first["items"][0]["id"], second["items"][0]["id"]] == seen[::-1]
        assert second["next"] is None
        after = (await deputy.get(dated)).text
        assert not any(one in after for one in others)
        assert all(one in after for one in seen)
        told_lead = (await school.lead.get(dated)).text
        assert all(one in told_lead for one in others)

    async def test_lets_nobody_act_who_may_not_see_all_items(
        self, world: World, school: School, told: Told
    ) -> None:
        draft = (await drafted(school, told.body))["id"]
        approved = await an_approved(school, told.body)
        available = await an_approved(school, told.body)
        await step(school.lead, available, "hand-over", a_hand_over())
        await classify(world, told.concern, "K5")
        deputy = school.api(Role.DEPUTY_DSL)
        answers = [
            await deputy.patch(f"/v1/shares/{draft}", {"purpose": "support_plan"}, version=1),
            await deputy.post(f"/v1/shares/{approved}/hand-over", a_hand_over(), version=2),
            await deputy.post(f"/v1/shares/{approved}/revoke", {"reason": "x"}, version=2),
            await deputy.post(f"/v1/shares/{available}/responses", a_response(), version=3),
        ]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [
            (404, "share_not_found")
        ] * 4

    async def test_hides_another_schools_share(
        self, school: School, other_school: School, told: Told
    ) -> None:
        id_ = await an_approved(school, told.body)
        for path in ("", "/preview", "/snapshot"):
            answer = await other_school.lead.get(f"/v1/shares/{id_}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "share_not_found")
        steps: dict[str, Any] = {
            "approve": {"reason": "x"},
            "revoke": {"reason": "x"},
            "hand-over": a_hand_over(),
            "responses": a_response(),
        }
        for verb, body in steps.items():
            answer = await other_school.lead.post(f"/v1/shares/{id_}/{verb}", body, version=2)
            assert answer.status_code == 404, verb

    async def test_hides_a_share_with_a_status_of_a_class_that_the_reader_does_not_read(
        self, world: World, school: School, told: Told
    ) -> None:
        sealed = await a_status(world, school, told.child, "K5")
        items = [*told.body["items"], {"kind": "status", "id": sealed}]
        share = await drafted(school, told.body | {"items": items})
        deputy = school.api(Role.DEPUTY_DSL)
        for look in ("", "/preview"):
            answer = await deputy.get(f"/v1/shares/{share['id']}{look}")
            assert (answer.status_code, answer.json()["code"]) == (404, "share_not_found")


class TestChangeShare:
    async def test_changes_only_what_was_sent(
        self, world: World, school: School, told: Told
    ) -> None:
        share = await drafted(school, told.body)
        changed = await school.lead.patch(
            f"/v1/shares/{share['id']}",
            {"lawful_basis": None, "purpose_detail": "The bruise"},
            version=1,
        )
        assert changed.status_code == 200
        assert changed.json()["lawful_basis"] is None
        assert changed.json()["purpose"] == "inform_parent"
        assert changed.json()["items"] == share["items"]
        assert verbs_about(world, share["id"]) == ["share.drafted", "share.changed"]

    async def test_needs_the_present_version(self, school: School, told: Told) -> None:
        share = await drafted(school, told.body)
        path = f"/v1/shares/{share['id']}"
        change = {"purpose": "support_plan"}
        assert (await school.lead.patch(path, change)).status_code == 428
        assert (await school.lead.patch(path, change, version=9)).status_code == 412
        assert (await school.lead.patch(path, {"purpose": None}, version=1)).status_code == 422

    async def test_is_over_once_approved(self, school: School, told: Told) -> None:
        id_ = await an_approved(school, told.body)
        answer = await school.lead.patch(f"/v1/shares/{id_}", {"items": []}, version=2)
        assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")


class TestApproveShare:
    async def test_freezes_with_a_decision_and_an_entry(
        self, world: World, school: School, told: Told
    ) -> None:
        share = await drafted(school, told.body)
        answer = await approve(school.lead, share["id"])
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["state"] == "approved"
        assert len(found["snapshot"]["sha256"]) == 64
        assert found["waiting_for"] is None
        decision = world.sql(
            "select child_id, kind, reason from decision where id = %s", found["decision_id"]
        )
        assert decision == [(told.child, "share", "It protects the child.")]
        entries = world.sql(
            "select kind, child_id from chronology_entry where thing_id = %s", share["id"]
        )
        assert entries == [("share", told.child)]
        assert verbs_about(world, share["id"])[-1] == "share.approved"

    @pytest.mark.parametrize("kind", ["concern", "decision", "status"])
    async def test_enters_the_chronology_under_the_strictest_class(
        self, world: World, school: School, told: Told, kind: str
    ) -> None:
        sealed = await a_concern(school, told.child)
        await classify(world, sealed, "K5")
        ids = {
            "concern": sealed,
            "decision": await a_decision(world, school, None, sealed),
            "status": await a_status(world, school, told.child, "K5"),
        }
        items = [*told.body["items"], {"kind": kind, "id": ids[kind]}]
        id_ = await an_approved(school, told.body | {"items": items})
        assert (await step(school.lead, id_, "hand-over", a_hand_over())).status_code == 200
        entered = world.sql("select confidentiality from chronology_entry where thing_id = %s", id_)
        assert entered == [("K5",), ("K5",)]

    @pytest.mark.parametrize("kind", ["concern", "status"])
    async def test_decides_as_strictly_as_the_items_are_read(
        self, world: World, school: School, told: Told, kind: str
    ) -> None:
        """The reasons for sharing sealed items are no item of somebody else's share."""
        ids = {"concern": told.concern, "status": await a_status(world, school, told.child, "K5")}
        if kind == "concern":
            await classify(world, told.concern, "K5")
        items = [{"kind": kind, "id": ids[kind]}]
        id_ = await an_approved(school, told.body | {"items": items})
        decision = (await school.lead.get(f"/v1/shares/{id_}")).json()["decision_id"]
        deputy = school.api(Role.DEPUTY_DSL)
        other = await a_concern(school, told.child)
        body = a_share(told.child, SOCIAL_WORKER, other)
        as_item = body | {"items": [{"kind": "decision", "id": decision}]}
        answers = [
            await deputy.post("/v1/shares", as_item),
            await deputy.post("/v1/shares", body | {"decision_id": decision}),
        ]
        pointers = [one.json()["errors"][0]["pointer"] for one in answers]
        assert pointers == ["/items/0/id", "/decision_id"]
        onward = await drafted(school, as_item)
        refused = await deputy.get(f"/v1/shares/{onward['id']}")
        assert (refused.status_code, refused.json()["code"]) == (404, "share_not_found")
        await approve(school.lead, onward["id"])
        entered = world.sql(
            "select confidentiality from chronology_entry where thing_id = %s", onward["id"]
        )
        assert entered == [("K5",)]

    async def test_lets_the_deputy_share_a_decision_about_items_that_are_seen(
        self, school: School, told: Told
    ) -> None:
        id_ = await an_approved(school, told.body)
        decision = (await school.lead.get(f"/v1/shares/{id_}")).json()["decision_id"]
        body = told.body | {"items": [{"kind": "decision", "id": decision}]}
        answer = await school.api(Role.DEPUTY_DSL).post("/v1/shares", body)
        assert answer.status_code == 201, answer.text

    async def test_lets_a_decision_go_when_other_items_are_chosen(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        contact = await a_contact(world, school, child, alleged_source_of_harm=True)
        sealed, other = await a_concern(school, child), await a_concern(school, child)
        await classify(world, sealed, "K5")
        recipient = {"via": "contact", "contact_id": contact}
        share = await drafted(school, a_share(child, recipient, sealed))
        first = await approve(school.lead, share["id"], guard_reason="Police agree.")
        decision = first.json()["decision_id"]
        assert decision is not None
        items = [{"kind": "concern", "id": other}]
        path = f"/v1/shares/{share['id']}"
        changed = await school.lead.patch(path, {"items": items}, version=2)
        assert changed.json()["decision_id"] is None
        deputy = school.api(Role.DEPUTY_DSL)
        body = a_share(child, recipient, items=[{"kind": "decision", "id": decision}])
        answer = await deputy.post("/v1/shares", body)
        assert answer.json()["errors"][0]["pointer"] == "/items/0/id"
        assert (await deputy.get(path)).status_code == 200

    async def test_takes_a_standing_decision(
        self, world: World, school: School, told: Told
    ) -> None:
        decision = await a_decision(world, school, told.child)
        share = await drafted(school, told.body)
        answer = await step(school.lead, share["id"], "approve", {"decision_id": decision})
        assert answer.json()["decision_id"] == decision

    async def test_refuses_a_decision_about_another_child(
        self, world: World, school: School, told: Told
    ) -> None:
        decision = await a_decision(world, school, await school.child("Sam"))
        share = await drafted(school, told.body)
        answer = await step(school.lead, share["id"], "approve", {"decision_id": decision})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/decision_id"

    async def test_points_at_everything_missing(self, school: School, told: Told) -> None:
        body = told.body | {
            "lawful_basis": None,
            "para18_limb": None,
            "detriment_test": {"result": "more_detrimental", "reason": "Would be beaten."},
            "items": [],
        }
        share = await drafted(school, body)
        answer = await step(school.lead, share["id"], "approve", {})
        assert (answer.status_code, answer.json()["code"]) == (422, "approval_incomplete")
        pointers = {one["pointer"] for one in answer.json()["errors"]}
        assert pointers == {
            "/lawful_basis", "/para18_limb", "/detriment_test", "/items", "/reason",
        }  # fmt: skip

    @pytest.mark.parametrize("kind", ["concern", "decision", "record"])
    async def test_refuses_a_concern_entered_in_error_and_what_belongs_to_it(
        self, world: World, school: School, told: Told, kind: str
    ) -> None:
        item = {"kind": kind, "id": told.concern}
        if kind == "decision":
            item["id"] = await a_decision(world, school, None, told.concern)
        if kind == "record":
            item["id"] = await a_kept_record(
                world, school, told.child, "support_note", {}, concern_id=UUID(told.concern)
            )
        share = await drafted(school, a_share(told.child, SOCIAL_WORKER, items=[item]))
        withdrawn(world, school, told.concern)
        answer = await approve(school.lead, share["id"])
        assert answer.json()["errors"][0]["code"] == "entered_in_error"

    @pytest.mark.parametrize("verb", ["send", "hand-over"])
    async def test_is_not_sent_once_its_concern_was_entered_in_error(
        self, world: World, school: School, told: Told, verb: str
    ) -> None:
        share = await an_approved(school, told.body)
        withdrawn(world, school, told.concern)
        body = {"send": {"code_route": "phone"}, "hand-over": a_hand_over()}[verb]
        answer = await step(school.lead, share, verb, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
        assert "entered in error" in answer.json()["detail"]
        revoked = await step(school.lead, share, "revoke", {"reason": "It was an error."})
        assert revoked.json()["state"] == "revoked"

    @pytest.mark.parametrize(
        "columns",
        [
            {"alleged_source_of_harm": True},
            {"may_be_told": False},
            {"may_be_told": True, "alleged_source_of_harm": True},
            {"parental_responsibility": "unknown"},
            {"contact_allowed": "no"},
        ],
    )
    @pytest.mark.parametrize("other", [Role.HEADTEACHER, Role.DEPUTY_DSL])
    async def test_needs_two_people_for_a_guarded_recipient(
        self, world: World, school: School, columns: dict[str, Any], other: Role
    ) -> None:
        child = await school.child()
        contact = await a_contact(world, school, child, **columns)
        concern = await a_concern(school, child)
        body = a_share(child, {"via": "contact", "contact_id": contact}, concern)
        share = await drafted(school, body)
        bare = await approve(school.lead, share["id"])
        assert bare.json()["errors"][0]["pointer"] == "/guard_reason"
        first = await approve(school.lead, share["id"], guard_reason="Police agree.")
        assert first.json()["state"] == "draft"
        assert first.json()["waiting_for"] == "second_approver"
        assert first.json()["snapshot"] is None
        again = await approve(school.lead, share["id"], guard_reason="Me again.")
        assert (again.status_code, again.json()["code"]) == (403, "second_person_needed")
        second = await approve(school.api(other), share["id"], guard_reason="Agreed.")
        assert second.json()["state"] == "approved"
        assert [one["guard_reason"] for one in second.json()["approvals"]] == [
            "Police agree.",
            "Agreed.",
        ]

    @pytest.mark.parametrize(
        ("columns", "code"),
        [
            ({"may_be_told": False, "may_be_told_reason": "He hits."}, "set_by_a_person"),
            ({"parental_responsibility": "not_known"}, "unknown"),
        ],
    )
    async def test_keeps_of_what_bars_somebody_a_code_and_no_words(
        self, world: World, school: School, columns: dict[str, Any], code: str
    ) -> None:
        child = await school.child()
        contact = await a_contact(world, school, child, **columns)
        body = a_share(
            child, {"via": "contact", "contact_id": contact}, await a_concern(school, child)
        )
        share = await drafted(school, body)
        await approve(school.lead, share["id"], guard_reason="Police agree.")
        rows = world.sql("select approvals -> 0 -> 'guards' from share where id = %s", share["id"])
        assert rows == [([f"{contact}:{code}"],)]

    @pytest.mark.parametrize("via", ["professional", "agency"])
    async def test_guards_a_barred_contact_whose_name_is_typed(
        self, world: World, school: School, via: str
    ) -> None:
        child = await school.child()
        await a_contact(world, school, child, name="Zoë O'Brien", alleged_source_of_harm=True)
        agency = await school.lead.post(
            "/v1/agencies", {"name": "Police", "kind": "police", "route": "phoned"}
        )
        recipient = {
            "professional": SOCIAL_WORKER,
            "agency": {"via": "agency", "agency_id": agency.json()["id"]},
        }[via] | {"name": "Mrs OBRIEN, Zoe"}
        share = await drafted(school, a_share(child, recipient, await a_concern(school, child)))
        bare = await approve(school.lead, share["id"])
        assert bare.json()["errors"][0]["pointer"] == "/guard_reason"
        first = await approve(school.lead, share["id"], guard_reason="Police agree.")
        assert first.json()["waiting_for"] == "second_approver"

    async def test_does_not_guard_another_name_or_somebody_unbarred_who_has_gone(
        self, world: World, school: School, told: Told
    ) -> None:
        await a_contact(world, school, told.child, name="Lee Stone", alleged_source_of_harm=True)
        ended = clock.now().date()
        await a_contact(world, school, told.child, name="Sam Field", valid_to=ended)
        await an_approved(school, a_share(told.child, SOCIAL_WORKER, told.concern))

    async def test_forgets_an_approval_of_other_content(self, world: World, school: School) -> None:
        child = await school.child()
        contact = await a_contact(world, school, child, alleged_source_of_harm=True)
        concern = await a_concern(school, child)
        body = a_share(child, {"via": "contact", "contact_id": contact}, concern)
        share = await drafted(school, body)
        first = await approve(school.lead, share["id"], guard_reason="Police agree.")
        version = int(first.headers["etag"].strip('"'))
        changed = await school.lead.patch(
            f"/v1/shares/{share['id']}", {"purpose": "support_plan"}, version=version
        )
        assert changed.json()["approvals"] == []
        await approve(school.lead, share["id"], guard_reason="Police agree.")
        amended = await school.staff.post(
            f"/v1/concerns/{concern}/amendments",
            {"kind": "addition", "text": "Also the other arm.", "reason": "Remembered."},
        )
        assert amended.status_code == 201, amended.text
        head = await approve(school.api(Role.HEADTEACHER), share["id"], guard_reason="Agreed.")
        assert head.json()["state"] == "draft"
        assert len(head.json()["approvals"]) == 1

    async def test_is_for_a_deputy_and_not_with_a_stale_version(
        self, school: School, told: Told
    ) -> None:
        share = await drafted(school, told.body)
        path = f"/v1/shares/{share['id']}/approve"
        body = {"reason": "x"}
        assert (await school.api(Role.PASTORAL).post(path, body, version=1)).status_code == 403
        assert (await school.lead.post(path, body)).status_code == 428
        assert (await school.lead.post(path, body, version=5)).status_code == 412
        signed = await school.api(Role.DEPUTY_DSL).post(path, body, version=1)
        assert signed.json()["state"] == "approved"


class TestSnapshot:
    async def test_gives_exactly_the_bytes_previewed(
        self, world: World, school: School, told: Told
    ) -> None:
        share = await drafted(school, told.body)
        preview = await school.lead.get(f"/v1/shares/{share['id']}/preview")
        early = await school.lead.get(f"/v1/shares/{share['id']}/snapshot")
        assert (early.status_code, early.json()["code"]) == (409, "nothing_frozen")
        approved = (await approve(school.lead, share["id"])).json()
        found = await school.lead.get(f"/v1/shares/{share['id']}/snapshot")
        assert found.content == preview.content
        digest = hashlib.sha256(found.content)
        assert approved["snapshot"]["sha256"] == digest.hexdigest()
        assert found.headers["etag"] == f'"{digest.hexdigest()}"'
        assert found.headers["content-digest"] == (
            f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        )
        assert verbs_about(world, share["id"]).count("share.opened") == 3

    async def test_stays_as_it_was_when_the_record_goes_on(
        self, school: School, told: Told
    ) -> None:
        id_ = await an_approved(school, told.body)
        before = await school.lead.get(f"/v1/shares/{id_}/snapshot")
        await school.staff.post(
            f"/v1/concerns/{told.concern}/amendments",
            {"kind": "addition", "text": "Later.", "reason": "Remembered."},
        )
        after = await school.lead.get(f"/v1/shares/{id_}/snapshot")
        preview = await school.lead.get(f"/v1/shares/{id_}/preview")
        assert after.content == before.content
        assert preview.content != before.content

    @pytest.mark.parametrize(
        "statement", ["update snapshot set sha256 = ''", "delete from snapshot"]
    )
    async def test_cannot_be_changed_by_the_application(
        self, world: World, school: School, told: Told, statement: str
    ) -> None:
        await an_approved(school, told.body)
        with pytest.raises(DBAPIError, match="permission denied"):
            async with world.work(school.id) as work:
                await work.session.execute(text(statement))

    async def test_names_the_child_and_nobody_elses_child(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Alex", "Marsh")
        may = await school.child("May", "O'Neil", known_given_name="Éloïse")
        will = await school.child("Will", "Smith-Jones")
        account = f"Alex Marsh saw MAY ONEIL hit eloise. Will's coat; Jones laughed. {may} {will}"
        concern = await a_concern(school, child, may, will, text=account)
        share = await drafted(school, a_share(child, SOCIAL_WORKER, concern))
        found = await school.lead.get(f"/v1/shares/{share['id']}/preview")
        [item] = found.json()["items"]
        assert item["account"][0]["text"] == (
            "Alex Marsh saw another pupil hit another pupil. another pupil 2's coat; "
            "another pupil 2 laughed. another pupil another pupil 2"
        )
        assert [one["who"] for one in item["children"]] == [
            "Alex Marsh",
            "another pupil",
            "another pupil 2",
        ]
        assert str(may) not in found.text

    async def test_hides_a_sibling_named_in_passing(self, world: World, school: School) -> None:
        child = await school.child("Alex", "Marsh")
        sibling = await school.child("Robin", "Marsh")
        related = await school.lead.post(
            f"/v1/children/{child}/relationships",
            {"other_child_id": str(sibling), "kind": "sibling"},
        )
        assert related.status_code == 201, related.text
        concern = await a_concern(school, child, text="Robin was hungry; so was Alex Marsh.")
        share = await drafted(school, a_share(child, SOCIAL_WORKER, concern))
        found = await school.lead.get(f"/v1/shares/{share['id']}/preview")
        assert found.json()["items"][0]["account"][0]["text"] == (
            "another pupil was hungry; so was Alex Marsh."
        )

    async def test_hides_another_child_under_a_name_they_no_longer_have(
        self, world: World, school: School
    ) -> None:
        """A child who was adopted has left a name behind, and the text has not."""
        child, other = await school.child("Ada", "Marsh"), await school.child("Zeb", "Quill")
        concern = await a_concern(school, child, other, text="Quill pushed Ada.")
        renamed = await school.lead.patch(
            f"/v1/children/{other}", {"legal_family_name": "Stone"}, version=1
        )
        assert renamed.status_code == 200, renamed.text
        share = await drafted(school, a_share(child, SOCIAL_WORKER, concern))
        preview = await school.lead.get(f"/v1/shares/{share['id']}/preview")
        assert "another pupil pushed Ada." in preview.text
        assert "Quill" not in preview.text

    async def test_names_staff_to_professionals_only(
        self, world: World, school: School, told: Told
    ) -> None:
        reporter = school[Role.STAFF].name
        world.sql("update staff set job_title = 'Tutor of 7A' where id = %s", school[Role.STAFF].id)
        concern = await a_concern(school, told.child, text=f"{reporter} saw it.")
        items = [{"kind": "concern", "id": concern}]
        for_parent = await drafted(school, told.body | {"items": items})
        parent = await school.lead.get(f"/v1/shares/{for_parent['id']}/preview")
        assert reporter not in parent.text
        assert "Tutor" not in parent.text
        assert "dinner lady" not in parent.text
        assert parent.json()["items"][0]["account"][0]["text"] == "a member of staff saw it."
        for_worker = await drafted(school, a_share(told.child, SOCIAL_WORKER, concern))
        worker = await school.lead.get(f"/v1/shares/{for_worker['id']}/preview")
        assert worker.json()["items"][0]["recorded_by"] == {
            "name": reporter,
            "job_title": "Tutor of 7A",
        }
        assert "dinner lady" in worker.text

    async def test_is_for_what_the_contact_is_by_now(
        self, world: World, school: School, told: Told
    ) -> None:
        """Whoever was put down as a social worker, and is an uncle, reads as a family does."""
        uncle = await a_contact(world, school, told.child, kind="social_worker", name="Lee Stone")
        share = await drafted(
            school, a_share(told.child, {"via": "contact", "contact_id": uncle}, told.concern)
        )
        path = f"/v1/shares/{share['id']}/preview"
        assert school[Role.STAFF].name in (await school.lead.get(path)).text
        world.sql("update contact set kind = 'aunt_or_uncle' where id = %s", uncle)
        seen = await school.lead.get(path)
        assert school[Role.STAFF].name not in seen.text
        assert seen.json()["recipient"]["kind"] == "parent"

    async def test_leaves_out_redactions_and_comments(
        self, world: World, school: School, told: Told
    ) -> None:
        comment = await school.lead.post(
            f"/v1/concerns/{told.concern}/comments", {"text": "Between ourselves."}
        )
        assert comment.status_code == 201, comment.text
        [(statement,), *_] = world.sql(
            "select id from account_statement where concern_id = %s order by position",
            told.concern,
        )
        cut = {"statement_id": str(statement), "start": 5, "end": 21, "reason": "medical"}
        parts = [
            "account", "amendments", "place", "categories", "body_map", "decisions", "actions",
            "outcome",
        ]  # fmt: skip
        item = {"kind": "concern", "id": told.concern, "redactions": [cut], "include": parts}
        status = {"kind": "status", "id": await a_status(world, school, told.child)}
        decision = {
            "kind": "decision",
            "id": await a_decision(world, school, None, told.concern),
        }
        share = await drafted(school, told.body | {"items": [item, status, decision]})
        found = await school.lead.get(f"/v1/shares/{share['id']}/preview")
        assert found.json()["items"][0]["account"][0]["text"] == "Came [redacted]."
        assert [one["kind"] for one in found.json()["items"]] == ["concern", "status", "decision"]
        assert "Between ourselves" not in found.text


class TestRecordHandOver:
    async def test_makes_it_available(self, world: World, school: School, told: Told) -> None:
        id_ = await an_approved(school, told.body)
        answer = await step(
            school.api(Role.DEPUTY_DSL), id_, "hand-over",
            a_hand_over(by_id=str(school[Role.STAFF].id), note="After school."),
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "available"
        event = answer.json()["events"][-1]
        assert (event["kind"], event["to"], event["route"]) == (
            "handed_over", "Kim Marsh", "in_person",
        )  # fmt: skip
        assert event["by"]["id"] == str(school[Role.STAFF].id)
        entries = world.sql(
            "select count(*) from chronology_entry where thing_id = %s and kind = 'share'", id_
        )
        assert entries == [(2,)]
        assert verbs_about(world, id_)[-1] == "share.handed_over"
        dated = await school.lead.get(f"/v1/children/{told.child}/chronology?kind=share")
        assert [row["step"] for row in dated.json()["items"]] == ["handed_over", "approved"]

    async def test_needs_an_approved_share(self, school: School, told: Told) -> None:
        share = await drafted(school, told.body)
        answer = await step(school.lead, share["id"], "hand-over", a_hand_over())
        assert answer.status_code == 409

    async def test_refuses_moments_that_cannot_be(self, school: School, told: Told) -> None:
        id_ = await an_approved(school, told.body)
        for away in (timedelta(hours=1), -timedelta(hours=1)):
            at = (clock.now() + away).isoformat()
            answer = await step(school.lead, id_, "hand-over", a_hand_over(at=at))
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == "/at"

    async def test_refuses_a_share_that_has_expired(self, school: School, told: Told) -> None:
        expires = (clock.now() + timedelta(minutes=2)).isoformat()
        id_ = await an_approved(school, told.body | {"expires_at": expires})
        with clock.shifted(timedelta(minutes=3)):
            answer = await step(school.lead, id_, "hand-over", a_hand_over())
        assert answer.status_code == 409

    async def test_refuses_an_unknown_member_of_staff(
        self, school: School, other_school: School, told: Told
    ) -> None:
        id_ = await an_approved(school, told.body)
        body = a_hand_over(by_id=str(other_school[Role.DSL].id))
        answer = await step(school.lead, id_, "hand-over", body)
        assert answer.json()["errors"][0]["pointer"] == "/by_id"


class TestRecordResponse:
    async def test_ends_when_acknowledged_and_wakes_for_a_correction(
        self, world: World, school: School, told: Told
    ) -> None:
        id_ = await an_approved(school, told.body)
        await step(school.lead, id_, "hand-over", a_hand_over())
        opened = await step(school.lead, id_, "responses", a_response("opened"))
        assert opened.json()["state"] == "opened"
        assert opened.json()["due_at"] is not None
        over = await step(school.lead, id_, "responses", a_response())
        assert over.json()["state"] == "acknowledged"
        assert over.json()["due_at"] is None
        assert over.json()["ended_at"] is not None
        bare = await step(school.lead, id_, "responses", a_response("correction_requested"))
        assert bare.json()["errors"][0]["pointer"] == "/text"
        asked = await step(
            school.lead, id_, "responses", a_response("correction_requested", text="Not his arm.")
        )
        assert asked.json()["due_at"] is not None
        assert asked.json()["ended_at"] is None
        assert verbs_about(world, id_).count("share.answered") == 3

    async def test_needs_a_share_that_was_handed_over(self, school: School, told: Told) -> None:
        id_ = await an_approved(school, told.body)
        assert (await step(school.lead, id_, "responses", a_response())).status_code == 409


class TestRevokeShare:
    async def test_ends_it_at_once(self, world: World, school: School, told: Told) -> None:
        id_ = await an_approved(school, told.body)
        answer = await step(school.lead, id_, "revoke", {"reason": "The order was made."})
        assert answer.json()["state"] == "revoked"
        assert answer.json()["due_at"] is None
        assert answer.json()["events"][-1]["text"] == "The order was made."
        assert answer.json()["permissions"] == []
        assert verbs_about(world, id_)[-1] == "share.revoked"
        again = await step(school.lead, id_, "revoke", {"reason": "Again."})
        assert again.status_code == 409
        assert (await step(school.lead, id_, "hand-over", a_hand_over())).status_code == 409

    async def test_keeps_what_was_shared(self, school: School, told: Told) -> None:
        id_ = await an_approved(school, told.body)
        await step(school.lead, id_, "revoke", {"reason": "The order was made."})
        found = await school.lead.get(f"/v1/shares/{id_}/snapshot")
        assert found.status_code == 200


class TestStatements:
    """However many items a share has, each step sends the same statements."""

    async def test_are_as_many_for_ten_items_as_for_one(
        self, world: World, school: School, told: Told
    ) -> None:
        items = [a_cut(world, told.concern)]
        for _ in range(3):
            concern = await a_concern(school, told.child)
            items += [
                a_cut(world, concern),
                {"kind": "decision", "id": await a_decision(world, school, None, concern)},
                {"kind": "status", "id": await a_status(world, school, told.child)},
            ]
        few = await self.counted(world, school, told.body | {"items": items[:1]})
        many = await self.counted(world, school, told.body | {"items": items})
        assert many == few
        assert max(few.values()) <= 26

    @staticmethod
    async def counted(world: World, school: School, body: dict[str, Any]) -> dict[str, int]:
        """How many statements drafting, each step and each look sent."""
        steps: dict[str, Callable[[], Any]] = {
            "approve": lambda: {"reason": "It helps."},
            "hand-over": a_hand_over,
        }
        counts: dict[str, int] = {}
        async with captured(world) as sent:
            id_ = (await drafted(school, body))["id"]
        counts["draft"] = len(sent)
        for version, (verb, given) in enumerate(steps.items(), start=1):
            path = f"/v1/shares/{id_}/{verb}"
            async with captured(world) as sent:
                answer = await school.lead.post(path, given(), version=version)
            assert answer.status_code == 200, answer.text
            counts[verb] = len(sent)
        for look in ("", "/preview", "/snapshot"):
            async with captured(world) as sent:
                seen = await school.lead.get(f"/v1/shares/{id_}{look}")
            assert seen.status_code == 200, seen.text
            counts[look] = len(sent)
        return counts


def a_cut(world: World, concern: str) -> dict[str, Any]:
    """A concern as an item, with a passage of its first statement redacted."""
    [(statement,), *_] = world.sql(
        "select id from account_statement where concern_id = %s order by position", concern
    )
    cut = {"statement_id": str(statement), "start": 5, "end": 21, "reason": "medical"}
    return {"kind": "concern", "id": concern, "redactions": [cut]}
