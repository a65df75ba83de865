"""Mails alerts, without saying anything about what waits."""

from uuid import UUID

from app.db.reading import open_reading
from app.db.unit_of_work import open_work
from app.domain.alerts.rules import Notice, message_id_of, words_of
from app.domain.duty.alert_inbox.commands import note_refused, note_sent
from app.domain.duty.alert_inbox.queries import unsent_alert, unsent_alerts
from app.integrations.mail import MailRefused, MailUnavailable, Message
from app.jobs.runner import Backoff, Run, Task, TryLater


async def send_alerts(run: Run) -> None:
    """Mail every alert of the concern that no message has carried yet.

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
        said = f"{len(put_off)} of {len(waiting)} messages were put off"
        raise TryLater(said) from put_off[-1]


async def send_alert(run: Run) -> None:
    """Mail one alert of whatever kind. Raises `TryLater`."""
    try:
        await _mail(run, run.id("alert_id"))
    except MailUnavailable as later:
        raise TryLater("the message was put off") from later


async def _mail(run: Run, alert_id: UUID) -> None:
    """Mail an alert if it is to be mailed still, and keep what became of the message.

    A crash between sending and noting sends the same message, with the same id, once more.
    """
    async with open_reading(run.adapters.database, run.actor) as reading:
        notice = await unsent_alert(reading, alert_id)
    if notice is None:
        return
    refusals = [await _refusal(run, notice, address) for address in notice.addresses]
    async with open_work(run.adapters.database, run.actor) as work:
        if None in refusals:
            await note_sent(work, alert_id, notice.rung_again_at)
        for refused in filter(None, refusals):
            await note_refused(work, alert_id, refused.code, reached=None in refusals)


async def _refusal(run: Run, notice: Notice, address: str) -> MailRefused | None:
    """Mail an alert to one of the addresses; how the server refused it permanently, or None."""
    try:
        await run.adapters.mail.send(_message(run, notice, address))
    except MailRefused as refused:
        return refused
    return None


def _message(run: Run, notice: Notice, address: str) -> Message:
    words = words_of(notice, run.adapters.settings.links_url)
    return Message(
        to=address,
        subject=words.subject,
        text=words.text,
        message_id=message_id_of(notice, run.adapters.mail_domain, address),
        headers={"X-Priority": "1", "Importance": "high"} if notice.urgent else {},
    )


# A week of attempts: an alert is worth more patience than a mail server usually needs.
PATIENCE = Backoff(attempts=1_000)
SEND_ALERT = Task("alert.send_one", send_alert, PATIENCE)
SEND_ALERTS = Task("alert.send", send_alerts, PATIENCE)
NOTIFY = Task("access.notify", send_alert, PATIENCE)
"""What `alert.send_one` was called for alerts about access: for rows that are queued already."""
ALERT_TASKS: tuple[Task, ...] = (SEND_ALERT, SEND_ALERTS, NOTIFY)
