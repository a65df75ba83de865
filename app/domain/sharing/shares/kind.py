"""The kind of a share: listed for readers of shares, opened by people who see all its items."""

from app.core.words import AuditEvent, Permission, Role
from app.db.item_visibility import has_sealed_item
from app.db.models import Share
from app.db.visibility import Atom
from app.domain import visibility
from app.domain.access.share_access.errors import ShareNotFound
from app.domain.access.share_access.queries import EVERY_ITEM, is_sealed
from app.domain.kinds import NEW, Kind, Moves, kind
from app.domain.owning import Owning, carries
from app.domain.policy import Effect
from app.domain.sharing.shares.rules import OUT, STEPS, state_after_hand_over, state_after_response

P = Permission


SEALED_ITEM = Atom(
    lambda reader, facts: any(is_sealed(reader.actor, row) for row in facts.items),
    has_sealed_item,
)
LISTED = visibility.Unless(
    (
        visibility.CHILD_CONFLICT,
        visibility.CONFLICT,
        visibility.Rule("sealed", SEALED_ITEM, Effect.DENY, yes="it holds something of class K5"),
    ),
    visibility.EVERYBODY,
)
"""Knowing that there is a share or a referral."""

MOVES: Moves = {
    "draft_share": {NEW: "draft"},
    "approve_share": {"draft": "approved"},
    "send_share": {state: state_after_hand_over(state) for state in STEPS["send_share"]},
    "the recipient opens it": {state: state_after_response(state, "opened") for state in OUT},
    "the recipient acknowledges it": {
        state: state_after_response(state, "acknowledged") for state in OUT
    },
    "revoke_share": dict.fromkeys(STEPS["revoke_share"], "revoked"),
    "its time is over": dict.fromkeys(("draft", "approved", "available", "opened"), "expired"),
}

SHARE = kind(
    Kind(
        "share", Share,
        reads=P.SHARE_READ,
        visible=LISTED,
        whole=EVERY_ITEM,
        missing=ShareNotFound,
        moves=MOVES,
        opened=AuditEvent.SHARE_OPENED,
        reassigned=AuditEvent.SHARE_CHANGED,
        events=(
            AuditEvent.SHARE_DRAFTED, AuditEvent.SHARE_CHANGED, AuditEvent.SHARE_APPROVED,
            AuditEvent.SHARE_HANDED_OVER, AuditEvent.SHARE_ANSWERED, AuditEvent.SHARE_REVOKED,
            AuditEvent.SHARE_SENT,
            AuditEvent.SHARE_EXPIRED, AuditEvent.SHARE_CORRECTION_ANSWERED, AuditEvent.SHARE_READ,
            AuditEvent.SHARE_LINK_LOCKED,
            AuditEvent.SHARE_CODE_ASKED,
        ),
        at_death="what left is its owner's to see through; a draft is withdrawn",
        owning=Owning(carries(P.SHARE_WRITE), last=(Role.HEADTEACHER,)),
        waiting=(
            "t.owner_id = {me} and t.state in ('draft', 'available', 'opened')",
            "t.state in ('draft', 'available', 'opened')",
        ),
    )
)  # fmt: skip
