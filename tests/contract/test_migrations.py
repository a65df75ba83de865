"""Migrations: from nothing up, down and up again, and no drift from the models."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url

from app.db.app_role import UnsafeRole, check_app_role
from app.db.migrate import alembic_config, migrate
from app.db.models import Base
from tests.contract.test_areas import AREAS
from tests.world import World

LEFT_BEHIND = {"alembic_version"}
OBJECTS = """
select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
  and c.relkind in ('r', 'p', 'v', 'm', 'S')
union all
select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace
  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
union all
select t.typname from pg_type t where t.typnamespace = 'public'::regnamespace
  and t.typtype in ('e', 'd')
"""
CONSTRAINTS = """
select o.conname from pg_constraint o join pg_class c on c.oid = o.conrelid
where c.relnamespace = 'public'::regnamespace and o.contype <> 'n'
  and c.relname <> 'alembic_version' and c.relname not like 'procrastinate%'
"""


@pytest.fixture
def urls(admin_url: str) -> Iterator[tuple[str, str]]:
    """A new empty database: the owner's and an application's URL."""
    with a_database(admin_url) as made:
        yield made


@pytest.fixture(scope="module")
def migrated(admin_url: str) -> Iterator[tuple[str, str]]:
    """One that was migrated, for the tests that only look."""
    with a_database(admin_url) as made:
        migrate(*made)
        yield made


@contextmanager
def a_database(admin_url: str) -> Iterator[tuple[str, str]]:
    """A database, which is dropped afterwards."""
    made: list[tuple[str, str]] = []
    World.new_database(admin_url, lambda owner, app: made.append((owner, app)))
    yield made[0]
    name = make_url(made[0][0]).database
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


def objects(owner_url: str) -> set[str]:
    with psycopg.connect(owner_url) as connection:
        return {str(row[0]) for row in connection.execute(OBJECTS)}


class TestUpgrade:
    def test_from_an_empty_database_reaches_the_head(self, migrated: tuple[str, str]) -> None:
        heads = ScriptDirectory.from_config(alembic_config(migrated[0])).get_heads()
        with psycopg.connect(migrated[0]) as connection:
            assert connection.execute("select version_num from alembic_version").fetchall() == [
                (head,) for head in heads
            ]
        assert len(heads) == 1

    def test_may_be_repeated(self, migrated: tuple[str, str]) -> None:
        migrate(*migrated)

    def test_leaves_nothing_for_autogenerate_to_do(self, migrated: tuple[str, str]) -> None:
        command.check(alembic_config(migrated[0]))

    def test_is_compared_with_the_models_for_real(self, urls: tuple[str, str]) -> None:
        """The comparison above would pass blindly where it compared with nothing."""
        engine = create_engine(make_url(urls[0]).set(drivername="postgresql+psycopg"))
        with engine.connect() as connection:
            found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        engine.dispose()
        added = {diff[1].name for diff in found if diff[0] == "add_table"}
        assert added == set(Base.metadata.tables)

    def test_names_every_constraint_as_the_models_do(self, migrated: tuple[str, str]) -> None:
        """Autogenerate compares no names of checks and keys."""
        named = postgresql.dialect().identifier_preparer.format_constraint  # type: ignore[no-untyped-call]
        with psycopg.connect(migrated[0]) as connection:
            assert sorted(row[0] for row in connection.execute(CONSTRAINTS)) == sorted(
                str(named(constraint))
                for table in Base.metadata.tables.values()
                for constraint in table.constraints
            )

    def test_makes_each_table_in_the_file_of_its_area(self) -> None:
        areas = {
            mapper.local_table.name: mapper.class_.__module__.split(".")[3]  # type: ignore[attr-defined]
            for mapper in Base.registry.mappers
        }
        for script in ScriptDirectory.from_config(alembic_config("")).walk_revisions():
            area = Path(script.path).stem.partition("_")[2]
            if area in AREAS:
                assert {areas[table] for table in script.module.TABLES} == {area}

    def test_makes_no_account(self, migrated: tuple[str, str]) -> None:
        with psycopg.connect(migrated[0]) as connection:
            for table in ("account", "service_key", "organisation", "totp_secret"):
                counted = connection.execute(
                    sql.SQL("select count(*) from {}").format(sql.Identifier(table))
                ).fetchone()
                assert counted == (0,), table

    def test_gives_a_role_that_the_server_accepts(self, migrated: tuple[str, str]) -> None:
        check_app_role(migrated[1], accept_unsafe=True)
        with pytest.raises(UnsafeRole):
            check_app_role(migrated[0], accept_unsafe=True)

    def test_limits_what_the_role_may_wait_for(self, migrated: tuple[str, str]) -> None:
        with psycopg.connect(migrated[1]) as connection:
            for setting in ("statement_timeout", "lock_timeout"):
                row = connection.execute("select current_setting(%s)", [setting]).fetchone()
                assert row is not None
                assert row[0] != "0"


class TestDowngrade:
    def test_leaves_nothing_and_can_be_followed_by_an_upgrade(self, urls: tuple[str, str]) -> None:
        migrate(*urls)
        before = objects(urls[0])
        command.downgrade(alembic_config(urls[0]), "base")
        assert objects(urls[0]) == LEFT_BEHIND
        migrate(*urls)
        assert objects(urls[0]) == before
        command.check(alembic_config(urls[0]))
