"""The kind of a sharing exception."""

from app.core.words import Permission
from app.db.models import SharingException
from app.domain import visibility
from app.domain.kinds import Kind, kind
from app.domain.safety.records.kind import GRANTED
from app.domain.sharing.sharing_exceptions.errors import SharingExceptionNotFound

SHARING_EXCEPTION = kind(
    Kind(
        "sharing_exception",
        SharingException,
        reads=Permission.SAFETY_READ,
        visible=visibility.And(visibility.OF_CHILD, GRANTED),
        missing=SharingExceptionNotFound,
    )
)
