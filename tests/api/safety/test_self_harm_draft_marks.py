"""Words that nobody has reviewed yet: every answer that can hold one says so beside it."""

from app.api.drafts import HEADER
from app.core.vocabularies.terms import DRAFT
from tests.world import School, World


class TestAnAnswer:
    async def test_that_can_hold_a_draft_is_marked(self, world: World, school: School) -> None:
        child = await school.child()
        lead = school.lead
        answers = [
            await lead.get("/v1/check-ins"),
            await lead.get("/v1/support-list"),
            await lead.post(f"/v1/children/{child}/records", {"kind": "safety_check"} | {}),
            await world.anybody.get("/v1/support-services"),
        ]
        assert [one.headers.get(HEADER) for one in answers] == [DRAFT] * 4

    async def test_that_holds_none_is_not(self, world: World, school: School) -> None:
        answers = [await school.lead.get("/v1/drills"), await world.anybody.get("/v1/problems")]
        assert [one.headers.get(HEADER) for one in answers] == [None, None]
