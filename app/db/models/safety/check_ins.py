"""Check-ins: one adult's meeting with one pupil on a day."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.behind import FOR_ANYONE, of_check_in
from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school


class CheckIn(Ended, Versioned, SchoolRow):
    """A pupil's meeting with the adult they chose: a window, an owner and a cover.

    Open until it is done, the pupil declines it, or a lead writes its outcome.
    """

    __tablename__ = "check_in"
    __clocked__: ClassVar[str] = "check_in"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "concern": of_check_in("t"), "own_class": FOR_ANYONE, "owner_reads": FOR_ANYONE,
        "since": "t.made_at",
        "holders": ("t.owner_id", "t.cover_id", "t.asked_id"),
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "owner_id", "cover_id", "opens_at", "due_at", "due_rule", "place", "asked_id", "asked_at",
        "answer_by", "missed_at", "how", "done_at", "done_by", "outcome", "worried_more",
        "record_id", "state", "ended_at", "ended_by", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    plan_id: Mapped[uuid.UUID | None]
    reintegration_id: Mapped[uuid.UUID | None]
    """The reintegration whose first days it is part of; then no plan made it."""
    owner_id: Mapped[uuid.UUID]
    cover_id: Mapped[uuid.UUID]
    opens_at: Mapped[datetime]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    place: Mapped[str | None]
    asked_id: Mapped[uuid.UUID | None]
    """The person asked to stand in who has not answered yet."""
    asked_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    """When a lead was notified that it did not happen."""
    how: Mapped[str | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None]
    worried_more: Mapped[bool | None]
    record_id: Mapped[uuid.UUID | None]
    state: Mapped[str]
    made_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("support_plan", "plan_id"),
        *within_school("reintegration", "reintegration_id"),
        *within_school("staff", "owner_id", "cover_id", "asked_id", "done_by", "ended_by"),
        *within_school("safety_record", "record_id"),
        CheckConstraint(
            "state in ('open', 'done', 'declined', 'settled', 'dropped')", name="state"
        ),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        index("ix_check_in_due", "due_at", "id", where="ended_at is null"),
        index("ix_check_in_owner", "owner_id", "due_at", where="ended_at is null"),
        index("ix_check_in_child", "child_id", "due_at desc"),
        index("ix_check_in_child_open", "child_id", "due_at", where="ended_at is null"),
        index(
            "uq_check_in_window", "plan_id", "opens_at",
            where="plan_id is not null and state <> 'dropped'",
        ),
        index(
            "uq_check_in_first_days", "reintegration_id", "opens_at",
            where="reintegration_id is not null and state <> 'dropped'",
        ),
    )  # fmt: skip
