"""Bends the record itself as a superuser can, and sees each bend found and named."""

# ruff: noqa: S608 - statements are joined from names of the catalogue

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Uuid
from sqlalchemy.engine import make_url

from app.core import clock
from app.core.words import Actor, Role
from app.db.models import Base
from app.db.reading import Reading, open_reading
from app.db.repositories.access.audit_seals import ROWS
from app.db.row_trace import COVERED, NOT_COVERED, columns_of, hash_of, key_of, school_column
from app.db.session import Driver
from app.domain.access.audit_seals.queries import check_log
from app.domain.access.row_hashes.queries import NAMED_OF_A_TABLE, adopt_rows, differing_rows
from app.formats.trail_log.checking import LogCheck, Wrong
from tests.answers import source_digest
from tests.security import matrix
from tests.security.operations import operations
from tests.security.scenes import Scene, a_school
from tests.world import School, World

OPERATIONS = operations()
MUST = {
    "account_statement", "concern", "concern_child", "amendment", "decision", "contact", "child",
    "membership", "access_grant", "share", "referral", "attachment", "adult_concern",
}  # fmt: skip
"""What issue 11 names: the property test has rows of each."""
SCENES = (
    "raise_concern", "amend_concern", "record_decision", "add_contact", "draft_share",
    "draft_referral", "add_attachment", "add_relationship", "add_status", "add_action",
    "add_staff", "grant_access", "raise_adult_concern", "add_child", "add_support_list_entry",
    "agree_support_plan", "declare_conflict", "create_service_key", "add_agency",
)  # fmt: skip
OTHER = {
    "uuid": "gen_random_uuid()",
    "text": "coalesce({column}, '') || 'x'",
    "timestamp with time zone": "coalesce({column}, now()) + interval '1 microsecond'",
    "date": "coalesce({column}, current_date) + 1",
    "boolean": "not coalesce({column}, false)",
    "integer": "coalesce({column}, 0) + 1",
    "bigint": "coalesce({column}, 0) + 1",
    "double precision": "coalesce({column}, 0) + 0.001",
    "jsonb": "jsonb_build_object('before', {column})",
    "text[]": "coalesce({column}, '{{}}') || 'x'::text",
    "uuid[]": "coalesce({column}, '{{}}') || gen_random_uuid()",
    "bytea": "coalesce({column}, '') || '\\x00'::bytea",
}
"""Another value than a column has, by its type."""
KINDS = """
select a.attname, a.atttypid::regtype::text from pg_attribute a
where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
"""


class TestEveryTable:
    def test_is_covered_or_named_with_the_reason(self) -> None:
        assert COVERED | NOT_COVERED.keys() == set(Base.metadata.tables)
        assert not COVERED & NOT_COVERED.keys()
        assert all(NOT_COVERED.values())

    def test_of_a_school_is_covered_unless_it_holds_no_record(self) -> None:
        """Whoever adds to this list says in `NOT_COVERED` why the record can do without."""
        of_schools = {
            name for name, table in Base.metadata.tables.items() if "school_id" in table.columns
        }
        assert of_schools - COVERED == {
            "trail", "adult_trail", "row_trail", "trail_leaf", "trail_node", "trail_checkpoint",
            "idempotency_key", "reference_counter", "reading_scan", "document_progress",
            "school_export_progress",
            "webhook_progress", "webhook_delivery", "webhook_attempt", "name_token",
            "child_name_token", "child_search", "recipient_session", "late_trail", "roster_change",
            "past_row",
        }  # fmt: skip

    def test_names_its_rows_by_uuids(self) -> None:
        """What `row_trace.adding` finds rows by."""
        for name in COVERED:
            for column in columns_of(name):
                assert isinstance(Base.metadata.tables[name].columns[column].type, Uuid), name


@dataclass
class Bent:
    """A school with a bit of everything, and a superuser's connection to its database."""

    world: World
    school: School
    connection: Any

    async def differing(self) -> dict[tuple[str, str], str]:
        """What is found, read through the superuser's own transaction: table and key, and how."""
        reading = Reading(Actor.system(self.school.id), Driver(self.connection), clock.now())
        found = [one async for one in differing_rows(reading, self.school.id)]
        return {(one.table, one.key): one.state for one in found}

    async def keys(self, table: str) -> list[Any]:
        rows: list[Any] = await self.connection.fetch(
            f"select {key_of(table, 't')} as key from {table} t "
            f"where t.{school_column(table)} = $1 order by 1",
            self.school.id,
        )
        return [row["key"] for row in rows]

    async def bend(self, statement: str, *values: Any) -> bool:
        """Run a statement as superuser, past every key; False where a check refuses it."""
        try:
            async with self.connection.transaction():
                return bool(await self.connection.execute(statement, *values) != "UPDATE 0")
        except asyncpg.IntegrityConstraintViolationError:
            return False


