"""SQL for roster imports, their problems, links and reports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping, TextClause, and_, or_, select, text

from app.core.ids import new_id
from app.db.fact_changes import adding_gathered
from app.db.long_work import set_aside
from app.db.models import RosterImport, RosterLink, ServiceKey
from app.db.new_ids import NEW_ID
from app.db.repositories.exchange import roster_merges, roster_plans
from app.db.repositories.exchange.roster_changes import RosterChanges
from app.db.repositories.exchange.roster_staging import (
    ANALYZE,
    CREATE,
    SETTINGS,
    Batch,
    StagedAccount,
    StagedAgent,
    StagedIdentifier,
    StagedName,
    StagedPerson,
)
from app.db.repositories.exchange.roster_standing import RosterStanding
from app.db.repositories.repository import Repository
from app.db.row_notes import gathering
from app.db.row_trace import COVERED, adding_all
from app.db.session import Driver, tables_written

WAIT = text("""
select pg_advisory_xact_lock(
  hashtextextended('roster ' || cast(cast(:school_id as uuid) as text), 0))
""")

LAST_APPLIED = text("""
select id, digest, counts, organisation_source_id, handling, format, source_version, total, standing
from roster_import
where school_id = :school_id and source = :source and state = 'applied'
order by ended_at desc, id desc limit 1
""")

ADD_PROBLEMS = text("""
insert into roster_problem
  (school_id, id, import_id, position, file, line, "column", code, severity, detail)
select :school_id, p.id, :import_id, p.position, p.file, p.line, p.column_name, p.code,
       p.severity, p.detail
from jsonb_to_recordset(cast(:problems as jsonb)) as
     p(id uuid, position int, file text, line int, column_name text, code text, severity text,
       detail text)
""")

COPY_PROBLEMS = text(f"""
insert into roster_problem
  (school_id, id, import_id, position, file, line, "column", code, severity, detail)
select :school_id, {NEW_ID}, :import_id, position, file, line, "column", code,
       severity, detail
from roster_problem where school_id = :school_id and import_id = :earlier
""")

# Progress goes through the driver: it is no change of a record and leaves no trace.
NOTE_PROGRESS = """
update roster_import
set done = $3, total = $4,
    state = case when state in ('received', 'parsed', 'planned') then $5 else state end
where school_id = $1 and id = $2 and state in ('received', 'parsed', 'planned', 'approved')
returning id
"""

HASHES = 2_000
"""Maximum number of rows whose hashes one entry of the row trail holds."""


OF_ANOTHER_KEY = text("""
select exists (
  select from roster_import i
  join service_key k on k.school_id = :school_id and k.id = i.started_by
  where i.school_id = :school_id and i.source = :source and k.id <> :key
    and i.state not in ('refused', 'failed')
    and k.revoked_at is null and (k.expires_at is null or k.expires_at > :now))
""")
FOR_BOUND_KEYS = text("""
with sent as (
  select i.started_by, i.state in ('applied', 'undoing', 'undone') as came_in
  from roster_import i
  where i.school_id = :school_id and i.source = :source and i.state not in ('refused', 'failed'))
select not exists (select from sent s where s.started_by = :key and s.came_in) and (
  exists (select from sent s where s.started_by is distinct from :key)
  or exists (
    select from service_key k
    where k.school_id = :school_id and :source = any(k.roster_sources)
      and k.revoked_at is null and (k.expires_at is null or k.expires_at > :now)))
