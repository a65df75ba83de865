"""Tells administrators which service keys end soon, before a program stands still."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from app.core.words import Actor
from app.db.unit_of_work import open_work
from app.domain.people.service_keys.commands import note_ending_told
from app.domain.people.service_keys.queries import keys_that_end
from app.integrations.mail import MailRefused, Message
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import in_use, over_schools

LOOKED_BACK = timedelta(days=400)
SUBJECT = "A Cairn service key ends soon"
TEXT = """A program of your school signs in to Cairn with a service key that ends within 14 days.

Sign in and open the service keys. Give the key a later end, or let it end:
{link}
"""


async def tell_of_endings(run: Run) -> None:
    """Mail the administrators of each school with keys that end within two weeks, once a key.

    The application may not list schools; sessions, which belong to none, name those in use.
    A crash between mailing and noting mails the same message, with the same id, once more.
    Raises `TryLater`.
    """
    await over_schools(run, await in_use(run, LOOKED_BACK), partial(_tell, run))


async def _tell(run: Run, school_id: UUID) -> None:
    adapters = run.adapters
    async with open_work(adapters.database, Actor.system(school_id)) as work:
        ending = await keys_that_end(work)
    if not ending.keys:
        return
    text = TEXT.format(link=adapters.settings.links_url)
    for account_id, address in ending.recipients:
        message_id = f"key-{max(ending.keys)}-{account_id}@{adapters.mail_domain}"
        message = Message(to=address, subject=SUBJECT, text=text, message_id=message_id)
        try:
            await adapters.mail.send(message)
        except MailRefused:
            continue
    async with open_work(adapters.database, Actor.system(school_id)) as work:
        await note_ending_told(work, ending.keys)


TELL_OF_ENDINGS = Task(
    "service_keys.tell_of_endings", tell_of_endings, Backoff(attempts=20), every="40 6 * * *"
)
