"""Tells the systems of agencies that a referral waits, signed, and notes the result."""

from app.core import clock
from app.db.unit_of_work import open_work
from app.domain.sharing.referral_deliveries.commands import TASK, Parcel, note_delivery, parcel_of
from app.formats.standard_webhooks import signatures
from app.integrations.vault import Vault
from app.integrations.webhook_sender import HttpSender, WebhookSender
from app.jobs.runner import Backoff, Run, Task, TryLater
from app.jobs.webhooks import reach_of


async def tell_agency(run: Run) -> None:
    """Make one attempt at the message. Raises `TryLater` where another is to come."""
    sender = HttpSender(reach_of(run.adapters.settings))
    try:
        await deliver(run, sender)
    finally:
        sender.close()


async def deliver(run: Run, sender: WebhookSender) -> None:
    """Send what waits and note it; a crash between sends the same message, with its id, again."""
    database, settings = run.adapters.database, run.adapters.settings
    async with open_work(database, run.actor) as work:
        parcel = await parcel_of(
            work, run.id("referral_id"), run.id("event_id"), str(run.args.get("kind")),
            settings.base_url,
        )  # fmt: skip
    if parcel is None:
        return
    answer = await sender.send(parcel.url, _headers(run, parcel), parcel.body.encode())
    async with open_work(database, run.actor) as work:
        again = await note_delivery(work, parcel, answer.code)
    if again:
        raise TryLater("the agency's system did not take the message")


def _headers(run: Run, parcel: Parcel) -> dict[str, str]:
    """As Standard Webhooks has it: the id stays the same in every attempt."""
    secret = Vault(run.adapters.settings.keys_dir).open(parcel.sealed, parcel.agency_id.bytes)
    at, message_id = clock.now(), str(parcel.message_id)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signatures([secret], message_id, at, parcel.body),
    }


TELL_AGENCY = Task(TASK, tell_agency, Backoff(attempts=1_000, first=10, longest=3_600))
REFERRAL_TASKS: tuple[Task, ...] = (TELL_AGENCY,)
