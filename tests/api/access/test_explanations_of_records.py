"""Explaining access to what hangs on a child or a concern, held against what really opens."""

from typing import Any

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.kinds import every_kind
from tests.api.pathways import a_pathway
from tests.api.planning import begun, step
from tests.api.records import classify
from tests.check_ins import MONDAY, a_plan, of_child
from tests.jobs.climbing import fresh
from tests.owners import a_plot
from tests.property.test_overview import NOUNS as PLANTED
from tests.world import Api, School, World

READERS = (
    Role.STAFF, Role.PASTORAL, Role.DEPUTY_DSL, Role.DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN,
)  # fmt: skip
WAYS = {
    "task": "/v1/tasks/{id}", "review": "/v1/reviews/{id}", "action": "/v1/actions/{id}",
    "safety_plan": "/v1/safety-plans/{id}", "record": "/v1/children/{child}/records/{id}",
}  # fmt: skip
DUE = "2027-01-11T09:00:00Z"


async def made(world: World, school: School) -> tuple[str, str, dict[str, str]]:
    """A child with a pathway and one of everything that hangs on it: child, concern, ids."""
    child = await school.child(year_group="7")
    concern = await a_pathway(world, school, child)
    lead, pastoral = school.lead, str(school[Role.PASTORAL].id)
    note = await lead.post(
        f"/v1/children/{child}/records",
        {"kind": "support_note", "concern_id": concern, "hopes": {"value": "Art college."}},
    )  # fmt: skip
    plan = (await begun(school, child, concern_id=concern,
                        chosen_adult_id=str(school[Role.STAFF].id),
                        cover_adult_id=pastoral))["id"]  # fmt: skip
    for verb in ("agree", "use"):
        assert (await step(lead, str(plan), verb)).status_code == 200
    review = await lead.post(
        "/v1/reviews",
        {"concern_id": concern, "what": "Look.", "due_at": DUE, "owner_id": pastoral},
    )  # fmt: skip
    action = await lead.post(
        f"/v1/concerns/{concern}/actions",
        {"what": "Ring home.", "owner_id": str(school[Role.STAFF].id), "due_at": DUE},
    )  # fmt: skip
    for answer in (note, review, action):
        assert answer.status_code == 201, answer.text
    (task,) = world.sql(
        "select id::text from task where school_id = %s and kind = 'sh_parents'", school.id
    )
    world.sql("update task set owner_id = %s where id = %s", pastoral, task[0])
    ids = {"task": task[0], "safety_plan": str(plan)} | {
        kind: str(answer.json()["id"])
        for kind, answer in (("record", note), ("review", review), ("action", action))
    }
    return str(child), concern, ids


async def told(api: Api, resource: str, **more: str) -> list[dict[str, Any]]:
    answer = await api.get("/v1/access/explain", params={"resource": resource, **more})
    assert answer.status_code == 200, answer.text
    people: list[dict[str, Any]] = answer.json()["people"]
    return people


