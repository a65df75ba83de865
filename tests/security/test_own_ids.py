"""An id that a client makes tells nothing of what others have made, whichever operation it is."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.ids import made_by, new_id
from app.core.words import Role
from tests.answers import described, inlined
from tests.api.record.test_concerns import a_body, a_triage, step
from tests.world import School

OWN = "Client-made ID (UUIDv7)"


def bodies() -> dict[str, Any]:
    """The schema of each operation's JSON body, by operation."""
    whole = inlined(described())
    found = {}
    for operations in whole["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            name = schema.get("$ref", "").rsplit("/", 1)[-1]
            found[operation["operationId"]] = whole["components"]["schemas"].get(name, schema)
    return found


def test_every_body_with_an_id_of_its_own_takes_it_from_its_maker() -> None:
    """Whatever asks for `id` at its top goes through `NewId`, which is the one way there is."""
    takes = {
        name: schema["properties"]["id"]
        for name, schema in bodies().items()
        if "id" in schema.get("properties", {})
    }
    assert len(takes) > 40
    others = [name for name, one in takes.items() if not one["description"].startswith(OWN)]
    assert others == []


def test_two_people_never_come_to_the_same_id() -> None:
    sent, one, two = new_id(), new_id(), new_id()
    assert made_by(one, sent) == made_by(one, sent) != made_by(two, sent)
    assert made_by(one, sent) != sent
    assert made_by(one, sent).version == 7
    assert made_by(one, sent).bytes[:6] == sent.bytes[:6], "it still sorts by its moment"


async def test_an_id_that_a_hidden_record_has_is_answered_as_any_other(school: School) -> None:
    child, sent = await school.child(), str(new_id())
    hidden = await school.lead.post("/v1/concerns", a_body(child, id=sent))
    assert hidden.status_code == 201
    taken = hidden.json()["id"]
    sealing = a_triage(school[Role.DSL].id, confidentiality="K5")
    assert (await step(school.lead, taken, "triage", sealing)).status_code == 200
    deputy = school.api(Role.DEPUTY_DSL)
    for id_ in (taken, sent, str(new_id())):
        answer = await deputy.post("/v1/concerns", a_body(child, id=id_))
        assert answer.status_code == 201, answer.text
        assert answer.json()["id"] == str(made_by(school[Role.DEPUTY_DSL].id, UUID(id_)))


@pytest.mark.parametrize("sent", [new_id(), uuid4(), UUID(int=0)], ids=["v7", "v4", "nil"])
async def test_what_one_sends_twice_is_known_again(school: School, sent: UUID) -> None:
    child = await school.child()
    bodies = [a_body(child, id=str(sent), place=place) for place in ("yard", "hall")]
    answers = [await school.staff.post("/v1/concerns", body) for body in bodies]
    assert [one.status_code for one in answers] == [201, 409]
    assert answers[0].json()["id"] == str(made_by(school[Role.STAFF].id, sent))
    assert answers[1].json()["code"] == "already_exists"
