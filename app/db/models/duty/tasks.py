"""Tasks that people have to do by a time."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.core.behind import NOT_TO_OWN
from app.db.behind import of_task
from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school

LINKED_CONCERNS = """
(case when t.about_noun = 'linked_concern'
      then (select w.event_ids from linked_concern w where w.school_id = $1 and w.id = t.about_id)
 end)
"""
RELATED = """
(case when t.about_noun = 'bereavement_case' then array(
   select related.staff_id from bereavement_case died
   join conflict related on related.school_id = $1 and related.child_id = died.child_id
     and related.ended_at is null and related.state <> 'suggested'
   where died.school_id = $1 and died.id = t.about_id)
 end)
"""
"""People related to a child who died, for what there is to do after it: the case hides it, too."""
MAY_KNOW = " and ".join(f"t.kind <> '{kind}'" for kind in NOT_TO_OWN)


class Task(Ended, Versioned, SchoolRow):
    """One task for one person by a time, set by a rule or by a person.

    `confidentiality` is a class of record, or `anyone` if any member of staff may have it. `facts`
    holds codes and ids, never words about a child.
    """

    __tablename__ = "task"
    __clocked__: ClassVar[str] = "task"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "concern": of_task("t"), "mentions": LINKED_CONCERNS, "urgent": "t.urgent",
        "owner_reads": "t.confidentiality", "holders": ("t.owner_id", "t.cover_id"),
        "barred": f"(t.barred || {RELATED})",
        "hidden": f"({RELATED} || case when {MAY_KNOW} then t.barred end)",
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
    """People who must never have it, whatever their role."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    dedupe: Mapped[str | None]
    """The key of a rule that sets it only once: no second task ever has it."""
    set_by: Mapped[uuid.UUID | None]
    """None if Cairn's rules set it."""
    set_at: Mapped[datetime]
    state: Mapped[str]
    outcome: Mapped[str | None]
    note: Mapped[str | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("concern", "concern_id"),
        *within_school("staff", "owner_id", "cover_id", "set_by", "ended_by"),
        CheckConstraint("confidentiality ~ '^(anyone|K[2-6])$'", name="confidentiality"),
        CheckConstraint("state in ('open', 'done', 'not_needed')", name="state"),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        CheckConstraint("(about_noun is null) = (about_id is null)", name="about"),
        index("ix_task_due", "due_at", "id", where="ended_at is null"),
        index("ix_task_owner", "owner_id", "due_at", where="ended_at is null"),
        index("ix_task_owner_newest", "owner_id", "set_at desc", "id desc"),
        index("ix_task_cover", "cover_id", where="cover_id is not null"),
        index("ix_task_newest", "set_at desc", "id desc"),
        index("ix_task_child", "child_id"),
        index("ix_task_concern", "concern_id"),
        index("ix_task_about", "about_id"),
        index("uq_task_dedupe", "dedupe", where="dedupe is not null"),
    )  # fmt: skip