@pytest.fixture(scope="module")
async def bent(world: World) -> AsyncIterator[Bent]:
    """A school in which the main operations were done.

    Scenes prepare some rows past the application; those are adopted before the operations.
    """
    school = await a_school(world)
    calls = []
    for name in SCENES:
        role = min(matrix.TABLE[name].roles)
        calls.append(
            (name, role, await matrix.TABLE[name].recipe(Scene(world, school, school[role])))
        )
    await adopt_rows(world.runtime.database, school.id, "Made by the scene.", changed=True)
    for name, role, call in calls:
        answer = await OPERATIONS[name].send(school.api(role), call)
        assert answer.status_code in OPERATIONS[name].good, f"{name}: {answer.text}"
    url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    yield Bent(world, school, connection)
    await connection.close()


async def columns(bent: Bent, table: str) -> dict[str, str]:
    rows = await bent.connection.fetch(KINDS, table)
    return {name: kind for name, kind in rows if kind in OTHER}


async def edit(bent: Bent, table: str, key: str, column: str, kind: str) -> bool:
    """Give one column of one row another value."""
    return await bent.bend(
        f"update {table} t set {column} = {OTHER[kind].format(column=column)} "
        f"where t.{school_column(table)} = $1 and {key_of(table, 't')} = $2",
        bent.school.id, key,
    )  # fmt: skip


async def some_edits(bent: Bent, chance: random.Random, number: int) -> set[tuple[str, str]]:
    """Random columns of random rows of random tables; which rows were changed."""
    tables = {table: keys for table in sorted(COVERED) if (keys := await bent.keys(table))}
    done: set[tuple[str, str]] = set()
    while len(done) < number:
        table = chance.choice(sorted(tables))
        key = chance.choice(tables[table])
        column, kind = chance.choice(sorted((await columns(bent, table)).items()))
        if (table, key) not in done and await edit(bent, table, key, column, kind):
            done.add((table, key))
    return done


@asynccontextmanager
async def undone(bent: Bent) -> AsyncIterator[None]:
    """Whatever is bent within is as before afterwards."""
    transaction = bent.connection.transaction()
    await transaction.start()
    await bent.connection.execute("set local session_replication_role = replica")
    try:
        yield
    finally:
        await transaction.rollback()


class TestTheRecord:
    async def test_is_as_it_was_left_where_nobody_bent_it(self, bent: Bent) -> None:
        assert await bent.differing() == {}
        filled = {table for table in COVERED if await bent.keys(table)}
        assert filled >= MUST

    async def test_tells_an_edit_of_every_kind_of_row(self, bent: Bent) -> None:
        """One row and column of every table that has rows here; each change draws others."""
        chance = random.Random(source_digest())
        done: set[tuple[str, str]] = set()
        async with undone(bent):
            for table in sorted(COVERED):
                edits = [
                    (key, column, kind)
                    for key in await bent.keys(table)
                    for column, kind in (await columns(bent, table)).items()
                ]
                chance.shuffle(edits)
                for key, column, kind in edits:
                    if await edit(bent, table, key, column, kind):
                        done.add((table, key))
                        break
            found = await bent.differing()
        assert {table for table, _ in done} >= MUST
        assert done - found.keys() == set()

    @pytest.mark.long
    @pytest.mark.parametrize("seed", range(100, 140))
    async def test_tells_every_one_of_a_thousand_random_edits(self, bent: Bent, seed: int) -> None:
        await self.all_found(bent, random.Random(seed), 25)

    @staticmethod
    async def all_found(bent: Bent, chance: random.Random, number: int) -> None:
        async with undone(bent):
            done = await some_edits(bent, chance, number)
            found = await bent.differing()
            assert done - found.keys() == set()

    async def test_tells_what_issue_11_bent(self, bent: Bent) -> None:
        """Each of them left `cairn audit verify` saying good."""
        for table, column, kind in (
            ("account_statement", "text", "text"),
            ("contact", "may_be_told", "boolean"),
            ("concern", "confidentiality", "text"),
            ("concern", "recorded_at", "timestamp with time zone"),
            ("membership", "role", "text"),
        ):
            async with undone(bent):
                await bent.connection.execute(
                    "alter table concern drop constraint if exists ck_concern_confidentiality"
                )
                key = (await bent.keys(table))[0]
                assert await edit(bent, table, key, column, kind)
                assert await bent.differing() == {(table, key): "changed"}, column

    async def test_tells_of_a_whole_concern_that_is_gone(self, bent: Bent) -> None:
        async with undone(bent):
            (concern, *_) = await bent.keys("concern")
            statements = await bent.connection.fetch(
                "delete from account_statement where concern_id = $1 returning id::text",
                UUID(concern),
            )
            await bent.connection.execute("delete from concern where id = $1", UUID(concern))
            found = await bent.differing()
            assert found[("concern", concern)] == "missing"
            assert all(found[("account_statement", one["id"])] == "missing" for one in statements)

    async def test_tells_of_a_row_that_somebody_put_in(self, bent: Bent) -> None:
        async with undone(bent):
            made = await bent.connection.fetchval(
                "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
                "select school_id, gen_random_uuid(), staff_id, 'dsl', valid_from, created_at "
                "from membership where school_id = $1 and role = 'staff' limit 1 "
                "returning id::text",
                bent.school.id,
            )
            assert await bent.differing() == {("membership", made): "unvouched"}


