"""The kind of a file request: seen by those who read transfers, unless related to the child."""

from app.core.words import AuditEvent, Permission
from app.db.models import FileRequest
from app.domain.kinds import NEW, Kind, kind
from app.domain.owning import Owning, carries
from app.domain.sharing.file_requests.errors import FileRequestNotFound
from app.domain.sharing.transfers.kind import LAST, UNRELATED

FILE_REQUEST = kind(
    Kind(
        "file_request",
        FileRequest,
        reads=Permission.TRANSFER_READ,
        visible=UNRELATED,
        missing=FileRequestNotFound,
        moves={
            "request_file": {NEW: "open"},
            "answer_file_request": {"open": ("answered", "refused", "cancelled")},
            "the file arrives": {"open": "answered"},
        },
        opened=AuditEvent.TRANSFER_OPENED,
        events=(
            AuditEvent.FILE_REQUESTED,
            AuditEvent.FILE_REQUEST_RECEIVED,
            AuditEvent.FILE_REQUEST_ANSWERED,
        ),
        at_death="another school is owed an answer",
        owning=Owning(carries(Permission.TRANSFER_WRITE), last=LAST),
    )
)
