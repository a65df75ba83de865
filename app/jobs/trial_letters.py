"""The letter of `cairn mail test`, which says nothing about a child, a person or a school."""

from app.core.ids import new_id
from app.integrations.mail import Message

SUBJECT = "Cairn: a trial of email"
TEXT = """\
This is a trial message from Cairn at {link}.

The person who runs Cairn sent it, to see that its email arrives. You have nothing to do.

If alerts come from this address, look for them here too, and not among unwanted email.
"""


def trial_letter(to: str, link: str, mail_domain: str) -> Message:
    """The letter to one address; `link` is the address of this Cairn."""
    return Message(
        to=to, subject=SUBJECT, text=TEXT.format(link=link),
        message_id=f"trial-{new_id()}@{mail_domain}",
    )  # fmt: skip
