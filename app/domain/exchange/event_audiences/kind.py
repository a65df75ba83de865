"""Audit verbs that are events, and what decides each: no other verb ever leaves.

Views, searches, sign-ins, refusals and conflicts of interest are not events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from app.core.words import AuditEvent, Permission
from app.domain import kinds

P = Permission


class By(StrEnum):
    """What decides who sees an event."""

    CONCERN = "concern"
    """People who may open the concern; its reporter sees only progress."""
    KIND = "kind"
    """People who see a record of a registered kind."""
    ALERT = "alert"
    """Only the recipient; and endpoints, so that a school can ring them in its own ways."""
    GRANT = "grant"
    """The person who got the grant."""
    RELATIONSHIP = "relationship"
    """People who may open the record of either child, unless related to one of them."""
    DEADLINE = "deadline"
    """People who are alerted to the record that is due."""
    PERMISSION = "permission"
    """People with the permission, unless they are related to a child it names."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Rules for one verb; `needs` is the permission to read its record, if any."""

    did: AuditEvent
    by: By
    needs: Permission | None
    resource_type: str
    """Type of the event's record."""


def _all(by: By, needs: Permission | None, resource_type: str, *verbs: AuditEvent) -> list[Kind]:
    return [Kind(did, by, needs, resource_type) for did in verbs]


_UNDESCRIBED = (
    *_all(
        By.CONCERN, P.CONCERN_READ, "concern", AuditEvent.CONCERN_RAISED,
        AuditEvent.CONCERN_ACKNOWLEDGED,
        AuditEvent.CONCERN_TRIAGED, AuditEvent.CONCERN_ASSIGNED, AuditEvent.CONCERN_MONITORED,
        AuditEvent.CONCERN_RESUMED,
        AuditEvent.CONCERN_CLOSURE_PROPOSED, AuditEvent.CONCERN_CLOSED,
        AuditEvent.CONCERN_CLOSURE_REFUSED,
        AuditEvent.CONCERN_REOPENED, AuditEvent.CONCERN_WITHDRAWAL_PROPOSED,
        AuditEvent.CONCERN_WITHDRAWN,
        AuditEvent.CONCERN_WITHDRAWAL_REFUSED, AuditEvent.CONCERN_MERGED,
        AuditEvent.CONCERN_CORRECTED,
    ),
    *_all(
        By.DEADLINE, P.ALERT_READ, "deadline", AuditEvent.DEADLINE_MISSED,
        AuditEvent.DEADLINE_CLIMBED,
        AuditEvent.DEADLINE_ACKNOWLEDGED, AuditEvent.DEADLINE_RECOMPUTED,
    ),
    *_all(
        By.ALERT, P.ALERT_READ, "alert", AuditEvent.ALERT_RAISED, AuditEvent.ALERT_RANG,
        AuditEvent.ALERT_ACKNOWLEDGED
    ),
    *_all(By.GRANT, P.ALERT_READ, "access_grant", AuditEvent.ACCESS_GRANTED,
    AuditEvent.ACCESS_ENDED),
    *_all(
        By.RELATIONSHIP, P.CHILD_OPEN, "relationship", AuditEvent.RELATIONSHIP_ADDED,
        AuditEvent.RELATIONSHIP_CONFIRMED, AuditEvent.RELATIONSHIP_ENDED,
    ),
    *_all(By.PERMISSION, P.AGENCY_READ, "agency", AuditEvent.AGENCY_ADDED,
    AuditEvent.AGENCY_CHANGED),
    *_all(By.PERMISSION, P.STAFF_READ, "staff", AuditEvent.STAFF_ADDED, AuditEvent.STAFF_CHANGED),
    *_all(
        By.PERMISSION, P.STAFF_CHANGE, "staff", AuditEvent.STAFF_INVITED, AuditEvent.STAFF_ACCEPTED,
        AuditEvent.REACH_CONFIRMED, AuditEvent.REACH_DECLINED, AuditEvent.STAFF_DECLINED,
        AuditEvent.PROVISIONED,
        AuditEvent.SUSPENDED, AuditEvent.RESTORED, AuditEvent.DEPROVISIONED,
    ),
    *_all(
        By.PERMISSION, P.STAFF_READ, "membership", AuditEvent.MEMBERSHIP_ADDED,
        AuditEvent.MEMBERSHIP_ENDED
    ),
    *_all(By.PERMISSION, P.STAFF_READ, "cover", AuditEvent.COVER_SET, AuditEvent.COVER_ENDED),
    *_all(
        By.PERMISSION, P.STAFF_READ, "role", AuditEvent.ROLE_DEFINED, AuditEvent.ROLE_CHANGED,
        AuditEvent.ROLE_ENDED
    ),
    *_all(By.PERMISSION, P.WORK_HAND_OVER, "work", AuditEvent.WORK_HANDED_OVER),
    *_all(By.PERMISSION, P.SCHOOL_READ, "school", AuditEvent.SCHOOL_CHANGED),
    *_all(By.PERMISSION, P.SCHOOL_READ, "calendar", AuditEvent.CALENDAR_CHANGED),
    *_all(
        By.PERMISSION, P.ROSTER_IMPORT, "roster_import", AuditEvent.ROSTER_RECEIVED,
        AuditEvent.ROSTER_HELD,
        AuditEvent.ROSTER_APPROVED, AuditEvent.ROSTER_APPLIED, AuditEvent.ROSTER_REFUSED,
        AuditEvent.ROSTER_UNDO_STARTED, AuditEvent.ROSTER_UNDONE,
    ),
    *_all(
        By.PERMISSION, P.KEY_CHANGE, "service_key", AuditEvent.SERVICE_KEY_ADDED,
        AuditEvent.SERVICE_KEY_CHANGED,
        AuditEvent.SERVICE_KEY_ROTATED, AuditEvent.SERVICE_KEY_REVOKED,
    ),
    *_all(
        By.PERMISSION, P.INTAKE_CHANGE, "intake_source", AuditEvent.INTAKE_SOURCE_ADDED,
        AuditEvent.INTAKE_SOURCE_CHANGED, AuditEvent.INTAKE_SOURCE_ROTATED,
        AuditEvent.INTAKE_SOURCE_ENDED,
    ),
)  # fmt: skip


