"""Words every floor uses: roles, permissions, audit verbs (from `verbs`) and the actor."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.core import verbs

AuditEvent = verbs.AuditEvent


class Role(StrEnum):
    """A role within one organisation; what each may do stands in `app.domain.policy`."""

    STAFF = "staff"
    PASTORAL = "pastoral"
    DEPUTY_DSL = "deputy_dsl"
    DSL = "dsl"
    HEADTEACHER = "headteacher"
    GOVERNOR = "governor"
    CHAIR_OF_GOVERNORS = "chair_of_governors"
    TRUST_LEAD = "trust_lead"
    SCHOOL_ADMIN = "school_admin"
    SERVICE_KEY = "service_key"
    """A program; its key's scopes say what it may do, and no membership can carry it."""
    CUSTOM = "custom"
    """A role the school defined; `Actor.role_name` has its name."""
    RECIPIENT = "recipient"
    """Somebody a share or a referral was sent to, behind a link and its code; never a member."""
    SYSTEM = "system"
    """Jobs and operators' commands; no membership can carry it."""


ROLE_BY_NAME = {role.value: role for role in Role}


BY_HAND: Final = "staff"
"""The source of what a person entered, beside the names of rosters."""


class Permission(StrEnum):
    """Everything that can be allowed, as `noun:verb`."""

    SCHOOL_READ = "school:read"
    SCHOOL_CHANGE = "school:change"
    SCHOOL_FOUND = "school:found"
    SCHOOL_EXPORT = "school:export"
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
    REFERRAL_ANSWER = "referral:answer"
    TRANSFER_READ = "transfer:read"
    TRANSFER_WRITE = "transfer:write"
    TRANSFER_APPROVE = "transfer:approve"
    TRANSFER_ACCEPT = "transfer:accept"
    DOCUMENT_PRINT = "document:print"
    AGENCY_READ = "agency:read"
    AGENCY_CHANGE = "agency:change"
    ROSTER_IMPORT = "roster:import"
    HISTORY_PREPARE = "history:prepare"
    HISTORY_APPROVE = "history:approve"
    ROSTER_READ = "roster:read"
    ROLE_GRANT = "role:grant"
    ROLE_DEFINE = "role:define"
    COVER_SET = "cover:set"
    KEY_CHANGE = "key:change"
    STAFF_PROVISION = "staff:provision"
    ALERT_INTAKE = "alert:intake"
    CONFLICT_DECLARE = "conflict:declare"
    ACCESS_GRANT = "access:grant"
    ACCESS_BREAK = "access:break_glass"
    ACCESS_REVIEW = "access:review"
    ACCESS_EXPLAIN = "access:explain"
    ACCESS_LOG = "access:log"
    AUDIT_READ = "audit:read"
    CALENDAR_CHANGE = "calendar:change"
    OVERVIEW_READ = "overview:read"
    DRILL_RUN = "drill:run"
    WEBHOOK_CHANGE = "webhook:change"
    INTAKE_CHANGE = "intake:change"
    MONITORING_READ = "monitoring:read"
    REVIEW_SET = "review:set"
    MEETING_SET = "meeting:set"
    WORK_HAND_OVER = "work:hand_over"
    JOB_READ = "job:read"
    TASK_DO = "task:do"
    SAFETY_READ = "safety:read"
    SAFETY_WRITE = "safety:write"
    SUPPORT_LIST_READ = "support_list:read"
    LINKED_CONCERNS_READ = "linked_concerns:read"
    LINKED_CONCERNS_COUNT = "linked_concerns:count"
    BEREAVEMENT_READ = "bereavement:read"
    BEREAVEMENT_WRITE = "bereavement:write"
    SUPPORT_SERVICE_CHANGE = "support_service:change"
    CHANGE_CONFIRM = "change:confirm"
    ATTENDANCE_SEND = "attendance:send"
    ADULT_RAISE = "adult_concern:raise"
    ADULT_READ = "adult_concern:read"
    ADULT_DECIDE = "adult_concern:decide"


PERMISSION_BY_NAME = {permission.value: permission for permission in Permission}


@dataclass(frozen=True, slots=True)
class Cohort:
    """The part of a school a pastoral member works with; empty means nobody."""

    year_groups: tuple[str, ...] = ()
    registration_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rights:
    """What a role may do and which classes of record it reads."""

    permissions: frozenset[Permission] = frozenset()
    classes: frozenset[str] = frozenset()
    """Classes read without any further reason."""
    cohort_classes: frozenset[str] = frozenset()
    """Classes read where a child is in the actor's cohort."""
    cohort_only: bool = False
    """Opens only children in the actor's cohort, and those it was granted."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Sight of one concern or one child's record beyond the role, for a while.

    `kind` is `grant` (somebody gave it) or `break_glass` (taken, with a reason).
    """

    id: UUID
    kind: str
    classes: frozenset[str]
    child_id: UUID | None = None
    concern_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Children and concerns somebody has an interest in, and is therefore locked out from.

    `limited` are those of the children they have none to, but whose file only a few open
    since a death.
    """

    children: frozenset[UUID] = frozenset()
    concerns: frozenset[UUID] = frozenset()
    limited: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.children or self.concerns)

    @property
    def kin(self) -> frozenset[UUID]:
        """Those of the children they do have an interest in."""
        return self.children - self.limited


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in which organisation and role; the only identity the domain knows.

    `school_id` is the organisation of the token: a school, or a trust (which owns no
    school rows, so its tokens see none). `session_id` is None only for the system itself.
    From `amr` on everything is what the database said when the transaction began. A recipient's
    `id` is their link's.
    """

    id: UUID
    school_id: UUID
    role: Role
    session_id: UUID | None = None
    custom_role: str | None = None
    address: str | None = None
    """Where the request came from, for the allow-list of service keys."""
    proof: tuple[bytes, bytes] | None = field(default=None, repr=False)
    """Of a recipient: the hashes of the secrets of link and session, which the scope compares."""
    scopes: tuple[str, ...] = ()
    """Of a service key: what its token was issued for; it may do no more, whatever the key may."""
    amr: tuple[str, ...] = ()
    auth_time: datetime | None = None
    second_factor_asked: bool = False
    """Whether the school asks this role for a second factor beyond what the role itself needs."""
    rights: Rights | None = None
    """Of a service key, or of a role the school defined; built-in roles have theirs in policy."""
    cohort: Cohort = field(default_factory=Cohort)
    conflicts: Conflicts = field(default_factory=Conflicts)
    grants: tuple[Grant, ...] = ()
    whole: "Actor | None" = None
    """The same person with the rights for which this session lacks a second factor, if any.

    It decides where help may be called, and never what is shown.
    """

    @property
    def role_name(self) -> str:
        """The role's name, even where the school defined it."""
        return self.custom_role or self.role.value

    @property
    def is_system(self) -> bool:
        """Whether this is a job or an operator's command rather than a signed-in person."""
        return self.role is Role.SYSTEM

    @property
    def is_service(self) -> bool:
        """Whether this is a program with a service key."""
        return self.role is Role.SERVICE_KEY

    @property
    def is_recipient(self) -> bool:
        """Whether this is somebody behind a link to one share or referral."""
        return self.role is Role.RECIPIENT

    @property
    def is_person(self) -> bool:
        """Whether this is a member of staff; nobody else can own anything."""
        return not (self.is_system or self.is_service or self.is_recipient)

    @classmethod
    def system(cls, school_id: UUID) -> "Actor":
        """The actor of jobs and operators' commands in one organisation."""
        return cls(id=UUID(int=0), school_id=school_id, role=Role.SYSTEM)
