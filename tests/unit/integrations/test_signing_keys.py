"""Signing keys: made once, closed to others, rotated, published, and seen by every process."""

import base64
import hashlib
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from typer.testing import CliRunner

from app.cli.keys import app as keys_command
from app.core import clock
from app.integrations.signing_keys import BrokenKeyFile, KeyRing, NoSigningKey, UnsafeKeyStore

pytestmark = pytest.mark.machine_time

NOW = datetime(2020, 11, 25, 12, 0, 0, tzinfo=UTC)
"""Long before any clock: a key made then is in use."""
AT_ONCE = timedelta(0)
ENSURE_ON_A_SIGN = """
import sys
from pathlib import Path
from app.integrations.signing_keys import KeyRing
print("ready", flush=True)
sys.stdin.readline()
print(KeyRing(Path(sys.argv[1])).ensure().kid)
"""


def after(**amount: float) -> datetime:
    return NOW + timedelta(**amount)


def kids(ring: KeyRing) -> list[str]:
    return [key["kid"] for key in ring.jwks()["keys"]]


def write_key(path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "some" / "keys"


@pytest.fixture
def ring(directory: Path) -> KeyRing:
    ring = KeyRing(directory, look_every=AT_ONCE, look_for_unknown_every=AT_ONCE)
    with clock.frozen(NOW):
        ring.ensure()
    return ring


class TestEnsure:
    def test_makes_one_key_that_signs_from_now_on(self, ring: KeyRing) -> None:
        with clock.frozen(NOW):
            assert ring.current().activates_at == NOW

    def test_closes_directory_and_files_to_others(self, ring: KeyRing, directory: Path) -> None:
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert set(modes.values()) == {0o600}
        assert ring.current().path in modes

    def test_names_the_file_by_time_and_thumbprint(self, ring: KeyRing, directory: Path) -> None:
        (path,) = directory.glob("*.pem")
        assert path.name == f"20201125T120000Z-{ring.current().kid}.pem"
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", ring.current().kid)

    def test_leaves_an_existing_key_alone(self, ring: KeyRing, directory: Path) -> None:
        assert KeyRing(directory).ensure().kid == ring.current().kid

    def test_makes_one_key_for_eight_processes(self, directory: Path) -> None:
        command = [sys.executable, "-c", ENSURE_ON_A_SIGN, str(directory)]
        starters = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(8)
        ]
        for starter in starters:
            assert starter.stdout is not None
            assert starter.stdout.readline() == "ready\n"
        for starter in starters:
            assert starter.stdin is not None
            starter.stdin.write("\n")
            starter.stdin.flush()
        answers = {starter.communicate(timeout=30)[0] for starter in starters}
        (path,) = directory.glob("*.pem")
        assert answers == {f"{KeyRing(directory).current().kid}\n"}
        assert KeyRing(directory).current().path == path
        assert not list(directory.glob(".new-*"))


class TestRotate:
    def test_publishes_the_new_key_before_it_signs(self, ring: KeyRing) -> None:
        old = ring.current()
        with clock.frozen(NOW):
            new = ring.rotate(timedelta(minutes=10))
            assert kids(ring) == [old.kid, new.kid]
            assert ring.current().kid == old.kid
        with clock.frozen(after(minutes=10)):
            assert ring.current().kid == new.kid

    def test_keeps_the_old_key_for_verifying_until_keep_has_passed(self, ring: KeyRing) -> None:
        old = ring.current()
        with clock.frozen(NOW):
            new = ring.rotate(timedelta(minutes=10))
        with clock.frozen(after(hours=24, minutes=9, seconds=59)):
            assert kids(ring) == [old.kid, new.kid]
            assert ring.find(old.kid) is not None
        with clock.frozen(after(hours=24, minutes=10)):
            assert kids(ring) == [new.kid]
            assert ring.find(old.kid) is None

    def test_deletes_a_key_that_nobody_needs(self, ring: KeyRing) -> None:
        old = ring.current()
        with clock.frozen(NOW):
            second = ring.rotate(AT_ONCE)
        assert old.path.exists()
        with clock.frozen(after(hours=25)):
            third = ring.rotate(AT_ONCE)
        assert not old.path.exists()
        assert [key.kid for key in ring.all()] == [second.kid, third.kid]

    def test_lets_no_two_keys_activate_in_one_second(self, ring: KeyRing) -> None:
        with clock.frozen(NOW):
            moments = [ring.rotate(AT_ONCE).activates_at for _ in range(3)]
        assert moments == [after(seconds=1), after(seconds=2), after(seconds=3)]

    def test_refuses_where_no_key_signs_yet(self, tmp_path: Path) -> None:
        with pytest.raises(NoSigningKey, match="does not exist"):
            KeyRing(tmp_path / "nowhere").rotate()
        assert not (tmp_path / "nowhere").exists()


class TestFind:
    def test_sees_another_processes_new_key_at_once(self, ring: KeyRing, directory: Path) -> None:
        elsewhere = KeyRing(
            directory, look_every=timedelta(hours=1), look_for_unknown_every=AT_ONCE
        )
        elsewhere.ensure()
        with clock.frozen(NOW):
            new = ring.rotate()
            found = elsewhere.find(new.kid)
        assert found is not None
        assert found.kid == new.kid

    def test_looks_for_unknown_keys_at_a_limited_rate(self, ring: KeyRing, directory: Path) -> None:
        hour = timedelta(hours=1)
        elsewhere = KeyRing(directory, look_every=hour, look_for_unknown_every=hour)
        elsewhere.ensure()
        with clock.frozen(NOW):
            assert elsewhere.find("unknown") is None
            assert elsewhere.find(ring.rotate().kid) is None

    def test_notices_a_new_key_without_being_asked_for_it(
        self, ring: KeyRing, directory: Path
    ) -> None:
        elsewhere = KeyRing(directory, look_every=AT_ONCE)
        elsewhere.ensure()
        with clock.frozen(NOW):
            ring.rotate()
            assert kids(elsewhere) == kids(ring)

    def test_gives_the_same_objects_while_nothing_changes(self, ring: KeyRing) -> None:
        assert ring.keys() is ring.keys()


