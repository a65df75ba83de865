"""Reads the catalogue of a migrated database: no table may lack any part of its protection.

The sweeps grow by themselves: they start from the catalogue and from the mapped nouns.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from app.core.words import Role
from app.db.migrate import GROUP
from app.db.models import Base
from app.db.repositories.access.audit_seals import LOGS
from tests.world import School, World

FREE_OF_SCHOOLS = {
    "account",
    "account_identity",
    "account_token",
    "alembic_version",
    "auth_session",
    "job_progress",
    "organisation",
    "passkey",
    "passkey_challenge",
    "periodic_tick",
    "rate_limit",
    "recovery_code",
    "refresh_token",
    "restore_hold",
    "sandbox",
    "scan_round",
    "sign_in_attempt",
    "sign_in_guard",
    "sign_in_nonce",
    "totp_secret",
    "used_id_token",
}
"""Every table without school_id: persons and their sign-in, the tenants, and the tools' own."""
QUEUE = "procrastinate"
MODELS = {table.name: table for table in Base.metadata.tables.values()}
CLASSES = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
SCHOOL_TABLES = sorted(name for name in MODELS if "school_id" in MODELS[name].columns)
TENANT_TABLES = [*SCHOOL_TABLES, "organisation"]

TABLES = """
select c.relname from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  and c.relname not like 'procrastinate%%'
order by 1
"""
WITH_SCHOOL = """
select distinct c.relname from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname = 'school_id' and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1
"""
UNIQUE = """
select t.relname, i.relname, x.indisprimary,
       array(select a.attname::text from unnest(x.indkey) with ordinality k(n, o)
             join pg_attribute a on a.attrelid = t.oid and a.attnum = k.n order by k.o)
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
where t.relnamespace = 'public'::regnamespace and x.indisunique
"""
REFERENCES = """
select t.relname, o.relname, f.conname,
       array(select a.attname::text from unnest(f.conkey) k join pg_attribute a
             on a.attrelid = f.conrelid and a.attnum = k),
       array(select a.attname::text from unnest(f.confkey) k join pg_attribute a
             on a.attrelid = f.confrelid and a.attnum = k)
from pg_constraint f join pg_class t on t.oid = f.conrelid join pg_class o on o.oid = f.confrelid
where f.contype = 'f' and t.relnamespace = 'public'::regnamespace
"""
COLUMN_GRANTS = """
select table_name, column_name, privilege_type from information_schema.column_privileges
where grantee = %s and table_schema = 'public' and table_name not like 'procrastinate%%'
"""
TABLE_GRANTS = """
select c.relname, g.privilege_type from pg_class c, aclexplode(c.relacl) g
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
  and g.grantee = %s::regrole and c.relname not like 'procrastinate%%'
"""


@pytest.fixture(scope="module")
def stranger(database_urls: tuple[str, str]) -> Iterator[psycopg.Connection[Any]]:
    """The application's role with no scope set."""
    with psycopg.connect(database_urls[1], autocommit=True) as connection:
        yield connection


def enter(connection: psycopg.Connection[Any], school: School) -> None:
    """Set the scope of a school until the end of the transaction."""
    connection.execute("select set_config('app.school_id', %s, true)", [str(school.id)])


