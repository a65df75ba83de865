"""The mapped nouns, gathered so that metadata is whole wherever it is read."""

from app.db.models.access.audit_seals import TrailCheckpoint, TrailLeaf, TrailNode
from app.db.models.access.grants import AccessGrant, Conflict, ReadingNotice, ReadingScan
from app.db.models.adults.adult_concerns import (
    AdultConcern,
    AdultEvent,
    AdultNote,
    AdultStatement,
    AdultTrail,
)
from app.db.models.base import Base, SchoolRow
from app.db.models.duty.alerts import Alert
from app.db.models.duty.clocks import Deadline, Drill, SchoolCalendarVersion
from app.db.models.duty.tasks import SafetyRecord, Task
from app.db.models.exchange.jobs import FailedJob, JobProgress, PeriodicTick
from app.db.models.exchange.monitoring import IntakeSource, MonitoringAlert, MonitoringBody
from app.db.models.exchange.roster import RosterImport, RosterLink, RosterProblem
from app.db.models.exchange.webhooks import (
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookProgress,
)
from app.db.models.limits import RateLimit
from app.db.models.people.accounts import (
    Account,
    AccountToken,
    AuthSession,
    RefreshToken,
    SignInAttempt,
    SignInGuard,
)
from app.db.models.people.factors import Passkey, PasskeyChallenge, RecoveryCode, TotpSecret
from app.db.models.people.federation import (
    AccountIdentity,
    IdentityProvider,
    SignInNonce,
    UsedIdToken,
)
from app.db.models.people.provisioning import RoleProposal, ScimGroup, ScimGroupMember, ScimUser
from app.db.models.people.schools import Organisation
from app.db.models.people.service_keys import ServiceKey
from app.db.models.people.staff import (
    Cover,
    CoverPerson,
    Membership,
    SchoolRole,
    Staff,
    StaffName,
)
from app.db.models.record.attachments import Attachment
from app.db.models.record.children import (
    Child,
    ChildIdentifier,
    ChildNameToken,
    ChildStatus,
    Contact,
    Enrolment,
    NameToken,
    Relationship,
)
from app.db.models.record.chronology import ChronologyEntry
from app.db.models.record.concerns import (
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
from app.db.models.record.reviews import Review, ReviewNote
from app.db.models.record.scanning import ScanRound
from app.db.models.restores import RestoreHold
from app.db.models.safety.bereavement import (
    AffectedPerson,
    BereavementCase,
    BereavementDate,
    BereavementEntry,
    BereavementMember,
    FrozenFile,
)
from app.db.models.safety.check_ins import (
    CheckIn,
    StaffAway,
    SupportListEntry,
    SupportListHandOver,
    SupportPlan,
)
from app.db.models.safety.linked_concerns import (
    CalendarNote,
    ChildGroup,
    ChildGroupMember,
    ConcernMark,
    LinkedConcern,
    LinkedCount,
    LinkedRow,
    NamedContent,
)
from app.db.models.safety.reintegrations import (
    AttendanceMark,
    IncompleteReport,
    Reintegration,
    Sanction,
    SiteRequest,
    StaffSupportOffer,
)
from app.db.models.safety.safety_plans import SafetyPlan, SafetyPlanHolder
from app.db.models.safety.self_harm import SelfHarm, SelfHarmStep, UnmatchedChild
from app.db.models.safety.support_services import AuthorityContacts, SupportService
from app.db.models.sharing.documents import Document, DocumentJob, DocumentProgress
from app.db.models.sharing.recipients import RecipientLink, RecipientSession
from app.db.models.sharing.shares import (
    Agency,
    Referral,
    ReferralEvent,
    ReferralVariant,
    Share,
    ShareEvent,
    Snapshot,
    SnapshotFile,
)
from app.db.models.sharing.sharing_exceptions import SharingException
from app.db.models.sharing.transfers import (
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
from app.db.models.trail import IdempotencyKey, ReferenceCounter, RowTrail, Trail

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


def _kind_of(model: type[SchoolRow]) -> str:
    """By its own word, or named as its clock or its table."""
    return model.__noun__ or getattr(model, "__clocked__", "") or model.__tablename__


KIND_MODELS: dict[str, type[SchoolRow]] = {
    _kind_of(model): model
    for model in sorted(
        (mapper.class_ for mapper in Base.registry.mappers), key=lambda one: one.__name__
    )
    if getattr(model, "__kind__", None) is not None
}
"""The models of registered kinds, by name."""
