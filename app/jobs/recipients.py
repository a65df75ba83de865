"""Mails links to recipients, without a word about what they open, and closes what is over."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from app.core.words import Actor
from app.db.reading import open_reading
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.common.alerts.rules import Words
from app.domain.sharing.recipient_contents.commands import stand
from app.domain.sharing.recipient_links.commands import (
    MAIL,
    MAIL_ANSWER,
    Letter,
    answer_letter_of,
    letter_of,
    note_answer_mailed,
    note_mailed,
    note_refused,
)
from app.domain.sharing.share_answers.commands import AT_ONCE, any_over, close_over
from app.integrations.mail import MailRefused, MailUnavailable, Message
from app.integrations.vault import Vault
from app.jobs.runner import Backoff, Run, Task, TryLater
from app.jobs.schools import over_schools, with_a_record

stand()

SUBJECT = "{school} has something for you to read"
TEXT = """{school} has something for you to read in a safe place.

Open this link:
{link}

You will need a code. The school gives you the code in another way, never by email. Please do not
pass this message on.

To keep people safe, this message says nothing more. Please do not reply to it: phone the school if
you did not expect it, or have no code.
"""
SUBJECT_CY = "Mae gan {school} rywbeth i chi ei ddarllen"
TEXT_CY = """Mae gan {school} rywbeth i chi ei ddarllen mewn lle diogel.

Agorwch y ddolen hon:
{link}

Bydd angen cod arnoch. Mae'r ysgol yn rhoi'r cod i chi mewn ffordd arall, byth drwy e-bost.
Peidiwch ag anfon y neges hon ymlaen.

Er diogelwch pawb, nid yw'r neges hon yn dweud dim mwy. Peidiwch ag ateb y neges: ffoniwch yr ysgol
os nad oeddech yn ei disgwyl, neu os nad oes gennych god.
"""
SUBJECT_ANSWERED = "{school} has answered you"
TEXT_ANSWERED = """{school} has answered what you asked. Read it in the same safe place as before.

Open this link:
{link}

You will need a code. If yours has already been used, ask for a new one on that page; the school
gives it to you in another way, never by email. Please do not pass this message on.

To keep people safe, this message says nothing more. Please do not reply to it: phone the school if
you did not expect it.
"""
SUBJECT_ANSWERED_CY = "Mae {school} wedi eich ateb"
TEXT_ANSWERED_CY = """Mae {school} wedi ateb eich cwestiwn. Darllenwch yr ateb yn yr un lle diogel.

Agorwch y ddolen hon:
{link}

Bydd angen cod arnoch. Os defnyddiwyd eich cod eisoes, gofynnwch am un newydd ar y dudalen honno;
mae'r ysgol yn ei roi i chi mewn ffordd arall, byth drwy e-bost. Peidiwch ag anfon y neges hon
ymlaen.

Er diogelwch pawb, nid yw'r neges hon yn dweud dim mwy. Peidiwch ag ateb y neges: ffoniwch yr ysgol
os nad oeddech yn ei disgwyl.
"""
WORDS = {
    ("link", "en"): Words(SUBJECT, TEXT),
    ("link", "cy"): Words(SUBJECT_CY, TEXT_CY),
    ("answer", "en"): Words(SUBJECT_ANSWERED, TEXT_ANSWERED),
    ("answer", "cy"): Words(SUBJECT_ANSWERED_CY, TEXT_ANSWERED_CY),
}
"""By what the message is about, and its language."""


async def send_link(run: Run) -> None:
    """Mail one link. Raises `TryLater`."""
    await _mail(run, "link", letter_of, note_mailed)


async def tell_answered(run: Run) -> None:
    """Mail that the school has answered. Raises `TryLater`."""
    await _mail(run, "answer", answer_letter_of, note_answer_mailed)


async def _mail(
    run: Run,
    sort: str,
    find: Callable[[UnitOfWork, Vault, UUID], Awaitable[Letter | None]],
    note: Callable[[UnitOfWork, UUID], Awaitable[None]],
) -> None:
    """Send a letter; a crash between sending and noting sends the same message once more."""
    link_id, database = run.id("link_id"), run.adapters.database
    vault = Vault(run.adapters.settings.keys_dir)
    async with open_work(database, run.actor) as work:
        letter = await find(work, vault, link_id)
    if letter is None:
        return
    try:
        await run.adapters.mail.send(_message(run, sort, letter))
    except MailRefused:
        note = note_refused
    except MailUnavailable as later:
        raise TryLater("the message was put off") from later
    async with open_work(database, run.actor) as work:
        await note(work, link_id)


def _message(run: Run, sort: str, letter: Letter) -> Message:
    front, token, school = run.adapters.settings.base_url, letter.token, letter.school
    words, sort_id = WORDS[sort, letter.language], run.id(f"{sort}_id")
    link = f"{front}/shared/{token}"
    return Message(
        to=letter.address, subject=words.subject.format(school=school),
        text=words.text.format(school=school, link=link),
        message_id=f"{sort}-{sort_id}@{run.adapters.mail_domain}",
    )  # fmt: skip


async def expire(run: Run) -> None:
    """Close shares and links whose time is over, school by school. Raises `TryLater`."""
    database = run.adapters.database

    async def expire_here(school_id: UUID) -> None:
        actor = Actor.system(school_id)
        async with open_reading(database, actor) as reading:
            waits = await any_over(reading)
        while waits:
            async with open_work(database, actor) as work:
                waits = await close_over(work) >= AT_ONCE

    await over_schools(run, await with_a_record(run), expire_here)


# As many attempts as alerts have.
SEND_LINK = Task(MAIL, send_link, Backoff(attempts=1_000))
TELL_ANSWERED = Task(MAIL_ANSWER, tell_answered, Backoff(attempts=1_000))
EXPIRE = Task("shares.expire", expire, Backoff(attempts=5), every="*/5 * * * *")
RECIPIENT_TASKS: tuple[Task, ...] = (SEND_LINK, TELL_ANSWERED, EXPIRE)