class TestTables:
    def test_without_a_school_are_exactly_those_listed(self, world: World) -> None:
        all_tables = {name for (name,) in world.sql(TABLES)}
        with_school = {name for (name,) in world.sql(WITH_SCHOOL)}
        assert all_tables - with_school == FREE_OF_SCHOOLS

    def test_with_a_school_are_exactly_those_mapped(self, world: World) -> None:
        assert [name for (name,) in world.sql(WITH_SCHOOL)] == SCHOOL_TABLES

    def test_force_row_level_security(self, world: World) -> None:
        rows = world.sql(
            "select relname, relrowsecurity, relforcerowsecurity from pg_class "
            "where relname = any(%s) and relkind in ('r', 'p')",
            TENANT_TABLES,
        )
        assert len(rows) == len(TENANT_TABLES)
        assert [name for name, on, forced in rows if not (on and forced)] == []

    def test_have_a_policy_that_reads_the_scope_once(self, world: World) -> None:
        """`( SELECT` makes it one evaluation a statement; `nullif` survives a pooled ''."""
        rows = world.sql(
            "select tablename, permissive, cmd, qual, with_check from pg_policies "
            "where schemaname = 'public' and roles = '{public}'"
        )
        found: dict[str, list[Any]] = {}
        for table, *policy in rows:
            found.setdefault(table, []).append(policy)
        assert set(found) == set(TENANT_TABLES)
        for table, policies in found.items():
            assert len(policies) == 1, table
            permissive, command, using, check = policies[0]
            key = "id" if table == "organisation" else "school_id"
            mine = f"({key} = ( SELECT (NULLIF(current_setting('app.school_id'::text, true)"
            assert (permissive, command) == ("PERMISSIVE", "ALL"), table
            assert mine in using, table
            assert check.startswith(mine), table
            assert " OR " not in check, f"{table}: writing is for the own school alone"

    def test_have_no_other_policy_than_those_of_search_sealer_and_backup(
        self, world: World
    ) -> None:
        others = world.sql(
            "select tablename, cmd, roles::text from pg_policies where roles <> '{public}'"
        )
        sealed = {
            "trail_checkpoint", "deadline", "failed_job", "webhook", "webhook_delivery",
            "support_plan", "support_list_entry", "alert", "late_trail",
        }  # fmt: skip
        sealed |= {"attachment", "received_attachment", "past_file", "child_search"}
        sealed |= {log.table for log in LOGS}
        assert set(others) == {
            ("name_token", "SELECT", "{cairn_search}"),
            ("trail", "SELECT", "{cairn_search}"),
            ("organisation", "SELECT", "{cairn_search}"),
            ("chronology_entry", "DELETE", "{cairn_remover}"),
            *((table, "SELECT", "{cairn_sealer}") for table in sealed),
            *((table, "SELECT", "{cairn_backup}") for table in TENANT_TABLES),
        }

    def test_can_be_saved_whole_by_a_role_that_may_only_read(self, world: World) -> None:
        """Tables of migrations to come as well: `cairn migrate` gives each its policy."""
        granted = world.sql(
            "select distinct privilege_type from information_schema.role_table_grants "
            "where grantee = 'cairn_backup'"
        )
        assert granted == [("SELECT",)]
        unreadable = world.sql(
            "select relname from pg_class where relnamespace = 'public'::regnamespace "
            "and relkind in ('r', 'p') and not has_table_privilege('cairn_backup', oid, 'select')"
        )
        assert unreadable == []
        assert world.sql(
            "select rolcanlogin, rolsuper, rolbypassrls from pg_roles "
            "where rolname = 'cairn_backup'"
        ) == [(False, False, False)]

    def test_show_the_sealer_whose_turn_it_is_and_nothing_else(self, world: World) -> None:
        shown = world.sql(COLUMN_GRANTS, "cairn_sealer")
        assert {privilege for *_, privilege in shown} == {"SELECT"}
        entries = {log.table: {"school_id", "xid"} for log in LOGS}
        found: dict[str, set[str]] = {}
        for table, column, _ in shown:
            found.setdefault(table, set()).add(column)
        assert found == entries | {
            "trail_checkpoint": {"school_id"},
            "late_trail": {"school_id", "turn"},
            "child_search": {"school_id"},
            "deadline": {"school_id", "next_at", "ended_at"},
            "alert": {
                "school_id",
                "about_id",
                "mail",
                "sent_at",
                "acknowledged_at",
                "ended_at",
            },
            "support_plan": {"school_id"},
            "support_list_entry": {"school_id"},
            "failed_job": {"school_id"},
            "attachment": {"school_id"},
            "received_attachment": {"school_id"},
            "past_file": {"school_id"},
            "webhook": {"school_id", "id", "state"},
            "webhook_delivery": {"school_id", "webhook_id", "kind", "state", "next_at"},
        }

    def test_have_a_school_in_every_row(self, world: World) -> None:
        loose = world.sql(
            "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid "
            "where c.relname = any(%s) and a.attname = 'school_id' and not a.attnotnull",
            SCHOOL_TABLES,
        )
        assert loose == []

    def test_have_no_trigger_of_ours(self, world: World) -> None:
        found = world.sql(
            "select t.tgrelid::regclass::text, t.tgname from pg_trigger t "
            "where not t.tgisinternal and t.tgrelid::regclass::text not like 'procrastinate%%'"
        )
        assert found == []

    def test_are_not_copied_into_materialized_views(self, world: World) -> None:
        assert world.sql("select matviewname from pg_matviews") == []

    def test_are_seen_through_no_view_that_steps_around_policies(self, world: World) -> None:
        loose = world.sql(
            "select relname from pg_class where relkind = 'v' and relnamespace = "
            "'public'::regnamespace and not coalesce(reloptions::text like "
            "'%%security_invoker=true%%', false)"
        )
        assert loose == []


