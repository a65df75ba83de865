"""The kind of a support list entry: seen by people who may know its source."""

from app.core.words import Permission
from app.db.models import SupportListEntry
from app.domain.duty.tasks.kind import BEHIND_WORK
from app.domain.kinds import Kind, kind
from app.domain.safety.support_list.errors import SupportListEntryNotFound

SUPPORT_LIST_ENTRY = kind(
    Kind(
        "support_list_entry",
        SupportListEntry,
        reads=Permission.SUPPORT_LIST_READ,
        visible=BEHIND_WORK,
        missing=SupportListEntryNotFound,
    )
)
