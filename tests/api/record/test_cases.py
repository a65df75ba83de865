"""Several concerns held as one case: plan, lead worker, a date, and nobody more who reads it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core import clock
from app.core.words import Role
from tests.api.record.test_concerns import step
from tests.api.records import a_concern, classify
from tests.world import Api, School, World


def soon(days: int = 7) -> str:
    return (clock.now() + timedelta(days=days)).isoformat()


def a_case(child: UUID, *concerns: str, **fields: Any) -> dict[str, Any]:
    return {
        "child_id": str(child), "concern_ids": list(concerns), "title": "Neglect at home",
        "plan": "Warm clothes by half-term.", "review_at": soon(),
    } | fields  # fmt: skip


async def begun(by: Api, body: dict[str, Any]) -> dict[str, Any]:
    answer = await by.post("/v1/cases", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def take(
    by: Api, world: World, case: dict[str, Any], verb: str, body: dict[str, Any]
) -> httpx.Response:
    version = world.version("concern_case", case["id"])
    headers = {"if-match": f'"{version}"'}
    if not verb:
        return await by.patch(f"/v1/cases/{case['id']}", body, headers=headers)
    return await by.post(f"/v1/cases/{case['id']}/{verb}", body, headers=headers)


async def entries(by: Api, child: UUID) -> list[dict[str, Any]]:
    answer = await by.get(f"/v1/children/{child}/chronology?kind=concern_case")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def brothers(school: School) -> tuple[UUID, UUID]:
    """Two pupils who are brothers by the word of a lead."""
    child, brother = await school.child(), await school.child("Robin")
    body = {"other_child_id": str(brother), "kind": "sibling"}
    tied = await school.lead.post(f"/v1/children/{child}/relationships", body)
    assert tied.status_code == 201, tied.text
    return child, brother


class TestACase:
    async def test_holds_concerns_with_what_is_to_be_done(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        one, two = await a_concern(school, child), await a_concern(school, child)
        action = {
            "what": "Ask the school nurse.", "owner_id": str(school[Role.DSL].id),
            "due_at": soon(1),
        }  # fmt: skip
        set_ = await school.lead.post(f"/v1/concerns/{two}/actions", action)
        assert set_.status_code == 201, set_.text
        case = await begun(school.lead, a_case(child, one, two))
        assert [held["id"] for held in case["held"]] == [one, two]
        assert [done["what"] for done in case["actions"]] == ["Ask the school nurse."]
        assert (case["confidentiality"], case["concerns"], case["state"]) == ("K3", 2, "open")
        assert set(case["permissions"]) == {"update_case", "review_case", "close_case"}
        listed = (await school.lead.get("/v1/cases")).json()["items"]
        assert [row["id"] for row in listed] == [case["id"]]
        assert "plan" not in listed[0]

    async def test_is_looked_at_again_and_keeps_each_look(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        case = await begun(school.lead, a_case(child, await a_concern(school, child)))
        look = {"note": "Still cold.", "plan": "Coat bought by Friday.", "review_at": soon(14)}
        done = await take(school.lead, world, case, "review", look)
        assert done.status_code == 200, done.text
        shown = done.json()
        assert shown["plan"] == "Coat bought by Friday."
        assert [(one["kind"], one["plan"]) for one in shown["notes"]] == [
            ("begun", "Warm clothes by half-term."),
            ("reviewed", "Coat bought by Friday."),
        ]
        assert shown["due_at"] > case["due_at"]
        closed = await take(school.lead, world, case, "close", {"reason": "All is well."})
        assert (closed.status_code, closed.json()["state"]) == (200, "ended")
        assert closed.json()["permissions"] == []
        clocks = world.sql(
            "select count(*) from deadline where thing_id = %s and ended_at is null", case["id"]
        )
        assert clocks == [(0,)]
        again = await take(school.lead, world, case, "review", look)
        assert (again.status_code, again.json()["code"]) == (409, "case_ended")

    async def test_stands_in_the_chronology_of_its_child(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        case = await begun(school.lead, a_case(child, await a_concern(school, child)))
        look = {"note": "Still cold.", "review_at": soon(14)}
        await take(school.lead, world, case, "review", look)
        found = await entries(school.lead, child)
        assert [(one["step"], one["summary"]) for one in found] == [
            ("reviewed", "Still cold.\nWarm clothes by half-term."),
            ("begun", "Neglect at home\nWarm clothes by half-term."),
        ]

    async def test_is_what_comes_next_and_part_of_the_day(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        case = await begun(school.lead, a_case(child, concern, review_at=soon(1)))
        steps = (await school.lead.get(f"/v1/concerns/{concern}/next-steps")).json()["items"]
        (step,) = [one for one in steps if one["code"] == "case_review"]
        assert (step["due_at"], step["operation"]) == (case["due_at"], "review_case")
        past = clock.now() - timedelta(hours=1)
        world.sql("update concern_case set due_at = %s where id = %s", past, case["id"])
        world.sql("update deadline set due_at = %s where thing_id = %s", past, case["id"])
        day = (await school.lead.get("/v1/overview")).json()
        assert case["id"] in [one["id"] for one in day["overdue"]["items"]]

    async def test_has_a_lead_worker_who_is_told(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        deputy = str(school[Role.DEPUTY_DSL].id)
        case = await begun(school.lead, a_case(child, concern, owner_id=deputy))
        told = world.sql(
            "select recipient_id::text from alert where kind = 'case_set' and thing_id = %s",
            case["id"],
        )
        assert told == [(deputy,)]
        for person in (school[Role.PASTORAL].id, school[Role.STAFF].id):
            refused = await school.lead.post(
                "/v1/cases", a_case(child, concern, owner_id=str(person))
            )
            assert (refused.status_code, refused.json()["code"]) == (422, "case_owner_unsuitable")


class TestWhoReadsIt:
    async def test_reads_every_concern_in_it(self, world: World, school: School) -> None:
        child = await school.child()
        open_, sealed = await a_concern(school, child), await a_concern(school, child)
        case = await begun(school.lead, a_case(child, open_, sealed))
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/cases/{case['id']}")).status_code == 200
        assert len(await entries(deputy, child)) == 1
        await classify(world, sealed, "K5")
        assert (await deputy.get(f"/v1/cases/{case['id']}")).status_code == 404
        assert (await deputy.get("/v1/cases")).json()["items"] == []
        assert await entries(deputy, child) == []
        steps = (await deputy.get(f"/v1/concerns/{open_}/next-steps")).json()["items"]
        assert "case_review" not in [one["code"] for one in steps]
        lead = await school.lead.get(f"/v1/cases/{case['id']}")
        assert lead.json()["confidentiality"] == "K5"

    async def test_is_nobody_with_an_interest_in_a_sibling(
        self, world: World, school: School
    ) -> None:
        child, brother = await brothers(school)
        concerns = [await a_concern(school, child), await a_concern(school, brother)]
        case = await begun(school.lead, a_case(child, *concerns))
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/cases/{case['id']}")).status_code == 200
        mine = {"child_id": str(brother), "reason": "My nephew."}
        assert (await deputy.post("/v1/conflicts", mine)).status_code == 201
        assert (await deputy.get(f"/v1/cases/{case['id']}")).status_code == 404
        assert await entries(deputy, child) == []
        assert (await deputy.get("/v1/cases")).json()["items"] == []

    async def test_leaves_a_siblings_chronology_alone(self, school: School) -> None:
        child, brother = await brothers(school)
        concerns = [await a_concern(school, child), await a_concern(school, brother)]
        await begun(school.lead, a_case(child, *concerns))
        assert await entries(school.lead, brother) == []

    async def test_is_no_tutor_of_a_cohort(self, world: World, school: School) -> None:
        child = await school.child(year_group="7")
        world.sql(
            "update membership set cohort = %s where staff_id = %s",
            '{"year_groups": ["7"]}', school[Role.PASTORAL].id,
        )  # fmt: skip
        concern = await a_concern(school, child)
        await classify(world, concern, "K2")
        case = await begun(school.lead, a_case(child, concern))
        tutor = school.api(Role.PASTORAL)
        assert (await tutor.get(f"/v1/concerns/{concern}")).status_code == 200
        assert (await tutor.get(f"/v1/cases/{case['id']}")).status_code == 404
        refused = await tutor.post("/v1/cases", a_case(child, concern))
        assert refused.status_code in (403, 422), refused.text
        assert await entries(tutor, child) == []


class TestWhatItHolds:
    async def test_is_about_the_child_or_a_confirmed_sibling(
        self, world: World, school: School
    ) -> None:
        child, friend = await school.child(), await school.child("Robin")
        own, other = await a_concern(school, child), await a_concern(school, friend)
        refused = await school.lead.post("/v1/cases", a_case(child, own, other))
        assert (refused.status_code, refused.json()["code"]) == (422, "case_concern_unsuitable")
        case = await begun(school.lead, a_case(child, own))
        added = await take(school.lead, world, case, "", {"concern_ids": [own, other]})
        assert (added.status_code, added.json()["code"]) == (422, "case_concern_unsuitable")
        more = await a_concern(school, child)
        changed = await take(school.lead, world, case, "", {"concern_ids": [own, more]})
        assert [one["id"] for one in changed.json()["held"]] == [own, more]

    async def test_moves_to_the_adult_register_once_the_case_is_closed(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        own, other = await a_concern(school, child), await a_concern(school, child)
        case = await begun(school.lead, a_case(child, own, other))
        move = {"reason": "It is about a teacher."}
        refused = await step(school.lead, other, "move", move)
        assert (refused.status_code, refused.json()["code"]) == (409, "concern_has_open_work")
        out = await take(school.lead, world, case, "", {"concern_ids": [own]})
        assert out.status_code == 200, out.text
        refused = await step(school.lead, other, "move", move)
        assert (refused.status_code, refused.json()["code"]) == (409, "concern_has_open_work")
        await take(school.lead, world, case, "close", {"reason": "x"})
        moved = await step(school.lead, other, "move", move)
        assert moved.status_code == 200, moved.text


async def sees(by: Api, child: UUID, case: dict[str, Any]) -> set[str]:
    """Where somebody finds a case, opened or listed."""
    listed = [
        *(await by.get("/v1/cases")).json().get("items", []),
        *(await by.get("/v1/cases?state=ended")).json().get("items", []),
    ]
    past = await by.get(f"/v1/children/{child}/chronology?kind=concern_case")
    audit = await by.get(f"/v1/audit?about_id={case['id']}")
    return {
        name
        for name, found in {
            "opened": (await by.get(f"/v1/cases/{case['id']}")).status_code == 200,
            "listed": case["id"] in [one["id"] for one in listed],
            "chronology": bool(past.json().get("items")),
            "overview": case["title"] in (await by.get("/v1/overview")).text,
            "alerts": case["id"] in (await by.get("/v1/alerts")).text,
            "audit": case["title"] in audit.text,
        }.items()
        if found
    }


class TestWhatItHeldBefore:
    async def test_hides_it_from_everybody_once_that_moved_to_the_adult_register(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        own, other = await a_concern(school, child), await a_concern(school, child)
        deputy = school[Role.DEPUTY_DSL]
        case = await begun(school.lead, a_case(child, own, other, owner_id=str(deputy.id)))
        await take(school.lead, world, case, "", {"concern_ids": [own]})
        await take(school.lead, world, case, "close", {"reason": f"It is about {deputy.name}."})
        assert await sees(school.api(Role.DEPUTY_DSL), child, case) >= {"opened", "listed"}
        body = {"reason": "About a colleague.", "adult": {"staff_id": str(deputy.id)}}
        moved = await step(school.lead, other, "move", body)
        assert moved.status_code == 200, moved.text
        for role in school.people:
            assert await sees(school.api(role), child, case) == set(), role

    async def test_keeps_its_class_when_it_is_taken_out(self, world: World, school: School) -> None:
        child = await school.child()
        own, sealed = await a_concern(school, child), await a_concern(school, child)
        await classify(world, sealed, "K5")
        case = await begun(school.lead, a_case(child, own, sealed, plan="Ask Mr Brown."))
        out = await take(school.lead, world, case, "", {"concern_ids": [own]})
        assert (out.json()["confidentiality"], out.json()["concerns"]) == ("K5", 1)
        assert [one["id"] for one in out.json()["held"]] == [own]
        deputy = school.api(Role.DEPUTY_DSL)
        assert await sees(deputy, child, case) == set()
        steps = (await deputy.get(f"/v1/concerns/{own}/next-steps")).json()["items"]
        assert "case_review" not in [one["code"] for one in steps]
        to_deputy = {"owner_id": str(school[Role.DEPUTY_DSL].id)}
        refused = await take(school.lead, world, case, "", to_deputy)
        assert (refused.status_code, refused.json()["code"]) == (422, "case_owner_unsuitable")

    async def test_keeps_its_conflicts_when_it_is_taken_out(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        own, other = await a_concern(school, child), await a_concern(school, child)
        case = await begun(school.lead, a_case(child, own, other, plan="About the deputy."))
        named = {"staff_id": str(school[Role.DEPUTY_DSL].id), "reason": "The child named them."}
        kept = await school.lead.post(f"/v1/concerns/{other}/named-staff", named)
        assert kept.status_code == 201, kept.text
        await take(school.lead, world, case, "", {"concern_ids": [own]})
        assert await sees(school.api(Role.DEPUTY_DSL), child, case) == set()
        back = await take(school.lead, world, case, "", {"concern_ids": [own, other]})
        assert [one["id"] for one in back.json()["held"]] == [own, other]

    async def test_leaves_it_when_it_was_about_a_stranger(
        self, world: World, school: School
    ) -> None:
        child, brother = await brothers(school)
        stranger = await school.child("Kim", "Adeyemi")
        own, other = await a_concern(school, child), await a_concern(school, brother)
        case = await begun(school.lead, a_case(child, own, other))
        lone = await begun(school.lead, a_case(brother, other))
        meant = {"child": {"former_id": str(brother), "id": str(stranger)}, "reason": "Not Robin."}
        done = await step(school.lead, other, "correct", meant)
        assert done.status_code == 200, done.text
        shown = (await school.lead.get(f"/v1/cases/{case['id']}")).json()
        assert ([one["id"] for one in shown["held"]], shown["concerns"]) == ([own], 1)
        left = (await school.lead.get(f"/v1/cases/{lone['id']}")).json()
        assert (left["held"], left["state"]) == ([], "open")
        assert "Adeyemi" not in str(shown) + str(left)
        trail = world.sql(
            "select child_id, details->'concerns', details->>'out' from trail "
            "where verb = 'concern_case.changed' and noun_id = %s", case["id"],
        )  # fmt: skip
        assert trail == [(child, [own], other)]
        await classify(world, other, "K5")
        deputy = school.api(Role.DEPUTY_DSL)
        assert await sees(deputy, child, case) == set()

    async def test_stays_when_it_was_about_a_brother_after_all(
        self, world: World, school: School
    ) -> None:
        child, brother = await brothers(school)
        own = await a_concern(school, child)
        case = await begun(school.lead, a_case(child, own))
        meant = {"child": {"former_id": str(child), "id": str(brother)}, "reason": "It was Robin."}
        done = await step(school.lead, own, "correct", meant)
        assert done.status_code == 200, done.text
        shown = (await school.lead.get(f"/v1/cases/{case['id']}")).json()
        assert [one["id"] for one in shown["held"]] == [own]
