"""The mapped nouns, gathered so that metadata is whole wherever it is read."""

from app.db.models.access import AccessGrant, Conflict, ReadingNotice, ReadingScan
from app.db.models.accounts import (
    Account,
    AccountToken,
    AuthSession,
    RefreshToken,
    SignInAttempt,
    SignInGuard,
)
from app.db.models.adult_register import (
    AdultConcern,
    AdultEvent,
    AdultNote,
    AdultStatement,
    AdultTrail,
)
from app.db.models.alerts import Alert
from app.db.models.attachments import Attachment
from app.db.models.base import Base, SchoolRow
from app.db.models.bereavement import (
    AffectedPerson,
    BereavementCase,
    BereavementDate,
    BereavementEntry,
    BereavementMember,
    FrozenFile,
)
from app.db.models.check_ins import (
    CheckIn,
    StaffAway,
    SupportListEntry,
    SupportListHandOver,
    SupportPlan,
)
from app.db.models.children import (
    Child,
    ChildIdentifier,
    ChildNameToken,
    ChildStatus,
    Contact,
    Enrolment,
    NameToken,
    Relationship,
)
from app.db.models.chronology import ChronologyEntry
from app.db.models.clocks import Deadline, Drill, SchoolCalendarVersion
from app.db.models.concerns import (
    AccountStatement,
    Action,
    Amendment,
    BodyMark,
    Comment,
    Concern,
    ConcernChild,
    ConcernEvent,
    Decision,
)
from app.db.models.documents import Document, DocumentJob, DocumentProgress
from app.db.models.factors import Passkey, PasskeyChallenge, RecoveryCode, TotpSecret
from app.db.models.federation import AccountIdentity, IdentityProvider, SignInNonce, UsedIdToken
from app.db.models.jobs import FailedJob, JobProgress, PeriodicTick
from app.db.models.limits import RateLimit
from app.db.models.linked_concerns import (
    CalendarNote,
    ChildGroup,
    ChildGroupMember,
    ConcernMark,
    LinkedConcern,
    LinkedCount,
    LinkedRow,
    NamedContent,
)
from app.db.models.monitoring import IntakeSource, MonitoringAlert, MonitoringBody
from app.db.models.organisations import Organisation
from app.db.models.provisioning import RoleProposal, ScimGroup, ScimGroupMember, ScimUser
from app.db.models.recipients import RecipientLink, RecipientSession
from app.db.models.reintegrations import (
    AttendanceMark,
    IncompleteReport,
    Reintegration,
    Sanction,
    SiteRequest,
    StaffSupportOffer,
)
from app.db.models.restores import RestoreHold
from app.db.models.reviews import Review, ReviewNote
from app.db.models.rosters import RosterImport, RosterLink, RosterProblem
from app.db.models.safety_plans import SafetyPlan, SafetyPlanHolder
from app.db.models.scanning import ScanRound
from app.db.models.self_harm import SelfHarm, SelfHarmStep, UnmatchedChild
from app.db.models.service_keys import ServiceKey
from app.db.models.sharing import (
    Agency,
    Referral,
    ReferralEvent,
    ReferralVariant,
    Share,
    ShareEvent,
    Snapshot,
    SnapshotFile,
)
from app.db.models.sharing_exceptions import SharingException
from app.db.models.staff import (
    Cover,
    CoverPerson,
    Membership,
    SchoolRole,
    Staff,
    StaffName,
)
from app.db.models.support_services import AuthorityContacts, SupportService
from app.db.models.tasks import SafetyRecord, Task
from app.db.models.trail import IdempotencyKey, ReferenceCounter, RowTrail, Trail
from app.db.models.trail_log import TrailCheckpoint, TrailLeaf, TrailNode
from app.db.models.transfers import (
    FileLock,
    FileRequest,
    IncomingTransfer,
    ReceivedAttachment,
    ReceivedFile,
    ReceivedRecord,
    Transfer,
    TransferEvent,
    TransferKey,
    TransferPacket,
)
from app.db.models.webhooks import Webhook, WebhookAttempt, WebhookDelivery, WebhookProgress

