"""Sends plain-text messages: over SMTP, into a folder of .eml files, or into memory."""

import asyncio
import hashlib
import os
import re
import ssl
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.charset import QP, Charset
from email.header import Header
from email.message import Message as RawMessage
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from urllib.request import url2pathname

import aiosmtplib

from app.core import clock
from app.integrations.loopback import is_loopback

_DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_ANSWER_SECONDS = 20.0
_WHOLE_SECONDS = 60.0
_GOODBYE_SECONDS = 2.0

_QUOTED_UTF8 = Charset("utf-8")
_QUOTED_UTF8.body_encoding = QP
_ON_THE_WIRE = compat32.clone(linesep="\r\n")

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{3,254}}$){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_OWN_HEADERS = frozenset(
    {
        "auto-submitted",
        "bcc",
        "cc",
        "date",
        "from",
        "message-id",
        "mime-version",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
    }
)


class MailError(Exception):
    """A message was not sent. Its text names no recipient and quotes no server."""

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(reason if code is None else f"{reason} ({code})")
        self.code = code


class MailUnavailable(MailError):
    """Not sent now; the same message may be sent later."""


class MailRefused(MailError):
    """Never to be sent: this message or this recipient was refused permanently."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient.

    `message_id` has the form `left@right`, without angle brackets. The caller derives it from what
    the message is about, so that sending again shows as the same message.
    """

    to: str
    subject: str
    text: str
    message_id: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Mail(Protocol):
    async def send(self, message: Message) -> None:
        """Raises MailUnavailable (try again) or MailRefused (do not)."""
        ...


def compose(message: Message, sender: str) -> bytes:
    """The message as RFC 5322 wants it. Raises MailRefused where a header could be forged.

    Built with the older classes of the standard library: the newer ones lose a space where a long
    subject is folded (Python 3.11).
    """
    _refuse_forged_headers(message)
    mail: RawMessage[str, str | Header] = RawMessage(policy=_ON_THE_WIRE)
    mail["From"] = formataddr(parseaddr(sender))
    mail["To"] = message.to
    mail["Subject"] = _folded(message.subject, "Subject")
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<{message.message_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    for name, value in message.headers.items():
        mail[name] = _folded(value, name)
    mail.set_payload(re.sub(r"\r\n?", "\n", message.text), _QUOTED_UTF8)
    return mail.as_bytes()


def _folded(value: str, name: str) -> Header:
    return Header(value, "us-ascii" if value.isascii() else "utf-8", header_name=name)


def _refuse_forged_headers(message: Message) -> None:
    if not _ADDRESS.fullmatch(message.to):
        raise MailRefused("the recipient is not a plain email address")
    if not _ADDRESS.fullmatch(message.message_id):
        raise MailRefused("the message id must have the form left@right")
    if any(unicodedata.category(char) == "Cs" for char in message.text):
        raise MailRefused("the text cannot be written in UTF-8")
    _refuse_line_breaks("the subject", message.subject)
    for name, value in message.headers.items():
        lowered = name.lower()
        if not _HEADER_NAME.fullmatch(name) or lowered.startswith("content-"):
            raise MailRefused("a header name is not allowed")
        if lowered in _OWN_HEADERS:
            raise MailRefused("a header is set by the mailer and cannot be replaced")
        _refuse_line_breaks("a header", value)


def _refuse_line_breaks(what: str, value: str) -> None:
    """Refuses every control, line separator and lone surrogate, of which CR and LF are two."""
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in value):
        raise MailRefused(f"{what} holds a line break or control character")


def checked_sender(sender: str) -> str:
    """A sender that can stand in a header. Raises ValueError."""
    try:
        _refuse_line_breaks("the sender", sender)
    except MailRefused as refused:
        raise ValueError(str(refused)) from None
    if not _ADDRESS.fullmatch(parseaddr(sender)[1]):
        raise ValueError("the sender of email must be an address such as 'Cairn <cairn@a.example>'")
    return sender


class SmtpMail:
    """Hands each message to one SMTP server, on a connection of its own.

    `url` is `smtp://`, `smtps://` or `smtp+starttls://`, then `user:password@host:port`. A host
    other than this machine needs verified TLS; `?ca=/path.pem` adds a private authority.
    Raises ValueError where the URL does not allow that.
    """

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        answer_seconds: float = _ANSWER_SECONDS,
        whole_seconds: float = _WHOLE_SECONDS,
    ) -> None:
        parts = urlsplit(url)
        self._sender = checked_sender(sender)
        self._envelope_sender = parseaddr(sender)[1]
        self._scheme = parts.scheme
        self._host = _smtp_host(parts)
        self._port = parts.port or _DEFAULT_PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = None if parts.scheme == "smtp" else _verifying_context(parts)
        self._answer_seconds = answer_seconds
        self._whole_seconds = whole_seconds

    async def send(self, message: Message) -> None:
        content = compose(message, self._sender)
        client = self._client()
        try:
            async with asyncio.timeout(self._whole_seconds):
                await self._connect(client)
                await client.sendmail(self._envelope_sender, [message.to], content)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _answered(refused.recipients[0].code) from None
        except aiosmtplib.SMTPResponseException as refused:
            raise _answered(refused.code) from None
        except TimeoutError:
            raise MailUnavailable("the mail server did not answer in time") from None
        except (aiosmtplib.SMTPException, OSError):
            raise MailUnavailable("the mail server broke the conversation off") from None
        else:
            await self._say_goodbye(client)
        finally:
            client.close()

    async def check(self) -> None:
        """Connect, agree on TLS and sign in; sends nothing. MailUnavailable says why not."""
        client = self._client()
        try:
            async with asyncio.timeout(self._answer_seconds):
                await client.connect()
        except aiosmtplib.SMTPAuthenticationError as refused:
            raise MailUnavailable(
                "the mail server refused the user or password", code=refused.code
            ) from None
        except aiosmtplib.SMTPResponseException as refused:
            raise MailUnavailable("the mail server refused us", code=refused.code) from None
        except TimeoutError:
            raise MailUnavailable("the mail server did not answer in time") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable(self._why_not(error)) from None
        else:
            await self._say_goodbye(client)
        finally:
            client.close()

    def _why_not(self, error: Exception) -> str:
        """What went wrong while connecting, in words of ours: the server's are not repeated."""
        if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            return "the mail server's certificate cannot be verified, or it speaks no TLS there"
        if "AUTH" in str(error) or "authentication method" in str(error):
            return "the mail server offers no sign-in that fits CAIRN_MAIL_URL"
        if "STARTTLS" in str(error):
            return "the mail server offers no TLS"
        return "the mail server cannot be reached"

    @property
    def how(self) -> str:
        """What a connection proves about itself, for people who run Cairn."""
        how = "without TLS, on this machine" if self._tls is None else "over verified TLS"
        return f"{how}, and accepts user and password" if self._user else how

    async def _say_goodbye(self, client: aiosmtplib.SMTP) -> None:
        """The message is accepted: nothing that happens now may have it sent again."""
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=_GOODBYE_SECONDS)

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._answer_seconds,
            use_tls=self._scheme == "smtps",
            start_tls=self._scheme == "smtp+starttls",
            tls_context=self._tls,
            username=self._user,
            password=self._password,
        )

    async def _connect(self, client: aiosmtplib.SMTP) -> None:
        """Trouble before the first message command is never the message's fault: try again."""
        try:
            await client.connect()
        except TimeoutError:
            raise
        except aiosmtplib.SMTPResponseException as refused:
            raise MailUnavailable("the mail server refused us", code=refused.code) from None
        except (aiosmtplib.SMTPException, OSError):
            raise MailUnavailable("the mail server cannot be reached") from None


