"""Reads of jobs: a school's failed jobs, and the whole queue for operators. Ids only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.ids import NIL
from app.core.words import Actor
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading, open_reading
from app.db.repositories.exchange import jobs
from app.db.session import Database, Driver
from app.domain.exchange.jobs.errors import FailedJobNotFound
from app.domain.exchange.jobs.kind import FAILED_JOB

OPERATORS = Actor.system(NIL)
Row = dict[str, Any]


async def list_failed_jobs(
    reading: Reading, task: str | None, settled: bool | None, asked: PageOf
) -> Page[Row]:
    """Failed jobs of the reader's school, newest first."""
    FAILED_JOB.require(reading.actor)
    rows = await jobs.page_of_failed_jobs(
        reading.driver, reading.actor.school_id, task, settled, asked
    )
    return page_of(rows, asked, key="failed_at", shape=_summary_of)


async def read_failed_job(reading: Reading, failed_job_id: UUID) -> tuple[Row, int]:
    """A failed job of the reader's school, and its version. Raises `FailedJobNotFound`."""
    FAILED_JOB.require(reading.actor)
    return await find_failed_job(reading.driver, reading.actor.school_id, failed_job_id)


async def find_failed_job(driver: Driver, school_id: UUID, failed_job_id: UUID) -> tuple[Row, int]:
    """Get a failed job and its version. Raises `FailedJobNotFound`."""
    row = await jobs.one_failed_job(driver, school_id, failed_job_id)
    if row is None:
        raise FailedJobNotFound
    return _summary_of(row), row["version"]


PLAIN = (
    "id", "task", "attempts", "error", "message", "failed_at", "due_at", "ended_at",
    "ended_reason_code", "reason",
)  # fmt: skip


def _summary_of(row: Mapping[str, Any]) -> Row:
    settled = row["ended_at"] is not None
    return {
        **{name: row[name] for name in PLAIN},
        "state": "settled" if settled else "open",
        "owner": {"id": row["owner_id"], "name": row["owner_name"]},
        "permissions": [] if settled else ["replay_failed_job", "drop_failed_job"],
    }


async def queue_standing(database: Database) -> Row:
    """Count jobs by queue, task and state, with the age of the oldest in each queue."""
    async with open_reading(database, OPERATORS) as reading:
        tasks = [dict(row) for row in await jobs.counts(reading.driver)]
    queues: dict[str, Row] = {}
    for row in tasks:
        since = row.pop("waiting_since")
        queue = queues.setdefault(
            row["queue"], {"queue": row["queue"], "waiting": 0, "waiting_since": None}
        )
        queue["waiting"] += row["number"] if row["state"] == "todo" else 0
        queue["waiting_since"] = _earlier(queue["waiting_since"], since)
    return {"tasks": tasks, "queues": list(queues.values())}


def _earlier(moment: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (moment, other) if at is not None), default=None)


async def one_job(database: Database, job_id: int) -> Row | None:
    """Get a job with its events, or None."""
    async with open_reading(database, OPERATORS) as reading:
        row = await jobs.one_job(reading.driver, job_id)
        events = await jobs.events_of(reading.driver, job_id)
    if row is None:
        return None
    result = {**row, "args": _ids_in(row["args"])}
    return {**result, "events": [dict(event) for event in events]}


def _ids_in(args: str) -> Row:
    """IDs among the arguments; they hold nothing else, and nothing else would be shown."""
    return {name: value for name, value in orjson.loads(args).items() if _is_id(value)}


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, int) or bool(UUID(str(value)))
    except ValueError:
        return False


async def all_workers(database: Database) -> list[Row]:
    """Workers with their last sign of life."""
    async with open_reading(database, OPERATORS) as reading:
        return [dict(row) for row in await jobs.workers(reading.driver)]


async def all_ticks(database: Database) -> dict[str, Row]:
    """The last tick of each periodic task."""
    async with open_reading(database, OPERATORS) as reading:
        return {name: dict(row) for name, row in (await jobs.ticks(reading.driver)).items()}


async def all_open_failed_jobs(database: Database) -> list[Row]:
    """List unsettled failed jobs of every school, oldest first."""
    result: list[Row] = []
    for school_id in await _schools(database):
        async with open_reading(database, Actor.system(school_id)) as reading:
            rows = await jobs.open_failed_jobs(reading.driver, school_id)
        result.extend(_for_operators(school_id, row) for row in rows)
    return sorted(result, key=lambda row: (row["failed_at"], row["job"]))


async def failed_job_of(database: Database, job_id: int) -> Row | None:
    """Get the failed job saved for a job, of any school, or None."""
    for school_id in await _schools(database):
        async with open_reading(database, Actor.system(school_id)) as reading:
            row = await jobs.failed_job_of(reading.driver, school_id, job_id)
        if row is not None:
            return {**_for_operators(school_id, row), "args": _ids_in(row["args"])}
    return None


async def _schools(database: Database) -> list[UUID]:
    async with open_reading(database, OPERATORS) as reading:
        return await jobs.schools_with_failed_jobs(reading.driver)


def _for_operators(school_id: UUID, row: Mapping[str, Any]) -> Row:
    whose = None if school_id == NIL else school_id
    return {
        "job": row["job_id"],
        "id": row["id"],
        "kept_for": school_id,
        "school_id": whose,
        **{name: row[name] for name in (*PLAIN[1:], "owner_id", "queue")},
    }
