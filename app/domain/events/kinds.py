"""Which verbs of the trail are events, and what each is decided by: no other verb ever leaves.

Looks, searches, sign-ins, refusals and conflicts of interest are no events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from app.core.vocabularies.events import PROGRESSED
from app.core.words import Did, Permission
from app.domain import kinds

P = Permission


class By(StrEnum):
    """What decides who is told."""

    CONCERN = "concern"
    """Who may open the concern; its reporter is told of progress alone."""
    OF_CONCERN = "of_concern"
    """Who may read the whole of the concern."""
    KIND = "kind"
    """Who sees a record of a registered kind."""
    DECISION = "decision"
    """Who may read the concern, or everything that an approval decided about."""
    """Its owner and who stands in, and the leads who read its class."""
    RECORD = "record"
    """Who reads the class of a record of keeping a child safe, and may open the child's."""
    ALERT = "alert"
    """The recipient alone; endpoints, so that a school can ring them by ways of its own."""
    GRANT = "grant"
    """Whom it was given to."""
    CHILD = "child"
    """Who may open the child's record."""
    RELATIONSHIP = "relationship"
    """Who may open the child's record, unless related to the other child."""
    STATUS = "status"
    """Who may open the child's record and reads the status's class."""
    DEADLINE = "deadline"
    """Who is told of the thing that is due."""
    PERMISSION = "permission"
    """Whoever has the permission, where no child they are related to is named."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one verb is told; `needs` is the permission its record is read with."""

    did: Did
    by: By
    needs: Permission
    noun: str
    """What the event says it is about."""


def _all(by: By, needs: Permission, noun: str, *verbs: Did) -> list[Kind]:
    return [Kind(did, by, needs, noun) for did in verbs]


_UNDESCRIBED = (
    *_all(
        By.CONCERN, P.CONCERN_READ, "concern", Did.CONCERN_RAISED, Did.CONCERN_ACKNOWLEDGED,
        Did.CONCERN_TRIAGED, Did.CONCERN_ASSIGNED, Did.CONCERN_MONITORED, Did.CONCERN_RESUMED,
        Did.CONCERN_CLOSURE_PROPOSED, Did.CONCERN_CLOSED, Did.CONCERN_CLOSURE_REFUSED,
        Did.CONCERN_REOPENED, Did.CONCERN_WITHDRAWAL_PROPOSED, Did.CONCERN_WITHDRAWN,
        Did.CONCERN_WITHDRAWAL_REFUSED, Did.CONCERN_MERGED,
    ),
    *_all(By.OF_CONCERN, P.CONCERN_READ, "amendment", Did.CONCERN_AMENDED),
    *_all(By.OF_CONCERN, P.CONCERN_READ, "comment", Did.COMMENT_ADDED),
    *_all(
        By.OF_CONCERN, P.CONCERN_READ, "attachment", Did.ATTACHMENT_ADDED, Did.ATTACHMENT_SCANNED,
        Did.ATTACHMENT_HELD,
    ),
    *_all(By.DECISION, P.CHRONOLOGY_READ, "decision", Did.DECISION_RECORDED),
    *_all(By.RECORD, P.SAFETY_READ, "record", Did.RECORD_KEPT),
    *_all(
        By.DEADLINE, P.ALERT_READ, "deadline", Did.DEADLINE_MISSED, Did.DEADLINE_CLIMBED,
        Did.DEADLINE_ACKNOWLEDGED, Did.DEADLINE_RECOMPUTED,
    ),
    *_all(
        By.ALERT, P.ALERT_READ, "alert", Did.ALERT_RAISED, Did.ALERT_RANG, Did.ALERT_ACKNOWLEDGED
    ),
    *_all(By.GRANT, P.ALERT_READ, "access_grant", Did.ACCESS_GRANTED, Did.ACCESS_ENDED),
    *_all(By.CHILD, P.CHILD_OPEN, "child_file", Did.FILE_LOCKED, Did.FILE_UNLOCKED),
    *_all(
        By.CHILD, P.CHILD_OPEN, "child", Did.CHILD_ADDED, Did.CHILD_CHANGED, Did.CONTACT_PAUSED,
        Did.CONTACT_RESUMED,
    ),
    *_all(By.CHILD, P.CHILD_OPEN, "identifier", Did.IDENTIFIER_ADDED, Did.IDENTIFIER_ENDED),
    *_all(
        By.CHILD, P.CHILD_OPEN, "contact", Did.CONTACT_ADDED, Did.CONTACT_CHANGED,
        Did.CONTACT_ENDED,
    ),
    *_all(
        By.RELATIONSHIP, P.CHILD_OPEN, "relationship", Did.RELATIONSHIP_ADDED,
        Did.RELATIONSHIP_CONFIRMED, Did.RELATIONSHIP_ENDED,
    ),
    *_all(By.STATUS, P.CHILD_OPEN, "status", Did.STATUS_ADDED, Did.STATUS_CHANGED),
    *_all(By.PERMISSION, P.AGENCY_READ, "agency", Did.AGENCY_ADDED, Did.AGENCY_CHANGED),
    *_all(By.PERMISSION, P.STAFF_READ, "staff", Did.STAFF_ADDED, Did.STAFF_CHANGED),
    *_all(
        By.PERMISSION, P.STAFF_CHANGE, "staff", Did.STAFF_INVITED, Did.STAFF_ACCEPTED,
        Did.REACH_CONFIRMED, Did.REACH_DECLINED, Did.STAFF_DECLINED, Did.PROVISIONED,
        Did.SUSPENDED, Did.RESTORED, Did.DEPROVISIONED,
    ),
    *_all(
        By.PERMISSION, P.STAFF_READ, "membership", Did.MEMBERSHIP_ADDED, Did.MEMBERSHIP_ENDED
    ),
    *_all(By.PERMISSION, P.STAFF_READ, "cover", Did.COVER_SET, Did.COVER_ENDED),
    *_all(
        By.PERMISSION, P.STAFF_READ, "role", Did.ROLE_DEFINED, Did.ROLE_CHANGED, Did.ROLE_ENDED
    ),
    *_all(By.PERMISSION, P.WORK_HAND_OVER, "work", Did.WORK_HANDED_OVER),
    *_all(By.PERMISSION, P.SCHOOL_READ, "school", Did.SCHOOL_CHANGED),
    *_all(By.PERMISSION, P.SCHOOL_READ, "calendar", Did.CALENDAR_CHANGED),
    *_all(
        By.PERMISSION, P.ROSTER_IMPORT, "roster_import", Did.ROSTER_RECEIVED, Did.ROSTER_HELD,
        Did.ROSTER_APPROVED, Did.ROSTER_APPLIED, Did.ROSTER_REFUSED,
    ),
    *_all(
        By.PERMISSION, P.KEY_CHANGE, "service_key", Did.SERVICE_KEY_ADDED, Did.SERVICE_KEY_CHANGED,
        Did.SERVICE_KEY_ROTATED, Did.SERVICE_KEY_REVOKED,
    ),
    *_all(
        By.PERMISSION, P.INTAKE_CHANGE, "intake_source", Did.INTAKE_SOURCE_ADDED,
        Did.INTAKE_SOURCE_CHANGED, Did.INTAKE_SOURCE_ROTATED, Did.INTAKE_SOURCE_ENDED,
    ),
)  # fmt: skip


