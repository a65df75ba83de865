"""Cases of the time after a death and their parts, as they are answered."""

from starlette.responses import Response

from app.api import replies
from app.api.schemas.bereavement_entries import CommunicationIn, EntryIn
from app.db.models import BereavementEntry
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.bereavement_cases import queries
from app.domain.safety.bereavement_entries.commands import WORDS, AddEntry


def entry_command(body: EntryIn) -> AddEntry:
    """Something to be written down, as the command takes it."""
    content = body.model_dump(
        exclude_none=True, exclude={"id", "kind", "about_id", "amends_id"}, mode="json"
    )
    return AddEntry(body.id, body.kind, content, body.about_id, body.amends_id)


def words_command(body: CommunicationIn) -> AddEntry:
    """Words to be said to somebody, as the command takes them."""
    content = body.model_dump(exclude_none=True, exclude={"id", "amends_id"}, mode="json")
    return AddEntry(body.id, WORDS, content, None, body.amends_id)


async def entry(work: UnitOfWork, row: BereavementEntry) -> Response:
    """Something that has been written down."""
    entry_whole = await queries.entry_whole(work, row.id)
    location = f"/v1/bereavement-cases/{row.case_id}/entries"
    return replies.record(entry_whole, status=201, location=location)
