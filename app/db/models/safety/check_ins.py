"""Support plans, check-ins with their owner and cover, and who is on the support list."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.behind import (
    FOR_ANYONE,
    class_of_record,
    of_check_in,
    of_support_list_entry,
    of_support_plan,
)
from app.db.models.base import SchoolRow, within_school


class SupportPlan(SchoolRow):
    """The plan that a child has now; what was agreed is the safety record that it names.

    Here is what the making of check-ins needs.
    """

    __tablename__ = "support_plan"
    __kind__ = {
        "concern": of_support_plan("t"), "joined": True,
        "own_class": class_of_record("t.record_id"),
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "record_id", "adult_id", "cover_id", "place", "windows", "cadence", "began_on",
        "holiday_arrangement", "review_due_at", "ended_at", "ended_by", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    record_id: Mapped[uuid.UUID]
    adult_id: Mapped[uuid.UUID]
    cover_id: Mapped[uuid.UUID]
    place: Mapped[str | None]
    windows: Mapped[list[dict[str, Any]]]
    """Local times of a day between which a check-in may be, as `from` and `to`."""
    cadence: Mapped[list[dict[str, Any]]]
    began_on: Mapped[date]
    holiday_arrangement: Mapped[str | None]
    review_due_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[uuid.UUID]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("record_id", "safety_record"),
        within_school("adult_id", "staff"),
        within_school("cover_id", "staff"),
        within_school("made_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("adult_id <> cover_id", name="two_people"),
        Index(
            "uq_support_plan_child", "school_id", "child_id", unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )  # fmt: skip


class CheckIn(SchoolRow):
    """One meeting of a pupil with the adult they chose: a window, an owner and a cover.

    Open until somebody has done it, the pupil declined it, or a lead wrote what became of it.
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
    """The reintegration whose first days it is of; then no plan made it."""
    owner_id: Mapped[uuid.UUID]
    cover_id: Mapped[uuid.UUID]
    opens_at: Mapped[datetime]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    place: Mapped[str | None]
    asked_id: Mapped[uuid.UUID | None]
    """Who was asked to stand in and has not answered yet."""
    asked_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    """When a lead was told that it did not happen."""
    how: Mapped[str | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None]
    worried_more: Mapped[bool | None]
    record_id: Mapped[uuid.UUID | None]
    state: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("plan_id", "support_plan"),
        within_school("reintegration_id", "reintegration"),
        within_school("owner_id", "staff"),
        within_school("cover_id", "staff"),
        within_school("asked_id", "staff"),
        within_school("done_by", "staff"),
        within_school("ended_by", "staff"),
        within_school("record_id", "safety_record"),
        CheckConstraint(
            "state in ('open', 'done', 'declined', 'settled', 'dropped')", name="state"
        ),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        Index(
            "ix_check_in_due", "school_id", "due_at", "id",
            postgresql_where=text("ended_at is null"),
        ),
        Index(
            "ix_check_in_owner", "school_id", "owner_id", "due_at",
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_check_in_child", "school_id", "child_id", text("due_at desc")),
        Index(
            "ix_check_in_child_open", "school_id", "child_id", "due_at",
            postgresql_where=text("ended_at is null"),
        ),
        Index(
            "uq_check_in_window", "school_id", "plan_id", "opens_at", unique=True,
            postgresql_where=text("plan_id is not null and state <> 'dropped'"),
        ),
        Index(
            "uq_check_in_first_days", "school_id", "reintegration_id", "opens_at", unique=True,
            postgresql_where=text("reintegration_id is not null and state <> 'dropped'"),
        ),
    )  # fmt: skip


class SupportListEntry(SchoolRow):
    """One stated reason, with an end date, why a child is on the support list; never a score.

    It stays past its end date until somebody takes it off.
    """

    __tablename__ = "support_list_entry"
    __kind__ = {"concern": of_support_list_entry("t"), "own_class": FOR_ANYONE}
    __changes__: ClassVar[tuple[str, ...]] = (
        "reason", "until", "ended_at", "ended_by", "end_reason", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    reason: Mapped[str]
    source_noun: Mapped[str]
    source_id: Mapped[uuid.UUID]
    words: Mapped[str | None]
    """What a lead wrote who put the child on the list."""
    until: Mapped[datetime]
    put_at: Mapped[datetime]
    put_by: Mapped[uuid.UUID | None]
    """None where a rule of Cairn put it."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    end_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("put_by", "staff"),
        within_school("ended_by", "staff"),
        Index("ix_support_list_entry_child", "school_id", "child_id"),
        Index(
            "uq_support_list_entry_source", "school_id", "source_noun", "source_id", "child_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )  # fmt: skip


class SupportListHandOver(SchoolRow):
    """A note from one lead to another about who is in touch with whom, read and acknowledged."""

    __tablename__ = "support_list_hand_over"
    __changes__: ClassVar[tuple[str, ...]] = ("acknowledged_at", "version")

    to_id: Mapped[uuid.UUID]
    note: Mapped[str]
    content: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The entries, as ids and times, that were handed over."""
    by_id: Mapped[uuid.UUID]
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("to_id", "staff"),
        within_school("by_id", "staff"),
        Index("ix_support_list_hand_over_at", "school_id", text("at desc"), text("id desc")),
    )


class StaffAway(SchoolRow):
    """Days on which somebody is not at school; why is nobody's business here."""

    __tablename__ = "staff_away"
    __changes__: ClassVar[tuple[str, ...]] = ("ended_at", "ended_by", "version")

    staff_id: Mapped[uuid.UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    """The first day back."""
    said_by: Mapped[uuid.UUID]
    said_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("staff_id", "staff"),
        within_school("said_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("valid_from < valid_to", name="days"),
        Index("ix_staff_away_days", "school_id", "valid_to"),
    )
