"""Mails that a way to sign in has changed, and forgets challenges nobody answered."""

from app.core.ids import NIL, new_id
from app.core.words import Actor
from app.db.unit_of_work import open_work
from app.integrations.mail import MailRefused, Message
from app.jobs.runner import Backoff, JobImpossible, Run, Task

NOTICES = {
    "password_changed": "Your password was changed.",
    "second_factor_added": "An authenticator app was added.",
    "second_factor_removed": "The authenticator app was removed.",
    "second_factor_reset": "An administrator removed your second factors, so that you can add "
    "new ones.",
    "passkey_added": "A passkey was added.",
    "passkey_removed": "A passkey was removed.",
    "recovery_code_used": "A recovery code was used to sign in.",
    "recovery_codes_made": "New recovery codes were made.",
    "sign_in_method_added": "A new way to sign in was added.",
    "sign_in_method_removed": "A way to sign in was removed.",
}
"""What happened, by the words jobs carry; nothing about the person, the place or the device."""
SUBJECT = "Your sign-in to Cairn was changed"
TEXT = """{what}

If this was you, there is nothing to do. If it was not, choose a new password at once, sign out
everywhere else, and tell your school's safeguarding lead:
{link}
"""


async def tell(run: Run) -> None:
    """Mail the owner of an account that its sign-in has changed (ASVS 6.3.7).

    Raises `JobImpossible`, `MailUnavailable`.
    """
    sentence = NOTICES.get(str(run.args.get("what")))
    if sentence is None:
        raise JobImpossible("the job has nothing known to tell")
    async with open_work(run.adapters.database, run.actor) as work:
        account = await work.accounts.known(run.id("account_id"))
        if account is None:
            raise JobImpossible("there is no such account")
    message = Message(
        to=account.email,
        subject=SUBJECT,
        text=TEXT.format(what=sentence, link=run.adapters.settings.links_url),
        message_id=f"credential-{new_id()}@{run.adapters.mail_domain}",
    )
    try:
        await run.adapters.mail.send(message)
    except MailRefused as refused:
        raise JobImpossible(f"the address was refused ({refused.code})") from None


async def forget_challenges(run: Run) -> None:
    """Remove challenges of passkeys that nobody answered in time."""
    async with open_work(run.adapters.database, Actor.system(NIL)) as work:
        await work.factors.forget_challenges(work.now)


TELL = Task("account.tell", tell, Backoff(attempts=60))
FORGET_CHALLENGES = Task(
    "passkeys.forget_challenges", forget_challenges, Backoff(attempts=5), every="*/15 * * * *"
)
