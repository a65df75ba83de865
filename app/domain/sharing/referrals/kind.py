"""The kind of a referral: like a share; a report required by law also belongs to its owner."""

from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.facts import Facts
from app.db.item_visibility import for_opening
from app.db.models import Referral
from app.db.visibility import Reader
from app.domain import visibility
from app.domain.access.share_access.errors import ReferralNotFound
from app.domain.access.share_access.queries import EVERY_ITEM
from app.domain.common.owners.rules import OWN_DUTY
from app.domain.kinds import NEW, Kind, Moves, kind
from app.domain.owning import Owning
from app.domain.policy import Effect
from app.domain.sharing.referrals.rules import STEPS, WITHDRAWN, state_after
from app.domain.sharing.shares.kind import LISTED

P = Permission


def _owes_it(reader: Reader, facts: Facts) -> bool:
    return facts.own_class == OWN_DUTY and reader.actor.id in facts.holders


def _may_own(rights: Rights, confidentiality: str | None) -> bool:
    reports = confidentiality == OWN_DUTY and P.CONCERN_RAISE in rights.permissions
    return P.REFERRAL_WRITE in rights.permissions or reports


MOVES: Moves = {
    "draft_referral": {NEW: "draft"},
    "approve_referral": {"draft": "approved"},
    "record_referral_sent": {"draft": "sent", "approved": "sent"},
    "record_mandatory_report_sent": {"draft": ("sent", "closed"), "sent": "closed"},
    "acknowledge_referral": {
        state: state_after("acknowledged", state) for state in STEPS["record_acknowledgement"]
    },
    "return_referral_outcome": {
        state: state_after("outcome_received", state) for state in STEPS["record_outcome"]
    },
    "chase_referral": dict.fromkeys(STEPS["chase_referral"], "chased"),
    "challenge_referral": dict.fromkeys(STEPS["challenge_referral"], "challenged"),
    "resolve_challenge": {"challenged": tuple(sorted(STEPS["challenge_referral"]))},
    "close_referral": dict.fromkeys(STEPS["close_referral"], "closed"),
    "withdraw_referral": dict.fromkeys(STEPS["withdraw_referral"], WITHDRAWN),
}

REFERRAL = kind(
    Kind(
        "referral", Referral,
        reads=P.REFERRAL_READ,
        visible=LISTED,
        whole=EVERY_ITEM,
        also=visibility.First((
            visibility.CONFLICT,
            visibility.CHILD_CONFLICT,
            visibility.Rule(
                "duty", for_opening(_owes_it), Effect.ALLOW, Effect.DENY,
                yes="the law asks them to make this report",
            ),
        )),
        missing=ReferralNotFound,
        moves=MOVES,
        opened=AuditEvent.REFERRAL_OPENED,
        reassigned=AuditEvent.REFERRAL_CHANGED,
        events=(
            AuditEvent.REFERRAL_DRAFTED, AuditEvent.REFERRAL_CHANGED,
            AuditEvent.REFERRAL_APPROVED, AuditEvent.REFERRAL_SENT,
            AuditEvent.REFERRAL_ACKNOWLEDGED,
            AuditEvent.REFERRAL_OUTCOME_RECORDED, AuditEvent.REFERRAL_CHASED,
            AuditEvent.REFERRAL_CHALLENGED,
            AuditEvent.REFERRAL_QUESTION_ASKED, AuditEvent.REFERRAL_QUESTION_ANSWERED,
            AuditEvent.REFERRAL_DELIVERED,
            AuditEvent.REFERRAL_NOT_DELIVERED, AuditEvent.REFERRAL_CHALLENGE_RESOLVED,
            AuditEvent.REFERRAL_READ,
            AuditEvent.REFERRAL_LINK_LOCKED, AuditEvent.REFERRAL_CODE_ASKED,
            AuditEvent.REFERRAL_CLOSED,
            AuditEvent.REFERRAL_REPLIED, AuditEvent.REFERRAL_WITHDRAWN,
        ),
        at_death="what left is its owner's to see through; a draft is withdrawn",
        owning=Owning(_may_own, last=(Role.HEADTEACHER,), classes=(None, OWN_DUTY)),
        waiting=(
            "t.owner_id = {me} "
            "and t.state in ('sent', 'acknowledged', 'chased', 'challenged')",
            "t.state in ('sent', 'acknowledged', 'chased', 'challenged')",
        ),
    )
)  # fmt: skip
