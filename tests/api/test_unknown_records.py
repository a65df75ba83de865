"""An id that nobody gave: the code says what sort of record was looked for."""

from uuid import uuid4

import pytest

from app.core.words import Role
from tests.world import School

ADDRESSES = {
    "meeting_not_found": ("POST", "/v1/meetings/{id}/cancel", {"reason": "Nobody can come."}),
    "case_not_found": ("PATCH", "/v1/cases/{id}", {"title": "Two reports"}),
    "past_entry_not_found": ("GET", "/v1/past-entries/{id}", None),
    "sanction_not_found": ("GET", "/v1/children/{child}/sanctions/{id}", None),
    "sharing_exception_not_found": (
        "POST", "/v1/children/{child}/sharing-exceptions/{id}/end", {"reason": "It is over."},
    ),
    "supervision_session_not_found": ("GET", "/v1/supervision-sessions/{id}", None),
    "vocabulary_not_found": ("GET", "/v1/vocabularies/colours", None),
    "method_not_allowed": ("DELETE", "/healthz", None),
}  # fmt: skip


@pytest.mark.parametrize("code", ADDRESSES)
async def test_is_told_by_its_code(school: School, code: str) -> None:
    method, path, body = ADDRESSES[code]
    told = {"json": body} if body else {}
    answer = await school.lead.request(
        method, path.format(id=uuid4(), child=await school.child()), version=1, **told
    )
    assert answer.json()["code"] == code, answer.text


async def test_an_absence_that_has_passed_cannot_be_kept(school: School) -> None:
    body = {
        "staff_id": str(school[Role.DSL].id),
        "valid_from": "2001-01-01",
        "valid_to": "2001-01-02",
    }
    answer = await school.lead.post("/v1/staff-absences", body)
    assert answer.json()["code"] == "away_unsuitable", answer.text
