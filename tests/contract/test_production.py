"""With the settings of a school: a durable server, real hashes, no address of this machine.

The rest of the suite runs with all three unsafe settings; here one module of it runs without any.
"""

import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.api.runtime import Runtime
from app.cli import main
from app.core.settings import Settings
from app.db import embedded
from app.db.app_role import UnsafeRole, check_app_role
from app.db.embedded import RunningServer
from app.db.migrate import migrate
from app.integrations.passwords import Argon2Passwords
from app.main import build_app, build_runtime
from tests.api.people.test_passwords import TestChangePassword, TestConfirmPasswordReset, teacher  # noqa: F401 - they run here, too
from tests.faults.replicas import ask, configure
from tests.world import World

UNSAFE = tuple(name for name in Settings.model_fields if name.startswith("unsafe_"))
FAR = "https://cairn.school.example"
STANDBYS = "synchronous_standby_names"


@pytest.fixture(scope="module")
def durable() -> Iterator[RunningServer]:
    """A server as `make demo` starts it."""
    directory = Path(tempfile.mkdtemp(prefix="cairn-durable-"))
    directory.chmod(0o755)
    try:
        yield embedded.start(directory / "postgres", durable=True)
    finally:
        embedded.erase(directory / "postgres")
        directory.rmdir()


@pytest.fixture(scope="module")
def urls(durable: RunningServer) -> tuple[str, str]:
    """The owner's and the application's URL."""
    return World.new_database(durable.admin_url, migrate)


@pytest.fixture(scope="module")
def environment(urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All that a school has to set; everything else is as it comes."""
    folder = tmp_path_factory.mktemp("production")
    return {
        "CAIRN_DATABASE_URL": urls[1],
        "CAIRN_BASE_URL": FAR,
        "CAIRN_KEYS_DIR": str(folder / "keys"),
        "CAIRN_CHECKPOINT_FILE": str(folder / "checkpoints.txt"),
        "CAIRN_STORAGE_URL": f"file://{folder / 'attachments'}",
        "CAIRN_MAIL_URL": f"file://{folder / 'mail'}",
    }


@pytest.fixture(scope="module")
async def world(environment: dict[str, str], urls: tuple[str, str]) -> AsyncIterator[World]:
    """The application with production settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        settings = Settings(log_level="error")
    runtime = build_runtime(settings)
    yield World(build_app(settings, runtime), runtime, owner_url=urls[0])
    await runtime.drain()
    await runtime.database.close()


def run(
    patch: pytest.MonkeyPatch, environment: dict[str, str], *words: str, **changed: str
) -> int | str | None:
    """`cairn` in this process; how it ended."""
    for name, value in {**environment, **changed}.items():
        patch.setenv(name, value)
    patch.setattr(sys, "argv", ["cairn", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


class TestAnUnsafeSetting:
    @pytest.mark.parametrize("name", UNSAFE)
    @pytest.mark.parametrize("url", [FAR, "http://10.0.0.7:8000", "http://localhost.example"])
    def test_is_refused_beside_a_base_url_that_is_not_local(self, name: str, url: str) -> None:
        with pytest.raises(ValidationError, match=f"CAIRN_{name.upper()}"):
            Settings(base_url=url, **{name: True})  # type: ignore[arg-type]

    @pytest.mark.parametrize("name", UNSAFE)
    @pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::1]", "http://localhost:80"])
    def test_is_taken_on_this_machine(self, name: str, url: str) -> None:
        assert Settings(base_url=url, **{name: True}).unsafe == (f"CAIRN_{name.upper()}",)  # type: ignore[arg-type]

    @pytest.mark.parametrize("command", ["serve", "worker", "migrate", "doctor"])
    @pytest.mark.parametrize("name", UNSAFE)
    def test_starts_nothing(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        environment: dict[str, str],
        command: str,
        name: str,
    ) -> None:
        setting = f"CAIRN_{name.upper()}"
        assert run(monkeypatch, environment, command, **{setting: "true"}) == 1
        assert f"{setting} cannot be set where CAIRN_BASE_URL is not" in capsys.readouterr().err

    @pytest.mark.parametrize("name", UNSAFE)
    async def test_is_shouted_by_readiness(
        self, world: World, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = world.runtime.settings.model_copy(update={name: True})
        monkeypatch.setattr(world.runtime, "settings", settings)
        found = (await world.anybody.get("/readyz")).json()
        assert found["status"] == "unsafe"
        assert found["unsafe"] == [f"CAIRN_{name.upper()}"]

    @pytest.mark.parametrize("name", UNSAFE)
    def test_is_shouted_by_doctor(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        environment: dict[str, str],
        name: str,
    ) -> None:
        local = {"CAIRN_BASE_URL": "http://localhost", f"CAIRN_{name.upper()}": "true"}
        assert run(monkeypatch, environment, "doctor", **local) == 1
        assert f"NOT FOR A SCHOOL: CAIRN_{name.upper()}" in capsys.readouterr().out


class TestProduction:
    async def test_is_ready_without_a_word(self, world: World) -> None:
        found = (await world.anybody.get("/readyz")).json()
        assert found["status"] == "ready"
        assert "unsafe" not in found

    def test_is_what_doctor_finds_good(
        self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], urls: tuple[str, str]
    ) -> None:
        owner = {"CAIRN_MIGRATION_DATABASE_URL": urls[0]}
        assert not run(monkeypatch, environment, "doctor", **owner)

    def test_hashes_for_real_and_reaches_nothing_here(self, world: World) -> None:
        runtime: Runtime = world.runtime
        assert isinstance(runtime.passwords, Argon2Passwords)
        assert not getattr(runtime.providers, "local", False)


class TestDurability:
    """Start refuses a yes that would be worth less than it says."""

    @pytest.mark.parametrize("weak", ["off", "local", "remote_write"])
    def test_of_a_standby_asks_for_its_disk(self, durable: RunningServer, weak: str) -> None:
        url = self.role(durable, synchronous_commit=weak)
        with pytest.raises(UnsafeRole, match="synchronous"):
            check_app_role(url, "standby")
        configure(durable, STANDBYS, "*")
        try:
            with pytest.raises(UnsafeRole, match="synchronous_commit"):
                check_app_role(url, "standby")
            with pytest.raises(UnsafeRole, match="synchronous_commit"):
                check_app_role(url)
        finally:
            configure(durable, STANDBYS, "")

    def test_of_a_disk_asks_for_the_disk(self, durable: RunningServer) -> None:
        with pytest.raises(UnsafeRole, match="could lose"):
            check_app_role(self.role(durable, synchronous_commit="off"))
        check_app_role(self.role(durable, synchronous_commit="local"))
        check_app_role(self.role(durable, synchronous_commit="on"))

    def test_of_a_standby_asks_for_one(self, durable: RunningServer) -> None:
        url = self.role(durable, synchronous_commit="on")
        with pytest.raises(UnsafeRole, match="synchronous_standby_names"):
            check_app_role(url, "standby")
        configure(durable, STANDBYS, "*")
        try:
            check_app_role(url, "standby")
        finally:
            configure(durable, STANDBYS, "")

    @staticmethod
    def role(server: RunningServer, **settings: str) -> str:
        """The URL of a role that owns nothing and has these settings."""
        name, password = f"weak_{secrets.token_hex(4)}", secrets.token_hex(8)
        ask(server, f"create role {name} login password '{password}'")
        for setting, value in settings.items():
            ask(server, f"alter role {name} set {setting} = '{value}'")
        return server.url(name, password, "postgres")
