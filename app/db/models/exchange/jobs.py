"""Failed jobs, ticks of periodic tasks, and the progress of tasks over all schools."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, Ended, SchoolRow, index, within_school

NO_SCHOOL = "school_id = '00000000-0000-0000-0000-000000000000'"


class FailedJob(Ended, SchoolRow):
    """A job that used up its attempts: kept whole until a person replays or drops it.

    `args` holds ids, `error` the class of the last fault, `message` our own words or nothing: the
    text of an exception may quote what people wrote. Jobs of no school, and of a school where
    nobody could own them, are under the nil id: operators handle those.
    """

    __tablename__ = "failed_job"
    __changes__: ClassVar[tuple[str, ...]] = (
        "owner_id", "due_at", "due_rule", "ended_at", "ended_reason_code", "ended_by", "reason",
        "version",
    )  # fmt: skip
    __clocked__: ClassVar[str] = "failed_job"
    __kind__ = {
        "open_when": "t.ended_at is null and t.owner_id is not null", "label": "t.task",
        "since": "t.failed_at",
    }  # fmt: skip

    job_id: Mapped[int] = mapped_column(BigInteger)
    task: Mapped[str]
    queue: Mapped[str]
    priority: Mapped[int]
    lock: Mapped[str | None]
    args: Mapped[dict[str, Any]]
    attempts: Mapped[int]
    error: Mapped[str]
    message: Mapped[str | None]
    failed_at: Mapped[datetime]
    owner_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime | None]
    due_rule: Mapped[str | None]
    ended_reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "owner_id"),
        CheckConstraint(f"owner_id is not null or {NO_SCHOOL}", name="owned"),
        CheckConstraint(f"due_at is not null or {NO_SCHOOL}", name="due"),
        CheckConstraint("ended_reason_code in ('replayed', 'dropped')", name="ended_reason_code"),
        CheckConstraint("(ended_at is null) = (ended_reason_code is null)", name="ended"),
        index("uq_failed_job_job", "job_id"),
        index("ix_failed_job_newest", "failed_at desc", "id desc"),
    )


class PeriodicTick(Base):
    """The last tick of a periodic task that a worker took; older ones can no longer be taken."""

    __tablename__ = "periodic_tick"
    __changes__: ClassVar[tuple[str, ...]] = ("tick_at", "deferred_at", "missed")

    task: Mapped[str] = mapped_column(primary_key=True)
    tick_at: Mapped[datetime]
    deferred_at: Mapped[datetime]
    missed: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """Number of ticks missed since the beginning, each made good by the next run."""


class JobProgress(Base):
    """The progress of a task over all schools, so that a killed one continues from there."""

    __tablename__ = "job_progress"
    __changes__: ClassVar[tuple[str, ...]] = ("after", "failed")
    __deletable__ = True

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    after: Mapped[uuid.UUID]
    """Every school up to this id has had its turn."""
    failed: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid(as_uuid=True)))
    """Those that failed at theirs and are tried again."""
