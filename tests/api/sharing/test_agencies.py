"""The agencies a school refers to and shares with."""

from typing import Any

from app.core.ids import made_by, new_id
from app.core.words import Role
from tests.world import School, World


def a_body(**fields: Any) -> dict[str, Any]:
    """A new agency."""
    return {"name": "Westshire front door", "kind": "social_care", "route": "secure_email"} | fields


async def add(school: School, **fields: Any) -> str:
    """The id of a new agency."""
    answer = await school.lead.post("/v1/agencies", a_body(**fields))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


class TestAddAgency:
    async def test_keeps_everything_given(self, world: World, school: School) -> None:
        sent = new_id()
        id_ = str(made_by(school[Role.DSL].id, sent))
        body = a_body(phone="01234 567", address="1 High Street", email="a@b.org")
        answer = await school.lead.post("/v1/agencies", body | {"id": str(sent)})
        assert answer.status_code == 201
        assert answer.headers["location"] == f"/v1/agencies/{id_}"
        assert {name: answer.json()[name] for name in body} == body
        trail = world.sql("select verb from trail where noun_id = %s", id_)
        assert trail == [("agency.added",)]

    async def test_refuses_a_deputy(self, school: School) -> None:
        answer = await school.api(Role.DEPUTY_DSL).post("/v1/agencies", a_body())
        assert answer.status_code == 403

    async def test_refuses_an_unknown_kind_and_a_second_use_of_an_id(self, school: School) -> None:
        unknown = await school.lead.post("/v1/agencies", a_body(kind="wizards"))
        assert unknown.status_code == 422
        body = a_body(id=str(new_id()))
        answers = [await school.lead.post("/v1/agencies", body) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 409]

    async def test_replays_a_key(self, school: School) -> None:
        first = await school.lead.post("/v1/agencies", a_body(), key="one")
        again = await school.lead.post("/v1/agencies", a_body(), key="one")
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"


class TestListAgencies:
    async def test_pages_through_those_in_use(self, school: School) -> None:
        ids = [await add(school, name=f"Agency {number}") for number in range(3)]
        first = await school.api(Role.DEPUTY_DSL).get("/v1/agencies?limit=2")
        second = await school.lead.get(f"/v1/agencies?limit=2&cursor={first.json()['next']}")
        seen = [one["id"] for one in first.json()["items"] + second.json()["items"]]
        assert seen == ids[::-1]
        assert second.json()["next"] is None

    async def test_filters_by_kind(self, school: School) -> None:
        await add(school)
        police = await add(school, kind="police", name="Constabulary")
        found = await school.lead.get("/v1/agencies?kind=police")
        assert [one["id"] for one in found.json()["items"]] == [police]

    async def test_refuses_unknown_parameters_and_foreign_cursors(self, school: School) -> None:
        assert (await school.lead.get("/v1/agencies?colour=red")).status_code == 422
        assert (await school.lead.get("/v1/agencies?cursor=red")).status_code == 422

    async def test_refuses_a_teacher_and_shows_nothing_of_another_school(
        self, school: School, other_school: School
    ) -> None:
        await add(school)
        assert (await school.staff.get("/v1/agencies")).status_code == 403
        assert (await other_school.lead.get("/v1/agencies")).json()["items"] == []


class TestGetAgency:
    async def test_answers_304_for_the_version_held(self, school: School) -> None:
        id_ = await add(school)
        found = await school.lead.get(f"/v1/agencies/{id_}")
        assert found.json()["permissions"] == ["update_agency"]
        held = {"If-None-Match": found.headers["etag"]}
        assert (await school.lead.get(f"/v1/agencies/{id_}", headers=held)).status_code == 304

    async def test_hides_another_schools_agency(self, school: School, other_school: School) -> None:
        id_ = await add(school)
        assert (await other_school.lead.get(f"/v1/agencies/{id_}")).status_code == 404


class TestChangeAgency:
    async def test_retires_and_empties_by_merge_patch(self, world: World, school: School) -> None:
        id_ = await add(school, phone="01234 567", email="front.door@example.org")
        (card,) = (await school.lead.get("/v1/agencies")).json()["items"]
        assert (card["state"], card["email"]) == ("active", "front.door@example.org")
        changed = await school.lead.patch(
            f"/v1/agencies/{id_}", {"phone": None, "state": "retired"}, version=1
        )
        assert changed.status_code == 200
        assert changed.json()["phone"] is None
        assert changed.json()["retired_at"] is not None
        assert changed.json()["state"] == "retired"
        assert changed.headers["etag"] == '"2"'
        assert (await school.lead.get("/v1/agencies")).json()["items"] == []
        retired = await school.lead.get("/v1/agencies?state=retired")
        assert [one["id"] for one in retired.json()["items"]] == [id_]
        trail = world.sql("select verb from trail where noun_id = %s order by seq", id_)
        assert trail == [("agency.added",), ("agency.changed",)]

    async def test_needs_the_present_version(self, school: School) -> None:
        id_ = await add(school)
        path = f"/v1/agencies/{id_}"
        assert (await school.lead.patch(path, {"name": "New"})).status_code == 428
        assert (await school.lead.patch(path, {"name": "New"}, version=7)).status_code == 412
        assert (await school.lead.patch(path, {"name": None}, version=1)).status_code == 422

    async def test_hides_another_schools_agency(self, school: School, other_school: School) -> None:
        id_ = await add(school)
        answer = await other_school.lead.patch(f"/v1/agencies/{id_}", {"name": "New"}, version=1)
        assert answer.status_code == 404
