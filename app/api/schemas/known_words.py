"""Words that answers use and no vocabulary lists, each kept once in the description."""

from typing import get_args

from app.core.schemas import words
from app.core.verbs import AuditEvent
from app.core.vocabularies import codes
from app.domain.access.explanations.rules import RANK
from app.domain.access.grants.rules import OUTCOMES as OUTCOMES_OF_BREAK_GLASS
from app.domain.access.reading_notices.rules import OUTCOMES as OUTCOMES_OF_NOTICES
from app.domain.access.reading_notices.rules import RULES
from app.domain.access.share_access.rules import STAYS
from app.domain.duty.ladder.rules import ladders
from app.domain.exchange.roster.rules import SENTENCES
from app.domain.record.attachments.rules import NOT_SCANNED
from app.domain.record.possible_siblings.rules import ADDRESS, EMAIL, PHONE
from app.domain.safety.support_services.rules import EVERYWHERE
from app.domain.sharing.parents_guards.rules import ADVICE, BLOCKED, REASON, SECOND, WHY
from app.domain.sharing.prepared_transfers import queries as prepared_transfers_queries
from app.domain.sharing.recipient_contents import commands
from app.domain.sharing.record_redaction.rules import WHY_ASKED
from app.domain.sharing.referral_answers.queries import STEPS
from app.domain.sharing.referrals import queries as referrals_queries
from app.domain.sharing.shareable_parts.queries import NOTHING
from app.domain.sharing.shared_files.rules import TOLD_WARNINGS
from app.domain.sharing.shares import queries as shares_queries
from app.domain.sharing.shares.rules import CONCERN_PARTS
from app.domain.sharing.snapshots.rules import WITHDRAWN
from app.formats.calendars import Calendar, DayKind
from app.formats.identifiers import IdentifierWarning
from app.formats.rosters.faults import FAULTS
from app.formats.rosters.opening import Handling

SHARE_EVENTS = (
    "approved", "confirmed", "sent", "code_made", "handed_over", "opened", "acknowledged",
    "replied", "correction_requested", "question", "correction_answered", "answered", "revoked",
    "expired",
)  # fmt: skip


STATES = (
    "concern_states", "action_states", "share_states", "referral_states", "transfer_states",
    "meeting_states",
)  # fmt: skip
"""The states of what a chronology shows."""


def _steps(noun: str) -> list[str]:
    """What the trail says was done to a noun, as its own history says it."""
    return [did.partition(".")[2] for did in AuditEvent if did.startswith(f"{noun}.")]


