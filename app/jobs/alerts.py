"""Mails alerts, without saying anything about what waits: at once, or gathered."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

import structlog

from app.core.words import Actor
from app.db.reading import open_reading
from app.db.repositories.people.schools import WITH_DIGESTS
from app.db.unit_of_work import ALERTS, open_work
from app.domain.common.alerts.rules import (
    Notice,
    digest_id_of,
    message_id_of,
    words_of_digest,
    words_of_several,
)
from app.domain.duty.alerts.commands import note_refused, note_sent
from app.domain.duty.alerts.queries import digests, unsent_alerts, unsent_with
from app.integrations.mail import MailRefused, MailUnavailable, Message
from app.jobs.runner import Backoff, Run, Task, TryLater
from app.jobs.schools import named_by, over_schools

log = structlog.get_logger()
LOUD: Mapping[str, str] = {"X-Priority": "1", "Importance": "high"}


async def send_alerts(run: Run) -> None:
    """Mail every alert of the concern that is mailed at once and that no message has carried yet.

    Each recipient stands alone: a refused address is noted and holds nobody up, one that is put
    off is tried again later. Raises `TryLater`.
    """
    async with open_reading(run.adapters.database, run.actor) as reading:
        waiting = await unsent_alerts(reading, run.id("concern_id"))
    put_off: list[MailUnavailable] = []
    for notice in waiting:
        try:
            await _mail(run, notice.alert_id)
        except MailUnavailable as later:
            put_off.append(later)
    if put_off:
        why = f"{len(put_off)} of {len(waiting)} messages were put off"
        raise TryLater(why) from put_off[-1]


async def send_alert(run: Run) -> None:
    """Mail an alert of whatever kind, and what was told with it. Raises `TryLater`."""
    try:
        await _mail(run, run.id("alert_id"))
    except MailUnavailable as later:
        raise TryLater("the message was put off") from later


async def send_digests(run: Run) -> None:
    """Mail what is gathered in every school whose hour has come, one message for each person.

    What a crash cut off, or a mail server put off, is sent by the next run, with the same id.
    Raises `TryLater`.
    """
    await over_schools(run, await named_by(WITH_DIGESTS)(run), partial(send_digests_of, run))


async def send_digests_of(run: Run, school_id: UUID) -> None:
    """The same in one school; a message that is put off holds up no other."""
    async with open_reading(run.adapters.database, Actor.system(school_id)) as reading:
        waiting = await digests(reading)
    for digest in waiting:
        try:
            await _mail_digest(run, school_id, digest.recipient_id)
        except MailUnavailable as later:
            log.warning("alert.digest_put_off", school=str(school_id), exc_info=later)


async def _mail(run: Run, alert_id: UUID) -> None:
    """Mail what is to be mailed at once to the recipient of an alert, and keep what became of it.

    A crash between sending and noting sends the same message, with the same id, once more.
    """
    async with open_reading(run.adapters.database, run.actor) as reading:
        gathered = await unsent_with(reading, alert_id)
    if gathered is None:
        return
    notice = gathered.first
    words = words_of_several(gathered, run.adapters.settings.links_url)
    messages = [
        Message(
            to=address,
            subject=words.subject,
            text=words.text,
            message_id=message_id_of(gathered, run.adapters.mail_domain, address),
            headers=LOUD if notice.urgent else {},
        )
        for address in notice.addresses
    ]
    await _send(run, run.actor, gathered.notices, messages)


async def _mail_digest(run: Run, school_id: UUID, person: UUID) -> None:
    """Mail one person's digest, as it is now: messages to others may have taken a while."""
    async with open_reading(run.adapters.database, Actor.system(school_id)) as reading:
        waiting = await digests(reading, person)
    for digest in waiting:
        words = words_of_digest(digest, run.adapters.settings.links_url)
        messages = [
            Message(
                to=address,
                subject=words.subject,
                text=words.text,
                message_id=digest_id_of(digest, run.adapters.mail_domain, address),
            )
            for address in digest.addresses
        ]
        await _send(run, Actor.system(school_id), digest.notices, messages)


async def _send(
    run: Run, actor: Actor, notices: Sequence[Notice], messages: Sequence[Message]
) -> None:
    """Send one message to each address of a person, and keep what became of its alerts."""
    refusals = [await _refusal(run, message) for message in messages]
    async with open_work(run.adapters.database, actor) as work:
        if None in refusals:
            await note_sent(work, notices)
        for refused in filter(None, refusals):
            for notice in notices:
                await note_refused(work, notice.alert_id, refused.code, reached=None in refusals)


async def _refusal(run: Run, message: Message) -> MailRefused | None:
    """How the server refused a message permanently, or None where it took it."""
    try:
        await run.adapters.mail.send(message)
    except MailRefused as refused:
        return refused
    return None


# Five days of attempts: an alert is worth more patience than a mail server usually needs.
PATIENCE = Backoff(attempts=1_000)
SEND_ALERT = Task("alert.send_one", send_alert, PATIENCE)
SEND_ALERTS = Task("alert.send", send_alerts, PATIENCE)
SEND_DIGESTS = Task(
    "alert.digest", send_digests, Backoff(attempts=3), every="*/5 * * * *", queue=ALERTS
)
ALERT_TASKS: tuple[Task, ...] = (SEND_ALERT, SEND_ALERTS, SEND_DIGESTS)
