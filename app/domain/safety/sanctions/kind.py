"""The kind of a sanction: read like records."""

from app.core.words import Permission
from app.db.models import Sanction
from app.domain.kinds import Kind, kind
from app.domain.safety.records.kind import OF_CHILDS_RECORDS
from app.domain.safety.sanctions.errors import SanctionNotFound

SANCTION = kind(
    Kind(
        "sanction",
        Sanction,
        reads=Permission.SAFETY_READ,
        visible=OF_CHILDS_RECORDS,
        missing=SanctionNotFound,
        is_open=lambda row: row.looked_at is None,
    )
)
