"""Support notes: what is understood, in words, for leads and for whoever works on the concern."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.records import a_concern, classify
from tests.security.scenes import soon
from tests.world import Api, School, World

WHOLE: dict[str, Any] = {
    "worries": {"value": "Exams.\n And home."},
    "losses": {"value": "Her grandfather, in May."},
    "relationships": {"none": "not_asked"},
    "health_says": [{"by": "Dr Roe, CAMHS", "on": "2026-11-02", "words": '"She is low."'}],
    "strengths": {"value": "Draws."},
    "what_self_harm_does_for_them": {"value": "It goes quiet."},
    "gaps_not_known": {"value": "What happens online."},
    "advice_from": [{"who": "The school nurse", "role": "nurse", "on": "2026-11-03"}],
}


async def keep(api: Api, child: UUID, status: int = 201, **body: Any) -> dict[str, Any]:
    answer = await api.post(f"/v1/children/{child}/records", {"kind": "support_note"} | body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def seen(api: Api, child: UUID, note: str) -> tuple[int, int, list[str]]:
    """What opening it and listing answer, and which notes are listed."""
    path = f"/v1/children/{child}/records"
    opened, listed = await api.get(f"{path}/{note}"), await api.get(path)
    items = listed.json().get("items", [])
    return opened.status_code, listed.status_code, [one["id"] for one in items]


class TestKeepSupportNote:
    async def test_keeps_words_and_who_said_them(self, school: School) -> None:
        child = await school.child()
        content = (await keep(school.lead, child, **WHOLE))["content"]
        assert content["worries"]["value"] == "Exams.\n And home."
        assert content["health_says"] == WHOLE["health_says"]
        assert content["advice_from"] == [{**WHOLE["advice_from"][0], "words": None}]
        assert (content["home"], content["relationships"]) == (
            None, {"value": None, "none": "not_asked"}
        )  # fmt: skip

    async def test_takes_an_empty_one(self, school: School) -> None:
        kept = await keep(school.lead, await school.child())
        assert kept["content"]["health_says"] == []

    @pytest.mark.parametrize(
        "field", ["diagnosis", "grade", "risk_level", "severity_score", "summary_grade"]
    )
    async def test_t01_has_no_field_for_a_grade_or_a_finding(
        self, school: School, field: str
    ) -> None:
        await keep(school.lead, await school.child(), 422, **{field: "x"})

    async def test_stands_in_the_chronology(self, school: School) -> None:
        child = await school.child()
        await keep(school.lead, child, **WHOLE)
        (entry,) = (await school.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert entry["summary"] == "Support note: what is understood of the pupil was written down."

    async def test_is_amended_beside_itself(self, school: School) -> None:
        child = await school.child()
        first = await keep(school.lead, child, **WHOLE)
        path = f"/v1/children/{child}/records/{first['id']}"
        body = {
            **WHOLE,
            "kind": "support_note",
            "hopes": {"value": "Art college."},
            "reason": "She told me more.",
        }
        second = (await school.lead.post(f"{path}/amend", body)).json()
        assert (second["supersedes_id"], second["content"]["hopes"]["value"]) == (
            first["id"], "Art college."
        )  # fmt: skip
        assert (await school.lead.get(path)).json()["superseded_by_id"] == second["id"]
        again = await school.lead.post(f"{path}/amend", body)
        assert (again.status_code, again.json()["code"]) == (409, "safety_record_amended")

    async def test_is_written_by_leads(self, school: School, other_school: School) -> None:
        child = await school.child()
        for role in (Role.STAFF, Role.PASTORAL, Role.HEADTEACHER, Role.SCHOOL_ADMIN):
            await keep(school.api(role), child, 403)
        await keep(other_school.lead, child, 404)

    async def test_is_written_by_whoever_works_on_its_concern(
        self, world: World, school: School
    ) -> None:
        child, other = await school.child(year_group="9"), await school.child("Bo")
        concern = await a_concern(school, child)
        pastoral = school.api(Role.PASTORAL)
        await keep(pastoral, child, 404, **WHOLE, concern_id=concern)
        body = {
            "what": "Find her a quiet room.", "owner_id": str(school[Role.PASTORAL].id),
            "due_at": soon(days=1),
        }  # fmt: skip
        set_ = await school.lead.post(f"/v1/concerns/{concern}/actions", body)
        assert set_.status_code == 201, set_.text
        note = await keep(pastoral, child, **WHOLE, concern_id=concern)
        assert note["content"]["worries"]["value"] == "Exams.\n And home."
        path = f"/v1/children/{child}/records/{note['id']}"
        assert (await school.lead.get(path)).status_code == 200
        amended = await pastoral.post(
            f"{path}/amend", {**WHOLE, "kind": "support_note", "reason": "More."}
        )
        assert amended.status_code == 201, amended.text
        await keep(pastoral, child, 403, **WHOLE)
        await keep(pastoral, other, 422, **WHOLE, concern_id=concern)
        alone = await keep(school.lead, child)
        path = f"/v1/children/{child}/records/{alone['id']}"
        refused = await pastoral.post(
            f"{path}/amend", {**WHOLE, "kind": "support_note", "reason": "x"}
        )
        assert refused.status_code == 403, refused.text

    async def test_is_not_written_by_whom_a_concern_was_granted(self, school: School) -> None:
        child = await school.child(year_group="9")
        concern = await a_concern(school, child)
        grant = {
            "staff_id": str(school[Role.PASTORAL].id), "classes": ["K3"], "reason": "Cover.",
            "valid_to": soon(days=1), "concern_id": concern,
        }  # fmt: skip
        assert (await school.lead.post("/v1/access/grants", grant)).status_code == 201
        await keep(school.api(Role.PASTORAL), child, 403, **WHOLE, concern_id=concern)


class TestReading:
    async def test_is_for_leads_and_whoever_works_on_its_concern(
        self, world: World, school: School
    ) -> None:
        child = await school.child(year_group="9")
        mine = await a_concern(school, child)
        other = await a_concern(school, child)
        note = (await keep(school.lead, child, concern_id=mine))["id"]
        elsewhere = (await keep(school.lead, child, concern_id=other))["id"]
        alone = (await keep(school.lead, child))["id"]
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            assert await seen(school.api(role), child, note) == (200, 200, [alone, elsewhere, note])
        assert (await seen(school.staff, child, note))[:2] == (403, 403)
        pastoral = school.api(Role.PASTORAL)
        assert await seen(pastoral, child, note) == (404, 200, []), "without any part in it"
        body = {
            "what": "Find her a quiet room.", "owner_id": str(school[Role.PASTORAL].id),
            "due_at": soon(days=1),
        }  # fmt: skip
        set_ = await school.lead.post(f"/v1/concerns/{mine}/actions", body)
        assert set_.status_code == 201, set_.text
        assert await seen(pastoral, child, note) == (200, 200, [note])
        assert (await seen(pastoral, child, elsewhere))[0] == 404
        assert (await seen(pastoral, child, alone))[0] == 404

    async def test_of_the_own_cohort_is_not_enough(self, world: World, school: School) -> None:
        child = await school.child(year_group="7")
        world.sql(
            """update membership set cohort = '{"year_groups": ["7"]}' where staff_id = %s""",
            school[Role.PASTORAL].id,
        )
        concern = await a_concern(school, child)
        await classify(world, concern, "K2")
        note = (await keep(school.lead, child, concern_id=concern))["id"]
        assert await seen(school.api(Role.PASTORAL), child, note) == (404, 200, [])

    @pytest.mark.parametrize("role", [Role.PASTORAL, Role.STAFF])
    async def test_is_for_whom_a_lead_granted_it(
        self, world: World, school: School, role: Role
    ) -> None:
        child, other = await school.child(year_group="9"), await school.child("Bo")
        concern = await a_concern(school, child)
        note = (await keep(school.lead, child, concern_id=concern))["id"]
        alone = (await keep(school.lead, child))["id"]
        unseen = (await keep(school.lead, other))["id"]
        grant = {
            "staff_id": str(school[role].id), "classes": ["K3"], "reason": "Cover.",
            "valid_to": (clock.now() + timedelta(days=1)).isoformat(),
        }  # fmt: skip
        one = await school.lead.post("/v1/access/grants", {**grant, "concern_id": concern})
        assert one.status_code == 201, one.text
        assert await seen(school.api(role), child, note) == (200, 200, [note])
        assert (await seen(school.api(role), child, alone))[0] == 404
        whole = await school.lead.post("/v1/access/grants", {**grant, "child_id": str(child)})
        assert whole.status_code == 201, whole.text
        assert await seen(school.api(role), child, alone) == (200, 200, [alone, note])
        assert (await seen(school.api(role), other, unseen))[0] in (403, 404)

    async def test_of_a_sealed_concern_is_for_the_lead(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        note = (await keep(school.lead, child, concern_id=concern))["id"]
        world.sql(
            "update concern set owner_id = %s where id = %s", school[Role.DEPUTY_DSL].id, concern
        )
        await classify(world, concern, "K5")
        assert await seen(school.api(Role.DEPUTY_DSL), child, note) == (404, 200, [])
        assert await seen(school.lead, child, note) == (200, 200, [note])

    async def test_is_closed_to_those_in_conflict(self, school: School) -> None:
        child, pastoral = await school.child(), school[Role.PASTORAL]
        concern = await a_concern(school, child)
        note = (await keep(school.lead, child, concern_id=concern))["id"]
        action = {"what": "x", "owner_id": str(pastoral.id), "due_at": soon(days=1)}
        await school.lead.post(f"/v1/concerns/{concern}/actions", action)
        body = {"staff_id": str(pastoral.id), "child_id": str(child), "reason": "Family."}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        assert (await seen(school.api(Role.PASTORAL), child, note))[:2] == (403, 403)

    async def test_leaves_a_trace(self, world: World, school: School) -> None:
        child = await school.child()
        note = (await keep(school.lead, child))["id"]
        await seen(school.api(Role.HEADTEACHER), child, note)
        verbs = world.sql(
            "select verb from trail where child_id = %s and actor_id = %s order by seq",
            child, school[Role.HEADTEACHER].id,
        )  # fmt: skip
        assert [verb for (verb,) in verbs] == ["record.opened", "record.listed"]