ActedByOut = words("ActedBy", ("staff", "agency", "system"), closed=True)
AgreedWhoOut = words(None, ("family", "police"), closed=True)
AgencyStepsOut = words("AgencySteps", STEPS)
AgreementKindsOut = words(
    "AgreementKinds", ("service_agreement", "data_protection_consent", "medical_consent")
)
ConcernPartsOut = words("ConcernParts", CONCERN_PARTS)
DeliveryStatesOut = words("DeliveryStates", ("pending", "delivered", "failed"))
DestinationKindsOut = words("DestinationKinds", ("school", "elsewhere", "unknown", "retained"))
DetrimentResultsOut = words("DetrimentResults", ("not_more_detrimental", "more_detrimental"))
ExtractsOut = words("Extracts", ("none", "significant", "chosen"))
FieldTypesOut = words("FieldTypes", ("line", "text", "date", "yes_no", "choice", "person"))
FileWarningsOut = words("FileWarnings", (*TOLD_WARNINGS, NOT_SCANNED))
GivenOut = words("Given", ("yes", "no", "not_sought"), closed=True)
IdentifierWarningsOut = words("IdentifierWarnings", IdentifierWarning)
IncomingStepsOut = words("IncomingSteps", ("accept_incoming_transfer", "reject_incoming_transfer"))
ItemKindsOut = words("ItemKinds", ("concern", "decision", "record", "status"))
KeyUsesOut = words(None, ("sig", "enc"), closed=True)
LanguagesOut = words("Languages", ("en", "cy"))
LaddersOut = words("Ladders", ladders())
LinkedByOut = words(None, ("email", "directory", "person"), closed=True)
LinkStatesOut = words("LinkStates", ("waiting_for_code", "locked", "expired"))
LockRoutesOut = words("LockRoutes", ("key", "passphrase"))
OpenedHowOut = words("OpenedHow", ("link", "recorded"))
ReferralStepsOut = words("ReferralSteps", referrals_queries.NEEDS)
RequestDirectionsOut = words("RequestDirections", ("made", "received"), closed=True)
RequestStepsOut = words("RequestSteps", ("answer_file_request",))
SaidByOut = words("ShareMessageSenders", ("recipient", "school"), closed=True)
SaidKindsOut = words("ShareMessageKinds", {*commands.SHOWN_OF_SHARES, *commands.SHOWN_OF_REFERRALS})
ShareEventsOut = words("ShareEvents", SHARE_EVENTS)
ShareStepsOut = words("ShareSteps", shares_queries.NEEDS)
SharedByOut = words("SharedBy", (EMAIL, PHONE, ADDRESS))
SharedNounsOut = words("SharedNouns", ("share", "referral"), closed=True)
SharedStatesOut = words("SharedStates", {*codes("share_states"), *codes("referral_states")})
SharedStepsOut = words("SharedSteps", ("acknowledge", "reply", "return_outcome"))
TrustsOut = words("Trusts", ("instance", "known", "unknown"))
UrgenciesOut = words("Urgencies", ("emergency", "urgent", "routine"), closed=True)
TransferStepsOut = words("TransferSteps", prepared_transfers_queries.NEEDS)
ViasOut = words("RecipientVias", ("contact", "agency", "professional"))
WaitsForOut = words("ShareWaitsFor", ("second_approver", "correction_answer", "answer"))
YesNoOut = words("YesNo", ("yes", "no"), closed=True)
YesNoYetOut = words("YesNoYet", ("yes", "no", "not_yet"), closed=True)
AdultAdviceKindsOut = words("AdultAdviceKinds", ("advice", "referral"))
AdviceOut = words(None, ("tell", "wait"), closed=True)
AdultStepsOut = words("AdultSteps", _steps("adult_concern"))
AmendmentKindsOut = words("AmendmentKinds", ("note", "correction", "addition", "answer"))
CalendarsOut = words(None, get_args(Calendar), closed=True)
CaseAskedKindsOut = words("CaseAskedKinds", ("close", "undo"))
ConcernStepsOut = words("ConcernSteps", _steps("concern"))
ConflictKindsOut = words("ConflictKinds", ("roster_parent", "roster_relative", "named", "declared"))
ConflictStatesOut = words("ConflictStates", ("in_force", "to_confirm", "suggested", "ended"))
CopiesOut = words(None, ("pupil", "professional", "other"), closed=True)
DayKindsOut = words("DayKinds", get_args(DayKind))
DeadlineEndsOut = words(
    "DeadlineEnds", ("superseded", "recomputed", "ended", "reviewed", "replayed", "dropped")
)
DisabledReasonsOut = words("DisabledReasons", ("exhausted", "gone", "sponsor_left"))
DrillEndsOut = words("DrillEnds", ("acknowledged", "acknowledged_in_trust", "ended"))
EntryStepsOut = words(
    "EntrySteps", {*SHARE_EVENTS, *codes("referral_events"), "begun", "reviewed", "closed"}
)
GlassOutcomesOut = words("BreakGlassOutcomes", OUTCOMES_OF_BREAK_GLASS)
GuardNeedsOut = words("GuardNeeds", (ADVICE, REASON, SECOND, BLOCKED))
GuardsKnownOut = words("ParentsGuards", WHY)
HealthOutcomesOut = words("HealthOutcomes", ("ok", "ready", "unsafe"))
IntakeSourceStatesOut = words("IntakeSourceStates", ("waiting", "active", "ended"))
JobFaultsOut = words("JobFaults", ("no_room", "too_large", "rights_lost", "fault"))
JobKindsOut = words("JobKinds", ("chronology",))
JobStatesOut = words("JobStates", ("queued", "running", "done", "failed", "cancelled"))
LooksOut = words("LookOrChange", ("look", "change"), closed=True)
MayKnowOut = words("MayKnow", ("yes", "decide", "never_first"))
MarkFaultsOut = words("MarkFaults", ("child_unknown", "date_to_come"))
MessageStatesOut = words("MessageStates", ("pending", "delivered", "failed", "withheld"))
NameMatchesOut = words("NameMatches", ("exact", "similar"))
NoticeRulesOut = words("NoticeRules", RULES)
NoticeOutcomesOut = words("NoticeOutcomes", OUTCOMES_OF_NOTICES)
OpenOrResolvedOut = words("OpenOrResolved", ("open", "resolved"), closed=True)
NationsOut = words("Nations", EVERYWHERE, closed=True)
NetworksOut = words("Networks", ("local", "private", "public"))
ProposalKindsOut = words("ProposalKinds", ("closure", "withdrawal"))
ProviderKindsOut = words("ProviderKinds", ("google", "entra", "oidc"))
ReceivedFileStatesOut = words("ReceivedFileStates", ("available", "held"))
RecordStatesOut = words("RecordStates", {code for name in STATES for code in codes(name)})
RoleProposalStatesOut = words(
    "RoleProposalStates", ("proposed", "confirmed", "refused", "withdrawn")
)
MayBeToldReasonsOut = words(
    "MayBeToldReasons",
    (
        "set_by_a_person", "alleged_source_of_harm", "contact_not_allowed", "court_order",
        "restricted_person", "ended", "identity_changed", "parental_responsibility", "unknown",
    ),
)  # fmt: skip
RosterChangeKindsOut = words("RosterChangeKinds", ("new", "changed", "left"))
RosterCausesOut = words("RosterCauses", ("in_file", "returned", "absent", "marked_deleted"))
RosterFaultsOut = words("RosterFaults", FAULTS)
RosterFormatsOut = words(
    "RosterFormats", ("oneroster", "sds", "ctf", "mapped_csv", "ndjson", "unknown")
)
RosterHandlingsOut = words(None, get_args(Handling), closed=True)
RosterKindsOut = words("RosterKinds", ("child", "contact", "staff"))
RosterReasonsOut = words("RosterReasons", (item for item in SENTENCES if "." not in item))
RosterResultsOut = words(
    "RosterResults", ("new", "changed", "unchanged", "left", "problem", "held", "refused")
)
RosterSeveritiesOut = words("RosterSeverities", ("error", "warning"))
SecondFactorsOut = words("SecondFactors", ("done", "none", "enrol", "prove"))
RuleEffectsOut = words(None, ("allow", "deny", "pass"), closed=True)
SchoolKindsOut = words("SchoolKinds", ("school", "trust"))
SendFaultsOut = words(
    "SendFaults",
    (
        "timed_out", "unreachable", "name_unknown", "tls_failed", "connection_lost",
        "target_refused", "redirected", "refused_by_receiver", "gone", "not_seen_any_more",
        "skipped", "webhook_removed",
    ),
)  # fmt: skip
SightsOut = words("Sights", RANK)
SuggestedByOut = words("SuggestedBy", ("identifier", "name"))
ToldUnderOut = words(None, ("agreed", "life_at_risk", "already_told"), closed=True)
TransferEventsOut = words(
    "TransferEvents",
    (
        "prepared", "approved", "packed", "sent", "on_its_way", "delivered", "opened", "unpacked",
        "received", "acknowledged", "rejected", "closed", "locked", "unlocked",
    ),
)  # fmt: skip
WhyItStaysOut = words(
    "WhyItStays",
    (
        "for_reading_only", STAYS, WITHDRAWN, NOTHING, "held_back", "not_looked_at", "locked_file",
        "picture_as_taken", "telling_blocked", *WHY_ASKED,
    ),
)  # fmt: skip
WebhookStatesOut = words("WebhookStates", ("active", "paused", "disabled", "ended"))
