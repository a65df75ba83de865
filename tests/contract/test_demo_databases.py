"""The demo on a PostgreSQL server of the user's: it asks for what it needs and spares the rest."""

import secrets
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from app.cli.demo import databases
from app.cli.demo.databases import LOADING, Record, UsersServer
from app.cli.demo.folder import Folder
from app.cli.failures import CommandFailed

pytestmark = pytest.mark.machine_time


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def owner_url(admin_url: str) -> str:
    """An empty database whose owner may not create roles."""
    name, password = f"owned_{secrets.token_hex(4)}", secrets.token_hex(8)
    as_admin(
        admin_url,
        f"create role {name} login password '{password}'",
        f"create database {name} owner {name}",
    )
    url = make_url(admin_url).set(
        drivername="postgresql", username=name, password=password, database=name
    )
    return url.render_as_string(hide_password=False)


def as_admin(admin_url: str, *statements: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(sql.SQL(statement))


def asked_for(server: UsersServer) -> list[str]:
    """The statements the demo asks somebody to run."""
    with pytest.raises(CommandFailed, match="may not create roles") as refused:
        server.start(print)
    return [line.strip() for line in str(refused.value).splitlines() if line.startswith("  ")]


def a_record(admin_url: str, owner_url: str, folder: Folder) -> Record:
    server = UsersServer(owner_url, folder)
    as_admin(admin_url, *asked_for(server))
    return server.start(print)


class TestStart:
    def test_says_what_to_run_and_that_is_enough(
        self, admin_url: str, owner_url: str, folder: Folder
    ) -> None:
        record = a_record(admin_url, owner_url, folder)
        record.migrate()
        with psycopg.connect(record.app_url) as connection:
            assert connection.execute("select count(*) from child").fetchone() == (0,)
            assert connection.execute("show lock_timeout").fetchone() == ("2s",)

    def test_makes_the_role_itself_where_it_may(
        self, admin_url: str, owner_url: str, folder: Folder
    ) -> None:
        as_admin(admin_url, f"alter role {make_url(owner_url).username} superuser")
        record = UsersServer(owner_url, folder).start(print)
        record.migrate()
        with psycopg.connect(record.app_url) as connection:
            assert connection.execute("select count(*) from child").fetchone() == (0,)

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("postgresql://nobody:x@127.0.0.1:1/none", "does not take us"),
            ("mysql//", "is written postgresql://"),
        ],
    )
    def test_explains_an_address_that_does_not_work(
        self, url: str, said: str, folder: Folder
    ) -> None:
        with pytest.raises(CommandFailed, match=said):
            UsersServer(url, folder).start(print)

    def test_refuses_a_server_that_is_too_old(
        self, owner_url: str, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(databases, "OLDEST", 99)
        with pytest.raises(CommandFailed, match="needs 99 or later"):
            UsersServer(owner_url, folder).start(print)


class TestEmpty:
    def test_drops_what_the_demo_made_after_saying_so(
        self, admin_url: str, owner_url: str, folder: Folder
    ) -> None:
        record = a_record(admin_url, owner_url, folder)
        record.migrate()
        record.set_mark(LOADING)
        assert record.mark() == LOADING
        said: list[str] = []
        record.empty(said.append)
        assert record.name in said[0]
        assert record.mark() is None
        with psycopg.connect(owner_url) as connection:
            assert connection.execute(
                "select count(*) from pg_tables where schemaname = 'public'"
            ).fetchone() == (0,)
        record.migrate()

    def test_never_touches_a_record_that_the_demo_did_not_make(
        self, admin_url: str, owner_url: str, folder: Folder
    ) -> None:
        record = a_record(admin_url, owner_url, folder)
        record.migrate()
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute(
                "insert into account (id, email, created_at)"
                " values (gen_random_uuid(), 'a@example.org', now())"
            )
        for change in (record.migrate, lambda: record.empty(print)):
            with pytest.raises(CommandFailed, match="did not make"):
                change()
        with psycopg.connect(owner_url) as connection:
            assert connection.execute("select count(*) from account").fetchone() == (1,)
