"""All mapped models, imported together so that their metadata is complete."""

from app.db.models.access.audit_seals import TrailCheckpoint, TrailLeaf, TrailNode
from app.db.models.access.child_searches import ChildSearch
from app.db.models.access.conflicts import Conflict
from app.db.models.access.grants import AccessGrant
from app.db.models.access.reading_notices import ReadingNotice, ReadingScan
from app.db.models.adults.adult_concerns import (
    AdultConcern,
    AdultEvent,
    AdultNote,
    AdultStatement,
    AdultTrail,
)
from app.db.models.base import Base, SchoolRow
from app.db.models.duty.alerts import Alert
from app.db.models.duty.calendars import SchoolCalendarVersion
from app.db.models.duty.cover import Cover, CoverPerson
from app.db.models.duty.deadlines import Deadline
from app.db.models.duty.drills import Drill
from app.db.models.duty.tasks import Task
from app.db.models.exchange.intake_sources import IntakeSource
from app.db.models.exchange.jobs import FailedJob, JobProgress, PeriodicTick
from app.db.models.exchange.monitoring_alerts import MonitoringAlert, MonitoringBody
from app.db.models.exchange.past_entries import PastEntry, PastFile
from app.db.models.exchange.past_imports import (
    PastAuthor,
    PastChild,
    PastImport,
    PastMapping,
    PastProblem,
    PastRow,
)
from app.db.models.exchange.roster import RosterChange, RosterImport, RosterLink, RosterProblem
from app.db.models.exchange.school_exports import SchoolExport, SchoolExportProgress
from app.db.models.exchange.webhook_deliveries import WebhookAttempt, WebhookDelivery
from app.db.models.exchange.webhooks import Webhook, WebhookProgress
from app.db.models.limits import RateLimit
from app.db.models.people.accounts import Account, AccountToken
from app.db.models.people.federation import (
    AccountIdentity,
    IdentityProvider,
    SignInNonce,
    UsedIdToken,
)
from app.db.models.people.memberships import Membership
from app.db.models.people.passkeys import Passkey, PasskeyChallenge
from app.db.models.people.provisioning import ScimUser
from app.db.models.people.role_proposals import RoleProposal
from app.db.models.people.roles import SchoolRole
from app.db.models.people.schools import Organisation
from app.db.models.people.scim_groups import ScimGroup, ScimGroupMember
from app.db.models.people.second_factors import RecoveryCode, TotpSecret
from app.db.models.people.service_keys import ServiceKey
from app.db.models.people.sessions import AuthSession, RefreshToken
from app.db.models.people.sign_in_guards import SignInAttempt, SignInGuard
from app.db.models.people.staff import Staff, StaffName
from app.db.models.record.actions import Action
from app.db.models.record.attachments import Attachment, ScanRound
from app.db.models.record.attendance import AttendanceMark
from app.db.models.record.cases import CaseNote, ConcernCase
from app.db.models.record.child_merges import ChildMerge, ChildMergeRow
from app.db.models.record.children import (
    Child,
    ChildIdentifier,
    ChildNameToken,
    Enrolment,
    NameToken,
)
from app.db.models.record.chronology import ChronologyEntry
from app.db.models.record.concern_corrections import ConcernCorrection
from app.db.models.record.concern_notes import Amendment, Comment, Decision
from app.db.models.record.concern_questions import ConcernQuestion
from app.db.models.record.concerns import (
    AccountStatement,
    BodyMark,
    Concern,
    ConcernChild,
    ConcernEvent,
)
from app.db.models.record.contacts import Contact
from app.db.models.record.fact_changes import FactChange
from app.db.models.record.incomplete_reports import IncompleteReport
from app.db.models.record.meetings import Meeting, MeetingMinute
from app.db.models.record.relationships import Relationship
from app.db.models.record.reviews import Review, ReviewNote
from app.db.models.record.statuses import ChildStatus
from app.db.models.restores import RestoreHold
from app.db.models.safety.bereavement_cases import BereavementCase
from app.db.models.safety.bereavement_dates import BereavementDate
from app.db.models.safety.bereavement_entries import BereavementEntry
from app.db.models.safety.bereavement_freezes import FrozenFile
from app.db.models.safety.bereavement_people import AffectedPerson
from app.db.models.safety.bereavement_team import BereavementMember
from app.db.models.safety.check_ins import CheckIn
from app.db.models.safety.child_groups import ChildGroup, ChildGroupMember
from app.db.models.safety.linked_concern_counts import LinkedCount
from app.db.models.safety.linked_concerns import (
    CalendarNote,
    ConcernMark,
    LinkedConcern,
    LinkedRow,
    NamedContent,
)
from app.db.models.safety.proposed_changes import ProposedChange
from app.db.models.safety.records import SafetyRecord
from app.db.models.safety.reintegrations import Reintegration
from app.db.models.safety.safety_plans import SafetyPlan, SafetyPlanHolder
from app.db.models.safety.sanctions import Sanction
from app.db.models.safety.self_harm import SelfHarm
from app.db.models.safety.self_harm_steps import SelfHarmStep
from app.db.models.safety.site_requests import SiteRequest
from app.db.models.safety.staff_absences import StaffAway
from app.db.models.safety.staff_support import StaffSupportOffer
from app.db.models.safety.supervision_sessions import SupervisionSession
from app.db.models.safety.support_list import SupportListEntry, SupportListHandOver
from app.db.models.safety.support_plans import SupportPlan
from app.db.models.safety.support_services import AuthorityContacts, SupportService
from app.db.models.safety.unmatched_children import UnmatchedChild
from app.db.models.sandboxes import Sandbox
from app.db.models.sharing.agencies import Agency
from app.db.models.sharing.document_jobs import DocumentJob, DocumentProgress
from app.db.models.sharing.documents import Document
from app.db.models.sharing.file_locks import FileLock
from app.db.models.sharing.file_requests import FileRequest
from app.db.models.sharing.incoming_transfers import IncomingTransfer
from app.db.models.sharing.packets import TransferPacket
from app.db.models.sharing.received_files import ReceivedAttachment, ReceivedFile, ReceivedRecord
from app.db.models.sharing.recipient_links import RecipientLink
from app.db.models.sharing.recipient_sessions import RecipientSession
from app.db.models.sharing.referral_forms import ReferralVariant
from app.db.models.sharing.referrals import Referral, ReferralEvent
from app.db.models.sharing.shares import Share, ShareEvent
from app.db.models.sharing.sharing_exceptions import SharingException
from app.db.models.sharing.snapshots import Snapshot, SnapshotFile
from app.db.models.sharing.transfer_keys import TransferKey
from app.db.models.sharing.transfers import Transfer, TransferEvent
from app.db.models.trail import IdempotencyKey, LateTrail, ReferenceCounter, RowTrail, Trail


def noun_of(model: type[SchoolRow]) -> str:
    """The noun of a model: its own, or the name of its clock or table."""
    return model.__noun__ or getattr(model, "__clocked__", "") or model.__tablename__


KIND_MODELS: dict[str, type[SchoolRow]] = {
    noun_of(model): model
    for model in sorted(
        (mapper.class_ for mapper in Base.registry.mappers), key=lambda item: item.__name__
    )
    if getattr(model, "__kind__", None) is not None
}
"""The models of registered kinds, by name."""
ENTRIES: dict[str, type[SchoolRow]] = {
    model.entry().name: model
    for model in sorted(
        (mapper.class_ for mapper in Base.registry.mappers), key=lambda item: item.__name__
    )
    if getattr(model, "__entry__", None) is not None
}
"""The models whose rows appear in chronologies, by the name of their entries."""
