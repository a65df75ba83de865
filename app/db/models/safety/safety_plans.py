"""Versions of a pupil's safety plan, and the people with a copy."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school

IN_FORCE = "state in ('in_use', 'under_review')"

FILE_IS_HERE = """
(select true from file_lock l where l.school_id = $1 and l.child_id = t.child_id
 and l.unlocked_at is null limit 1) is null
and (select true from frozen_file f where f.school_id = $1 and f.child_id = t.child_id
     and f.undone_at is null limit 1) is null
"""
"""SQL: the child's file has neither gone to another school nor is frozen."""


class SafetyPlan(Ended, Versioned, SchoolRow):
    """One version of a plan. Its `content` changes only while it is a draft.

    A `safety_record` also keeps the agreement; its open task has its review date.
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
    """The version in use when this one was begun."""
    record_id: Mapped[uuid.UUID | None]
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]
    agreed_by: Mapped[uuid.UUID | None]
    agreed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("concern", "concern_id"),
        *within_school(
            "staff", "lead_id", "chosen_adult_id", "cover_adult_id", "made_by", "agreed_by",
            "ended_by",
        ),
        *within_school("safety_plan", "supersedes_id"),
        *within_school("safety_record", "record_id"),
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
        index("uq_safety_plan_number", "child_id", "number"),
        index("uq_safety_plan_in_use", "child_id", where=IN_FORCE),
        index("ix_safety_plan_chosen_adult_id", "chosen_adult_id", where=IN_FORCE),
        index("ix_safety_plan_cover_adult_id", "cover_adult_id", where=IN_FORCE),
        index("ix_safety_plan_concern", "concern_id"),
    )  # fmt: skip


class SafetyPlanHolder(SchoolRow):
    """A person with a copy of one version."""

    __tablename__ = "safety_plan_holder"
    __changes__: ClassVar[tuple[str, ...]] = ("recalled_at", "recalled_by", "recall_task_id")

    plan_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    person: Mapped[str | None]
    copy: Mapped[str]
    given_at: Mapped[datetime]
    consent: Mapped[dict[str, Any] | None]
    """The pupil's answer about it."""
    noted_by: Mapped[uuid.UUID]
    noted_at: Mapped[datetime]
    recalled_at: Mapped[datetime | None]
    recalled_by: Mapped[uuid.UUID | None]
    recall_task_id: Mapped[uuid.UUID | None]

    __table_args__ = (
        *within_school("safety_plan", "plan_id"),
        *within_school("staff", "noted_by", "recalled_by"),
        *within_school("task", "recall_task_id"),
        CheckConstraint("(recalled_at is null) = (recalled_by is null)", name="recalled"),
        index("ix_safety_plan_holder_plan", "plan_id"),
    )