@cache
def told_kinds() -> Mapping[str, Kind]:
    """Rules by audit verb; these are also the event kinds, besides `PROGRESSED`.

    Raises RuntimeError before all kinds are registered.
    """
    described = [
        kind for of in kinds.every_kind()
        for kind in _all(By.KIND, of.reads, of.name, *of.events)
    ]  # fmt: skip
    items = sorted((*_UNDESCRIBED, *described), key=lambda kind: kind.resource_type)
    return {kind.did.value: kind for kind in items}


OF_BOTH_TRAILS: Final = (AuditEvent.ALERT_RAISED.value, AuditEvent.ALERT_RANG.value)
"""Kinds reported also from the adult register's log: nothing else of it ever leaves."""
RIGHTS_CHANGED: Final = frozenset(
    {
        AuditEvent.SESSION_REVOKED, AuditEvent.REFRESH_REUSED, AuditEvent.PASSWORD_CHANGED,
        AuditEvent.SECOND_FACTOR_REMOVED,
        AuditEvent.ACCESS_GRANTED, AuditEvent.ACCESS_ENDED, AuditEvent.GLASS_BROKEN,
        AuditEvent.GLASS_REVIEWED,
        AuditEvent.CONFLICT_FOUND, AuditEvent.CONFLICT_DECLARED, AuditEvent.CONFLICT_TO_CONFIRM,
        AuditEvent.CONFLICT_CONFIRMED, AuditEvent.CONFLICT_ENDED, AuditEvent.ROLE_DEFINED,
        AuditEvent.ROLE_CHANGED,
        AuditEvent.ROLE_ENDED, AuditEvent.ROLE_CONFIRMED, AuditEvent.COVER_SET,
        AuditEvent.COVER_ENDED, AuditEvent.SUSPENDED,
        AuditEvent.RESTORED, AuditEvent.DEPROVISIONED, AuditEvent.MEMBERSHIP_ADDED,
        AuditEvent.MEMBERSHIP_ENDED,
        AuditEvent.STAFF_CHANGED, AuditEvent.STAFF_DECLINED, AuditEvent.SCHOOL_CHANGED,
        AuditEvent.IDENTITY_UNLINKED,
    }
)  # fmt: skip
"""Verbs after which someone may see more or less than before."""
