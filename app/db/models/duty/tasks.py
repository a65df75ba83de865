"""What somebody has to do by a time."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.core.behind import NOT_TO_OWN
from app.db.behind import of_task
from app.db.models.base import SchoolRow, within_school

LINKED_CONCERNS = """
(case when t.about_noun = 'linked_concern'
      then (select w.event_ids from linked_concern w where w.school_id = $1 and w.id = t.about_id)
 end)
"""
MAY_KNOW = " and ".join(f"t.kind <> '{kind}'" for kind in NOT_TO_OWN)


class Task(SchoolRow):
    """One thing that one person does by a time, set by a rule or by somebody.

    `confidentiality` is a class of record, or `anyone` where any member of staff may be given it.
    `facts` holds codes and ids, never words about a child.
    """

    __tablename__ = "task"
    __clocked__: ClassVar[str] = "task"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "concern": of_task("t"), "mentions": LINKED_CONCERNS, "urgent": "t.urgent",
        "owner_reads": "t.confidentiality", "holders": ("t.owner_id", "t.cover_id"),
        "barred": "t.barred", "hidden": f"(case when {MAY_KNOW} then t.barred end)",
        "label": "t.kind",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "confidentiality", "owner_id", "cover_id", "due_at", "due_rule", "urgent", "barred",
        "facts", "child_id", "concern_id", "state", "outcome", "note", "ended_at", "ended_by",
        "version", "changed_at",
    )  # fmt: skip

    kind: Mapped[str]
    child_id: Mapped[uuid.UUID | None]
    concern_id: Mapped[uuid.UUID | None]
    about_noun: Mapped[str | None]
    about_id: Mapped[uuid.UUID | None]
    confidentiality: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    cover_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    urgent: Mapped[bool]
    barred: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID))
    """People who must never have it, whatever they may."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    dedupe: Mapped[str | None]
    """Of a rule that must set it once: no second one of this name is ever made."""
    set_by: Mapped[uuid.UUID | None]
    """None where a rule of Cairn set it."""
    set_at: Mapped[datetime]
    state: Mapped[str]
    outcome: Mapped[str | None]
    note: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("concern_id", "concern"),
        within_school("owner_id", "staff"),
        within_school("cover_id", "staff"),
        within_school("set_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("confidentiality ~ '^(anyone|K[2-6])$'", name="confidentiality"),
        CheckConstraint("state in ('open', 'done', 'not_needed')", name="state"),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        CheckConstraint("(about_noun is null) = (about_id is null)", name="about"),
        Index(
            "ix_task_due", "school_id", "due_at", "id", postgresql_where=text("ended_at is null")
        ),
        Index(
            "ix_task_owner", "school_id", "owner_id", "due_at",
            postgresql_where=text("ended_at is null"),
        ),
        Index(
            "ix_task_owner_newest", "school_id", "owner_id", text("set_at desc"), text("id desc")
        ),
        Index(
            "ix_task_cover", "school_id", "cover_id", postgresql_where=text("cover_id is not null")
        ),
        Index("ix_task_newest", "school_id", text("set_at desc"), text("id desc")),
        Index("ix_task_child", "school_id", "child_id"),
        Index("ix_task_concern", "school_id", "concern_id"),
        Index("ix_task_about", "school_id", "about_id"),
        Index(
            "uq_task_dedupe", "school_id", "dedupe", unique=True,
            postgresql_where=text("dedupe is not null"),
        ),
    )  # fmt: skip
