"""Where each kind of record is: an answer that points at one says its kind, its id and its path."""

from collections.abc import Mapping
from typing import Final

PATHS: Final[Mapping[str, str]] = {
    "action": "/v1/actions/{id}",
    "break_glass": "/v1/access/break-glass/{id}",
    "check_in": "/v1/check-ins/{id}",
    "child": "/v1/children/{id}",
    "concern": "/v1/concerns/{id}",
    "concern_case": "/v1/cases/{id}",
    "drill": "/v1/drills/{id}",
    "failed_job": "/v1/failed-jobs/{id}",
    "file_request": "/v1/file-requests/{id}",
    "incoming_transfer": "/v1/incoming-transfers/{id}",
    "meeting": "/v1/meetings/{id}",
    "monitoring_alert": "/v1/monitoring-alerts/{id}",
    "past_entry": "/v1/past-entries/{id}",
    "reading_notice": "/v1/access/notices/{id}",
    "referral": "/v1/referrals/{id}",
    "review": "/v1/reviews/{id}",
    "role_proposal": "/v1/role-proposals/{id}",
    "safety_plan": "/v1/safety-plans/{id}",
    "share": "/v1/shares/{id}",
    "task": "/v1/tasks/{id}",
    "transfer": "/v1/transfers/{id}",
    "webhook": "/v1/webhooks/{id}",
}
"""By kind, the address that opens one by its id alone. A test holds it against the operations."""
