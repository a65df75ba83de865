"""Mail against a real SMTP server in a thread, on loopback."""

import asyncio
import email
import os
import socket
import ssl
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.core import clock
from app.integrations.mail import (
    FolderMail,
    Mail,
    MailRefused,
    MailUnavailable,
    Message,
    SmtpMail,
    mail_from_url,
)
from tests.doubles import MemoryMail

SENDER = "Cairn <cairn@school.example>"
ALERT = Message(
    to="lead@school.example",
    subject="Something waits for you",
    text="Please sign in.\n.\nDiolch, Siân: Ŵyn\n\n",
    message_id="alert-0198@cairn.example",
)


class Sink:
    """Keeps what is delivered, or answers as it is told to."""

    def __init__(self) -> None:
        self.delivered: list[tuple[str, list[str], EmailMessage]] = []
        self.to_recipient = "250 OK"
        self.to_data = "250 OK"
        self.wait_seconds = 0.0

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.wait_seconds)
        if self.to_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.to_data.startswith("2"):
            message = email.message_from_bytes(envelope.content, policy=default)
            self.delivered.append((envelope.mail_from, envelope.rcpt_tos, message))
        return self.to_data


@pytest.fixture
def sink() -> Sink:
    return Sink()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port(sink: Sink) -> Iterator[int]:
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


@pytest.fixture
def mail(port: int) -> SmtpMail:
    return SmtpMail(f"smtp://127.0.0.1:{port}", SENDER, answer_seconds=5)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime(2020, 1, 1, tzinfo=UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )
    return tmp_path / "cert.pem", tmp_path / "key.pem"


class TestSmtp:
    async def test_delivers_what_was_written(self, mail: SmtpMail, sink: Sink) -> None:
        with clock.frozen(datetime(2026, 11, 25, 8, 30, tzinfo=UTC)):
            await mail.send(replace(ALERT, headers={"X-Cairn-Kind": "alert"}))
        [(sender, recipients, message)] = sink.delivered
        assert (sender, recipients) == ("cairn@school.example", ["lead@school.example"])
        assert message["From"] == SENDER
        assert message["To"] == "lead@school.example"
        assert message["Subject"] == "Something waits for you"
        assert message["Message-ID"] == "<alert-0198@cairn.example>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Date"] == "Wed, 25 Nov 2026 08:30:00 +0000"
        assert message["X-Cairn-Kind"] == "alert"
        assert message.get_content_type() == "text/plain"
        assert message.get_content_charset() == "utf-8"
        assert message.get_content().replace("\r\n", "\n") == ALERT.text

    async def test_carries_a_subject_in_any_script(self, mail: SmtpMail, sink: Sink) -> None:
        subject = "Neges newydd: Ŵyn 🐑 " + "długie słowa " * 60 + "konec"
        await mail.send(replace(ALERT, subject=subject))
        assert sink.delivered[0][2]["Subject"] == subject

    async def test_folds_a_long_plain_subject(self, mail: SmtpMail, sink: Sink) -> None:
        subject = "many plain words " * 60 + "end"
        await mail.send(replace(ALERT, subject=subject))
        assert sink.delivered[0][2]["Subject"] == subject

    async def test_names_the_sender_in_any_script(self, port: int, sink: Sink) -> None:
        await SmtpMail(f"smtp://127.0.0.1:{port}", '"Ysgol Ŵyn, Cairn" <cairn@a.example>').send(
            ALERT
        )
        assert sink.delivered[0][2]["From"] == '"Ysgol Ŵyn, Cairn" <cairn@a.example>'

    async def test_carries_the_same_id_when_sent_again(self, mail: SmtpMail, sink: Sink) -> None:
        await mail.send(ALERT)
        await mail.send(ALERT)
        assert len({message["Message-ID"] for _, _, message in sink.delivered}) == 1

    @pytest.mark.parametrize("answer", ["450 greylisted, come back", "421 too busy"])
    async def test_may_try_again_when_put_off(
        self, mail: SmtpMail, sink: Sink, answer: str
    ) -> None:
        sink.to_recipient = answer
        with pytest.raises(MailUnavailable) as caught:
            await mail.send(ALERT)
        assert caught.value.code == int(answer[:3])
        sink.to_recipient = "250 OK"
        await mail.send(ALERT)
        assert len(sink.delivered) == 1

    async def test_may_try_again_when_the_content_is_put_off(
        self, mail: SmtpMail, sink: Sink
    ) -> None:
        sink.to_data = "451 disk full"
        with pytest.raises(MailUnavailable):
            await mail.send(ALERT)

    @pytest.mark.parametrize("stage", ["to_recipient", "to_data"])
    async def test_gives_up_when_refused(self, mail: SmtpMail, sink: Sink, stage: str) -> None:
        setattr(sink, stage, "550 no such lead@school.example")
        with pytest.raises(MailRefused) as caught:
            await mail.send(ALERT)
        assert caught.value.code == 550
        assert "lead@" not in str(caught.value)

    async def test_may_try_again_when_nobody_listens(self) -> None:
        with pytest.raises(MailUnavailable):
            await SmtpMail(f"smtp://127.0.0.1:{free_port()}", SENDER).send(ALERT)

    async def test_may_try_again_when_the_server_is_slow(self, port: int, sink: Sink) -> None:
        sink.wait_seconds = 3
        with pytest.raises(MailUnavailable, match="in time"):
            await SmtpMail(f"smtp://127.0.0.1:{port}", SENDER, answer_seconds=0.2).send(ALERT)

    async def test_bounds_the_whole_conversation(self, port: int, sink: Sink) -> None:
        sink.wait_seconds = 3
        with pytest.raises(MailUnavailable, match="in time"):
            await SmtpMail(f"smtp://127.0.0.1:{port}", SENDER, whole_seconds=0.3).send(ALERT)

    async def test_may_try_again_when_the_server_hangs_up(self) -> None:
        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(MailUnavailable):
                await SmtpMail(f"smtp://127.0.0.1:{port}", SENDER).send(ALERT)

    async def test_may_try_again_when_the_greeting_refuses_us(self) -> None:
        async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"554 not today\r\n")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(MailUnavailable):
                await SmtpMail(f"smtp://127.0.0.1:{port}", SENDER).send(ALERT)