__all__ = [
    "AccessGrant",
    "Account",
    "AccountIdentity",
    "AccountStatement",
    "AccountToken",
    "Action",
    "AdultConcern",
    "AdultEvent",
    "AdultNote",
    "AdultStatement",
    "AdultTrail",
    "AffectedPerson",
    "Agency",
    "Alert",
    "Amendment",
    "Attachment",
    "AttendanceMark",
    "AuthSession",
    "AuthorityContacts",
    "Base",
    "BereavementCase",
    "BereavementDate",
    "BereavementEntry",
    "BereavementMember",
    "BodyMark",
    "CalendarNote",
    "CheckIn",
    "Child",
    "ChildGroup",
    "ChildGroupMember",
    "ChildIdentifier",
    "ChildNameToken",
    "ChildStatus",
    "ChronologyEntry",
    "Comment",
    "Concern",
    "ConcernChild",
    "ConcernEvent",
    "ConcernMark",
    "Conflict",
    "Contact",
    "Cover",
    "CoverPerson",
    "Deadline",
    "Decision",
    "Document",
    "DocumentJob",
    "DocumentProgress",
    "Drill",
    "Enrolment",
    "FailedJob",
    "FileLock",
    "FileRequest",
    "FrozenFile",
    "IdempotencyKey",
    "IdentityProvider",
    "IncomingTransfer",
    "IncompleteReport",
    "IntakeSource",
    "JobProgress",
    "LinkedConcern",
    "LinkedCount",
    "LinkedRow",
    "Membership",
    "MonitoringAlert",
    "MonitoringBody",
    "NameToken",
    "NamedContent",
    "Organisation",
    "Passkey",
    "PasskeyChallenge",
    "PeriodicTick",
    "RateLimit",
    "ReadingNotice",
    "ReadingScan",
    "ReceivedAttachment",
    "ReceivedFile",
    "ReceivedRecord",
    "RecipientLink",
    "RecipientSession",
    "RecoveryCode",
    "ReferenceCounter",
    "Referral",
    "ReferralEvent",
    "ReferralVariant",
    "RefreshToken",
    "Reintegration",
    "Relationship",
    "RestoreHold",
    "Review",
    "ReviewNote",
    "RoleProposal",
    "RosterImport",
    "RosterLink",
    "RosterProblem",
    "RowTrail",
    "SafetyPlan",
    "SafetyPlanHolder",
    "SafetyRecord",
    "Sanction",
    "ScanRound",
    "SchoolCalendarVersion",
    "SchoolRole",
    "SchoolRow",
    "ScimGroup",
    "ScimGroupMember",
    "ScimUser",
    "SelfHarm",
    "SelfHarmStep",
    "ServiceKey",
    "Share",
    "ShareEvent",
    "SharingException",
    "SignInAttempt",
    "SignInGuard",
    "SignInNonce",
    "SiteRequest",
    "Snapshot",
    "SnapshotFile",
    "Staff",
    "StaffAway",
    "StaffName",
    "StaffSupportOffer",
    "SupportListEntry",
    "SupportListHandOver",
    "SupportPlan",
    "SupportService",
    "Task",
    "TotpSecret",
    "Trail",
    "TrailCheckpoint",
    "TrailLeaf",
    "TrailNode",
    "Transfer",
    "TransferEvent",
    "TransferKey",
    "TransferPacket",
    "UnmatchedChild",
    "UsedIdToken",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookProgress",
]

KIND_MODELS: dict[str, type[SchoolRow]] = {
    mapper.class_.__clocked__: mapper.class_
    for mapper in sorted(Base.registry.mappers, key=lambda one: one.class_.__name__)
    if getattr(mapper.class_, "__kind__", None) is not None
}
"""The models of registered kinds, by name."""
