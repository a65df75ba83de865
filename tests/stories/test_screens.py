"""Screens of a front end, in as few calls and looks as docs/front-ends.md says."""

from typing import Any
from uuid import UUID

import httpx

from app.core.verbs import LOOKS
from app.core.words import Role
from app.domain.access.child_searches.commands import end_searches
from tests.api.record.test_concerns import raise_one
from tests.api.records import a_concern, a_contact, a_share, a_status
from tests.world import Api, School, World

FORM = "things_reported,statement_kinds,immediacies,parents_told_values"


class Counting:
    """Somebody's calls, each of which has to be answered well."""

    def __init__(self, api: Api) -> None:
        self._api, self.calls = api, 0

    async def get(self, path: str) -> Any:
        return (await self.ask("GET", path)).json()

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        self.calls += 1
        answer = await self._api.request(method, path, **options)
        assert answer.is_success, answer.text
        return answer


async def looks(world: World, school: School, role: Role) -> list[str]:
    """What the audit log says that somebody looked at, in order."""
    async with world.work(school.id) as work:
        await end_searches(work, every=True)
    rows = world.sql(
        "select verb, details ->> 'part' from trail where school_id = %s and actor_id = %s "
        "and verb = any(%s) order by seq", school.id, school[role].id, [*LOOKS],
    )  # fmt: skip
    return [verb if part is None else f"{verb} {part}" for verb, part in rows]


async def test_a_report_takes_three_calls_to_draw_and_one_to_send(
    world: World, school: School
) -> None:
    await school.child("Zara", "Quill")
    teacher = Counting(school.staff)
    words = await teacher.get(f"/v1/vocabularies?names={FORM}")
    watched = await teacher.get("/v1/lead-availability")
    search = await teacher.ask("POST", "/v1/children/search", json={"q": "zara"})
    assert teacher.calls == 3
    buttons = {one["name"]: one["terms"] for one in words["items"]}["things_reported"]
    assert all(one["label"] and "categories" in one for one in buttons)
    assert watched["call"]
    (child,) = search.json()["items"]
    body = {
        "children": [{"child_id": child["id"]}],
        "account": [{"text": "She said that it hurts to sit."}],
        "categories": buttons[0]["categories"],
    }
    receipt = (await teacher.ask("POST", "/v1/concerns", json=body)).json()
    assert teacher.calls == 4
    assert receipt["received"]
    assert await looks(world, school, Role.STAFF) == ["child.searched"]


async def test_a_leads_day_takes_three_calls(world: World, school: School) -> None:
    child = await school.child("Zara", "Quill")
    await raise_one(school.staff, child)
    lead = Counting(school.lead)
    me = await lead.get("/v1/me")
    day = await lead.get("/v1/overview")
    (card,) = day["new"]["items"]
    assert card["children"] == [{"id": str(child), "name": "Zara Quill"}]
    concern = await lead.get(card["path"])
    assert lead.calls == 3
    assert concern["account"][0]["text"]
    assert "acknowledge_concern" in concern["permissions"]
    assert me["id"] == str(school[Role.DSL].id)
    assert await looks(world, school, Role.DSL) == ["concern.opened"]


async def test_a_childs_record_takes_two_calls(world: World, school: School) -> None:
    child = await school.child("Zara", "Quill")
    await a_contact(world, school, child)
    await a_status(world, school, child)
    await raise_one(school.staff, child)
    lead = Counting(school.lead)
    first = await lead.get(f"/v1/children/{child}/summary")
    story = await lead.get(f"/v1/children/{child}/chronology")
    assert lead.calls == 2
    banner = ("name", "date_of_birth", "year_group", "registration_group", "roll_status")
    assert {one: first["child"][one] for one in banner} == {
        "name": "Zara Quill", "date_of_birth": "2014-03-09", "year_group": "7",
        "registration_group": "7A", "roll_status": "on_roll",
    }  # fmt: skip
    assert [one["kind"] for one in first["statuses"]] == ["young_carer"]
    assert first["told_outside"] == []
    assert first["next_steps"][0]["concern"]["id"] == first["open"]["items"][0]["id"]
    assert first["contacts"][0]["name"] == "Kim Marsh"
    assert first["open"]["items"][0]["kind"] == "concern"
    assert first["working_on_it"]
    assert first["latest"] == story["items"][:5]
    assert await looks(world, school, Role.DSL) == ["child.opened summary", "chronology.read"]


async def test_sharing_with_a_parent_takes_five_calls(world: World, school: School) -> None:
    child = await school.child("Zara", "Quill")
    await a_contact(world, school, child, email="kim@home.example")
    await a_concern(school, child)
    lead = Counting(school.lead)
    first = await lead.get(f"/v1/children/{child}/shareable-parts")
    (mother,) = [one for one in first["recipients"] if one["allowed"] and not one["takes_two"]]
    (concern,) = [one for one in first["items"] if one["allowed"]]
    include = [one["code"] for one in concern["parts"] if one["allowed"]]
    item = {"kind": concern["kind"], "id": concern["id"], "include": include}
    recipient = {"via": "contact", "contact_id": mother["contact_id"]}
    command = a_share(UUID(first["child"]["id"]), recipient, items=[item])
    made = await lead.ask("POST", "/v1/shares", json=command)
    share = f"/v1/shares/{made.json()['id']}"
    await lead.ask("GET", f"{share}/preview")
    held = {"If-Match": made.headers["etag"]}
    body = {"reason": "She can help at home."}
    approved = await lead.ask("POST", f"{share}/approve", json=body, headers=held)
    held = {"If-Match": approved.headers["etag"]}
    sent = await lead.ask("POST", f"{share}/send", json={"code_route": "phone"}, headers=held)
    assert lead.calls == 5
    assert sent.json()["share"]["state"] == "available"
    assert sent.json()["code"]
    assert await looks(world, school, Role.DSL) == [
        "child.opened shareable_parts", "share.opened preview",
    ]  # fmt: skip
