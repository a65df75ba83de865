"""Safety plans for tests: written, agreed and used through the API."""

from typing import Any
from uuid import UUID

import httpx

from tests.world import Api, School

STEPS: dict[str, Any] = {
    "signs": [{"words": "I stop answering."}, {"words": "I lie awake", "picture": "sleep"}],
    "alone": [{"picture": "music"}, {"words": "Walk round the pond", "picture": "dog"}],
    "company": [{"words": "The library at lunch."}],
    "helpers": [
        {"name": "Nan Bodley", "number": "01632 960010", "when": "After four",
         "agreed": {"value": True}},
        {"name": "Ellie Quill", "number": "07700 900123", "when": "Evenings", "is_pupil": True,
         "agreed": {"none": "not_asked"}},
    ],
    "services": [{"name": "Childline", "number": "0800 1111", "when": "Day and night"}],
    "safer_space": [{"what": "Mum keeps the key.", "where": "home", "who": "Mum",
                     "done_on": "2026-11-20"}],
}  # fmt: skip
STAFF_NOTE = "Zettelnote: staff think of the tribunal."


def body(**fields: Any) -> dict[str, Any]:
    """A version with everything in it."""
    return {
        "made_with": "joint",
        "helped_by": "Miss Lee",
        "formats": ["words", "pictures"],
        "steps": STEPS,
        "hold_on_to": [{"words": "My little brother."}],
        "at_school": {"exit_card": "Green card", "words_to_use": "Shall we walk?"},
        "not_helpful": [{"words": "Do not tell me to calm down."}],
        "staff_note": STAFF_NOTE,
    } | fields


async def begun(
    school: School, child: UUID, *, api: Api | None = None, **fields: Any
) -> dict[str, Any]:
    """A draft of the lead's."""
    answer = await (api or school.lead).post(f"/v1/children/{child}/safety-plans", body(**fields))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def step(
    api: Api, plan: str, verb: str, content: Any = None, version: int | None = None
) -> httpx.Response:
    """Take a plan a step further, at the version it has now unless one is given."""
    if version is None:
        version = await version_of(api, plan)
    return await api.post(f"/v1/safety-plans/{plan}/{verb}", content or {}, version=version)


async def version_of(api: Api, plan: str) -> int:
    """The version that a plan has now."""
    found = await api.get(f"/v1/safety-plans/{plan}")
    assert found.status_code == 200, found.text
    return int(found.headers["ETag"].strip('"').split("-")[0])


async def in_use(school: School, child: UUID, *, api: Api | None = None, **fields: Any) -> str:
    """A plan in use; `api` is the lead's at a moved clock."""
    plan = (await begun(school, child, api=api, **fields))["id"]
    for verb in ("agree", "use"):
        answer = await step(api or school.lead, plan, verb)
        assert answer.status_code == 200, answer.text
    return str(plan)
