"""Cases of the time after a death and their parts, as they are answered."""

from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from app.api import replies
from app.api.schemas.bereavement_entries import CommunicationIn, EntryIn
from app.db.models import AffectedPerson, BereavementCase, BereavementDate, BereavementEntry
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.bereavement_cases import queries
from app.domain.safety.bereavement_entries.commands import WORDS, AddEntry


def fields(body: BaseModel) -> dict[str, Any]:
    """The fields that a merge patch names."""
    return {name: getattr(body, name) for name in body.model_fields_set}


def entry_wish(body: EntryIn) -> AddEntry:
    """Something to be written down, as the command takes it."""
    content = body.model_dump(
        exclude_none=True, exclude={"id", "kind", "about_id", "amends_id"}, mode="json"
    )
    return AddEntry(body.id, body.kind, content, body.about_id, body.amends_id)


def words_wish(body: CommunicationIn) -> AddEntry:
    """Words to be said to somebody, as the command takes them."""
    content = body.model_dump(exclude_none=True, exclude={"id", "amends_id"}, mode="json")
    return AddEntry(body.id, WORDS, content, None, body.amends_id)


async def case(work: UnitOfWork, row: BereavementCase, *, status: int = 200) -> Response:
    """One case with its ETag."""
    location = f"/v1/bereavement-cases/{row.id}" if status == 201 else None
    found = await queries.whole(work, row)
    return replies.record(found, status=status, version=row.version, location=location)


async def person(work: UnitOfWork, row: AffectedPerson, *, status: int = 200) -> Response:
    """Somebody who may be affected."""
    shown = await queries.person_whole(work, row.case_id, row.id)
    return replies.record(
        shown, status=status, version=row.version, location=_where(row, "affected", status)
    )


async def day(work: UnitOfWork, row: BereavementDate, *, status: int = 200) -> Response:
    """A day that may be hard."""
    shown = await queries.date_whole(work, row.case_id, row.id)
    return replies.record(
        shown, status=status, version=row.version, location=_where(row, "dates", status)
    )


async def entry(work: UnitOfWork, row: BereavementEntry) -> Response:
    """Something that has been written down."""
    shown = await queries.entry_whole(work, row.id)
    return replies.record(shown, status=201, location=_where(row, "entries", 201))


def _where(
    row: AffectedPerson | BereavementDate | BereavementEntry, part: str, status: int
) -> str | None:
    return f"/v1/bereavement-cases/{row.case_id}/{part}" if status == 201 else None