class TestJwks:
    def test_publishes_public_parts_only(self, ring: KeyRing) -> None:
        (key,) = ring.jwks()["keys"]
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")

    def test_names_each_key_by_its_rfc_7638_thumbprint(self, ring: KeyRing) -> None:
        (key,) = ring.jwks()["keys"]
        canonical = f'{{"crv":"P-256","kty":"EC","x":"{key["x"]}","y":"{key["y"]}"}}'
        digest = base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest())
        assert key["kid"] == digest.decode().rstrip("=")


class TestRefuse:
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o602])
    def test_refuses_a_file_open_to_others(self, mode: int, ring: KeyRing, directory: Path) -> None:
        ring.current().path.chmod(mode)
        with pytest.raises(UnsafeKeyStore, match=f"mode 0{mode:o}.*chmod 0600"):
            KeyRing(directory).ensure()

    @pytest.mark.parametrize("mode", [0o750, 0o705, 0o701, 0o777])
    def test_refuses_a_directory_open_to_others(
        self, mode: int, ring: KeyRing, directory: Path
    ) -> None:
        ring.current()
        directory.chmod(mode)
        with pytest.raises(UnsafeKeyStore, match="chmod 0700"):
            KeyRing(directory).current()
        with pytest.raises(UnsafeKeyStore, match="chmod 0700"):
            KeyRing(directory).ensure()

    def test_refuses_a_file_with_another_keys_name(self, ring: KeyRing, directory: Path) -> None:
        ring.current()
        write_key(
            directory / f"20201125T130000Z-{'A' * 43}.pem", ec.generate_private_key(ec.SECP256R1())
        )
        with pytest.raises(BrokenKeyFile, match="another id"):
            KeyRing(directory).current()

    @pytest.mark.parametrize("name", ["key.pem", "20201125T120000-a.pem"])
    def test_refuses_a_name_it_cannot_read(self, name: str, ring: KeyRing, directory: Path) -> None:
        ring.current()
        (directory / name).touch(mode=0o600)
        with pytest.raises(BrokenKeyFile, match="expected a name"):
            KeyRing(directory).current()

    def test_refuses_a_date_that_does_not_exist(self, ring: KeyRing, directory: Path) -> None:
        path = ring.current().path
        path.rename(directory / path.name.replace("20201125", "20201340"))
        with pytest.raises(BrokenKeyFile, match="not a moment"):
            KeyRing(directory).current()

    @pytest.mark.parametrize(
        "key",
        [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048), None],
        ids=["P-384", "RSA", "no key"],
    )
    def test_refuses_another_kind_of_key(
        self,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None,
        ring: KeyRing,
    ) -> None:
        path = ring.current().path
        path.write_bytes(b"none") if key is None else write_key(path, key)
        with pytest.raises(BrokenKeyFile, match="not a"):
            KeyRing(path.parent).current()

    def test_goes_on_with_the_keys_it_has_when_a_bad_file_appears(
        self, ring: KeyRing, directory: Path
    ) -> None:
        before = ring.current()
        (directory / "key.pem").touch(mode=0o600)
        assert ring.current() is before

    def test_refuses_to_sign_before_the_first_key_is_active(self, ring: KeyRing) -> None:
        with clock.frozen(after(seconds=-1)), pytest.raises(NoSigningKey):
            ring.current()

    def test_shows_nothing_secret_of_a_key(self, ring: KeyRing) -> None:
        assert "PRIVATE" not in repr(ring.current())
        assert "object at" not in repr(ring.current())


class TestCommands:
    @pytest.fixture(autouse=True)
    def _settings(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CAIRN_KEYS_DIR", str(directory))

    def test_rotate_adds_a_key_and_list_shows_both(self, ring: KeyRing) -> None:
        old = ring.current()
        rotated = CliRunner().invoke(keys_command, ["rotate"])
        assert rotated.exit_code == 0
        first, second = CliRunner().invoke(keys_command, ["list"]).output.splitlines()
        assert first.startswith(f"{old.kid}  signing")
        assert second.split()[:2] == [rotated.output.split()[0], "published"]

    def test_list_tells_retired_from_unused(self, ring: KeyRing) -> None:
        with clock.frozen(NOW):
            ring.rotate(AT_ONCE)
        with clock.frozen(after(hours=1)):
            assert uses() == ["retired", "signing"]
        with clock.frozen(after(hours=25)):
            assert uses() == ["unused", "signing"]

    @pytest.mark.parametrize("command", ["rotate", "list"])
    def test_says_plainly_what_is_wrong(self, command: str) -> None:
        answer = CliRunner().invoke(keys_command, [command])
        assert answer.exit_code == 1
        assert "does not exist" in answer.stderr


def uses() -> list[str]:
    """The second column of the list."""
    listed = CliRunner().invoke(keys_command, ["list"]).output
    return [line.split()[1] for line in listed.splitlines()]
