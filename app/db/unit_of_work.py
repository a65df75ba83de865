"""One transaction, one actor, its repositories, its trace and the jobs it asks for."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.core import clock
from app.core.ids import new_id
from app.core.words import Actor, Did
from app.db.models import Base
from app.db.repositories.accounts import AccountRepository
from app.db.repositories.children import ChildRepository
from app.db.repositories.concerns import ConcernRepository
from app.db.repositories.idempotency import IdempotencyRepository
from app.db.repositories.organisations import OrganisationRepository
from app.db.repositories.rosters import RosterRepository
from app.db.repositories.sharing import SharingRepository
from app.db.repositories.staff import StaffRepository
from app.db.session import Database, Driver

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

BOOKKEEPING = frozenset({"trail", "idempotency_key", "reference_counter"})
SCHOOL_TABLES = frozenset(
    table.name
    for table in Base.metadata.tables.values()
    if ("school_id" in table.columns or table.name == "organisation")
    and table.name not in BOOKKEEPING
)

ADD_TRAIL = """
insert into trail (school_id, id, at, actor_id, actor_role, session_id, request_id, verb, noun,
                   noun_id, child_id, reason, before_hash, after_hash, details)
select $1::uuid, e.id, $2::timestamptz, $3::uuid, $4::text, $5::uuid, $6::text, e.verb, e.noun,
       e.noun_id, e.child_id, e.reason, e.before_hash, e.after_hash, e.details
from jsonb_to_recordset($7::jsonb) as
     e(id uuid, verb text, noun text, noun_id uuid, child_id uuid, reason text,
       before_hash text, after_hash text, details jsonb)
"""

DEFER_JOBS = """
select cardinality(procrastinate_defer_jobs_v1(array(
  select row(j.queue, j.task, j.priority, j.lock, j.queueing_lock, j.args, j.at)
           ::procrastinate_job_to_defer_v1
  from jsonb_to_recordset($1::jsonb) as
       j(queue text, task text, priority int, lock text, queueing_lock text, args jsonb,
         at timestamptz))))
"""

REPLAY = "select pg_logical_emit_message(true, 'cairn.replay', $1)"


class UntracedChange(RuntimeError):
    """A command changed a school's rows and recorded nothing: a fault of ours, never committed."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do after this commit. `args` holds ids only, never words about a child."""

    task: str
    args: Mapping[str, str]
    queue: str = "default"
    lock: str | None = None
    priority: int = 0


class Acting(NamedTuple):
    """Who acts, when and in which school: `$1` to `$6` of a statement that writes the trail."""

    school_id: UUID
    at: datetime
    actor_id: UUID
    actor_role: str
    session_id: UUID | None
    request_id: str | None