class TestTls:
    @pytest.fixture
    def tls_port(self, sink: Sink, certificate: tuple[Path, Path]) -> Iterator[int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        controller = Controller(
            sink, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True
        )
        controller.start()
        yield controller.port
        controller.stop()

    async def test_delivers_over_a_verified_connection(
        self, sink: Sink, tls_port: int, certificate: tuple[Path, Path]
    ) -> None:
        url = f"smtp+starttls://127.0.0.1:{tls_port}?ca={certificate[0]}"
        await SmtpMail(url, SENDER).send(ALERT)
        assert len(sink.delivered) == 1

    async def test_sends_nothing_to_a_server_it_cannot_verify(
        self, sink: Sink, tls_port: int
    ) -> None:
        with pytest.raises(MailUnavailable):
            await SmtpMail(f"smtp+starttls://127.0.0.1:{tls_port}", SENDER).send(ALERT)
        assert sink.delivered == []

    async def test_sends_nothing_when_tls_is_not_offered(self, sink: Sink, port: int) -> None:
        with pytest.raises(MailUnavailable):
            await SmtpMail(f"smtp+starttls://127.0.0.1:{port}", SENDER).send(ALERT)
        assert sink.delivered == []


@pytest.fixture(params=["smtp", "folder", "memory"])
def any_mail(request: pytest.FixtureRequest, tmp_path: Path, mail: SmtpMail) -> Mail:
    others: dict[str, Mail] = {
        "smtp": mail,
        "folder": FolderMail(tmp_path, SENDER),
        "memory": MemoryMail(SENDER),
    }
    return others[request.param]


class TestForgery:
    @pytest.mark.parametrize(
        "forged",
        [
            {"subject": "Hello\r\nBcc: all@school.example"},
            {"subject": "Hello\nBcc: all@school.example"},
            {"subject": "Hello\rBcc: all@school.example"},
            {"subject": "Hello\u2028Bcc: all@school.example"},
            {"subject": "Hello\x0bthere"},
            {"subject": "Hello\x00"},
            {"subject": "Hello\ud800"},
            {"to": "lead@school.example\r\nBcc: all@school.example"},
            {"to": "lead@school.example, all@school.example"},
            {"to": "lead@school.example\n"},
            {"to": "Lead <lead@school.example>"},
            {"to": "lead"},
            {"to": ""},
            {"message_id": "a@b\r\nBcc: all@school.example"},
            {"message_id": "<a@b>"},
            {"headers": {"X-Kind": "a\r\nBcc: all@school.example"}},
            {"headers": {"X-Kind: a\r\nBcc": "all@school.example"}},
            {"headers": {"Bcc": "all@school.example"}},
            {"headers": {"content-type": "text/html"}},
            {"headers": {"AUTO-SUBMITTED": "no"}},
            {"text": "lone \udcff surrogate"},
        ],
    )
    async def test_refuses_a_forged_message(
        self, any_mail: Mail, sink: Sink, tmp_path: Path, forged: dict[str, Any]
    ) -> None:
        with pytest.raises(MailRefused):
            await any_mail.send(replace(ALERT, **forged))
        assert sink.delivered == []
        assert os.listdir(tmp_path) == []

    async def test_keeps_header_lines_of_the_text_in_the_text(
        self, mail: SmtpMail, sink: Sink
    ) -> None:
        await mail.send(replace(ALERT, text="\r\n\r\nBcc: all@school.example\r\n.\r\nQUIT\r\n"))
        [(_, recipients, message)] = sink.delivered
        assert recipients == ["lead@school.example"]
        assert message["Bcc"] is None
        assert "QUIT" in message.get_content()


class TestFolder:
    async def test_writes_a_private_file(self, tmp_path: Path) -> None:
        folder = tmp_path / "var" / "mail"
        await FolderMail(folder, SENDER).send(ALERT)
        [file] = folder.iterdir()
        assert file.name == "alert-0198@cairn.example.eml"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        message = email.message_from_bytes(file.read_bytes(), policy=default)
        assert message["To"] == "lead@school.example"
        assert message.get_content().replace("\r\n", "\n") == ALERT.text

    async def test_replaces_the_file_of_a_message_sent_again(self, tmp_path: Path) -> None:
        mail = FolderMail(tmp_path, SENDER)
        await mail.send(ALERT)
        await mail.send(replace(ALERT, subject="Second"))
        [name] = os.listdir(tmp_path)
        assert b"Subject: Second" in (tmp_path / name).read_bytes()

    async def test_stays_in_the_folder_whatever_the_id(self, tmp_path: Path) -> None:
        mail = FolderMail(tmp_path / "mail", SENDER)
        for message_id in ("/../../x@y", "/../../X@y", "a/b@y", "a_b@y"):
            await mail.send(replace(ALERT, message_id=message_id.replace("..", "+")))
        assert os.listdir(tmp_path) == ["mail"]
        assert len(os.listdir(tmp_path / "mail")) == 4

    async def test_may_try_again_when_the_folder_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file")
        with pytest.raises(MailUnavailable):
            await FolderMail(tmp_path / "taken", SENDER).send(ALERT)


class TestMemory:
    async def test_keeps_messages_in_order(self) -> None:
        mail = MemoryMail(SENDER)
        await mail.send(ALERT)
        await mail.send(replace(ALERT, subject="Second"))
        assert [message.subject for message in mail.sent] == [ALERT.subject, "Second"]


class TestMailFromUrl:
    @pytest.mark.parametrize(
        ("url", "kind"),
        [
            ("file:///tmp/cairn%20mail", FolderMail),
            ("smtp://localhost:1025", SmtpMail),
            ("smtp://[::1]:1025", SmtpMail),
            ("smtps://user:p%40ss@mail.example", SmtpMail),
            ("smtp+starttls://mail.example:587", SmtpMail),
        ],
    )
    def test_picks_by_scheme(self, url: str, kind: type) -> None:
        assert type(mail_from_url(url, SENDER)) is kind

    @pytest.mark.parametrize(
        "host", ["mail.example", "10.0.0.1", "127.0.0.1.example", "192.168.0.1"]
    )
    def test_refuses_to_send_in_the_clear(self, host: str) -> None:
        with pytest.raises(ValueError, match="verified TLS"):
            mail_from_url(f"smtp://{host}", SENDER)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "mail.example",
            "imap://x",
            "smtp://",
            "file://host/x",
            "smtps://a?ca=/none.pem",
            "memory://",
        ],
    )
    def test_refuses_other_urls(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"mail (URL|folder)"):
            mail_from_url(url, SENDER)

    @pytest.mark.parametrize("sender", ["", "Cairn", "a@b\r\nBcc: c@d", "a b"])
    def test_refuses_a_sender_that_is_no_address(self, sender: str) -> None:
        with pytest.raises(ValueError, match="the sender"):
            mail_from_url("smtps://mail.example", sender)
