"""Words that answers use and no vocabulary lists, each kept once in the description."""

from app.core.schemas import words
from app.core.vocabularies import codes
from app.domain.sharing.prepared_transfers import queries as prepared_transfers_queries
from app.domain.sharing.recipient_contents import commands
from app.domain.sharing.record_redaction.rules import NOT_SCANNED
from app.domain.sharing.referral_answers.queries import STEPS
from app.domain.sharing.referrals import queries as referrals_queries
from app.domain.sharing.shared_files.rules import TOLD_WARNINGS
from app.domain.sharing.shares import queries as shares_queries
from app.domain.sharing.shares.rules import CONCERN_PARTS

ActedByOut = words("ActedBy", ("staff", "agency", "system"), closed=True)
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
IncomingStepsOut = words("IncomingSteps", ("accept_incoming", "reject_incoming"))
ItemKindsOut = words("ItemKinds", ("concern", "decision", "record", "status"))
LanguagesOut = words("Languages", ("en", "cy"))
LinkStatesOut = words("LinkStates", ("waiting_for_code", "locked", "expired"))
LockRoutesOut = words("LockRoutes", ("key", "passphrase"))
OpenedHowOut = words("OpenedHow", ("link", "recorded"))
ReferralStepsOut = words("ReferralSteps", referrals_queries.NEEDS)
RequestDirectionsOut = words("RequestDirections", ("made", "received"), closed=True)
RequestStepsOut = words("RequestSteps", ("answer_file_request",))
SaidByOut = words("SaidBy", ("recipient", "school"), closed=True)
SaidKindsOut = words("SaidKinds", {*commands.SHOWN_OF_SHARES, *commands.SHOWN_OF_REFERRALS})
ShareEventsOut = words(
    "ShareEvents",
    (
        "approved", "confirmed", "sent", "code_made", "handed_over", "opened", "acknowledged",
        "replied", "correction_requested", "question", "correction_answered", "answered", "revoked",
        "expired",
    ),
)  # fmt: skip
ShareStepsOut = words("ShareSteps", shares_queries.NEEDS)
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
