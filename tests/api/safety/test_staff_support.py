"""Offers of support to a colleague: between the two alone."""

from typing import Any

import httpx

from app.core.ids import new_id
from app.core.words import Role
from tests.world import School, World


class TestStaffSupport:
    async def offer(self, school: School, **fields: Any) -> httpx.Response:
        """An offer by the lead to the teacher."""
        body = {"person_id": str(school[Role.STAFF].id), "words": "Coffee tomorrow?"} | fields
        return await school.lead.post("/v1/staff-support-offers", body)

    async def test_is_between_the_two_alone(self, school: School) -> None:
        made = await self.offer(school)
        assert made.status_code == 201, made.text
        for api, count in (
            (school.staff, 1), (school.lead, 1), (school.api(Role.HEADTEACHER), 0),
            (school.api(Role.DEPUTY_DSL), 0),
        ):  # fmt: skip
            found = (await api.get("/v1/staff-support-offers")).json()["items"]
            assert len(found) == count
        path = f"/v1/staff-support-offers/{made.json()['id']}/answer"
        body = {"answer": "accepted"}
        head = await school.api(Role.HEADTEACHER).post(path, body, version=1)
        assert head.status_code == 404
        assert (await school.lead.post(path, body, version=1)).status_code == 404
        assert (await school.staff.post(path, body, version=1)).json()["answer"] == "accepted"
        again = await school.staff.post(path, body, version=2)
        assert (again.status_code, again.json()["code"]) == (409, "staff_support_offer_answered")

    async def test_hands_over_without_a_reason(self, world: World, school: School) -> None:
        made = (await self.offer(school)).json()
        path = f"/v1/staff-support-offers/{made['id']}/answer"
        answer = await school.staff.post(path, {"answer": "hand_over", "reason": "x"}, version=1)
        assert answer.status_code == 422
        answer = await school.staff.post(path, {"answer": "hand_over"}, version=1)
        assert answer.status_code == 200, answer.text
        rows = world.sql(
            "select owner_id, facts from task where school_id = %s and kind = 'staff_hand_over'",
            school.id,
        )
        person = str(school[Role.STAFF].id)
        assert rows == [(school[Role.DSL].id, {"person_id": person})]

    async def test_is_for_a_colleague(self, school: School) -> None:
        mine = await self.offer(school, person_id=str(school[Role.DSL].id))
        assert (mine.status_code, mine.json()["code"]) == (422, "staff_support_offer_to_yourself")
        nobody = await self.offer(school, person_id=str(new_id()))
        assert nobody.status_code == 404
