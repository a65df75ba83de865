"""What a report is about decides what follows: who hears, what is owed, and what a school adds."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.record.test_concern_reports_no_disclosure_waits import immediacy, rung, untold
from tests.api.sharing.test_mandatory_reports import MINE, a_call, turn
from tests.jobs.climbing import MONDAY, fresh
from tests.world import School, World


def owed(world: World, concern: str) -> dict[str, tuple[UUID, str]]:
    """What somebody has to do about a concern, by kind: its owner and by which rule."""
    rows = world.sql(
        "select kind, owner_id, due_rule from task where concern_id = %s and ended_at is null",
        concern,
    )
    return {kind: (owner, rule) for kind, owner, rule in rows}


async def reported(school: School, *categories: str, **fields: Any) -> dict[str, Any]:
    """What a teacher who says only what it is about is answered."""
    answer = await school.staff.post(
        "/v1/concerns", untold(await school.child(), *categories, **fields)
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def my_report(school: School) -> dict[str, Any]:
    """The teacher's own task to report to the police."""
    (found,) = (await school.staff.get("/v1/tasks?mine=true")).json()["items"]
    assert found["kind"] == "own_report"
    whole: dict[str, Any] = (await school.staff.get(f"/v1/tasks/{found['id']}")).json()
    return whole


class TestFgm:
    async def test_is_the_teachers_own_report_from_the_moment_they_say_it(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        with clock.frozen(MONDAY):
            answer = await fresh(world, school[Role.STAFF]).post(
                "/v1/concerns", untold(child, "fgm_disclosed_or_seen")
            )
        concern = answer.json()["id"]
        assert owed(world, concern) == {"own_report": (school[Role.STAFF].id, "fgm.police")}
        said = " ".join(answer.json()["guidance"]["first"])
        assert "call 101 yourself" in said
        assert "Do not examine her" in said
        ((due,),) = world.sql("select due_at from task where concern_id = %s", concern)
        assert MONDAY + timedelta(hours=12) < due < MONDAY + timedelta(days=2)

    async def test_ends_with_the_report_and_with_nothing_of_anybody_else(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        raised = await school.staff.post("/v1/concerns", untold(child, "fgm_disclosed_or_seen"))
        concern = raised.json()["id"]
        task = await my_report(school)
        assert task["permissions"] == ["complete_task"]
        leads = (await school.lead.get(f"/v1/tasks/{task['id']}")).json()
        assert leads["permissions"] == ["end_task"]
        etag = leads["etag"].strip('"')
        done = await school.lead.post(f"/v1/tasks/{task['id']}/complete", {}, version=etag)
        assert (done.status_code, done.json()["code"]) == (403, "permission_missing")
        body = {"owner_id": str(school[Role.DSL].id)}
        passed = await school.lead.post(f"/v1/tasks/{task['id']}/assign", body, version=etag)
        assert (passed.status_code, passed.json()["code"]) == (403, "permission_missing")
        body = {"child_id": str(child), "concern_id": concern, "kind": "fgm_report"}
        report = (await school.staff.post(MINE, body)).json()["id"]
        assert "own_report" in owed(world, concern), "a draft is not a report"
        assert (await turn(school.staff, report, "send", a_call())).status_code == 200
        assert owed(world, concern) == {}

    async def test_ends_with_the_reference_that_the_teacher_writes(
        self, world: World, school: School
    ) -> None:
        raised = await reported(school, "fgm_disclosed_or_seen")
        task = await my_report(school)
        done = await school.staff.post(
            f"/v1/tasks/{task['id']}/complete", {"note": "Police reference CR-1"},
            version=task["etag"].strip('"'),
        )  # fmt: skip
        assert done.status_code == 200, done.text
        assert owed(world, raised["id"]) == {}

    async def test_is_owed_once_where_triage_finds_it(self, world: World, school: School) -> None:
        concern = (await reported(school, "third_party_report"))["id"]
        assert owed(world, concern) == {}
        body = {
            "level": 4, "primary_category": "fgm_disclosed_or_seen", "categories": [],
            "confidentiality": "K3", "owner_id": str(school[Role.DSL].id),
            "due_at": (clock.now() + timedelta(hours=20)).isoformat(), "reason": "She said so.",
        }  # fmt: skip
        for version in (1, 2):
            done = await school.lead.post(f"/v1/concerns/{concern}/triage", body, version=version)
            assert done.status_code == 200, done.text
        assert owed(world, concern) == {
            "own_report": (school[Role.STAFF].id, "fgm.police"),
            "tell_reporter": (school[Role.DSL].id, "concern.feedback"),
        }


class TestTwoChildren:
    async def test_are_kept_safe_by_whoever_has_the_concern(
        self, world: World, school: School
    ) -> None:
        harmed, other = await school.child(), await school.child("Robin", "Vale")
        body = untold(harmed, "sexual_violence")
        body["children"] = [
            {"child_id": str(harmed), "role": "harmed"},
            {"child_id": str(other), "role": "alleged_to_have_harmed"},
        ]
        answer = await school.staff.post("/v1/concerns", body)
        assert answer.status_code == 201, answer.text
        concern = answer.json()["id"]
        assert owed(world, concern) == {"safety_measures": (school[Role.DSL].id, "safety_measures")}
        assert immediacy(world, concern) == "immediate_danger"
        assert any("apart" in one for one in answer.json()["guidance"]["first"])
        assert any("together" in one for one in answer.json()["guidance"]["never"])


class TestWhoHears:
    async def test_is_the_head_too_where_a_weapon_is_involved(
        self, world: World, school: School
    ) -> None:
        told = rung(world, (await reported(school, "knife_injury"))["id"])
        assert told.keys() == {
            school[role].id for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
        }
        assert school[Role.HEADTEACHER].id not in rung(world, (await reported(school, "cce"))["id"])


STRICTER = {"bullying": {"immediacy": "today", "told": "urgent"}}


class TestASchoolThatIsStricter:
    async def test_has_its_way_and_its_leads_are_told(self, world: World, school: School) -> None:
        path = f"/v1/schools/{school.id}/calendar"
        version = (await school.api(Role.SCHOOL_ADMIN).get(path)).headers["etag"].strip('"')
        kept = await school.api(Role.SCHOOL_ADMIN).patch(
            path, {"categories": STRICTER}, version=version
        )
        assert kept.status_code == 200, kept.text
        assert kept.json()["categories"] == STRICTER
        told = world.sql(
            "select recipient_id from alert where school_id = %s and kind = 'calendar_changed'",
            school.id,
        )
        assert (school[Role.DSL].id,) in told
        concern = (await reported(school, "bullying"))["id"]
        assert immediacy(world, concern) == "today"
        assert set(rung(world, concern).values()) == {True}

    @pytest.mark.parametrize(
        ("own", "code", "pointer"),
        [
            (
                {"cce": {"immediacy": "routine"}},
                "category_less_strict",
                "/categories/cce/immediacy",
            ),
            ({"of_our_own": {"told": "urgent"}}, "unknown_category", "/categories/of_our_own"),
        ],
    )
    async def test_cannot_be_less_strict(
        self, school: School, own: dict[str, Any], code: str, pointer: str
    ) -> None:
        path = f"/v1/schools/{school.id}/calendar"
        version = (await school.api(Role.SCHOOL_ADMIN).get(path)).headers["etag"].strip('"')
        refused = await school.api(Role.SCHOOL_ADMIN).patch(
            path, {"categories": own}, version=version
        )
        assert refused.status_code == 422
        (problem,) = refused.json()["errors"]
        assert (problem["code"], problem["pointer"]) == (code, pointer)