class TestKeys:
    def test_start_with_the_school(self, world: World) -> None:
        rows = [row for row in world.sql(UNIQUE) if row[2] and row[0] in SCHOOL_TABLES]
        assert {table for table, *_ in rows} == set(SCHOOL_TABLES)
        assert [table for table, _, _, columns in rows if columns[0] != "school_id"] == []

    def test_are_unique_within_a_school_only(self, world: World) -> None:
        """A unique key without the school would reveal another school's row."""
        wide = [
            index
            for table, index, _, columns in world.sql(UNIQUE)
            if table in SCHOOL_TABLES and columns[0] != "school_id"
        ]
        assert wide == []

    def test_refer_within_the_school(self, world: World) -> None:
        """Referential checks go past policies, so that a one-column key crosses schools."""
        crossing = [
            name
            for table, other, name, ours, theirs in world.sql(REFERENCES)
            if table in SCHOOL_TABLES
            and other in SCHOOL_TABLES
            and not ("school_id" in ours and ours.index("school_id") == theirs.index("school_id"))
        ]
        assert crossing == []

    def test_never_cascade(self, world: World) -> None:
        found = world.sql(
            "select conname from pg_constraint where contype = 'f' and "
            "(confdeltype <> 'a' or confupdtype <> 'a') and "
            "conrelid::regclass::text not like 'procrastinate%%'"
        )
        assert found == []


