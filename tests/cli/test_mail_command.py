"""The mail route is tried for real: `cairn doctor` against servers, and `cairn mail test`."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.cli.conftest import Cairn
from tests.unit.integrations.test_mail import Sink, certificate, free_port

__all__ = ["certificate"]


def _only_cairn(*asked: object) -> AuthResult:
    data = asked[-1]
    assert isinstance(data, LoginPassword)
    right = (data.login, data.password) == (b"cairn", b"right")
    return AuthResult(success=right, handled=False)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def plain_port(sink: Sink) -> Iterator[int]:
    """A server on this machine, without TLS and without sign-in."""
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


@pytest.fixture
def server(sink: Sink, certificate: tuple[Path, Path]) -> Iterator[int]:
    """A server that wants STARTTLS and a sign-in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    controller = Controller(
        sink, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True,
        authenticator=_only_cairn, auth_required=True,
    )  # fmt: skip
    controller.start()
    yield controller.port
    controller.stop()


def mail_line(cairn: Cairn, url: str) -> str:
    _, said, _ = cairn("doctor", CAIRN_MAIL_URL=url)
    lines = [line.split(maxsplit=2) for line in said.splitlines()]
    return next(f"{state} {rest}" for state, name, rest in lines if name == "mail")


class TestDoctor:
    def test_says_that_the_server_is_down(self, cairn: Cairn) -> None:
        found = mail_line(cairn, f"smtp://127.0.0.1:{free_port()}")
        assert found.startswith("bad the mail server cannot be reached")

    def test_signs_in_over_verified_tls_and_sends_nothing(
        self,
        cairn: Cairn,
        sink: Sink,
        server: int,
        certificate: tuple[Path, Path],
    ) -> None:
        url = f"smtp+starttls://cairn:right@127.0.0.1:{server}?ca={certificate[0]}"
        found = mail_line(cairn, url)
        assert found.startswith("ok"), found
        assert "over verified TLS, and accepts user and password" in found
        assert sink.delivered == []

    def test_says_that_the_password_is_wrong(
        self,
        cairn: Cairn,
        server: int,
        certificate: tuple[Path, Path],
    ) -> None:
        url = f"smtp+starttls://cairn:wrong@127.0.0.1:{server}?ca={certificate[0]}"
        found = mail_line(cairn, url)
        assert found.startswith("bad the mail server refused the user or password")
        assert "wrong" not in found

    def test_says_that_the_certificate_is_not_verified(self, cairn: Cairn, server: int) -> None:
        found = mail_line(cairn, f"smtp+starttls://cairn:right@127.0.0.1:{server}")
        assert found.startswith("bad the mail server's certificate cannot be verified"), found

    def test_says_that_a_server_offers_no_tls_or_no_sign_in(
        self, cairn: Cairn, plain_port: int
    ) -> None:
        found = mail_line(cairn, f"smtp+starttls://127.0.0.1:{plain_port}")
        assert found.startswith("bad the mail server offers no TLS"), found
        found = mail_line(cairn, f"smtp://cairn:right@127.0.0.1:{plain_port}")
        assert found.startswith("bad the mail server offers no sign-in"), found
        assert mail_line(cairn, f"smtp://127.0.0.1:{plain_port}").startswith("ok")


class TestMailTest:
    def test_sends_one_letter(
        self,
        cairn: Cairn,
        sink: Sink,
        server: int,
        certificate: tuple[Path, Path],
    ) -> None:
        url = f"smtp+starttls://cairn:right@127.0.0.1:{server}?ca={certificate[0]}"
        code, said, _ = cairn("mail", "test", "office@school.example", CAIRN_MAIL_URL=url)
        assert code == 0
        assert "office@school.example" in said
        ((_, recipients, message),) = sink.delivered
        assert recipients == ["office@school.example"]
        assert message["Subject"] == "Cairn: a trial of email"
        assert "nothing to do" in message.get_content()

    def test_says_why_it_was_not_sent(self, cairn: Cairn, sink: Sink, plain_port: int) -> None:
        sink.to_recipient = "550 No such mailbox of ours"
        url = f"smtp://127.0.0.1:{plain_port}"
        code, said, wrong = cairn("mail", "test", "office@school.example", CAIRN_MAIL_URL=url)
        assert (code, said) == (1, "")
        assert "not sent: the mail server refused the message (550)" in wrong
        assert "mailbox of ours" not in wrong
        assert cairn("mail", "test", "no address", CAIRN_MAIL_URL=url)[0] == 1

    def test_says_that_a_folder_reaches_no_one(self, cairn: Cairn, tmp_path: Path) -> None:
        code, said, _ = cairn("mail", "test", "office@school.example")
        assert code == 0
        assert "reaches no one" in said
        assert len([*(tmp_path / "mail").glob("*.eml")]) == 1
