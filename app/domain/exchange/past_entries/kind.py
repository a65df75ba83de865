"""The kind of a past entry: read only like a concern of its class about this child."""

from app.core.words import AuditEvent, Permission
from app.db.models import PastEntry
from app.db.record_visibility import READS_CONCERNS
from app.db.unit_of_work import UnitOfWork
from app.domain import visibility
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.exchange.past_entries.errors import PastEntryNotFound, PastEntryNotOpen
from app.domain.kinds import Kind, kind


async def _writable(work: UnitOfWork, entry: PastEntry) -> None:
    await check_unlocked(work, entry.child_id, written_at=entry.imported_at)


PAST_ENTRY = kind(
    Kind(
        "past_entry",
        PastEntry,
        reads=Permission.CONCERN_READ,
        visible=visibility.And(
            visibility.OF_CHILD,
            visibility.And(
                visibility.First((visibility.reads_concerns(READS_CONCERNS),)),
                visibility.OWN_CLASS,
            ),
        ),
        missing=PastEntryNotFound,
        ended=PastEntryNotOpen,
        opened=AuditEvent.PAST_ENTRY_OPENED,
        description="Open a past entry.\n\n"
        "Shows one entry exactly as the earlier system held it. The audit log records that "
        "you opened it.",
        is_open=lambda row: row.open and row.taken_up_at is None,
        guard=_writable,
    )
)