class TestThings:
    @pytest.mark.parametrize("confidentiality", ["K3", "K5"])
    @pytest.mark.parametrize("named", [False, True])
    async def test_agree_with_what_opens(
        self, world: World, school: School, confidentiality: str, named: bool
    ) -> None:
        child, concern, ids = await made(world, school)
        other = await school.person(Role.DSL)
        asker = world.as_token(other.token)
        if confidentiality != "K3":
            await classify(world, concern, confidentiality)
        if named:
            for role in (Role.PASTORAL, Role.DSL):
                answer = await asker.post(
                    f"/v1/concerns/{concern}/named-staff", {"staff_id": str(school[role].id)}
                )
                assert answer.status_code in (200, 201), answer.text
        for kind, id_ in ids.items():
            path = WAYS[kind].format(id=id_, child=child)
            everybody = await told(asker, f"{kind}:{id_}")
            seeing = {one["person"]["id"] for one in everybody if one["sees"] == "whole"}
            for role in READERS:
                reader = school[role]
                opened = await school.api(role).get(path)
                (one,) = await told(asker, f"{kind}:{id_}", subject=str(reader.id))
                expected = "whole" if opened.status_code == 200 else ("nothing", "particulars")
                assert one["sees"] in expected, (kind, role, opened.text, one)
                assert (str(reader.id) in seeing) is (opened.status_code == 200), (kind, role)
                assert {step["effect"] for step in one["steps"][:-1]} <= {"pass", "deny"}
                assert one["steps"][-1]["effect"] == (
                    "allow" if one["sees"] != "nothing" else "deny"
                )

    async def test_agree_with_what_opens_of_check_ins(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            check_in = (await of_child(school, plan["child_id"]))[0]["id"]
            asker = fresh(world, await school.person(Role.DSL))
            path = "/v1/conflicts"
            related = {"child_id": plan["child_id"], "reason": "My niece."}
            assert (
                await fresh(world, school[Role.HEADTEACHER]).post(path, related)
            ).status_code == 201
            seen = {}
            for role in READERS:
                person = str(school[role].id)
                (one,) = await told(asker, f"check_in:{check_in}", subject=person)
                opened = await fresh(world, school[role]).get(f"/v1/check-ins/{check_in}")
                assert (one["sees"] == "whole") is (opened.status_code == 200), (role, one)
                seen[role] = one["rule"]
        assert seen == {
            Role.STAFF: "assigned", Role.PASTORAL: "assigned", Role.DEPUTY_DSL: "class",
            Role.DSL: "class", Role.HEADTEACHER: "conflict", Role.SCHOOL_ADMIN: "role.support_list",
        }  # fmt: skip

    async def test_say_what_a_chosen_adult_reads_of_a_plan(
        self, world: World, school: School
    ) -> None:
        child, _, ids = await made(world, school)
        for role, mine in ((Role.STAFF, True), (Role.PASTORAL, True), (Role.SCHOOL_ADMIN, False)):
            (one,) = await told(
                school.lead, f"safety_plan:{ids['safety_plan']}", subject=str(school[role].id)
            )
            assert (one["sees"] == "particulars") is mine
            listed = (await school.api(role).get("/v1/safety-plans/mine")).json()["items"]
            assert bool(listed) is mine
        world.sql(
            "update safety_plan set state = 'draft' where child_id = %s", child
        )  # nobody has a draft but its writers
        (one,) = await told(
            school.lead, f"safety_plan:{ids['safety_plan']}", subject=str(school[Role.STAFF].id)
        )
        assert (one["sees"], one["rule"]) == ("nothing", "role.may")

    async def test_are_told_to_nobody_who_does_not_see_them(
        self, world: World, school: School, other_school: School
    ) -> None:
        _, concern, ids = await made(world, school)
        await classify(world, concern, "K5")
        for kind, id_ in ids.items():
            for api in (school.api(Role.HEADTEACHER), other_school.lead):
                answer = await api.get("/v1/access/explain", params={"resource": f"{kind}:{id_}"})
                assert answer.status_code == 404, (kind, answer.text)


class TestEveryKind:
    async def test_is_explained_to_who_sees_one(self, world: World, school: School) -> None:
        plot = await a_plot(world, school, school[Role.DSL], *PLANTED, "role_proposal")
        unseen = set()
        for kind in every_kind():
            asked = f"/v1/access/explain?resource={kind.name}:{plot.ids[kind.name]}"
            answer = await school.lead.get(f"{asked}&subject=me")
            if answer.status_code == 404:
                assert answer.json()["code"] == kind.missing.code
                unseen.add(kind.name)
                continue
            (seen,) = answer.json()["people"]
            assert seen["sees"] != "nothing"
            assert seen["steps"][-1]["effect"] == "allow"
        assert unseen <= {"webhook", "failed_job"}, unseen

    async def test_of_another_name_is_no_record(self, school: School) -> None:
        answer = await school.lead.get(f"/v1/access/explain?resource=staff:{school[Role.DSL].id}")
        assert (answer.status_code, answer.json()["code"]) == (422, "resource_unknown")
