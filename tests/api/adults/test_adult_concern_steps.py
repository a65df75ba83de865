"""Who can be made case manager: those whom assigning accepts, for those who may assign."""

from typing import Any

from app.core.words import Role
from tests.adults import ROOT, raise_about, step
from tests.api.adults.test_adult_concerns import CHAIR, HEAD
from tests.world import Api, School, World


async def possible(api: Api, concern: str) -> list[dict[str, Any]]:
    """Who could manage it, for this reader."""
    answer = await api.get(f"{ROOT}/{concern}/possible-case-managers")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


class TestOpenPossibleCaseManagers:
    async def test_are_those_whom_assigning_accepts(self, world: World, school: School) -> None:
        about = (school[Role.PASTORAL].id, school[Role.DSL].id, school[HEAD].id)
        for subject in about:
            concern = (await raise_about(school.staff, subject))["id"]
            decides = school.api(CHAIR if subject == school[HEAD].id else HEAD)
            offered = {one["id"] for one in await possible(decides, concern)}
            accepted = set()
            for person in school.people.values():
                body = {"case_manager_id": str(person.id), "reason": "They can."}
                answer = await step(world, decides, concern, "assign", body)
                if answer.status_code == 200:
                    accepted.add(str(person.id))
            assert offered == accepted, subject
            assert offered
            assert str(subject) not in offered

    async def test_are_nobody_while_a_signature_is_waited_for_or_once_it_has_ended(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        head, chair = school.api(HEAD), school.api(CHAIR)
        assert await possible(head, concern)
        asked = await step(world, head, concern, "withdraw", {"reason": "Somebody else."})
        assert asked.status_code == 200, asked.text
        assert await self._refused(world, head, concern) == ([], "signature_pending")
        signed = {"agree": True, "reason": "So it is."}
        ended = await step(world, chair, concern, "countersign", signed)
        assert ended.json()["state"] == "entered_in_error", ended.text
        assert await self._refused(world, head, concern) == ([], "adult_concern_ended")

    @staticmethod
    async def _refused(world: World, api: Api, concern: str) -> tuple[list[Any], Any]:
        """Who is offered, and why nobody is taken."""
        mine = (await api.get("/v1/me")).json()["id"]
        body = {"case_manager_id": mine, "reason": "I can."}
        answer = await step(world, api, concern, "assign", body)
        return await possible(api, concern), answer.json().get("code")

    async def test_leaves_a_trace_in_its_own_register(self, world: World, school: School) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        await possible(school.api(HEAD), concern)
        rows = world.sql(
            "select verb, details ->> 'part' from adult_trail where noun_id = %s and actor_id = %s",
            concern, school[HEAD].id,
        )  # fmt: skip
        assert rows == [("adult_concern.opened", "possible_case_managers")]

    async def test_tells_nobody_else(
        self, world: World, school: School, other_school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[HEAD].id))["id"]
        path = f"{ROOT}/{concern}/possible-case-managers"
        statuses = {
            role: (await school.api(role).get(path)).status_code
            for role in (HEAD, Role.DSL, Role.STAFF, Role.SCHOOL_ADMIN)
        }
        assert statuses == {HEAD: 404, Role.DSL: 403, Role.STAFF: 403, Role.SCHOOL_ADMIN: 403}
        assert (await other_school.api(CHAIR).get(path)).status_code == 404