@cache
def told_kinds() -> Mapping[str, Kind]:
    """By the verb of the audit log; also the events' kinds, besides `PROGRESSED`.

    Raises RuntimeError before all kinds are registered.
    """
    described = [
        kind for of in kinds.owned_kinds() if of.reads
        for kind in _all(By.KIND, of.reads, of.name, *of.events)
    ]  # fmt: skip
    found = sorted((*_UNDESCRIBED, *described), key=lambda kind: kind.noun)
    return {kind.did.value: kind for kind in found}


@cache
def told_nouns() -> Mapping[str, tuple[str, ...]]:
    """What an event can be about, and its kinds."""
    found: dict[str, tuple[str, ...]] = {}
    for kind in told_kinds().values():
        found[kind.noun] = (*found.get(kind.noun, ()), kind.did.value)
    return {**found, "concern": (*found["concern"], PROGRESSED)}


OF_BOTH_TRAILS: Final = (Did.ALERT_RAISED.value, Did.ALERT_RANG.value)
"""Kinds that are told from the adult register's trail too: nothing else of it ever leaves."""
RIGHTS_CHANGED: Final = frozenset(
    {
        Did.SESSION_REVOKED, Did.REFRESH_REUSED, Did.PASSWORD_CHANGED, Did.SECOND_FACTOR_REMOVED,
        Did.ACCESS_GRANTED, Did.ACCESS_ENDED, Did.GLASS_BROKEN, Did.GLASS_REVIEWED,
        Did.CONFLICT_FOUND, Did.CONFLICT_DECLARED, Did.CONFLICT_TO_CONFIRM,
        Did.CONFLICT_CONFIRMED, Did.CONFLICT_ENDED, Did.ROLE_DEFINED, Did.ROLE_CHANGED,
        Did.ROLE_ENDED, Did.ROLE_CONFIRMED, Did.COVER_SET, Did.COVER_ENDED, Did.SUSPENDED,
        Did.RESTORED, Did.DEPROVISIONED, Did.MEMBERSHIP_ADDED, Did.MEMBERSHIP_ENDED,
        Did.STAFF_CHANGED, Did.STAFF_DECLINED, Did.SCHOOL_CHANGED, Did.IDENTITY_UNLINKED,
    }
)  # fmt: skip
"""Verbs after which somebody may see more or less than before."""