class TestVerify:
    async def test_names_the_row_and_the_entry_that_left_it(self, world: World) -> None:
        school = await world.a_school([Role.DSL])
        member = world.sql("select id from membership where school_id = %s", school.id)[0][0]
        check = await self.checked(world, school)
        assert check.findings == []
        world.sql("update membership set role = 'headteacher' where id = %s", member)
        (finding,) = (await self.checked(world, school)).findings
        assert finding.wrong is Wrong.ROW_CHANGED
        assert f"the membership {member} is not as it was left on " in finding.sentence

    async def test_counts_those_it_does_not_name(self, world: World) -> None:
        school = await world.a_school()
        world.sql("update membership set created_at = now() where school_id = %s", school.id)
        world.sql("update staff set created_at = now() where school_id = %s", school.id)
        world.sql("delete from row_trail where school_id = %s", school.id)
        check = await self.checked(world, school)
        assert len(check.findings) <= 2 * NAMED_OF_A_TABLE + 20
        assert {finding.wrong for finding in check.findings} == {Wrong.ROW_UNTRACED}

    async def test_is_good_again_once_rows_are_adopted_with_a_reason(self, world: World) -> None:
        school = await world.a_school([Role.DSL])
        world.sql("delete from row_trail where school_id = %s", school.id)
        world.sql("update membership set role = 'headteacher' where school_id = %s", school.id)
        counts = await adopt_rows(world.runtime.database, school.id, "Upgraded.", changed=False)
        assert counts["membership"] == 1
        assert (await self.checked(world, school)).findings == []
        assert world.sql(
            "select reason from trail where school_id = %s and verb = 'trail.rows_adopted'",
            school.id,
        ) == [("Upgraded.",)]

    async def test_adopts_what_differs_only_where_that_is_said(self, world: World) -> None:
        school = await world.a_school([Role.DSL])
        world.sql("update membership set role = 'headteacher' where school_id = %s", school.id)
        database = world.runtime.database
        assert await adopt_rows(database, school.id, "Upgraded.", changed=False) == {}
        assert await adopt_rows(database, school.id, "Moved.", changed=True) == {"membership": 1}
        assert (await self.checked(world, school)).findings == []

    @staticmethod
    async def checked(world: World, school: School) -> LogCheck:
        database = world.runtime.database
        return (await check_log(database, school.id, ROWS, {}, {})).check


def test_a_hash_is_of_the_row_though_a_column_has_the_name_of_its_table(world: World) -> None:
    """As in the table `decision`: a statement by hand names the row by its table."""
    for table in sorted(COVERED):
        row = f"(select (jsonb_populate_record(null::{table}, '{{}}')).*)"
        named, other = hash_of(table, table), hash_of(table, "of_its_own")
        asked = f"select {named} = {other} from {row} {table}, {row} of_its_own"
        assert world.sql(asked) == [(True,)], table


class TestEveryOperation:
    @pytest.mark.long
    @pytest.mark.parametrize("name", sorted(set(OPERATIONS) & set(matrix.TABLE)))
    async def test_keeps_the_hash_of_every_row_it_writes(
        self, world: World, long_school: School, name: str
    ) -> None:
        row = matrix.TABLE[name]
        role = min(row.roles, default=Role.STAFF)
        call = await row.recipe(Scene(world, long_school, long_school[role]))
        database = world.runtime.database
        await adopt_rows(database, long_school.id, "Made by the scene.", changed=True)
        await OPERATIONS[name].send(long_school.api(role), call)
        await world.runtime.drain()
        actor = Actor.system(long_school.id)
        async with open_reading(database, actor, one_moment=True) as reading:
            assert [one async for one in differing_rows(reading, long_school.id)] == []


@pytest.fixture
async def long_school(world: World) -> School:
    """A school for one operation: some end the sessions of others."""
    return await a_school(world)
