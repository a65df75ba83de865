"""What was said, heard, asked and done in a case."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.routes.safety.bereavement_people import CASE, PART, READ
from app.api.schemas import bereavement_entries as schemas
from app.api.shapes import bereavement_cases as shapes
from app.core.schemas import PageOut
from app.domain.safety.bereavement_cases import errors, queries
from app.domain.safety.bereavement_entries import commands as bereavement_entries

ops = Operations("bereavement")
router = ops.router


@ops.opening(
    f"{CASE}/entries", out=PageOut[schemas.CaseEntryOut], needs=READ, errors=(errors.CaseNotFound,),
    etag=False,
)  # fmt: skip
async def list_bereavement_entries(
    case_id: UUID, query: Annotated[schemas.EntryListIn, Query()], work: Work, request: Request
) -> Response:
    """List the entries of a bereavement case.

    Lists what was said, heard, asked and done, newest first.
    """
    entries = await queries.list_entries(work, case_id, query.kind, page_asked(query))
    return replies.page(request, entries)


@ops.command(
    "POST", f"{CASE}/entries", out=schemas.CaseEntryOut, needs=READ, status=201,
    errors=(*PART, errors.EntryAmended), etag=False, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def record_bereavement_entry(case_id: UUID, body: schemas.EntryIn, work: Work) -> Response:
    """Record an entry in a bereavement case.

    Writes down what was said, heard, asked or done. Leads, headteachers and the team can do this.
    An entry cannot be changed.
    """
    command = shapes.entry_command(body)
    return await shapes.entry(work, await bereavement_entries.add_entry(work, case_id, command))


@ops.command(
    "POST", f"{CASE}/communications", out=schemas.CaseEntryOut, needs=READ, status=201,
    errors=(*PART, errors.EntryAmended), etag=False, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def draft_communication(case_id: UUID, body: schemas.CommunicationIn, work: Work) -> Response:
    """Draft a communication about a death.

    Drafts words to tell somebody about the death. Another person has to approve them before anyone
    uses them: they call `approve_communication`.
    """
    command = shapes.words_command(body)
    return await shapes.entry(work, await bereavement_entries.add_entry(work, case_id, command))


@ops.command(
    "POST", f"{CASE}/communications/{{entry_id}}/approve", out=schemas.CaseEntryOut, needs=READ,
    status=201, errors=(*PART, errors.EntryAmended, errors.AnotherPersonReads), etag=False,
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def approve_communication(case_id: UUID, entry_id: UUID, work: Work) -> Response:
    """Approve a communication about a death.

    Approves the words. You cannot approve your own. Next: once they were sent or said,
    `record_communication_sent`.
    """
    return await shapes.entry(
        work, await bereavement_entries.approve_communication(work, case_id, entry_id)
    )


@ops.command(
    "POST", f"{CASE}/communications/{{entry_id}}/record-sending", out=schemas.CaseEntryOut,
    needs=READ, status=201,
    errors=(*PART, errors.EntryAmended, errors.NotRead, errors.CauseNotAgreed), etag=False,
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def record_communication_sent(
    case_id: UUID, entry_id: UUID, body: schemas.CommunicationSentIn, work: Work
) -> Response:
    """Record that a communication was sent.

    Records that somebody sent or said the words. Cairn does not send them.
    """
    content = body.model_dump(mode="json")
    return await shapes.entry(
        work, await bereavement_entries.note_sent(work, case_id, entry_id, content)
    )
