"""Messages in a folder, as the people who got them read them."""

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path


def newest_first(folder: Path, address: str | None = None) -> Iterator[EmailMessage]:
    """The messages to somebody, or all of them."""
    wanted = address and address.strip().lower()
    glob = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in glob:
        message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        if wanted in (None, receiver_of(message)):
            yield message


def receiver_of(message: EmailMessage) -> str:
    """The address it was sent to."""
    return parseaddr(str(message["To"]))[1].lower()


def text_of(message: EmailMessage) -> str:
    """Its text."""
    body = message.get_body(("plain",))
    return body.get_content().replace("\r\n", "\n") if body is not None else ""
