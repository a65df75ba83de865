"""Raising a concern points to open ones that may be the same, and to none that is hidden."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.api.record.test_concerns import ROUTINE, a_triage, raise_one, step
from tests.api.record.test_next_steps import steps
from tests.api.records import classify
from tests.world import Api, School, World


async def pointed(api: Api, *children: UUID, **fields: Any) -> list[str]:
    """References of what may be the same, as somebody is answered who raises it."""
    receipt = await raise_one(api, *children, **(ROUTINE | fields))
    return [one["reference"] for one in receipt["possible_duplicates"]]


class TestAReporter:
    async def test_is_pointed_to_their_own(self, school: School) -> None:
        child = await school.child()
        first = await raise_one(school.staff, child, **ROUTINE)
        assert first["possible_duplicates"] == []
        second = await raise_one(school.staff, child, **ROUTINE)
        assert second["possible_duplicates"] == [
            {"id": first["id"], "reference": first["reference"]}
        ]

    async def test_learns_of_nobody_elses(self, school: School) -> None:
        child = await school.child()
        await raise_one(school.staff, child, **ROUTINE)
        other = await school.person(Role.STAFF, "Ira Wood")
        assert await pointed(Api(school.world, other.token), child) == []

    async def test_learns_nothing_of_what_triage_made_of_it(self, school: School) -> None:
        """Which category a lead chose is hidden from them, so nothing may depend on it."""
        child = await school.child()
        first = await raise_one(school.staff, child, **(ROUTINE | {"categories": ["bullying"]}))
        body = a_triage(school[Role.DSL].id, 2, primary_category="neglect")
        assert (await step(school.lead, first["id"], "triage", body)).status_code == 200
        seen = (await school.staff.get(f"/v1/concerns/{first['id']}")).json()
        assert not {"primary_category", "categories"} & seen.keys()
        assert await pointed(school.staff, child, categories=["neglect"]) == []
        assert await pointed(school.staff, child, categories=["bullying"]) == [first["reference"]]


class TestALead:
    async def test_is_pointed_to_what_triage_points_to(self, school: School) -> None:
        child = await school.child()
        first = await raise_one(school.staff, child, **ROUTINE)
        receipt = await raise_one(school.lead, child, **ROUTINE)
        assert [one["id"] for one in receipt["possible_duplicates"]] == [first["id"]]
        found = await steps(school.lead, f"/v1/concerns/{receipt['id']}")
        assert found["possible_duplicate"]["reason"].startswith(first["reference"])

    async def test_is_pointed_to_nothing_else(self, school: School) -> None:
        """Not to another thing, another day or another child."""
        child, other = await school.child(), await school.child("Robin", "Vale")
        before = (clock.now() - timedelta(hours=26)).isoformat()
        await raise_one(school.staff, child, **(ROUTINE | {"categories": ["nutrition"]}))
        await raise_one(school.staff, child, **ROUTINE, occurred_at=before)
        await raise_one(school.staff, other, **ROUTINE)
        assert await pointed(school.lead, child) == []

    async def test_is_not_pointed_to_one_that_has_ended(self, school: School) -> None:
        child = await school.child()
        first = (await raise_one(school.staff, child, **ROUTINE))["id"]
        body = a_triage(school[Role.DSL].id, 1, primary_category="bullying")
        assert (await step(school.lead, first, "triage", body)).status_code == 200
        body = {"outcome": "explained", "reason": "It was a game."}
        assert (await step(school.lead, first, "close", body)).json()["state"] == "closed"
        assert await pointed(school.lead, child) == []

    async def test_is_pointed_to_three_at_most(self, school: School) -> None:
        child = await school.child()
        raised = [(await raise_one(school.staff, child, **ROUTINE))["reference"] for _ in range(4)]
        assert await pointed(school.lead, child) == raised[:0:-1]


class TestWhatIsHidden:
    async def test_stays_so_where_it_is_sealed(self, world: World, school: School) -> None:
        child = await school.child()
        sealed = (await raise_one(school.lead, child, **ROUTINE))["id"]
        await classify(world, sealed, "K5")
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/concerns/{sealed}")).status_code == 404
        assert await pointed(deputy, child) == []
        assert await pointed(school.staff, child) == []

    async def test_stays_so_for_whom_it_names(self, school: School) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        await raise_one(school.staff, child, staff_named=[str(deputy.id)], **ROUTINE)
        assert await pointed(school.api(Role.DEPUTY_DSL), child) == []

    async def test_stays_so_where_it_moved_to_the_adult_register(self, school: School) -> None:
        child = await school.child()
        first = (await raise_one(school.staff, child, **ROUTINE))["id"]
        body = {"adult": {"name": "Somebody", "role": "staff"},
                "reason": "It is about a teacher."}  # fmt: skip
        moved = await step(school.lead, first, "move", body)
        assert moved.status_code == 200, moved.text
        assert await pointed(school.staff, child) == []
