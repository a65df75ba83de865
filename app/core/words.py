"""Words every floor uses: roles, permissions, audit verbs and the actor."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """A role within one organisation; what each may do stands in `app.domain.policy`."""

    STAFF = "staff"
    PASTORAL = "pastoral"
    DEPUTY_DSL = "deputy_dsl"
    DSL = "dsl"
    HEADTEACHER = "headteacher"
    GOVERNOR = "governor"
    TRUST_LEAD = "trust_lead"
    RECORDS_OFFICER = "records_officer"
    SCHOOL_ADMIN = "school_admin"
    ROSTER_SYNC = "roster_sync"
    ALERT_INTAKE = "alert_intake"
    SYSTEM = "system"
    """Jobs and operators' commands; no membership can carry it."""


class Permission(StrEnum):
    """Everything that can be allowed, as `noun:verb`."""

    SCHOOL_READ = "school:read"
    SCHOOL_CHANGE = "school:change"
    STAFF_READ = "staff:read"
    STAFF_CHANGE = "staff:change"
    CHILD_SEARCH = "child:search"
    CHILD_OPEN = "child:open"
    CHILD_CHANGE = "child:change"
    CHILD_SAFEGUARD = "child:safeguard"
    CHRONOLOGY_READ = "chronology:read"
    CONCERN_RAISE = "concern:raise"
    CONCERN_AMEND = "concern:amend"
    CONCERN_READ = "concern:read"
    CONCERN_COMMENT = "concern:comment"
    CONCERN_TRIAGE = "concern:triage"
    CONCERN_DECIDE = "concern:decide"
    CONCERN_CLOSE = "concern:close"
    CONCERN_SIGN = "concern:sign"
    CONCERN_WITHDRAW = "concern:withdraw"
    ACTION_SET = "action:set"
    ACTION_COMPLETE = "action:complete"
    ALERT_READ = "alert:read"
    SHARE_READ = "share:read"
    SHARE_WRITE = "share:write"
    SHARE_APPROVE = "share:approve"
    REFERRAL_READ = "referral:read"
    REFERRAL_WRITE = "referral:write"
    REFERRAL_APPROVE = "referral:approve"
    AGENCY_READ = "agency:read"
    AGENCY_CHANGE = "agency:change"
    ROSTER_IMPORT = "roster:import"


