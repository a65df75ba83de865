"""What tests of the time after a death make first: a case that two people opened."""

from typing import Any
from uuid import UUID

import httpx

from app.core import clock
from app.core.words import Role
from tests.world import Api, School

PATH = "/v1/bereavement-cases"


async def proposed(school: School, child: UUID | None = None, **fields: Any) -> dict[str, Any]:
    """A case that the deputy has opened and nobody has confirmed yet."""
    body = {
        "person_died": "pupil", "learned_from": "The police came.",
        "died_on": clock.now().date().isoformat(),
    } | fields  # fmt: skip
    if child is not None:
        body["child_id"] = str(child)
    answer = await school.api(Role.DEPUTY_DSL).post(PATH, body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def confirm(api: Api, case_id: str, version: int = 1, **fields: Any) -> httpx.Response:
    """Confirm a case."""
    body = {"confirmed_by": "police", "confirmed_with": "Sergeant Roe, by phone"} | fields
    return await api.post(f"{PATH}/{case_id}/confirm", body, version=version)


async def opened(school: School, child: UUID | None = None, **fields: Any) -> dict[str, Any]:
    """A case that the lead has confirmed."""
    case = await proposed(school, child, **fields)
    answer = await confirm(school.lead, case["id"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def the_case(school: School, case_id: str, role: Role = Role.DSL) -> dict[str, Any]:
    """A case as somebody reads it now."""
    answer = await school.api(role).get(f"{PATH}/{case_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def affected(school: School, case_id: str, **fields: Any) -> dict[str, Any]:
    """Somebody named in a case by the lead."""
    answer = await school.lead.post(f"{PATH}/{case_id}/affected", fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def tasks_of(school: School, query: str, role: Role = Role.DSL) -> list[dict[str, Any]]:
    """Open tasks that somebody sees."""
    answer = await school.api(role).get(f"/v1/tasks?limit=200&{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def all_done(school: School, case_id: str) -> None:
    """A lead says of each duty of a case why it is not needed."""
    for task in await tasks_of(school, "kind=bereavement_duty"):
        if (task["about"] or {}).get("id") == case_id:
            path = f"/v1/tasks/{task['id']}/end"
            answer = await school.lead.post(path, {"reason": "The council does."}, version=1)
            assert answer.status_code == 200, answer.text


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json().get("code", "")