class TestGrants:
    def test_of_columns_are_what_the_models_say(self, world: World) -> None:
        granted: dict[str, set[str]] = {name: set() for name in MODELS}
        for table, column, privilege in world.sql(COLUMN_GRANTS, GROUP):
            if privilege == "UPDATE":
                granted[table].add(column)
        wanted = {name: set(CLASSES[name].__changes__) for name in MODELS}
        assert granted == wanted

    def test_of_tables_are_what_the_models_say(self, world: World) -> None:
        granted: dict[str, set[str]] = {name: set() for name in MODELS}
        for table, privilege in world.sql(TABLE_GRANTS, GROUP):
            granted.setdefault(table, set()).add(privilege)
        wanted = {
            name: {"SELECT"}
            | ({"DELETE"} if CLASSES[name].__deletable__ else set())
            | (set() if CLASSES[name].__made_by_owner__ else {"INSERT"})
            for name in MODELS
        }
        assert granted == wanted

    def test_go_to_the_application_alone(self, world: World) -> None:
        strangers = world.sql(
            "select c.relname, g.grantee::regrole::text, g.privilege_type "
            "from pg_class c, aclexplode(c.relacl) g "
            "where c.relnamespace = 'public'::regnamespace and g.grantee <> c.relowner "
            "and g.grantee <> 'cairn_app'::regrole "
            "and not (g.grantee = 'cairn_backup'::regrole and g.privilege_type = 'SELECT')"
        )
        known = {
            ("name_token", "cairn_search", "SELECT"),
            ("past_entry", "cairn_remover", "DELETE"),
            ("enrolment", "cairn_remover", "DELETE"),
            ("child_identifier", "cairn_remover", "DELETE"),
            ("past_file", "cairn_remover", "DELETE"),
            ("child_status", "cairn_remover", "DELETE"),
            ("contact", "cairn_remover", "DELETE"),
            ("chronology_entry", "cairn_remover", "DELETE"),
        }
        extensions = {("pg_stat_statements", "-", "SELECT")}
        assert set(strangers) - extensions == known

    @pytest.mark.parametrize("table", sorted(MODELS))
    def test_refuse_what_was_not_given(self, stranger: psycopg.Connection[Any], table: str) -> None:
        """By trying it: privileges are checked whether or not a row matches."""
        changes = set(CLASSES[table].__changes__)
        for column in MODELS[table].columns:
            statement = sql.SQL("update {} set {} = default where false").format(
                sql.Identifier(table), sql.Identifier(column.name)
            )
            if column.name in changes:
                stranger.execute(statement)
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    stranger.execute(statement)
        delete = sql.SQL("delete from {} where false").format(sql.Identifier(table))
        if CLASSES[table].__deletable__:
            stranger.execute(delete)
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                stranger.execute(delete)
        for words in ("truncate {}", "alter table {} disable row level security"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                stranger.execute(sql.SQL(words).format(sql.Identifier(table)))


class TestRoles:
    def test_of_the_application_own_nothing(self, stranger: psycopg.Connection[Any]) -> None:
        (login,) = stranger.execute("select current_user").fetchone() or ("",)
        owned = stranger.execute(
            "select c.relname from pg_class c where c.relowner = any (array[%s, %s]::regrole[]) "
            "union all select p.proname from pg_proc p "
            "where p.proowner = any (array[%s, %s]::regrole[])",
            [login, GROUP, login, GROUP],
        ).fetchall()
        assert owned == []

    def test_of_the_application_cannot_step_around_policies(
        self, stranger: psycopg.Connection[Any]
    ) -> None:
        rows = stranger.execute(
            "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication "
            "from pg_roles where rolname in (current_user, %s, 'cairn_search', 'cairn_sealer',"
            " 'cairn_remover', 'cairn_merger')",
            [GROUP],
        ).fetchall()
        assert len(rows) == 6
        assert [row for row in rows if any(row[1:])] == []

    def test_of_the_application_cannot_become_another(
        self, stranger: psycopg.Connection[Any]
    ) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            stranger.execute("set role cairn_search")

    def test_of_the_application_make_no_objects(self, stranger: psycopg.Connection[Any]) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            stranger.execute("create table public.mine (id int)")


class TestFunctionsWithTheirOwnersRights:
    ROWS = """
    select p.proname, r.rolname, r.rolcanlogin, r.rolsuper, r.rolbypassrls, p.proconfig::text,
           exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
                   where g.grantee = 0)
    from pg_proc p join pg_roles r on r.oid = p.proowner
    where p.prosecdef and p.pronamespace = 'public'::regnamespace
    """

    def test_are_those_known(self, world: World) -> None:
        assert {row[0] for row in world.sql(self.ROWS)} == {
            "searches_that_showed",
            "similar_name_tokens",
            "remove_past_entries",
            "move_child_rows",
            "remove_roster_rows",
            "schools_in_trail_checkpoint",
            "schools_alerted_in_trusts",
            "schools_in_deadline",
            "schools_in_support_plan",
            "schools_in_support_list_entry",
            "schools_in_failed_job",
            "schools_in_attachment",
            "schools_in_child_search",
            "schools_in_received_attachment",
            "schools_in_past_file",
            "transfer_destinations",
            "schools_with_digest",
            "schools_with_due",
            "schools_with_news",
            "schools_with_webhook_work",
            "schools_with_webhooks",
            *(f"schools_in_{log.table}" for log in LOGS),
        }

    def test_are_fenced_in(self, world: World) -> None:
        for name, owner, login, superuser, bypass, settings, public in world.sql(self.ROWS):
            assert (login, superuser, bypass) == (False, False, False), f"{name}: {owner}"
            assert "search_path=pg_catalog, public, pg_temp" in settings, name
            assert not public, f"{name} may be run by anybody"

    async def test_show_words_of_the_own_school_only(
        self,
        stranger: psycopg.Connection[Any],
        school: School,
        other_school: School,
    ) -> None:
        await school.child("Zebedee", "Quillfeather")
        asked = "select * from similar_name_tokens('quillfeathr')"
        with stranger.transaction():
            enter(stranger, school)
            assert stranger.execute(asked).fetchall() == [("quillfeather",)]
        with stranger.transaction():
            enter(stranger, other_school)
            assert stranger.execute(asked).fetchall() == []
        assert stranger.execute(asked).fetchall() == []


class TestAConnection:
    @pytest.mark.parametrize("table", TENANT_TABLES)
    async def test_without_a_scope_sees_nothing(
        self, world: World, stranger: psycopg.Connection[Any], school: School, table: str
    ) -> None:
        await school.child()
        count = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
        assert stranger.execute(count).fetchone() == (0,)
        with stranger.transaction():
            stranger.execute("select set_config('app.school_id', '', true)")
            assert stranger.execute(count).fetchone() == (0,)

    async def test_sees_the_rows_of_its_school_only(
        self, stranger: psycopg.Connection[Any], school: School, other_school: School
    ) -> None:
        child = await school.child()
        await other_school.child()
        with stranger.transaction():
            enter(stranger, school)
            assert stranger.execute("select id from child").fetchall() == [(child,)]
            for table in SCHOOL_TABLES:
                rows = stranger.execute(
                    sql.SQL("select count(*) from {} where school_id <> %s").format(
                        sql.Identifier(table)
                    ),
                    [school.id],
                ).fetchone()
                assert rows == (0,), table

    @pytest.mark.parametrize("table", SCHOOL_TABLES)
    async def test_is_refused_any_row_of_another_school(
        self, stranger: psycopg.Connection[Any], school: School, other_school: School, table: str
    ) -> None:
        """The policy is checked before any constraint, so that columns need no values."""
        statement = sql.SQL("insert into {} (school_id) values (%s)").format(sql.Identifier(table))
        with stranger.transaction(force_rollback=True):
            enter(stranger, school)
            with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
                stranger.execute(statement, [other_school.id])
        assert refused.value.sqlstate == "42501"

    async def test_cannot_change_its_membership_of_another_school(
        self, world: World, stranger: psycopg.Connection[Any], school: School, other_school: School
    ) -> None:
        """One's memberships elsewhere are visible, so that one can choose; visible only."""
        person = school[Role.STAFF]
        world.sql(
            "insert into staff (school_id, id, name, email, created_at, changed_at) "
            "values (%s, %s, 'N', 'n@example.org', now(), now())",
            other_school.id,
            person.id,
        )
        world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
            "values (%s, gen_random_uuid(), %s, 'dsl', current_date, now())",
            other_school.id,
            person.id,
        )
        change = "update membership set valid_to = null where school_id = %s"
        with stranger.transaction(force_rollback=True):
            enter(stranger, school)
            stranger.execute("select set_config('app.account_id', %s, true)", [str(person.id)])
            seen = stranger.execute(
                "select count(*) from membership where staff_id = %s", [person.id]
            ).fetchone()
            assert seen == (2,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                stranger.execute(change, [other_school.id])
