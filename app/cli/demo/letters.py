"""Messages of the demo, as the person who got them reads them."""

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path

from app.cli.failures import CommandFailed


def newest_to(folder: Path, address: str) -> str:
    """Subject and text of the newest message to somebody. Raises `CommandFailed`."""
    wanted = address.strip().lower()
    for message in _newest_first(folder):
        if wanted == parseaddr(str(message["To"]))[1].lower():
            body = message.get_body(("plain",))
            text = body.get_content().replace("\r\n", "\n") if body is not None else ""
            return f"Subject: {message['Subject']}\n\n{text}"
    raise CommandFailed(f"No message to {address} yet: the worker sends them within seconds.")


def _newest_first(folder: Path) -> Iterator[EmailMessage]:
    found = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in found:
        yield BytesParser(policy=policy.default).parsebytes(path.read_bytes())
