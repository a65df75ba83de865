"""What mattered most is marked by a person with a reason, and a referral then has it."""

from typing import Any

from app.core.words import Role
from tests.api.record.test_concerns import ROUTINE, raise_one
from tests.world import Api, School, World


async def entries(api: Api, child: object, query: str = "") -> list[dict[str, Any]]:
    answer = await api.get(f"/v1/children/{child}/chronology{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def path(child: object, entry: str) -> str:
    return f"/v1/children/{child}/chronology/{entry}/mark-significant"


YES = {"significant": True, "reason": "The first time she said who."}


class TestMarkSignificant:
    async def test_marks_and_unmarks_with_reasons_in_the_trail(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        for _ in range(2):
            await raise_one(school.staff, child, **ROUTINE)
        entry, other = await entries(school.lead, child)
        marked = await school.lead.post(path(child, entry["id"]), YES)
        assert marked.status_code == 200, marked.text
        assert marked.json() == {**entry, "significant": True}
        shown = await entries(school.lead, child, "?significant=true")
        assert [one["id"] for one in shown] == [entry["id"]]
        again = await school.lead.post(path(child, entry["id"]), YES)
        assert again.json()["significant"] is True
        no = {"significant": False, "reason": "Another entry says it better."}
        await school.lead.post(path(child, entry["id"]), no)
        shown = await entries(school.lead, child, "?significant=false")
        assert {one["id"] for one in shown} == {entry["id"], other["id"]}
        traced = world.sql(
            "select reason, details->>'significant' from trail"
            " where verb = 'chronology.marked' and noun_id = %s order by seq",
            entry["id"],
        )
        assert traced == [(YES["reason"], "true"), (no["reason"], "false")]

    async def test_is_not_for_who_may_not_see_the_entry(self, world: World, school: School) -> None:
        child = await school.child()
        concern = (await raise_one(school.staff, child, **ROUTINE))["id"]
        (entry,) = await entries(school.lead, child)
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        hidden = await school.api(Role.DEPUTY_DSL).post(path(child, entry["id"]), YES)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "chronology_entry_not_found")
        other = await school.child("Robin", "Vale")
        elsewhere = await school.lead.post(path(other, entry["id"]), YES)
        assert elsewhere.status_code == 404
        assert world.sql("select significant from chronology_entry where id = %s", entry["id"]) == [
            (False,)
        ]
