"""One transaction for one actor, with its repositories, trace and jobs."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, moments
from app.core.alert_ends import MAILED_ALONE, NEWS
from app.core.ids import new_id
from app.core.words import Actor, AuditEvent
from app.db.faults import UntimedChange, UntracedChange
from app.db.fence import hold_turn
from app.db.lending import Lent
from app.db.long_work import draw_turn
from app.db.repositories.adults.adult_concerns import AdultRepository
from app.db.repositories.duty.ladder import restart_ladders
from app.db.repositories.exchange.roster import RosterRepository
from app.db.repositories.exchange.webhook_deliveries import WebhookRepository
from app.db.repositories.idempotency import IdempotencyRepository
from app.db.repositories.people.accounts import AccountRepository
from app.db.repositories.people.federation import FederationRepository
from app.db.repositories.people.provisioning import ProvisioningRepository
from app.db.repositories.people.roles import RoleRepository
from app.db.repositories.people.schools import OrganisationRepository
from app.db.repositories.people.second_factors import FactorRepository
from app.db.repositories.people.service_keys import ServiceKeyRepository
from app.db.repositories.people.staff import StaffRepository
from app.db.repositories.record.children import ChildRepository
from app.db.repositories.record.concerns import ConcernRepository
from app.db.repositories.sharing.recipient_links import RecipientRepository
from app.db.repositories.sharing.shares import SharingRepository
from app.db.scope import SYSTEM_SCOPE, Claim
from app.db.session import Database, Driver
from app.db.trails import TRAILS, Register, untraced
from app.db.work_alerts import AlertsOfWork, WrittenAlert
from app.db.work_statements import (
    ADD_TRAIL,
    CALENDAR,
    DEFER_JOBS,
    END,
    END_NAMES,
    KEEP_ANSWER,
    KEEP_TIME,
    KEEP_TIME_NAMES,
    Acting,
    Part,
    added_facts,
    hashes,
    together,
)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

REPOSITORIES = (
    "accounts", "organisations", "staff", "children", "concerns", "adults", "sharing", "rosters",
    "roles", "service_keys", "federation", "webhooks", "recipients",
)  # fmt: skip
"""Repositories that keep the school they were made for."""

ALERTS = "alerts"
ALERTS_PRIORITY, URGENT_PRIORITY = 50, 100
"""Priorities in the alerts queue, which workers always take first: no other job delays it."""

MOST_ROWS = 2_000
"""Maximum number of rows whose hashes one entry of the row trail holds."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job to run after this commit. `args` holds ids only, never words about a child."""

    task: str
    args: Mapping[str, str]
    queue: str = "default"
    lock: str | None = None
    priority: int = 0


