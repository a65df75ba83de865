"""What tests of the people and statuses around a child share."""

from typing import Any

from app.core.words import Role
from tests.world import Api, Person, School, World


def verbs(world: World, noun_id: object) -> list[str]:
    """What the trail says was done to something, in order."""
    rows = world.sql("select verb from trail where noun_id = %s order by seq", str(noun_id))
    return [verb for (verb,) in rows]


async def created(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a POST made."""
    answer = await api.post(path, body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == made["etag"] == '"1"'
    return made


async def listed(api: Api, path: str) -> list[dict[str, Any]]:
    """The rows of a short list."""
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["items"]
    return rows


async def a_pastoral_member(world: World, school: School, year_group: str) -> Api:
    """A member of the pastoral team who works with one year group."""
    person: Person = await world.a_person(school.id, Role.PASTORAL)
    world.sql(
        "update membership set cohort = %s where staff_id = %s",
        f'{{"year_groups": ["{year_group}"]}}',
        str(person.id),
    )
    return world.as_token(person.token)
