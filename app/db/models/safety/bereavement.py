"""The time after a death: the case, its team, who may be affected, what was said, hard days."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school

IN_TEAM = """
array(select unnest(array[m.staff_id, m.deputy_id]) from bereavement_member m
      where m.school_id = $1 and m.case_id = t.id and m.left_at is null)
"""


class BereavementCase(SchoolRow):
    """One death, as a school looks after everybody else; opened and closed by two people.

    `child_id` where the file of the person is kept here, else `person` has the name. `pending` is
    what one person has asked for and a second has to agree to.
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
    """Who of them, and how they were reached."""
    cause_wording: Mapped[str]
    cause_approvals: Mapped[list[dict[str, Any]]]
    """Who of family and police agreed to the wording, and when; empty for the usual one."""
    lead_id: Mapped[uuid.UUID]
    proposed_by: Mapped[uuid.UUID]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    pending: Mapped[dict[str, Any] | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("lead_id", "staff"),
        within_school("proposed_by", "staff"),
        within_school("decided_by", "staff"),
        CheckConstraint("num_nonnulls(child_id, person) >= 1", name="who"),
        CheckConstraint("decided_by is null or decided_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "state in ('proposed', 'open', 'closed', 'taken_back', 'undone')", name="state"
        ),
        CheckConstraint("(ended_at is null) = (state in ('proposed', 'open'))", name="ended"),
        Index("ix_bereavement_case_newest", "school_id", text("proposed_at desc"), text("id desc")),
        Index(
            "uq_bereavement_case_child", "school_id", "child_id", unique=True,
            postgresql_where=text("child_id is not null and state not in ('taken_back', 'undone')"),
        ),
    )  # fmt: skip


class BereavementMember(SchoolRow):
    """Somebody in the team of a case; may step out without a reason."""

    __tablename__ = "bereavement_member"
    __changes__: ClassVar[tuple[str, ...]] = ("left_at", "version")

    case_id: Mapped[uuid.UUID]
    role: Mapped[str]
    staff_id: Mapped[uuid.UUID]
    deputy_id: Mapped[uuid.UUID | None]
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("case_id", "bereavement_case"),
        within_school("staff_id", "staff"),
        within_school("deputy_id", "staff"),
        within_school("added_by", "staff"),
        CheckConstraint("deputy_id is null or deputy_id <> staff_id", name="deputy"),
        Index("ix_bereavement_member_case", "school_id", "case_id"),
        Index(
            "ix_bereavement_member_staff", "school_id", "staff_id",
            postgresql_where=text("left_at is null"),
        ),
    )  # fmt: skip


class AffectedPerson(SchoolRow):
    """Somebody who may be affected: kept in the case alone, never in that person's own file."""

    __tablename__ = "affected_person"
    __changes__: ClassVar[tuple[str, ...]] = (
        "reasons", "note", "offer", "owner_id", "next", "left_alone", "moved_to", "ended_at",
        "version", "changed_at",
    )  # fmt: skip

    case_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID | None]
    staff_id: Mapped[uuid.UUID | None]
    reasons: Mapped[list[str]]
    note: Mapped[str | None]
    offer: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    next: Mapped[str | None]
    left_alone: Mapped[bool]
    """They asked to be left alone: nobody is sent to them any more."""
    moved_to: Mapped[str | None]
    """The school they go to now, whose lead is telephoned."""
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("case_id", "bereavement_case"),
        within_school("child_id", "child"),
        within_school("staff_id", "staff"),
        within_school("owner_id", "staff"),
        within_school("added_by", "staff"),
        CheckConstraint("num_nonnulls(child_id, staff_id) = 1", name="one"),
        Index(
            "uq_affected_person_child", "school_id", "case_id", "child_id", unique=True,
            postgresql_where=text("child_id is not null and ended_at is null"),
        ),
        Index(
            "uq_affected_person_staff", "school_id", "case_id", "staff_id", unique=True,
            postgresql_where=text("staff_id is not null and ended_at is null"),
        ),
    )  # fmt: skip


class BereavementEntry(SchoolRow):
    """Something that was said, heard, asked or done; never changed, amended by a new one.

    `about_id` is the entry that this one answers, approves or tells of; `content` has the shape
    of its `kind`.
    """

    __tablename__ = "bereavement_entry"

    case_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    content: Mapped[dict[str, Any]]
    about_id: Mapped[uuid.UUID | None]
    amends_id: Mapped[uuid.UUID | None]
    by_id: Mapped[uuid.UUID]
    at: Mapped[datetime]

    __table_args__ = (
        within_school("case_id", "bereavement_case"),
        within_school("about_id", "bereavement_entry"),
        within_school("amends_id", "bereavement_entry"),
        within_school("by_id", "staff"),
        Index(
            "ix_bereavement_entry_case", "school_id", "case_id", text("at desc"), text("id desc")
        ),
        Index("ix_bereavement_entry_about", "school_id", "about_id"),
        Index(
            "uq_bereavement_entry_amends", "school_id", "amends_id", unique=True,
            postgresql_where=text("amends_id is not null"),
        ),
    )  # fmt: skip


class BereavementDate(SchoolRow):
    """A day that may be hard, with the days around it in which somebody looks quietly."""

    __tablename__ = "bereavement_date"
    __changes__: ClassVar[tuple[str, ...]] = (
        "falls_on", "yearly", "owner_id", "days_before", "days_after", "ended_at", "version",
        "changed_at",
    )  # fmt: skip

    case_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    falls_on: Mapped[date]
    yearly: Mapped[bool]
    owner_id: Mapped[uuid.UUID]
    days_before: Mapped[int] = mapped_column(SmallInteger)
    days_after: Mapped[int] = mapped_column(SmallInteger)
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("case_id", "bereavement_case"),
        within_school("owner_id", "staff"),
        CheckConstraint("days_before between 0 and 60", name="before"),
        CheckConstraint("days_after between 0 and 60", name="after"),
        Index("ix_bereavement_date_case", "school_id", "case_id"),
        Index(
            "ix_bereavement_date_live", "school_id", "falls_on",
            postgresql_where=text("ended_at is null"),
        ),
    )  # fmt: skip


class FrozenFile(SchoolRow):
    """The file of somebody who died: what stood in it stays as it was, and is held in law.

    Only two people undo it, where the confirmation was a mistake.
    """

    __tablename__ = "frozen_file"
    __changes__: ClassVar[tuple[str, ...]] = ("undone_at", "undone_by", "reason")

    child_id: Mapped[uuid.UUID]
    case_id: Mapped[uuid.UUID]
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[uuid.UUID]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("case_id", "bereavement_case"),
        within_school("frozen_by", "staff"),
        within_school("undone_by", "staff"),
        CheckConstraint(
            "num_nonnulls(undone_at, undone_by, reason) in (0, 3)", name="undone"
        ),
        Index(
            "uq_frozen_file_child", "school_id", "child_id", unique=True,
            postgresql_where=text("undone_at is null"),
        ),
    )  # fmt: skip
