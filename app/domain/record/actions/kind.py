"""The kind of an action: seen by its owner and by readers of its concern."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import Action
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import HOLDER
from app.domain import visibility
from app.domain.access.closed_files.queries import check_concern_unlocked
from app.domain.kinds import DEATH, DEATH_UNDONE, NEW, AtDeath, Kind, kind
from app.domain.owning import Owning, carries
from app.domain.record.actions.errors import ActionEnded, ActionNotFound

P = Permission


async def _unlocked(work: UnitOfWork, action: Action) -> None:
    await check_concern_unlocked(work, action.concern_id)


ACTION = kind(
    Kind(
        "action", Action,
        reads=P.ACTION_COMPLETE,
        visible=visibility.If(
            HOLDER,
            visibility.First(
                (visibility.CONFLICT, visibility.MOVED, visibility.owns("action"))
            ),
            visibility.OF_CONCERN,
        ),
        missing=ActionNotFound,
        ended=ActionEnded,
        moves={
            "add_action": {NEW: "open"},
            DEATH: {"open": "dropped"},
            DEATH_UNDONE: {"dropped": "open"},
        },
        opened=AuditEvent.ACTION_OPENED,
        description=
        "Open an action.\n\n"
        "Shows one action. Its owner can open it, and so can people who may read its "
        "concern.",
        reassigned=AuditEvent.ACTION_REASSIGNED,
        events=(
            AuditEvent.ACTION_SET, AuditEvent.ACTION_COMPLETED, AuditEvent.ACTION_DROPPED,
            AuditEvent.ACTION_REASSIGNED,
        ),
        at_death=AtDeath(AuditEvent.ACTION_DROPPED, AuditEvent.ACTION_SET, "reason"),
        owning=Owning(carries(P.ACTION_COMPLETE), last=(Role.SCHOOL_ADMIN,)),
        guard=_unlocked,
        by_password=True,
        waiting=("t.set_by = {me} and t.owner_id <> {me}", "t.set_by <> t.owner_id"),
    )
)  # fmt: skip