class Did(StrEnum):
    """Everything the trail can say was done, as `noun.past`."""

    SIGNED_IN = "session.started"
    SIGN_IN_REFUSED = "session.refused"
    SESSION_REFRESHED = "session.refreshed"
    SESSION_REVOKED = "session.revoked"
    REFRESH_REUSED = "session.refresh_reused"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - an audit verb
    ACCESS_REFUSED = "access.refused"

    SCHOOL_CREATED = "school.created"
    SCHOOL_CHANGED = "school.changed"
    STAFF_ADDED = "staff.added"
    STAFF_CHANGED = "staff.changed"
    STAFF_INVITED = "staff.invited"
    MEMBERSHIP_ADDED = "membership.added"
    MEMBERSHIP_ENDED = "membership.ended"

    CHILDREN_SEARCHED = "child.searched"
    CHILD_ADDED = "child.added"
    CHILD_OPENED = "child.opened"
    CHILD_CHANGED = "child.changed"
    IDENTIFIER_ADDED = "identifier.added"
    IDENTIFIER_ENDED = "identifier.ended"
    CONTACT_ADDED = "contact.added"
    CONTACT_CHANGED = "contact.changed"
    CONTACT_ENDED = "contact.ended"
    RELATIONSHIP_ADDED = "relationship.added"
    RELATIONSHIP_CONFIRMED = "relationship.confirmed"
    RELATIONSHIP_ENDED = "relationship.ended"
    STATUS_ADDED = "status.added"
    STATUS_CHANGED = "status.changed"
    CHRONOLOGY_READ = "chronology.read"

    CONCERN_RAISED = "concern.raised"
    CONCERN_OPENED = "concern.opened"
    CONCERN_ACKNOWLEDGED = "concern.acknowledged"
    CONCERN_TRIAGED = "concern.triaged"
    CONCERN_ASSIGNED = "concern.assigned"
    CONCERN_MONITORED = "concern.monitored"
    CONCERN_RESUMED = "concern.resumed"
    CONCERN_CLOSURE_PROPOSED = "concern.closure_proposed"
    CONCERN_CLOSED = "concern.closed"
    CONCERN_CLOSURE_REFUSED = "concern.closure_refused"
    CONCERN_REOPENED = "concern.reopened"
    CONCERN_WITHDRAWAL_PROPOSED = "concern.withdrawal_proposed"
    CONCERN_WITHDRAWN = "concern.withdrawn"
    CONCERN_WITHDRAWAL_REFUSED = "concern.withdrawal_refused"
    CONCERN_MERGED = "concern.merged"
    CONCERN_AMENDED = "concern.amended"
    COMMENT_ADDED = "comment.added"
    DECISION_RECORDED = "decision.recorded"
    ACTION_SET = "action.set"
    ACTION_OPENED = "action.opened"
    ACTION_COMPLETED = "action.completed"
    ACTION_DROPPED = "action.dropped"
    ACTION_REASSIGNED = "action.reassigned"
    ATTACHMENT_ADDED = "attachment.added"
    ATTACHMENT_OPENED = "attachment.opened"
    ALERT_RAISED = "alert.raised"
    ALERT_SENT = "alert.sent"
    ALERT_REFUSED = "alert.refused"
    ALERT_ACKNOWLEDGED = "alert.acknowledged"

    SHARE_DRAFTED = "share.drafted"
    SHARE_CHANGED = "share.changed"
    SHARE_OPENED = "share.opened"
    SHARE_APPROVED = "share.approved"
    SHARE_HANDED_OVER = "share.handed_over"
    SHARE_ANSWERED = "share.answered"
    SHARE_REVOKED = "share.revoked"
    AGENCY_ADDED = "agency.added"
    AGENCY_CHANGED = "agency.changed"
    REFERRAL_DRAFTED = "referral.drafted"
    REFERRAL_CHANGED = "referral.changed"
    REFERRAL_OPENED = "referral.opened"
    REFERRAL_APPROVED = "referral.approved"
    REFERRAL_SENT = "referral.sent"
    REFERRAL_ACKNOWLEDGED = "referral.acknowledged"
    REFERRAL_OUTCOME_RECORDED = "referral.outcome_recorded"
    REFERRAL_CLOSED = "referral.closed"

    ROSTER_RECEIVED = "roster.received"
    ROSTER_APPLIED = "roster.applied"
    ROSTER_HELD = "roster.held"
    ROSTER_APPROVED = "roster.approved"
    ROSTER_REFUSED = "roster.refused"


@dataclass(frozen=True, slots=True)
class Cohort:
    """The part of a school a pastoral member works with; empty means nobody."""

    year_groups: tuple[str, ...] = ()
    registration_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in which organisation and role; the only identity the domain knows.

    `school_id` is the organisation of the token: a school, or a trust (which owns no
    school rows, so its tokens see none). `session_id` is None only for the system itself.
    """

    id: UUID
    school_id: UUID
    role: Role
    session_id: UUID | None = None
    amr: tuple[str, ...] = ()
    auth_time: datetime | None = None
    scope: tuple[str, ...] = ()
    cohort: Cohort = field(default_factory=Cohort)

    @property
    def is_system(self) -> bool:
        """Whether this is a job or an operator's command rather than a signed-in person."""
        return self.role is Role.SYSTEM

    @classmethod
    def system(cls, school_id: UUID) -> "Actor":
        """The actor of jobs and operators' commands in one organisation."""
        return cls(id=UUID(int=0), school_id=school_id, role=Role.SYSTEM)
