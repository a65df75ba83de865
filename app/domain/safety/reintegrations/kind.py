"""What a reintegration and a sanction are: read as the record that was kept of them."""

from app.core.words import Permission
from app.db.models import Reintegration, Sanction
from app.domain.kinds import Kind, kind
from app.domain.safety.records.kind import OF_CHILDS_RECORDS
from app.domain.safety.reintegrations.errors import ReintegrationNotFound, SanctionNotFound

REINTEGRATION = kind(
    Kind(
        "reintegration",
        Reintegration,
        reads=Permission.SAFETY_READ,
        visible=OF_CHILDS_RECORDS,
        missing=ReintegrationNotFound,
    )
)
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