class UnitOfWork:
    """What a command works with; made by `open_work`, committed once at the edge."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self.database = database
        self.session = database.session(actor)
        self.actor = actor
        self.now: datetime = clock.now()
        self._entries: list[dict[str, Any]] = []
        self._jobs: list[dict[str, Any]] = []
        self._driver: Driver
        self._written: set[str] = set()

    @cached_property
    def accounts(self) -> AccountRepository:
        """Accounts, sessions and their tokens."""
        return AccountRepository(self.session, self.actor.school_id)

    @cached_property
    def idempotency(self) -> IdempotencyRepository:
        """The actor's idempotency keys."""
        return IdempotencyRepository(self._driver, self.actor.school_id, self.actor.id)

    @cached_property
    def organisations(self) -> OrganisationRepository:
        """Schools and trusts."""
        return OrganisationRepository(self.session, self.actor.school_id)

    @cached_property
    def staff(self) -> StaffRepository:
        """Staff and their memberships."""
        return StaffRepository(self.session, self.actor.school_id)

    @cached_property
    def children(self) -> ChildRepository:
        """Children and what is true of them for a while."""
        return ChildRepository(self.session, self.actor.school_id)

    @cached_property
    def concerns(self) -> ConcernRepository:
        """Concerns and everything said about them."""
        return ConcernRepository(self.session, self.actor.school_id, self._driver)

    @cached_property
    def sharing(self) -> SharingRepository:
        """Shares, referrals, agencies and snapshots."""
        return SharingRepository(self.session, self.actor.school_id)

    @cached_property
    def rosters(self) -> RosterRepository:
        """Roster imports."""
        return RosterRepository(self.session, self.actor.school_id)

    async def driver(self) -> Driver:
        """The driver inside this transaction; pending changes are written first."""
        await self._flush()
        return self._driver

    async def begin(self) -> None:
        """Open the transaction and set the scope. Raises `SessionEnded`."""
        connection = await self.session.connection()
        raw = await connection.get_raw_connection()
        self._written = raw.info["written"]
        self._driver = Driver(raw.driver_connection, self._written)
        if (cohort := self.session.info.get("cohort")) is not None:
            self.actor = replace(self.actor, cohort=cohort)

    def record(
        self,
        did: Did,
        noun: str,
        noun_id: UUID | None,
        *,
        child_id: UUID | None = None,
        reason: str | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Say what was done. `before` and `after` are kept as hashes, `details` as given.

        `details` may hold ids, codes and field names; never a narrative.
        """
        entry = {
            "id": str(new_id()),
            "verb": did.value,
            "noun": noun,
            "noun_id": noun_id and str(noun_id),
            "child_id": child_id and str(child_id),
            "reason": reason,
            "before_hash": before and content_hash(before),
            "after_hash": after and content_hash(after),
            "details": dict(details or {}),
        }
        self._entries.append(entry)

    def enqueue(self, job: Job) -> None:
        """Ask for a job; its row is written in this transaction."""
        self._jobs.append(
            {
                "queue": job.queue,
                "task": job.task,
                "priority": job.priority,
                "lock": job.lock,
                "queueing_lock": None,
                "args": {"school_id": str(self.actor.school_id), **job.args},
                "at": None,
            }
        )

    async def rescope(self, actor: Actor) -> None:
        """Go on as another actor: sign-in, once it knows who signs in and where."""
        connection = await self.session.connection()
        await connection.exec_driver_sql(
            "select set_config('app.school_id', $1, true), set_config('app.account_id', $2, true)",
            (str(actor.school_id), str(actor.id)),
        )
        self.actor = actor
        self.session.info["actor"] = actor
        for name in ("organisations", "staff", "children", "concerns", "sharing", "rosters"):
            self.__dict__.pop(name, None)

    async def save(self) -> None:
        """Write everything that is pending, trail and jobs included, but do not commit yet."""
        await self._flush()
        await self._write_trail()
        await self._write_jobs()

    async def _flush(self) -> None:
        session = self.session
        if session.new or session.dirty or session.deleted:
            await session.flush()

    async def commit(self) -> None:
        """Make it durable. Raises `UntracedChange` when a change left no trace."""
        await self.save()
        changed = self._written & SCHOOL_TABLES
        if changed and "trail" not in self._written:
            raise UntracedChange(", ".join(sorted(changed)))
        await self.session.commit()

    async def touch_log(self, key: str) -> None:
        """Write one WAL record, so that a replayed answer waits for the standby like the first."""
        await self._driver.write(REPLAY, key)

    async def close(self) -> None:
        """Give the connection back; what was not committed is gone."""
        await self.session.close()

    def take_pending(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Hand over the trail entries and jobs to a statement that writes them itself."""
        entries, jobs = self._entries, self._jobs
        self._entries, self._jobs = [], []
        return entries, jobs

    def acting(self) -> Acting:
        """Who acts now, as a statement binds it."""
        actor = self.actor
        return Acting(
            actor.school_id,
            self.now,
            actor.id,
            actor.role.value,
            actor.session_id,
            request_id.get(),
        )

    async def _write_trail(self) -> None:
        if not self._entries:
            return
        entries, self._entries = self._entries, []
        packed = orjson.dumps(entries).decode()
        await self._driver.write(ADD_TRAIL, *self.acting(), packed)

    async def _write_jobs(self) -> None:
        if not self._jobs:
            return
        jobs, self._jobs = self._jobs, []
        await self._driver.write(DEFER_JOBS, orjson.dumps(jobs).decode())


@asynccontextmanager
async def open_work(database: Database, actor: Actor) -> AsyncIterator[UnitOfWork]:
    """A unit of work that commits when the block ends well and is gone otherwise."""
    work = UnitOfWork(database, actor)
    try:
        await work.begin()
        yield work
        await work.commit()
    finally:
        await work.close()


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of a canonical JSON form: sorted keys, UTC times, no spaces."""
    packed = orjson.dumps(
        content,
        default=str,
        option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS,
    )
    return hashlib.sha256(packed).hexdigest()
