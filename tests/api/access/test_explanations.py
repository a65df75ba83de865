"""Explaining access: by name, by person, and what a change would do."""

from typing import Any

import pytest

from app.core.ids import new_id
from app.core.words import Role
from tests.api.record.test_concerns import raise_one
from tests.api.records import a_contact, classify
from tests.security.scenes import Scene
from tests.world import Api, School, World


async def ask(api: Api, resource: str, **more: str) -> dict[str, Any]:
    answer = await api.get("/v1/access/explain", params={"resource": resource, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def roles(people: list[dict[str, Any]]) -> dict[str, str]:
    return {one["role"]: one["sees"] for one in people}


class TestWhoSees:
    async def test_lists_everybody_with_the_deciding_rule(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        await classify(world, concern, "K4")
        found = await ask(school.lead, f"concern:{concern}")
        assert roles(found["people"]) == {
            "dsl": "whole", "deputy_dsl": "whole", "headteacher": "whole", "staff": "own",
        }  # fmt: skip
        assert {one["rule"] for one in found["people"]} == {"class", "own"}
        rows = world.sql("select details from trail where verb = 'access.explained' "
                         "and noun_id = %s", concern)  # fmt: skip
        assert rows == [({"subject": None, "if": None},)]

    async def test_tells_one_person_why_not(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        await classify(world, concern, "K5")
        subject = str(school[Role.DEPUTY_DSL].id)
        (one,) = (await ask(school.lead, f"concern:{concern}", subject=subject))["people"]
        assert (one["sees"], one["rule"]) == ("nothing", "sealed")
        assert [step["rule"] for step in one["steps"]] == [
            "role.reads", "conflict", "class", "grant", "sealed",
        ]  # fmt: skip

    async def test_covers_shares_and_referrals(self, world: World, school: School) -> None:
        scene = Scene(world, school, school[Role.DSL])
        for kind, id_ in (("share", await scene.share()), ("referral", await scene.referral())):
            found = await ask(school.lead, f"{kind}:{id_}")
            assert set(roles(found["people"])) == {"dsl", "deputy_dsl", "headteacher"}
            items = world.sql(f"select items from {kind} where id = %s", id_)[0][0]  # noqa: S608
            await classify(world, items[0]["id"], "K5")
            found = await ask(school.lead, f"{kind}:{id_}")
            assert set(roles(found["people"])) == {"dsl"}
            subject = str(school[Role.DEPUTY_DSL].id)
            (one,) = (await ask(school.lead, f"{kind}:{id_}", subject=subject))["people"]
            assert one["rule"] == "sealed"

    async def test_covers_a_childs_record(self, world: World, school: School) -> None:
        child = await school.child()
        found = roles((await ask(school.lead, f"child:{child}"))["people"])
        assert found["school_admin"] == "particulars"
        assert found["dsl"] == "whole"
        assert "pastoral" not in found


class TestPreview:
    async def preview(self, school: School, resource: str, change: str) -> dict[str, Any]:
        found = await ask(school.lead, resource, **{"if": change})
        answer: dict[str, Any] = found["preview"]
        return answer

    async def test_of_another_class(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        found = await self.preview(school, f"concern:{concern}", "class:K5")
        assert roles(found["loses"]) == {"deputy_dsl": "nothing", "headteacher": "nothing"}
        assert found["gains"] == []

    async def test_of_another_owner(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        pastoral = school[Role.PASTORAL].id
        found = await self.preview(school, f"concern:{concern}", f"owner:{pastoral}")
        assert roles(found["gains"]) == {"pastoral": "whole"}

    async def test_of_a_grant_and_of_a_naming(self, school: School) -> None:
        child = await school.child()
        concern = (await raise_one(school.lead, child))["id"]
        teacher, deputy = school[Role.STAFF].id, school[Role.DEPUTY_DSL].id
        for resource in (f"concern:{concern}", f"child:{child}"):
            found = await self.preview(school, resource, f"grant:{teacher}")
            assert roles(found["gains"]) == {"staff": "whole"}
            found = await self.preview(school, resource, f"named:{deputy}")
            assert roles(found["loses"]) == {"deputy_dsl": "nothing"}
        assert (await school.staff.get(f"/v1/concerns/{concern}")).status_code == 404

    async def test_of_a_share(self, world: World, school: School) -> None:
        child = await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        contact = await a_contact(world, school, child, alleged_source_of_harm=True)
        found = await self.preview(school, f"concern:{concern}", f"share:{contact}")
        assert found["recipient"]["name"] == "Kim Marsh"
        assert found["recipient"]["warnings"] == ["alleged_source_of_harm"]

    @pytest.mark.parametrize("change", ["class:K9", "owner:x", "delete:it", "class:K6"])
    async def test_of_nothing_else(self, school: School, change: str) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        answer = await school.lead.get(
            "/v1/access/explain", params={"resource": f"concern:{concern}", "if": change}
        )
        assert answer.json()["code"] == "preview_unknown"


class TestWhoMayAsk:
    async def test_needs_sight_of_the_record(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        await classify(world, concern, "K5")
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER):
            answer = await school.api(role).get(
                "/v1/access/explain", params={"resource": f"concern:{concern}"}
            )
            assert answer.status_code == 404, role

    async def test_needs_the_permission_but_about_oneself(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        asked = {"resource": f"concern:{concern}"}
        answer = await school.staff.get("/v1/access/explain", params=asked)
        assert answer.json()["code"] == "permission_missing"
        mine = await ask(school.staff, f"concern:{concern}", subject="me")
        assert roles(mine["people"]) == {"staff": "own"}

    async def test_finds_nothing_of_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        scene = Scene(world, other_school, other_school[Role.DSL])
        found = {
            "concern": await scene.concern(), "child": await scene.child(),
            "share": await scene.share(), "referral": await scene.referral(),
        }  # fmt: skip
        for kind, id_ in found.items():
            for one in (id_, new_id()):
                answer = await school.lead.get(
                    "/v1/access/explain", params={"resource": f"{kind}:{one}"}
                )
                assert answer.status_code == 404, kind
