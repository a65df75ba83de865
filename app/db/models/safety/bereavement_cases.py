"""A school's care for others after a death."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, Versioned, index, within_school

IN_TEAM = """
array(select unnest(array[m.staff_id, m.deputy_id]) from bereavement_member m
      where m.school_id = $1 and m.case_id = t.id and m.left_at is null)
"""


class BereavementCase(Versioned, SchoolRow):
    """A school's care for others after one death; two people open and close it.

    `child_id` if the person's file is kept here; otherwise `person` has the name. `pending` is one
    person's request that a second must agree to.
    """

    __tablename__ = "bereavement_case"
    __kind__ = {"team": IN_TEAM}
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "lead_id", "died_on", "confirmed_by", "confirmed_with", "cause_wording",
        "cause_approvals", "decided_by", "decided_at", "pending", "ended_at", "version",
        "changed_at",
    )  # fmt: skip

    state: Mapped[str]
    person_died: Mapped[str]
    child_id: Mapped[uuid.UUID | None]
    person: Mapped[str | None]
    learned_from: Mapped[str]
    died_on: Mapped[date | None]
    authority: Mapped[str | None]
    """The local authority whose first numbers are shown."""
    confirmed_by: Mapped[str | None]
    confirmed_with: Mapped[str | None]
    """The person there who confirmed it, and how they were reached."""
    cause_wording: Mapped[str]
    cause_approvals: Mapped[list[dict[str, Any]]]
    """Family and police who agreed to the wording, and when; empty for the usual one."""
    lead_id: Mapped[uuid.UUID]
    proposed_by: Mapped[uuid.UUID]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    pending: Mapped[dict[str, Any] | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "lead_id", "proposed_by", "decided_by"),
        CheckConstraint("num_nonnulls(child_id, person) >= 1", name="who"),
        CheckConstraint("decided_by is null or decided_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "state in ('proposed', 'open', 'closed', 'taken_back', 'undone')", name="state"
        ),
        CheckConstraint("(ended_at is null) = (state in ('proposed', 'open'))", name="ended"),
        index("ix_bereavement_case_newest", "proposed_at desc", "id desc"),
        index(
            "uq_bereavement_case_child", "child_id",
            where="child_id is not null and state not in ('taken_back', 'undone')",
        ),
    )  # fmt: skip
