"""Versions of a pupil's safety plan, and who has a copy of one."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school

IN_FORCE = text("state in ('in_use', 'under_review')")

FILE_IS_HERE = """
(select true from file_lock l where l.school_id = $1 and l.child_id = t.child_id
 and l.unlocked_at is null limit 1) is null
and (select true from frozen_file f where f.school_id = $1 and f.child_id = t.child_id
     and f.undone_at is null limit 1) is null
"""
"""The file of the child has neither gone to another school, nor is it frozen."""


class SafetyPlan(SchoolRow):
    """One version of a plan. Its `content` changes while it is a draft, and then no more.

    What was agreed is kept as a `safety_record` besides; when it is to be read again stands in
    its open task.
    """

    __tablename__ = "safety_plan"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "holders": ("t.chosen_adult_id", "t.cover_adult_id"),
        "marks": {"in_use": f"t.{IN_FORCE} and {FILE_IS_HERE}"},
    }
    __changes__: ClassVar[tuple[str, ...]] = (
        "concern_id", "state", "confidentiality", "content", "lead_id", "chosen_adult_id",
        "cover_adult_id", "holiday_arrangement", "seen_by_health", "last_read_with_pupil",
        "record_id", "agreed_by", "agreed_at", "used_at", "ended_at", "ended_by", "end_reason",
        "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    number: Mapped[int]
    """Counts the versions of a child's plan from 1."""
    state: Mapped[str]
    confidentiality: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    lead_id: Mapped[uuid.UUID]
    chosen_adult_id: Mapped[uuid.UUID | None]
    cover_adult_id: Mapped[uuid.UUID | None]
    holiday_arrangement: Mapped[str | None]
    seen_by_health: Mapped[dict[str, Any] | None]
    last_read_with_pupil: Mapped[datetime | None]
    supersedes_id: Mapped[uuid.UUID | None]
    """The version that was in use when this one was begun."""
    record_id: Mapped[uuid.UUID | None]
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]
    agreed_by: Mapped[uuid.UUID | None]
    agreed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    end_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("concern_id", "concern"),
        within_school("lead_id", "staff"),
        within_school("chosen_adult_id", "staff"),
        within_school("cover_adult_id", "staff"),
        within_school("supersedes_id", "safety_plan"),
        within_school("record_id", "safety_record"),
        within_school("made_by", "staff"),
        within_school("agreed_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint(
            "state in ('draft', 'agreed', 'in_use', 'under_review', 'replaced', 'ended')",
            name="state",
        ),
        CheckConstraint(
            "(state in ('replaced', 'ended')) = (ended_at is not null)", name="ended"
        ),
        CheckConstraint(
            "agreed_at is null or (record_id is not null and "
            "coalesce(content->>'made_with', '') <> '' and (content->>'made_with' <> 'not_yet' "
            "or coalesce(content->>'made_with_reason', '') <> ''))",
            name="made_with",
        ),
        CheckConstraint("state in ('draft', 'ended') or agreed_at is not null", name="agreed"),
        Index("uq_safety_plan_number", "school_id", "child_id", "number", unique=True),
        Index(
            "uq_safety_plan_in_use", "school_id", "child_id", unique=True,
            postgresql_where=IN_FORCE,
        ),
        Index(
            "ix_safety_plan_chosen_adult_id", "school_id", "chosen_adult_id",
            postgresql_where=IN_FORCE,
        ),
        Index(
            "ix_safety_plan_cover_adult_id", "school_id", "cover_adult_id",
            postgresql_where=IN_FORCE,
        ),
        Index("ix_safety_plan_concern", "school_id", "concern_id"),
    )  # fmt: skip


class SafetyPlanHolder(SchoolRow):
    """Somebody who has a copy of one version."""

    __tablename__ = "safety_plan_holder"
    __changes__: ClassVar[tuple[str, ...]] = ("recalled_at", "recalled_by", "recall_task_id")

    plan_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    person: Mapped[str | None]
    copy: Mapped[str]
    given_at: Mapped[datetime]
    consent: Mapped[dict[str, Any] | None]
    """What the pupil said to it."""
    noted_by: Mapped[uuid.UUID]
    noted_at: Mapped[datetime]
    recalled_at: Mapped[datetime | None]
    recalled_by: Mapped[uuid.UUID | None]
    recall_task_id: Mapped[uuid.UUID | None]

    __table_args__ = (
        within_school("plan_id", "safety_plan"),
        within_school("noted_by", "staff"),
        within_school("recalled_by", "staff"),
        within_school("recall_task_id", "task"),
        CheckConstraint("(recalled_at is null) = (recalled_by is null)", name="recalled"),
        Index("ix_safety_plan_holder_plan", "school_id", "plan_id"),
    )
