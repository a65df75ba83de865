"""What a share is: listed for people who read shares, opened by people who see all its items."""

from app.core.words import AuditEvent, Permission, Role
from app.db.facts import Facts
from app.db.item_visibility import for_opening, has_sealed_item
from app.db.models import Share
from app.db.visibility import Atom, Reader
from app.domain import visibility
from app.domain.access.checks.items import is_sealed, sees
from app.domain.errors import ShareNotFound
from app.domain.kinds import Kind, kind
from app.domain.owning import Owning, carries
from app.domain.policy import Effect

P = Permission


def _hidden(reader: Reader, facts: Facts) -> int:
    return sum(not sees(reader.actor, row) for row in facts.items)


def _hidden_items(reader: Reader, facts: Facts) -> str:
    return f"it holds {_hidden(reader, facts)} items that may not be seen"


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
EVERY_ITEM = visibility.First((
    visibility.Rule(
        "items", for_opening(lambda reader, facts: not _hidden(reader, facts)),
        Effect.ALLOW, Effect.DENY, yes="every item in it may be seen", no=_hidden_items,
    ),
))  # fmt: skip
"""Opening one: its words tell of every item."""

SHARE = kind(
    Kind(
        "share", Share,
        reads=P.SHARE_READ,
        visible=LISTED,
        whole=EVERY_ITEM,
        missing=ShareNotFound,
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
        owning=Owning(carries(P.SHARE_WRITE), last=(Role.HEADTEACHER,)),
        waiting=(
            "t.owner_id = {me} and t.state in ('draft', 'available', 'opened')",
            "t.state in ('draft', 'available', 'opened')",
        ),
    )
)  # fmt: skip