def _smtp_host(parts: SplitResult) -> str:
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError(f"the mail URL must begin with one of {', '.join(_DEFAULT_PORTS)}")
    if not parts.hostname:
        raise ValueError("the mail URL names no host")
    if parts.scheme == "smtp" and not is_loopback(parts.hostname):
        raise ValueError(
            "email to another machine needs verified TLS: use smtps:// or smtp+starttls://"
        )
    return parts.hostname


def _verifying_context(parts: SplitResult) -> ssl.SSLContext:
    authorities = parse_qs(parts.query).get("ca", [])
    context = ssl.create_default_context()
    for path in authorities:
        try:
            context.load_verify_locations(cafile=path)
        except OSError:
            raise ValueError("the certificate authority of the mail URL cannot be read") from None
    return context


def _answered(code: int) -> MailError:
    """RFC 5321 4.2.1: 5yz is permanent, everything else may pass later."""
    if code // 100 == 5:
        return MailRefused("the mail server refused the message", code=code)
    return MailUnavailable("the mail server put the message off", code=code)


class FolderMail:
    """Writes each message as one .eml file; a message sent again replaces its file."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = checked_sender(sender)

    async def send(self, message: Message) -> None:
        content = compose(message, self._sender)
        try:
            await asyncio.to_thread(self._write, _file_name(message.message_id), content)
        except OSError:
            raise MailUnavailable("the mail folder cannot be written") from None

    def check(self) -> None:
        """Raises MailUnavailable where no message could be written."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._folder, prefix=".", suffix=".part"):
                pass
        except OSError:
            raise MailUnavailable("the mail folder cannot be written") from None

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._folder, prefix=".", suffix=".part", delete=False) as part:
            try:
                part.write(content)
                part.flush()
                os.fsync(part.fileno())
                os.replace(part.name, self._folder / name)
            except BaseException:
                os.unlink(part.name)
                raise


def _file_name(message_id: str) -> str:
    """A message id can hold slashes and leading dots: such ids get a readable, hashed name."""
    safe = re.sub(r"[^A-Za-z0-9@_.-]", "_", message_id).lstrip(".-")[:150]
    if safe != message_id:
        safe = f"{safe}-{hashlib.sha256(message_id.encode()).hexdigest()[:16]}"
    return f"{safe}.eml"


def mail_from_url(url: str, sender: str) -> Mail:
    """Picks by scheme: smtp, smtps, smtp+starttls, `file:///folder`.

    Raises ValueError where the URL is of no known kind or would send in the clear.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise ValueError("a mail folder is written file:///path/of/folder")
        return FolderMail(Path(url2pathname(parts.path)), sender)
    return SmtpMail(url, sender)
