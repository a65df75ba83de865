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
    "transfer_not_found": ("GET", "/v1/transfers/{id}", None),
    "received_record_not_found": ("GET", "/v1/received-records/{id}", None),
    "file_request_not_found": ("GET", "/v1/file-requests/{id}", None),
    "support_service_not_found": ("GET", "/v1/support-services/{id}", None),
    "proposed_change_not_found": (
        "POST", "/v1/proposed-changes/{id}/refuse", {"reason": "Not our number."},
    ),
    "authority_contacts_not_found": ("GET", "/v1/authority-contacts/nowhere", None),
    "support_list_entry_not_found": (
        "POST", "/v1/support-list/{id}/end", {"reason": "It is over."},
    ),
    "hand_over_note_not_found": ("POST", "/v1/support-list/hand-over/{id}/acknowledge", None),
    "staff_support_offer_not_found": (
        "POST", "/v1/staff-support-offers/{id}/answer", {"answer": "not_now"},
    ),
    "site_request_not_found": ("GET", "/v1/site-requests/{id}", None),
    "safety_plan_not_found": ("GET", "/v1/safety-plans/{id}", None),
    "reintegration_not_found": ("GET", "/v1/children/{child}/reintegrations/{id}", None),
    "linked_concern_not_found": ("GET", "/v1/linked-concerns/{id}", None),
    "calendar_note_not_found": ("POST", "/v1/calendar-notes/{id}/end", None),
    "child_group_not_found": ("GET", "/v1/child-groups/{id}", None),
    "check_in_not_found": ("GET", "/v1/check-ins/{id}", None),
    "away_not_found": ("POST", "/v1/staff-absences/{id}/end", None),
    "bereavement_case_not_found": ("GET", "/v1/bereavement-cases/{id}", None),
    "incomplete_report_not_found": ("GET", "/v1/incomplete-reports/{id}", None),
    "action_not_found": ("GET", "/v1/actions/{id}", None),
    "service_key_not_found": ("GET", "/v1/service-keys/{id}", None),
    "role_not_found": ("GET", "/v1/roles/{id}", None),
    "role_proposal_not_found": ("GET", "/v1/role-proposals/{id}", None),
    "membership_not_found": ("POST", "/v1/staff/{staff}/memberships/{id}/end", {}),
    "invitation_not_found": ("POST", "/v1/me/invitations/{id}/accept", None),
    "identity_not_found": ("DELETE", "/v1/me/identities/{id}", None),
    "identity_provider_not_found": ("GET", "/v1/identity-providers/{id}", None),
    "monitoring_alert_not_found": ("GET", "/v1/monitoring-alerts/{id}", None),
    "cover_not_found": ("POST", "/v1/cover/{id}/end", {}),
    "notice_not_found": ("GET", "/v1/access/notices/{id}", None),
    "grant_not_found": ("GET", "/v1/access/grants/{id}", None),
    "break_glass_not_found": ("GET", "/v1/access/break-glass/{id}", None),
    "vocabulary_not_found": ("GET", "/v1/vocabularies/colours", None),
    "method_not_allowed": ("DELETE", "/healthz", None),
}  # fmt: skip


ASKED_BY = {
    "/v1/service-keys/{id}": Role.SCHOOL_ADMIN,
    "/v1/staff/{staff}/memberships/{id}/end": Role.SCHOOL_ADMIN,
    "/v1/access/notices/{id}": Role.HEADTEACHER,
    "/v1/role-proposals/{id}": Role.HEADTEACHER,
}
"""Who may ask, where a lead may not."""


@pytest.mark.parametrize("code", ADDRESSES)
async def test_is_told_by_its_code(school: School, code: str) -> None:
    method, path, body = ADDRESSES[code]
    told = {} if body is None else {"json": body}
    known = {"child": await school.child(), "staff": school[Role.STAFF].id}
    answer = await school.api(ASKED_BY.get(path, Role.DSL)).request(
        method, path.format(id=uuid4(), **known), version=1, **told
    )
    assert answer.json()["code"] == code, answer.text


async def test_somebody_named_in_a_report_is_of_this_school(school: School) -> None:
    body = {
        "children": [{"child_id": str(await school.child())}],
        "account": [{"kind": "observed", "text": "Asleep in every lesson."}],
        "immediacy": "today",
        "categories": ["neglect"],
        "staff_named": [str(uuid4())],
    }
    answer = await school.staff.post("/v1/concerns", body, key=str(uuid4()))
    assert answer.json()["code"] == "staff_unknown", answer.text


async def test_an_absence_that_has_passed_cannot_be_kept(school: School) -> None:
    body = {
        "staff_id": str(school[Role.DSL].id),
        "valid_from": "2001-01-01",
        "valid_to": "2001-01-02",
    }
    answer = await school.lead.post("/v1/staff-absences", body)
    assert answer.json()["code"] == "away_unsuitable", answer.text
