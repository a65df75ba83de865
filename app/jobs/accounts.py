"""Mails one-time links: invitations, new passwords, and new addresses to confirm."""

from typing import TypeAlias
from uuid import UUID

from app.core.ids import new_id
from app.db.unit_of_work import open_work
from app.domain.people.address_changes import commands
from app.domain.people.passwords.commands import new_account_token, new_invitation
from app.integrations.mail import MailRefused, Message
from app.jobs.runner import Backoff, JobImpossible, Run, Task

INVITATION = """You have been added to your school's safeguarding record, Cairn.

Choose a password within seven days with this link:
{link}

The link works once. If you did not expect it, please tell your school.
"""
RESET = """Somebody, hopefully you, asked for a new password for Cairn.

Choose one within an hour with this link:
{link}

The link works once. If it was not you, ignore this message: nothing has changed.
"""
ASKED_TO_JOIN = """An organisation has invited you to join its staff in Cairn.

To say yes, use this link within seven days. Until you do, you have no role there:
{link}

The link works once. You can also sign in, see who is asking, and say no. If you did not expect
this, do not follow the link.
"""
REACH = """Somebody changed how your school's safeguarding record, Cairn, reaches you:
{new}

If that is right, confirm it within seven days with this link:
{link}

Until you do, messages go to your present address too. If it is not right, do not follow the link:
sign in, decline it, and tell your school's safeguarding lead at once.
"""
SUBJECTS = {
    INVITATION: "Your invitation to Cairn",
    RESET: "A new password for Cairn",
    ASKED_TO_JOIN: "You are invited to join a staff in Cairn",
    REACH: "Please confirm how Cairn reaches you",
}


async def send_link(run: Run) -> None:
    """Make a one-time token and mail its link; the token is neither logged nor kept.

    Each attempt makes a token of its own, so that a link that arrives always works. Somebody who
    has a password is asked to join and gets no link to replace it.
    Raises `JobImpossible`, `MailUnavailable`.
    """
    purpose = run.args.get("purpose")
    if purpose not in ("invitation", "reset", commands.PURPOSE):
        raise JobImpossible("the job has no usable purpose")
    letter = await _prepare(run, run.id("account_id"), purpose)
    if letter is None:
        return
    address, words, link, new = letter
    message = Message(
        to=address,
        subject=SUBJECTS[words],
        text=words.format(link=link, new=new),
        message_id=f"link-{new_id()}@{run.adapters.mail_domain}",
    )
    try:
        await run.adapters.mail.send(message)
    except MailRefused as refused:
        raise JobImpossible(f"the address was refused ({refused.code})") from None


Mailing: TypeAlias = tuple[str, str, str, str]
"""Where to, in which words, with which link, and what of theirs is new."""


async def _prepare(run: Run, account_id: UUID, purpose: str) -> Mailing | None:
    """The message, committed before it is mailed; None for a closed account, or nothing to say."""
    front = run.adapters.settings.links_url
    async with open_work(run.adapters.database, run.actor) as work:
        account = await work.accounts.known(account_id)
        if account is None:
            raise JobImpossible("there is no such account")
        if account.disabled_at is not None:
            return None
        if purpose == commands.PURPOSE:
            return _of_reach(await commands.new_link(work, account_id), front)
        if purpose == "reset":
            token = new_account_token(work, account_id, purpose)
            return account.email, RESET, f"{front}/account/set-password#token={token}", ""
        token, sets_password = await new_invitation(work, account_id)
        if sets_password:
            return account.email, INVITATION, f"{front}/account/set-password#token={token}", ""
        return account.email, ASKED_TO_JOIN, f"{front}/account/accept-invitation#token={token}", ""


def _of_reach(reached: commands.Link | None, front: str) -> Mailing | None:
    """The person sees what they are to confirm: it goes to their own present address."""
    if reached is None:
        return None
    email = f"new email address: {reached.email}" if reached.email is not None else None
    phone = f"new phone number: {reached.phone or 'none'}" if reached.phone is not None else None
    new = "\n".join(line for line in (email, phone) if line is not None)
    return reached.address, REACH, f"{front}/account/confirm-reach#token={reached.secret}", new


SEND_LINK = Task("account.send_link", send_link, Backoff(attempts=60))
