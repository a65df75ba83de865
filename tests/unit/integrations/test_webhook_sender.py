"""The sender before a receiver of its own process that behaves badly, and names that lie."""

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.core import clock
from app.core.targets import Reach
from app.integrations.webhook_sender import Answer, HttpSender, retry_after_of
from tests.receiver import METADATA, Receiver, a_receiver

NAME = "receiver.example"
HERE = Reach.of(("127.0.0.0/8",), (), local=True)
HEADERS = {"webhook-id": "one", "webhook-timestamp": "1", "webhook-signature": "v1,x"}


class Names:
    """A name server that answers as a test says, another answer each time where there are more."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answer = self.answers[0]
        if len(self.answers) > 1:
            self.answers.pop(0)
        if not answer:
            raise OSError("no such name")
        return answer


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with a_receiver() as running:
        yield running


def a_certificate(folder: Path, name: str) -> Path:
    """A certificate of its own authority, with its key, for one name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3_650))
        .not_valid_after(now + timedelta(days=3_650))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.9"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path


async def send(
    url: str, *answers: Sequence[str], reach: Reach = HERE, seconds: float = 15.0
) -> tuple[Answer, Names]:
    """One attempt; names are answered as told."""
    names = Names(*(answers or (["127.0.0.1"],)))
    sender = HttpSender(reach, resolve=names, seconds=seconds)
    try:
        return await sender.send(url, HEADERS, b'{"type":"x"}'), names
    finally:
        sender.close()


def at(receiver: Receiver, path: str, mode: str = "ok") -> str:
    """The address of a path, which behaves from now on."""
    receiver.behave(path, mode)
    return f"http://{NAME}:{receiver.port}{path}"