""")


class RosterRepository(Repository):
    """Finds, locks and adds roster imports, their problems and links; compares and merges."""

    async def wait_for_turn(self, *, is_long: bool = True) -> None:
        """Wait for the school's other imports; later ones wait until this work ends.

        Gives the transaction the time that a large file needs. A long one holds back no event.
        """
        if is_long:
            await set_aside(self.session.info["driver"])
        await self.session.execute(text(SETTINGS))
        await self.session.execute(WAIT, {"school_id": self.school_id})

    @cached_property
    def standing(self) -> RosterStanding:
        """Where the record stands, to tell whether it changed since a comparison."""
        return RosterStanding(self.session.info["driver"], self.school_id)

    @cached_property
    def changes(self) -> RosterChanges:
        """The changes of an import, record by record."""
        return RosterChanges(self.session, self.school_id)

    async def is_of_another_key(self, source: str, key_id: UUID, now: datetime) -> bool:
        """Whether another live key has sent rosters of a source."""
        binds = {"school_id": self.school_id, "source": source, "key": key_id, "now": now}
        return bool(await self.session.scalar(OF_ANOTHER_KEY, binds))

    async def is_for_bound_keys(self, source: str, key_id: UUID, now: datetime) -> bool:
        """Whether this key may not begin the source yet.

        True if this key has brought nothing in from it, and someone else began it (even with a
        plan) or a live key is bound to it.
        """
        binds = {"school_id": self.school_id, "source": source, "key": key_id, "now": now}
        return bool(await self.session.scalar(FOR_BOUND_KEYS, binds))

    async def bound_to(self, key_id: UUID) -> Sequence[str]:
        """The sources that a key is bound to; none if none were given."""
        key = await self.session.scalars(
            select(ServiceKey.roster_sources).where(
                ServiceKey.school_id == self.school_id, ServiceKey.id == key_id
            )
        )
        return key.one_or_none() or ()

    async def last_applied(self, source: str) -> dict[str, Any] | None:
        """The source's last applied import."""
        result = await self.session.execute(
            LAST_APPLIED, {"school_id": self.school_id, "source": source}
        )
        last = result.mappings().one_or_none()
        return None if last is None else dict(last)

    async def held_for(self, source: str, reason: str) -> RosterImport | None:
        """Lock the source's newest plan held for a reason, unless an import was applied since."""
        of_source = (RosterImport.school_id == self.school_id, RosterImport.source == source)
        newest = (
            select(RosterImport)
            .where(
                *of_source, ~RosterImport.plan_only,
                or_(
                    RosterImport.state == "applied",
                    and_(RosterImport.state == "held", RosterImport.because == reason),
                ),
            )
            .order_by(RosterImport.created_at.desc(), RosterImport.id.desc())
            .limit(1).with_for_update(key_share=True)
        )  # fmt: skip
        row = await self.session.scalar(newest)
        return row if row is not None and row.state == "held" else None

    async def open_stage(self) -> None:
        """Make the temporary tables of this transaction."""
        for statement in CREATE:
            await self.session.execute(text(statement))

    async def stage(self, batch: Batch) -> None:
        """Copy rows of the file into the temporary tables."""
        connection = self.session.info["driver"].connection
        named = StagedPerson._fields + StagedName._fields
        people = [(*item, *name) for item, name in zip(batch.people, batch.names, strict=True)]
        rows: Sequence[tuple[Any, ...]]
        for table, columns, rows in (
            ("staged_person", named, people),
            ("staged_identifier", StagedIdentifier._fields, batch.identifiers),
            ("staged_account", StagedAccount._fields, batch.accounts),
            ("staged_agent", StagedAgent._fields, batch.agents),
        ):
            if rows:
                await connection.copy_records_to_table(table, records=rows, columns=columns)

    async def compare(self, source: str, *, complete: bool) -> None:
        """Decide what each staged row stands for; `complete` treats anyone missing as gone."""
        for statement in ANALYZE:
            await self.session.execute(text(statement))
        binds = {"school_id": self.school_id, "source": source, "complete": complete}
        frozen = await self.session.scalar(roster_plans.ANY_FROZEN, binds)
        frozen_statements = roster_plans.FROZEN if frozen else ()
        for planned in (*roster_plans.PLAN, *frozen_statements, *roster_plans.ACCOUNTS):
            await self.session.execute(planned, binds)

    async def figures(self, source: str) -> RowMapping:
        """The size of the planned change."""
        result = await self.session.execute(
            roster_plans.FIGURES, {"school_id": self.school_id, "source": source}
        )
        return result.mappings().one()

    async def leavers_to_look_at(self, *, every: bool) -> Sequence[UUID]:
        """Leavers of the plan that a lead has to check first, or `every` one of them."""
        binds = {"school_id": self.school_id, "every": every}
        return (await self.session.scalars(roster_plans.TO_LOOK_AT, binds)).all()

    async def is_of_a_key(self, started_by: UUID | None) -> bool:
        """Whether a program sent an import."""
        where = select(ServiceKey.id).where(
            ServiceKey.school_id == self.school_id, ServiceKey.id == started_by
        )
        return (await self.session.scalar(where)) is not None

    async def counts(self) -> Sequence[RowMapping]:
        """Rows of the plan by kind and fate."""
        result = await self.session.execute(roster_plans.COUNTS, {"school_id": self.school_id})
        return result.mappings().all()

    async def staff_reached_anew(self) -> Sequence[UUID]:
        """Existing staff whose number the roster changes."""
        return (await self.session.scalars(roster_plans.REACHED_ANEW)).all()

    async def fates(self) -> dict[int, str]:
        """The plan's result for the child of each line."""
        result = await self.session.execute(roster_plans.FATES, {"school_id": self.school_id})
        return {row.line: row.fate for row in result}

    async def children_of(self, source: str, source_ids: Sequence[str]) -> dict[str, UUID]:
        """The children that a source's rows stand for, by the row's id."""
        result = await self.session.execute(
            select(RosterLink.source_id, RosterLink.local_id).where(
                RosterLink.school_id == self.school_id, RosterLink.source == source,
                RosterLink.kind == "child", RosterLink.source_id.in_(source_ids),
            )
        )  # fmt: skip
        return {row.source_id: row.local_id for row in result}

    async def faults(self) -> Sequence[Any]:
        """(line, code) of the faults that the comparison found."""
        return (await self.session.execute(roster_plans.FAULTS)).all()

    async def merge(self, binds: Mapping[str, Any], trail: Mapping[str, Any]) -> None:
        """Carry out the plan, and write the trail of every row it touches."""
        everything = {"school_id": self.school_id, **binds}
        for statement in roster_merges.MERGE:
            await self._gather(statement, everything)
        facts = text(adding_gathered("staged_written", NEW_ID))
        await self._gather(facts, {**trail, "work_id": new_id()})
        await self._keep_hashes(trail)
        await self.session.execute(roster_merges.TRAIL, {**trail, "import_id": binds["import_id"]})

    async def _gather(self, statement: TextClause, binds: Mapping[str, Any]) -> None:
        """Run a statement with too many rows to note singly: their keys stay in the database."""
        gathered = gathering(statement.text, "staged_written")
        driver: Driver = self.session.info["driver"]
        driver.written.gathering = True
        await self.session.execute(text(gathered) if gathered else statement, binds)
        driver.written.gathering = False
        tables = tables_written(statement.text)
        driver.written.tables |= tables
        for table in tables & COVERED:
            driver.written.rows.note(table, ())

    async def _keep_hashes(self, trail: Mapping[str, Any]) -> None:
        """Write the row trail of everything gathered."""
        await self.session.execute(text("analyze staged_written"))
        tables = await self.session.scalars(text("select distinct tab from staged_written"))
        for table in tables.all():
            await self.session.execute(
                text(adding_all(table, "staged_written", NEW_ID, HASHES)), trail
            )

    async def near_bars(self) -> Sequence[RowMapping]:
        """Contact changes beside one that may be barred: child, contact, moved."""
        result = await self.session.execute(roster_merges.NEAR_BARS, {"school_id": self.school_id})
        return result.mappings().all()

    async def add_problems(self, import_id: UUID, problems: Sequence[Mapping[str, Any]]) -> None:
        """Save the problems of an import."""
        if problems:
            content = orjson.dumps(list(problems)).decode()
            await self.write(
                ADD_PROBLEMS,
                {"school_id": self.school_id, "import_id": import_id, "problems": content},
            )

    async def copy_problems(self, import_id: UUID, earlier: UUID) -> None:
        """Copy the problems of an earlier import of the same file."""
        await self.write(
            COPY_PROBLEMS,
            {"school_id": self.school_id, "import_id": import_id, "earlier": earlier},
        )

    async def note_progress(self, import_id: UUID, done: int, total: int, state: str) -> None:
        """Show a poller how far an unfinished import is."""
        driver: Driver = self.session.info["driver"]
        await driver.write_quietly(NOTE_PROGRESS, self.school_id, import_id, done, total, state)
