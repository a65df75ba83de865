"""Parts of a case after a death: who may be affected, what was said and heard, hard days."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas import bereavement_parts as schemas
from app.api.schemas.bereavement_parts import AffectedPatch, HardDayPatch
from app.api.shapes import bereavement as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.clocks.errors import DueTimePassed, DueTooFar
from app.domain.errors import ChildNotFound, StaffNotFound, StateConflict
from app.domain.safety.bereavement_cases import errors, queries
from app.domain.safety.bereavement_dates import commands as bereavement_dates
from app.domain.safety.bereavement_dates.commands import AddDate
from app.domain.safety.bereavement_entries import commands as bereavement_entries
from app.domain.safety.bereavement_people import commands as bereavement_people
from app.domain.safety.bereavement_people.schemas import AffectedIn, PartReasonIn

ops = Operations("bereavement")
router = ops.router
READ, WRITE = Permission.TASK_DO, Permission.BEREAVEMENT_WRITE
CASE = "/v1/bereavement-cases/{case_id}"
HERE = (errors.CaseNotFound, StateConflict)
PART = (*HERE, errors.PartNotFound)
PEOPLE = Records(
    ops, f"{CASE}/affected/{{person_id}}", schemas.AffectedOut, queries.person_whole,
    writes=WRITE, errors=PART,
)  # fmt: skip
DAYS = Records(
    ops,
    f"{CASE}/dates/{{date_id}}",
    schemas.HardDayOut,
    queries.date_whole,
    writes=WRITE,
    errors=PART,
)


@ops.opening(
    f"{CASE}/affected",
    out=PageOut[schemas.AffectedOut],
    needs=READ,
    errors=(errors.CaseNotFound,),
    etag=False,
)
async def list_affected(case_id: UUID, work: Work) -> Response:
    """Who may be affected, and why: read in the case alone, and by nobody else."""
    return replies.listing(await queries.list_people(work, case_id))


@ops.command(
    "POST",
    f"{CASE}/affected",
    out=schemas.AffectedOut,
    needs=WRITE,
    status=201,
    errors=(*HERE, ChildNotFound, StaffNotFound, errors.PersonNamed, DueTimePassed, DueTooFar),
)
async def add_affected(case_id: UUID, body: AffectedIn, work: Work) -> Response:
    """Name somebody; their owner has to see to them, or a lead telephones the other school."""
    row = await bereavement_people.add_person(work, case_id, body)
    return await PEOPLE.made(work, row, f"/v1/bereavement-cases/{case_id}/affected")


PEOPLE.change(
    "", bereavement_people.change_person, AffectedPatch,
    "Say what was offered and became of it, who sees to them, or that they are left alone.",
    name="change_affected", errors=(DueTimePassed, DueTooFar),
)  # fmt: skip
PEOPLE.change(
    "end", bereavement_people.end_person, PartReasonIn,
    "Say that they are not seen to any more, or were named by mistake, and why.",
    name="end_affected",
)  # fmt: skip


@ops.opening(
    f"{CASE}/entries",
    out=PageOut[schemas.CaseEntryOut],
    needs=READ,
    errors=(errors.CaseNotFound,),
    etag=False,
)
async def list_bereavement_entries(
    case_id: UUID, query: Annotated[schemas.EntryListIn, Query()], work: Work, request: Request
) -> Response:
    """What was said, heard, asked and done, newest first."""
    found = await queries.list_entries(work, case_id, query.kind, page_asked(query))
    return replies.page(request, found)


@ops.command(
    "POST",
    f"{CASE}/entries",
    out=schemas.CaseEntryOut,
    needs=READ,
    status=201,
    errors=(*PART, errors.EntryAmended),
    etag=False,
)
async def record_bereavement_entry(case_id: UUID, body: schemas.EntryIn, work: Work) -> Response:
    """Write something down; leads, heads and the team may. It is never changed."""
    wish = shapes.entry_wish(body)
    return await shapes.entry(work, await bereavement_entries.add_entry(work, case_id, wish))


@ops.command(
    "POST",
    f"{CASE}/communications",
    out=schemas.CaseEntryOut,
    needs=READ,
    status=201,
    errors=(*PART, errors.EntryAmended),
    etag=False,
)
async def write_communication(case_id: UUID, body: schemas.CommunicationIn, work: Work) -> Response:
    """Write words to be said to somebody; another person reads them before they count."""
    wish = shapes.words_wish(body)
    return await shapes.entry(work, await bereavement_entries.add_entry(work, case_id, wish))


@ops.command(
    "POST",
    f"{CASE}/communications/{{entry_id}}/approve",
    out=schemas.CaseEntryOut,
    needs=READ,
    status=201,
    errors=(*PART, errors.EntryAmended, errors.AnotherPersonReads),
    etag=False,
)
async def approve_communication(case_id: UUID, entry_id: UUID, work: Work) -> Response:
    """Say, as another person than the writer, that these words may be said."""
    return await shapes.entry(
        work, await bereavement_entries.approve_communication(work, case_id, entry_id)
    )


@ops.command(
    "POST",
    f"{CASE}/communications/{{entry_id}}/sent",
    out=schemas.CaseEntryOut,
    needs=READ,
    status=201,
    errors=(*PART, errors.EntryAmended, errors.NotRead, errors.CauseNotAgreed),
    etag=False,
)
async def note_communication_sent(
    case_id: UUID, entry_id: UUID, body: schemas.SentIn, work: Work
) -> Response:
    """Write down that somebody sent or said the words; Cairn sends nothing by itself."""
    content = body.model_dump(mode="json")
    return await shapes.entry(
        work, await bereavement_entries.note_sent(work, case_id, entry_id, content)
    )


@ops.opening(
    f"{CASE}/dates",
    out=PageOut[schemas.HardDayOut],
    needs=READ,
    errors=(errors.CaseNotFound,),
    etag=False,
)
async def list_bereavement_dates(case_id: UUID, work: Work) -> Response:
    """Days that may be hard, soonest first."""
    return replies.listing(await queries.list_dates(work, case_id))


@ops.command(
    "POST",
    f"{CASE}/dates",
    out=schemas.HardDayOut,
    needs=WRITE,
    status=201,
    errors=HERE,
)
async def create_bereavement_date(case_id: UUID, body: schemas.HardDayIn, work: Work) -> Response:
    """Set a day around which somebody looks quietly after everybody affected."""
    row = await bereavement_dates.add_date(work, case_id, AddDate(**body.model_dump()))
    return await DAYS.made(work, row, f"/v1/bereavement-cases/{case_id}/dates")


DAYS.change(
    "", bereavement_dates.change_date, HardDayPatch,
    "Move a day, or give it to another lead.",
    name="update_bereavement_date",
)  # fmt: skip
DAYS.change(
    "end", bereavement_dates.end_date, None,
    "Say that nobody needs to look on this day any more.",
    name="end_bereavement_date",
)  # fmt: skip
