"""Mails the alerts of a concern, without saying anything about it."""

from app.db.reading import open_reading
from app.db.unit_of_work import open_work
from app.domain.alerts.commands import note_refused, note_sent
from app.domain.alerts.queries import unsent_alerts
from app.domain.alerts.rules import Notice, message_id_of, words_of
from app.integrations.mail import MailRefused, MailUnavailable, Message
from app.jobs.runner import Backoff, Run, Task, TryLater


async def send_alerts(run: Run) -> None:
    """Mail every alert of the concern that no message has carried yet.

    Each recipient stands alone: a refused address is noted and holds nobody up, one that is put
    off is tried again later. A crash between sending and noting sends the same message, with the
    same id, once more. Raises `TryLater`.
    """
    concern_id = run.id("concern_id")
    async with open_reading(run.adapters.database, run.actor) as reading:
        notices = await unsent_alerts(reading, concern_id)
    put_off = 0
    for notice in notices:
        try:
            await _send_one(run, notice)
        except MailUnavailable:
            put_off += 1
    if put_off:
        raise TryLater(f"{put_off} of {len(notices)} messages were put off")


async def _send_one(run: Run, notice: Notice) -> None:
    words = words_of(notice, run.adapters.settings.links_url)
    message = Message(
        to=notice.address,
        subject=words.subject,
        text=words.text,
        message_id=message_id_of(notice.alert_id, run.adapters.mail_domain),
        headers={"X-Priority": "1", "Importance": "high"} if notice.urgent else {},
    )
    try:
        await run.adapters.mail.send(message)
    except MailRefused as refused:
        async with open_work(run.adapters.database, run.actor) as work:
            await note_refused(work, notice.alert_id, refused.code)
        return
    async with open_work(run.adapters.database, run.actor) as work:
        await note_sent(work, notice.alert_id)


# A week of attempts: an alert is worth more patience than a mail server usually needs.
SEND_ALERTS = Task("alert.send", send_alerts, Backoff(attempts=1_000))
