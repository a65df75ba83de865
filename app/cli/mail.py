"""`cairn mail test`: sends one letter, as alerts are sent."""

import asyncio
from email.utils import parseaddr
from typing import Annotated

import typer

from app.cli.failures import CommandFailed
from app.cli.here import settings_here
from app.integrations.mail import FolderMail, MailError, mail_from_url
from app.jobs.trial_letters import trial_letter

app = typer.Typer(help="Try the route by which email leaves.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `test` a word of its own while the group has one command."""


@app.command("test")
def send_test(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who receives the letter.")],
) -> None:
    """Send a test letter. It says nothing about a child, a person or a school."""
    settings = settings_here()
    mail = mail_from_url(settings.mail_url, settings.mail_from)
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    letter = trial_letter(address.strip(), settings.base_url, domain)
    try:
        asyncio.run(mail.send(letter))
    except MailError as error:
        raise CommandFailed(f"not sent: {error}") from None
    if isinstance(mail, FolderMail):
        typer.echo("written as a file: no mail server is set, so it reaches no one")
        return
    typer.echo(f"the mail server took it for {address}. See that it arrives, and where")
