"""Incomplete reports, reintegrations, absences, sanctions, site requests, and offers to staff."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.db.behind import class_of_record
from app.db.models.base import NO_ID, SchoolRow, within_school
from app.db.models.people.staff import HEADS

ABOUT_HEAD = (
    f"(t.about_head or (select true {HEADS} and m.staff_id = any(t.barred) limit 1) is true)"
)


class IncompleteReport(SchoolRow):
    """The body of an urgent report that could not be taken, as it came, until a lead ends it.

    About an adult it belongs to the adult register: `keeper_id` has it, and no lead.
    `asks` has the pointers of what was missing. `barred` has whoever the report names or may be
    about through somebody close to them: they never see it.
    """

    __tablename__ = "incomplete_report"
    __kind__ = {
        "concern": NO_ID, "holders": ("t.keeper_id",),
        "barred": f"(t.barred || case when t.register = 'adults' and {ABOUT_HEAD} "
        f"then array(select m.staff_id {HEADS}) else '{{}}' end)",
        "marks": {"about_child": "t.register = 'children'", "about_head": ABOUT_HEAD},
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "times", "last_at", "state", "concern_id", "ended_by", "ended_at", "reason", "keeper_id",
        "version", "changed_at",
    )  # fmt: skip

    reporter_id: Mapped[uuid.UUID]
    operation: Mapped[str]
    """What was asked for, as the API names it."""
    thing_id: Mapped[uuid.UUID | None]
    """The concern or check-in that the address named; there may be none such."""
    register: Mapped[str]
    about_head: Mapped[bool]
    """The adult is a head, or nobody can make out who it is: no head reads it."""
    keeper_id: Mapped[uuid.UUID | None]
    """The person who has a report about an adult, as the adult register places it."""
    signed_in: Mapped[bool]
    """False where their sign-in had run out: it came with a token of ours that no longer counts."""
    body: Mapped[str]
    cut: Mapped[bool]
    """Whether it was longer than what is kept."""
    digest: Mapped[bytes]
    asks: Mapped[list[str]]
    urgent: Mapped[bool]
    barred: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID))
    received_at: Mapped[datetime]
    times: Mapped[int]
    last_at: Mapped[datetime]
    state: Mapped[str]
    concern_id: Mapped[uuid.UUID | None]
    ended_by: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("reporter_id", "staff"),
        within_school("concern_id", "concern"),
        within_school("ended_by", "staff"),
        within_school("keeper_id", "staff"),
        CheckConstraint("(ended_at is null) = (state = 'open')", name="ended"),
        CheckConstraint("register in ('children', 'adults')", name="register"),
        CheckConstraint("(register = 'adults') = (keeper_id is not null)", name="keeper"),
        CheckConstraint("register = 'children' or concern_id is null", name="apart"),
        Index(
            "ix_incomplete_report_reporter", "school_id", "reporter_id", "digest",
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_incomplete_report_newest", "school_id", text("received_at desc"),
              text("id desc")),
        Index(
            "ix_incomplete_report_open", "school_id", text("received_at desc"), text("id desc"),
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_incomplete_report_concern", "school_id", "concern_id"),
        Index(
            "ix_incomplete_report_adults", "school_id", text("received_at desc"), "id",
            postgresql_where=text("register = 'adults'"),
        ),
    )  # fmt: skip


class Reintegration(SchoolRow):
    """A child's coming back after an absence or from hospital; what is agreed is in records.

    `record_id` is the newest record of it. `ended_at`: the look ninety days after was taken.
    """

    __tablename__ = "reintegration"
    __kind__ = {"own_class": class_of_record("t.record_id")}
    __changes__: ClassVar[tuple[str, ...]] = (
        "record_id", "expected_on", "returned_on", "met_at", "ended_at", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    record_id: Mapped[uuid.UUID]
    expected_on: Mapped[date | None]
    returned_on: Mapped[date | None]
    adult_id: Mapped[uuid.UUID | None]
    """Who sees the child on the first days."""
    met_at: Mapped[datetime | None]
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("concern_id", "concern"),
        within_school("record_id", "safety_record"),
        within_school("adult_id", "staff"),
        within_school("set_by", "staff"),
        Index("ix_reintegration_child", "school_id", "child_id"),
        Index("ix_reintegration_concern", "school_id", "concern_id"),
        Index("ix_reintegration_record", "school_id", "record_id"),
    )


class AttendanceMark(SchoolRow):
    """One session's mark of a child whom somebody looks after; of others none is kept."""

    __tablename__ = "attendance_mark"
    __changes__: ClassVar[tuple[str, ...]] = ("mark", "explained", "marked_at", "received_at")

    child_id: Mapped[uuid.UUID]
    day: Mapped[date]
    session: Mapped[str]
    mark: Mapped[str]
    explained: Mapped[bool]
    marked_at: Mapped[datetime]
    received_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        Index("uq_attendance_mark_session", "school_id", "child_id", "day", "session", unique=True),
    )


class Sanction(SchoolRow):
    """A child was sent out, home or sanctioned soon after telling; a lead looks at it.

    `sent_by` is a member of staff or a service key.
    """

    __tablename__ = "sanction"
    __kind__ = {
        "own_class": f"coalesce({class_of_record('t.record_id')}, 'K3')",
        "open_when": "t.looked_at is null",
    }
    __changes__: ClassVar[tuple[str, ...]] = ("record_id", "looked_at", "version")

    child_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    day: Mapped[date]
    school_reason: Mapped[str]
    sent_by: Mapped[uuid.UUID]
    sent_at: Mapped[datetime]
    record_id: Mapped[uuid.UUID | None]
    looked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("record_id", "safety_record"),
        Index("ix_sanction_child", "school_id", "child_id"),
        Index("ix_sanction_record", "school_id", "record_id"),
    )


class SiteRequest(SchoolRow):
    """A place on the site that needs something done; why is for leads, and no child is named."""

    __tablename__ = "site_request"

    place: Mapped[str]
    needs: Mapped[str]
    reason: Mapped[str | None]
    noted_by: Mapped[uuid.UUID]
    noted_at: Mapped[datetime]

    __table_args__ = (
        within_school("noted_by", "staff"),
        Index("ix_site_request_newest", "school_id", text("noted_at desc"), text("id desc")),
    )


class StaffSupportOffer(SchoolRow):
    """An offer of support to a colleague, between the two of them alone."""

    __tablename__ = "staff_support_offer"
    __changes__: ClassVar[tuple[str, ...]] = ("answer", "answered_at", "version")

    person_id: Mapped[uuid.UUID]
    offered_by: Mapped[uuid.UUID]
    words: Mapped[str | None]
    offered_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("person_id", "staff"),
        within_school("offered_by", "staff"),
        CheckConstraint("person_id <> offered_by", name="two"),
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
        Index("ix_staff_support_offer_person", "school_id", "person_id"),
        Index("ix_staff_support_offer_offered_by", "school_id", "offered_by"),
    )