class UnitOfWork:
    """What a command works with: `open_work` makes it and the edge commits it once."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self.database = database
        self.actor = actor
        self.is_first = True  # whether no earlier request has used the idempotency key
        self.quiet = False  # whether jobs are left out: an invented past has no work after it
        self.now: datetime = clock.now()
        self.today: date = clock.day_of(self.now)
        self._entries: dict[Register, list[dict[str, Any]]] = {name: [] for name in TRAILS}
        self._jobs: list[dict[str, Any]] = []
        self.alerts = AlertsOfWork()
        self._clocks: dict[tuple[str, str], dict[str, Any]] = {}
        self._timed: set[tuple[str, str]] = set()
        self._calendar: tuple[int, str, str] | None = None
        self._answer: Mapping[str, Any] | None = None
        self._lent: Lent
        self._driver: Driver

    @cached_property
    def session(self) -> AsyncSession:
        """SQLAlchemy's session, made on first use."""
        return self.database.session(self._lent, self._driver)

    @cached_property
    def accounts(self) -> AccountRepository:
        """Accounts, sessions and their tokens."""
        return AccountRepository(self.session, self.actor.school_id)

    @cached_property
    def factors(self) -> FactorRepository:
        """Second factors and passkeys of accounts."""
        return FactorRepository(self.session, self.actor.school_id)

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
    def roles(self) -> RoleRepository:
        """Roles the school defined."""
        return RoleRepository(self.session, self.actor.school_id)

    @cached_property
    def children(self) -> ChildRepository:
        """Children and facts that hold for a while."""
        return ChildRepository(self.session, self.actor.school_id)

    @cached_property
    def concerns(self) -> ConcernRepository:
        """Concerns and everything written about them."""
        return ConcernRepository(self.session, self.actor.school_id, self._driver)

    @cached_property
    def federation(self) -> FederationRepository:
        """Identity providers, and the accounts linked to them."""
        return FederationRepository(self.session, self.actor.school_id)

    @cached_property
    def service_keys(self) -> ServiceKeyRepository:
        """Service keys of programs."""
        return ServiceKeyRepository(self.session, self.actor.school_id)

    @cached_property
    def adults(self) -> AdultRepository:
        """Concerns about adults."""
        return AdultRepository(self.session, self.actor.school_id, self._driver)

    @cached_property
    def sharing(self) -> SharingRepository:
        """Shares, referrals, agencies and snapshots."""
        return SharingRepository(self.session, self.actor.school_id)

    @cached_property
    def recipients(self) -> RecipientRepository:
        """Recipients' links and their sessions."""
        return RecipientRepository(self.session, self.actor.school_id)

    @cached_property
    def provisioning(self) -> ProvisioningRepository:
        """Users and groups of an identity provider, and the roles that groups propose."""
        return ProvisioningRepository(self.session, self.actor.school_id)

    @cached_property
    def rosters(self) -> RosterRepository:
        """Roster imports."""
        return RosterRepository(self.session, self.actor.school_id)

    @cached_property
    def webhooks(self) -> WebhookRepository:
        """Webhook endpoints of other programs."""
        return WebhookRepository(self.session, self.actor.school_id)

    async def driver(self) -> Driver:
        """The driver inside this transaction. Reading it flushes pending changes first."""
        await self._flush()
        return self._driver

    async def begin(self, claim: Claim | None = None) -> None:
        """Open the transaction, set the scope and claim. Raises `SessionEnded`, `ClaimWaits`."""
        self._lent, self.actor, self.is_first = await self.database.begin(self.actor, claim=claim)
        self._driver = Driver(self._lent.driver)
        self._lent.info["written"] = self._driver.written

    def record(  # noqa: PLR0913 - what an entry says, by name
        self,
        did: AuditEvent,
        resource_type: str,
        resource_id: UUID | None,
        *,
        child_id: UUID | None = None,
        reason: str | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        register: Register = "children",
    ) -> None:
        """Record an action in the trail. Keeps `before` and `after` as hashes, `details` as given.

        `details` may hold ids, codes and field names; never a narrative. Actions in the adult
        register appear in its own trail alone; raises `UntracedChange` otherwise.
        """
        if did.value.startswith("adult_") and register != "adults":
            raise UntracedChange(f"{did} belongs in the trail of the adult register")
        entry = {
            "id": str(new_id()),
            "verb": did.value,
            "noun": resource_type,
            "noun_id": resource_id and str(resource_id),
            "child_id": child_id and str(child_id),
            "reason": reason,
            "before_hash": before and content_hash(before),
            "after_hash": after and content_hash(after),
            "details": dict(details or {}),
        }
        self._entries[register].append(entry)
        self.alerts.note(did, resource_id)

    def vouch(self, table: str, keys: Iterable[str]) -> None:
        """Record the present hashes of rows that this work did not write."""
        self._driver.written.rows.note(table, keys)

    def keep_answer(self, key: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the answer for replays of the idempotency key that this work has claimed."""
        content = orjson.dumps(headers).decode()
        self._answer = {"key": key, "status": status, "headers": content, "body": body}

    def enqueue(self, job: Job) -> None:
        """Queue a job; this transaction writes its row."""
        if self.quiet:
            return
        self._jobs.append(
            {
                "queue": job.queue,
                "task": job.task,
                "priority": max(job.priority, ALERTS_PRIORITY if job.queue == ALERTS else 0),
                "lock": job.lock,
                "queueing_lock": None,
                "args": {"school_id": str(self.actor.school_id), **job.args},
                "at": None,
            }
        )

    async def calendar(self) -> tuple[int, str, str]:
        """The school's present calendar: number, nation, and its JSON text."""
        if self._calendar is None:
            row = await self._driver.row(CALENDAR, self.actor.school_id)
            self._calendar = (row[0], row[1], row[2]) if row else (0, "england", "{}")
        return self._calendar

    def know_calendar(self, number: int, nation: str, content: str) -> None:
        """Use the calendar that another statement has already read."""
        self._calendar = (number, nation, content)

    def keep_time(self, deadline: Mapping[str, Any]) -> None:
        """Begin a record's clock (`app.domain.common.deadlines`), ending the one that runs."""
        key = (deadline["noun"], deadline["thing_id"])
        self._clocks[key] = {"because": "superseded", **deadline}
        self._timed.add(key)

    def stop_time(self, resource_type: str, resource_id: UUID, reason: str) -> None:
        """End a record's clock."""
        key = (resource_type, str(resource_id))
        self._clocks[key] = {"noun": resource_type, "thing_id": str(resource_id), "because": reason}
        self._timed.add(key)

    async def rescope(self, actor: Actor) -> None:
        """Continue as another actor: for sign-in, once it knows who signs in and where."""
        await self._flush()
        await self._write_alerts()
        await self._write_facts()
        for part in self._driver.written.rows.take(MOST_ROWS):
            await self._write_together([hashes(part)])
        await self._driver.row(SYSTEM_SCOPE, str(actor.school_id), str(actor.id))
        self.actor = actor
        self._calendar = None
        for name in REPOSITORIES:
            self.__dict__.pop(name, None)

    async def save(self) -> None:
        """Write everything pending, trail and jobs included, without committing yet."""
        await self._flush()
        await self._write_clocks()
        await self._write_alerts()
        await self._write_facts()
        rows = self._driver.written.rows.take(MOST_ROWS)
        for part in rows[1:]:
            await self._write_together([hashes(part)])
        await self._write_together([*map(hashes, rows[:1]), *self._pending()])

    async def _flush(self) -> None:
        session = self.__dict__.get("session")
        if session is not None and (session.new or session.dirty or session.deleted):
            await session.flush()

    async def commit(self) -> None:
        """Write everything and commit.

        Raises `UntracedChange` for a change without a trace, `UntimedChange` for a changed due time
        without a clock, `TakenOver` in a job that another worker now has, `NotConfirmed` if a
        standby may not have the commit.
        """
        await self.save()
        written = self._driver.written
        if untimed := written.clocked - self._timed:
            raise UntimedChange(", ".join(sorted(resource_type for resource_type, _ in untimed)))
        if changed := untraced(written.tables):
            raise UntracedChange(", ".join(sorted(changed)))
        if unknown := written.by_hand - written.rows.known():
            raise UntracedChange(f"which rows: {', '.join(sorted(unknown))}")
        await hold_turn(self._driver)
        await draw_turn(self._driver, self.actor.school_id)
        await self._lent.commit()

    async def close(self, error: BaseException | None = None) -> None:
        """Give the connection back and roll back whatever was not committed."""
        try:
            if (session := self.__dict__.pop("session", None)) is not None:
                await session.close()
        except BaseException:
            self._lent.spoilt = True  # SQLAlchemy may still hold it in a transaction of its own
            raise
        finally:
            await self.database.end(self._lent, error)

    def take_pending(self) -> dict[str, list[dict[str, Any]]]:
        """Hand over trail, jobs and clocks to a statement that writes them itself."""
        taken = {
            "trail": self._entries["children"],
            "jobs": self._jobs,
            "clocks": list(self._clocks.values()),
        }
        self._entries["children"], self._jobs, self._clocks = [], [], {}
        return taken

    def acting(self) -> Acting:
        """The present actor, in the form that statements bind."""
        actor = self.actor
        return Acting(
            actor.school_id, self.now, actor.id, actor.role_name, actor.session_id, request_id.get()
        )

    async def _write_together(self, parts: Sequence[Part]) -> None:
        """Run statements that answer nothing as one."""
        if not parts:
            return
        statement, names = together(tuple((part.name, part.text) for part in parts))
        values = self.acting()._asdict()
        for part in parts:
            values |= part.values
        await self._driver.write(statement, *(values[name] for name in names))

    def _pending(self) -> Iterator[Part]:
        """Trail, jobs and the answer kept for replays."""
        for register, trail in TRAILS.items():
            if entries := self._entries[register]:
                self._entries[register] = []
                content = orjson.dumps(entries).decode()
                yield Part(f"{trail}_added", ADD_TRAIL[trail], {trail: content})
        if self._jobs:
            jobs, self._jobs = self._jobs, []
            yield Part("deferred", DEFER_JOBS, {"jobs": orjson.dumps(jobs).decode()})
        if self._answer is not None:
            answer, self._answer = self._answer, None
            yield Part("kept", KEEP_ANSWER, answer)

    async def _write_clocks(self) -> None:
        """Begin and end clocks and, in the same statement, end alerts that acts settle."""
        if self._driver.written.handed_over:
            await restart_ladders(self._driver, self.actor.school_id, self.now, but=self._clocks)
        clocks, self._clocks = list(self._clocks.values()), {}
        by = None if self.actor.is_system else self.actor.id
        ends = self.alerts.ends(clocks, by)
        if ends is None:
            return
        values = {**self.acting()._asdict(), "ends": ends, "news": sorted(NEWS)}
        values["clocks"] = moments.to_json_bytes(clocks).decode()
        statement, names = (KEEP_TIME, KEEP_TIME_NAMES) if clocks else (END, END_NAMES)
        await self._driver.write(statement, *(values[name] for name in names))

    async def _write_facts(self) -> None:
        """Write former values of rows that keep their history, with the action and its reason."""
        for part in added_facts(self._driver.written.facts, self._entries["children"], MOST_ROWS):
            await self._write_together([part])

    async def _write_alerts(self) -> None:
        """Write alerts that begin or ring again, their trace, and a job to mail each person's."""
        written_alerts = await self.alerts.write(self._driver, self.actor.school_id, self.now)
        mailed: dict[tuple[UUID, bool], list[WrittenAlert]] = {}
        for item, new, register in written_alerts:
            did = AuditEvent.ALERT_RANG if item.rang else AuditEvent.ALERT_ADDED
            self.record(
                AuditEvent.ALERT_RAISED if new else did, "alert", item.id,
                details={"recipient_id": str(item.recipient_id)}, register=register,
            )  # fmt: skip
            if (new or item.rang) and item.mail == "at_once":
                mailed.setdefault((item.recipient_id, item.kind in MAILED_ALONE), []).append(item)
        for alerts in mailed.values():
            urgent = any(alert.urgent for alert in alerts)
            priority = URGENT_PRIORITY if urgent else ALERTS_PRIORITY
            about = {"alert_id": str(alerts[0].id)}
            self.enqueue(Job("alert.send_one", about, ALERTS, priority=priority))


@asynccontextmanager
async def open_work(
    database: Database, actor: Actor, claim: Claim | None = None
) -> AsyncIterator[UnitOfWork]:
    """A unit of work that commits if the block succeeds and rolls back otherwise."""
    work = UnitOfWork(database, actor)
    await work.begin(claim)
    error: BaseException | None = None
    try:
        yield work
        await work.commit()
    except BaseException as raised:
        error = raised
        raise
    finally:
        await work.close(error)


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of a canonical JSON form: sorted keys, UTC times, no spaces."""
    canonical = orjson.dumps(
        content,
        default=str,
        option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS,
    )
    return hashlib.sha256(canonical).hexdigest()