class TestAnAttempt:
    async def test_posts_what_was_signed(self, receiver: Receiver) -> None:
        answer, names = await send(at(receiver, "/plain") + "?a=1")
        assert (answer.status, answer.code) == (200, None)
        assert names.asked == [NAME]
        (got,) = receiver.got("/plain")
        assert got["body"] == '{"type":"x"}'
        assert got["headers"].items() >= HEADERS.items()
        assert got["headers"]["host"] == f"{NAME}:{receiver.port}"
        assert got["headers"]["content-type"] == "application/json"
        assert got["headers"]["user-agent"] == "Cairn"
        assert "cookie" not in got["headers"]

    @pytest.mark.parametrize(
        ("mode", "status", "code"),
        [
            ("status:204", 204, None),
            ("status:299", 299, None),
            ("status:400", 400, "refused_by_receiver"),
            ("status:500", 500, "refused_by_receiver"),
            ("status:503", 503, "refused_by_receiver"),
            ("status:410", 410, "gone"),
            ("status:304", 304, "redirected"),
            ("redirect", 302, "redirected"),
            ("cut_in_head", None, "connection_lost"),
            ("silent", None, "connection_lost"),
            ("cut_in_body", 200, None),
        ],
    )
    async def test_ends_as_the_receiver_answers(
        self, receiver: Receiver, mode: str, status: int | None, code: str | None
    ) -> None:
        answer, _ = await send(at(receiver, f"/{mode.replace(':', '-')}", mode))
        assert (answer.status, answer.code) == (status, code)

    async def test_never_follows_a_redirect(self, receiver: Receiver) -> None:
        inside = at(receiver, "/inside")
        for to in (METADATA, inside):
            answer, names = await send(at(receiver, "/away", f"redirect:{to}"))
            assert answer.code == "redirected"
            assert names.asked == [NAME]
        assert receiver.got("/inside") == []

    async def test_reads_only_a_little_of_an_endless_answer(self, receiver: Receiver) -> None:
        answer, _ = await send(at(receiver, "/endless", "endless"))
        assert (answer.status, answer.code) == (200, None)
        assert answer.milliseconds < 1_500

    async def test_does_not_listen_long_to_one_that_drips(self, receiver: Receiver) -> None:
        answer, _ = await send(at(receiver, "/drip", "dripping"))
        assert (answer.status, answer.code) == (200, None)
        assert answer.milliseconds < 4_000

    async def test_gives_up_a_slow_receiver(self, receiver: Receiver) -> None:
        answer, _ = await send(at(receiver, "/slow", "slow:3"), seconds=0.5)
        assert (answer.status, answer.code) == (None, "timed_out")
        assert 400 < answer.milliseconds < 2_000

    async def test_gives_up_a_slow_name_server(self) -> None:
        async def never(_host: str, _port: int) -> Sequence[str]:
            import asyncio

            await asyncio.sleep(30)
            return []

        answer = await HttpSender(HERE, resolve=never, seconds=0.2).send(
            f"http://{NAME}:8000/", HEADERS, b"{}"
        )
        assert answer.code == "timed_out"

    async def test_says_where_nobody_listens(self) -> None:
        from tests.openid import free_port

        answer, _ = await send(f"http://{NAME}:{free_port()}/")
        assert (answer.status, answer.code) == (None, "unreachable")

    async def test_tells_how_long_the_receiver_asks_to_be_left(self, receiver: Receiver) -> None:
        answer, _ = await send(at(receiver, "/busy", "busy:120"))
        assert (answer.status, answer.retry_after) == (429, 120)

    async def test_goes_by_no_proxy(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        answer, _ = await send(at(receiver, "/unproxied"))
        assert answer.code is None


class TestATargetThatIsNotPublic:
    @pytest.mark.parametrize(
        "addresses",
        [
            ["10.0.0.1"],
            ["169.254.169.254"],
            ["::1"],
            ["::ffff:127.0.0.1"],
            ["64:ff9b::a9fe:a9fe"],
            ["127.0.0.1", "192.168.0.1"],
            ["192.168.0.1", "127.0.0.1"],
        ],
    )
    async def test_is_refused_where_only_one_of_its_addresses_is(
        self, receiver: Receiver, addresses: list[str]
    ) -> None:
        answer, _ = await send(at(receiver, "/private"), addresses)
        assert (answer.status, answer.code) == (None, "target_refused")
        assert receiver.got("/private") == []

    async def test_is_refused_by_default_on_this_very_machine(self, receiver: Receiver) -> None:
        outside = Reach.of((), (), local=True)
        answer, _ = await send(at(receiver, "/loopback"), ["127.0.0.1"], reach=outside)
        assert answer.code == "target_refused"
        real = HttpSender(outside)
        answer = await real.send(f"http://localhost:{receiver.port}/loopback", HEADERS, b"{}")
        real.close()
        assert answer.code == "target_refused"
        assert receiver.got("/loopback") == []

    async def test_is_refused_in_a_written_address_at_every_attempt(self) -> None:
        answer, names = await send("http://169.254.169.254/latest/", reach=HERE)
        assert answer.code == "target_refused"
        assert names.asked == []

    async def test_is_not_reached_by_a_name_that_changes_its_mind(self, receiver: Receiver) -> None:
        """The second answer is never asked for within an attempt, and is refused in the next."""
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        sender = HttpSender(HERE, resolve=names)
        url = at(receiver, "/rebinding")
        assert (await sender.send(url, HEADERS, b"{}")).code is None
        assert names.asked == [NAME]
        assert (await sender.send(url, HEADERS, b"{}")).code == "target_refused"
        assert len(receiver.got("/rebinding")) == 1

    async def test_is_told_from_a_name_that_is_not_known(self) -> None:
        answer, _ = await send(f"http://{NAME}:8000/", [])
        assert answer.code == "name_unknown"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_certificate(tmp_path_factory.mktemp("tls"), NAME)


@pytest.fixture(scope="module")
def secure(certificate: Path) -> Iterator[Receiver]:
    with a_receiver(certificate) as running:
        yield running


class TestTls:
    async def attempt(self, secure: Receiver, name: str, trusted: Path | None) -> Answer:
        trust = ssl.create_default_context(cafile=str(trusted) if trusted else None)
        sender = HttpSender(HERE, resolve=Names(["127.0.0.1"]), trust=trust)
        return await sender.send(f"https://{name}:{secure.port}/tls", HEADERS, b"{}")

    async def test_holds_the_certificate_against_the_name(
        self, secure: Receiver, certificate: Path
    ) -> None:
        assert (await self.attempt(secure, NAME, certificate)).code is None
        assert len(secure.got("/tls")) == 1
        assert (await self.attempt(secure, "other.example", certificate)).code == "tls_failed"
        assert (await self.attempt(secure, NAME, None)).code == "tls_failed"
        assert len(secure.got("/tls")) == 1


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("said", "seconds"),
        [
            (None, None), ("120", 120), ("0", 0), ("-5", None), ("1e9", None), ("soon", None),
            ("9" * 10, None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("²", None),
        ],
    )  # fmt: skip
    def test_is_read(self, said: str | None, seconds: int | None) -> None:
        assert retry_after_of(said) == seconds

    def test_is_read_as_a_moment(self) -> None:
        with clock.frozen(datetime(2026, 11, 25, 10, tzinfo=UTC)):
            assert retry_after_of("Wed, 25 Nov 2026 10:02:00 GMT") == 120
