"""Uploads to commands, and attachment rows to answers."""

from starlette.responses import Response

from app.api import replies
from app.api.attachments import ReceivedFile
from app.db.models import Attachment
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.record.attachments.commands import AddAttachment

MAX_DESCRIPTION = 300
SHOWN = (
    "id", "file_name", "content_type", "size", "sha256", "description", "recorded_at", "state",
    "scan_result", "scanned_at", "flags",
)  # fmt: skip


def command_to_add(received: ReceivedFile, *, to_scan: bool) -> AddAttachment:
    """The command of an upload. Raises `ValidationFailed` for a field that does not belong."""
    unknown = set(received.fields) - {"description"}
    description = received.fields.get("description")
    if unknown or "\x00" in (description or "") or len(description or "") > MAX_DESCRIPTION:
        field = "description" if not unknown else sorted(unknown)[0]
        code = "extra_forbidden" if unknown else "string_too_long"
        raise ValidationFailed(problems=[FieldProblem(f"/{field}", code, "Not valid.")])
    return AddAttachment(
        key=received.key,
        file_name=received.file_name,
        content_type=received.content_type,
        size=received.size,
        sha256=received.sha256,
        description=description or None,
        flags=received.flags,
        stripped=received.stripped,
        to_scan=to_scan,
    )


async def attachment(work: UnitOfWork, row: Attachment) -> Response:
    """A new attachment."""
    content = {name: getattr(row, name) for name in SHOWN}
    name = await work.accounts.staff_name(row.added_by)
    content["stripped"] = row.stripped_key and {
        "size": row.stripped_size, "sha256": row.stripped_sha256,
    }  # fmt: skip
    content["added_by"] = {"id": row.added_by, "name": name}
    location = f"/v1/concerns/{row.concern_id}/attachments/{row.id}"
    return replies.record(content, status=201, location=location)
