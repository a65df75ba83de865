"""One way to point at a record: its kind, its id, and the path that opens it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

PATHS: Final[Mapping[str, str]] = {
    "access_grant": "/v1/access/grants",
    "action": "/v1/actions",
    "adult_concern": "/v1/adult-concerns",
    "agency": "/v1/agencies",
    "bereavement_case": "/v1/bereavement-cases",
    "break_glass": "/v1/access/break-glass",
    "check_in": "/v1/check-ins",
    "child": "/v1/children",
    "child_group": "/v1/child-groups",
    "concern": "/v1/concerns",
    "concern_case": "/v1/cases",
    "drill": "/v1/drills",
    "failed_job": "/v1/failed-jobs",
    "file_request": "/v1/file-requests",
    "identity_provider": "/v1/identity-providers",
    "incoming_transfer": "/v1/incoming-transfers",
    "incomplete_report": "/v1/incomplete-reports",
    "intake_source": "/v1/intake-sources",
    "linked_concern": "/v1/linked-concerns",
    "meeting": "/v1/meetings",
    "monitoring_alert": "/v1/monitoring-alerts",
    "past_entry": "/v1/past-entries",
    "past_import": "/v1/imports",
    "reading_notice": "/v1/access/notices",
    "received_record": "/v1/received-records",
    "referral": "/v1/referrals",
    "review": "/v1/reviews",
    "role": "/v1/roles",
    "role_proposal": "/v1/role-proposals",
    "roster_import": "/v1/roster/imports",
    "safety_plan": "/v1/safety-plans",
    "school": "/v1/schools",
    "school_export": "/v1/exports",
    "scim_group": "/v1/scim-groups",
    "service_key": "/v1/service-keys",
    "share": "/v1/shares",
    "staff": "/v1/staff",
    "support_service": "/v1/support-services",
    "task": "/v1/tasks",
    "transfer": "/v1/transfers",
    "webhook": "/v1/webhooks",
}
"""By kind, the collection in which an id opens one. A test holds it against the operations."""
WITHIN_OTHERS: Final = (
    "alert", "amendment", "attachment", "authority_contacts", "calendar", "comment",
    "concern_question", "contact", "cover", "decision", "enrolment", "identifier", "membership",
    "record", "reintegration", "relationship", "review_note", "sanction", "sharing_exception",
    "status", "support_list_entry", "support_plan",
)  # fmt: skip
"""Kinds that are opened with another record, or with none."""


def pointer(kind: str, id_: Any) -> dict[str, Any]:
    """The record, as every answer points at one."""
    return {"kind": kind, "id": id_, "path": path_of(kind, id_)}


def about(kind: str | None, id_: UUID | str | None) -> dict[str, Any] | None:
    """The record that something is about; None where it is about no single one."""
    return pointer(kind, id_) if kind is not None and id_ is not None else None


def path_of(kind: str, id_: Any) -> str | None:
    """Where the record is opened."""
    return f"{PATHS[kind]}/{id_}" if kind in PATHS else None


def path_in_sql(kind: str, id_: str) -> str:
    """The same of two expressions."""
    cases = " ".join(f"when '{item}' then '{path}/'" for item, path in PATHS.items())
    return f"(case {kind} {cases} end) || {id_}"


def pointer_in_sql(kind: str, id_: str) -> str:
    """The pointer as an expression; null where there is no id."""
    built = f"json_build_object('kind', {kind}, 'id', {id_}, 'path', {path_in_sql(kind, id_)})"
    return f"case when {id_} is not null then {built} end"
