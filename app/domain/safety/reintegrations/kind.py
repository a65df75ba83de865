"""The kind of a reintegration: read like its record."""

from app.core.words import Permission
from app.db.models import Reintegration
from app.domain.kinds import Kind, kind
from app.domain.safety.records.kind import OF_CHILDS_RECORDS
from app.domain.safety.reintegrations.errors import ReintegrationNotFound

REINTEGRATION = kind(
    Kind(
        "reintegration",
        Reintegration,
        reads=Permission.SAFETY_READ,
        visible=OF_CHILDS_RECORDS,
        missing=ReintegrationNotFound,
    )
)
