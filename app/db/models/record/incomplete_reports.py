"""Urgent reports that Cairn could not accept."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.db.behind import of_incomplete_report
from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school
from app.db.models.people.memberships import HEADS

ABOUT_HEAD = (
    f"(t.about_head or (select true {HEADS} and m.staff_id = any(t.barred) limit 1) is true)"
)

OF_CHILDREN = "t.register = 'children'"
DIGIT = "[0-9a-f]"
LIKE_ID = f"({DIGIT * 8}{f'-?{DIGIT * 4}' * 3}-?{DIGIT * 12})"
NAMED = f"array(select named[1]::uuid from regexp_matches(t.body, '{LIKE_ID}', 'gi') as named)"
"""The ids in its body, as `rules.LIKE_ID` finds them; without braces, which a format would read."""


class IncompleteReport(Ended, Versioned, SchoolRow):
    """The body of an urgent report that Cairn refused, as sent, until a lead ends it.

    A report about an adult belongs to the adult register: `owner_id` has it, and no lead. `asks`
    has the pointers of missing fields. `barred` has the people that the report names or may be
    about through somebody close to them: they never see it.
    """

    __tablename__ = "incomplete_report"
    __clocked__: ClassVar[str] = "incomplete_report"
    __kind__ = {
        "concern": of_incomplete_report("t"),
        "open_when": "t.ended_at is null and t.register = 'adults'",
        "urgent": "t.urgent",
        "candidates": f"(case when {OF_CHILDREN} then {NAMED} end)",
        "team": f"(case when {OF_CHILDREN} then array[t.reporter_id] end)",
        "barred": f"(t.barred || case when t.register = 'adults' and {ABOUT_HEAD} "
        f"then array(select m.staff_id {HEADS}) else '{{}}' end)",
        "marks": {"about_child": OF_CHILDREN, "about_head": ABOUT_HEAD},
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "times", "last_at", "state", "concern_id", "ended_by", "ended_at", "reason", "owner_id",
        "due_at", "due_rule", "register", "about_head", "barred", "version", "changed_at",
    )  # fmt: skip

    reporter_id: Mapped[uuid.UUID]
    operation: Mapped[str]
    """The operation's name in the API."""
    thing_id: Mapped[uuid.UUID | None]
    """The concern or check-in that the path named; it may not exist."""
    register: Mapped[str]
    about_head: Mapped[bool]
    """The adult is a head, or nobody can tell who it is: no head reads it."""
    owner_id: Mapped[uuid.UUID | None]
    """The owner of a report about an adult, by the adult register's rules."""
    due_at: Mapped[datetime | None]
    """When the owner must have dealt with it; a report about a child has a task with its time."""
    due_rule: Mapped[str | None]
    signed_in: Mapped[bool]
    """False if their sign-in had expired: its token was ours but no longer counts."""
    body: Mapped[str]
    cut: Mapped[bool]
    """Whether Cairn cut it to its maximum length."""
    digest: Mapped[bytes]
    asks: Mapped[list[str]]
    urgent: Mapped[bool]
    barred: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID))
    received_at: Mapped[datetime]
    times: Mapped[int]
    last_at: Mapped[datetime]
    state: Mapped[str]
    concern_id: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]

    __table_args__ = (
        *within_school("staff", "reporter_id", "ended_by", "owner_id"),
        *within_school("concern", "concern_id"),
        CheckConstraint("(ended_at is null) = (state = 'open')", name="ended"),
        CheckConstraint("register in ('children', 'adults')", name="register"),
        CheckConstraint("(register = 'adults') = (owner_id is not null)", name="keeper"),
        CheckConstraint(
            "ended_at is not null or (register = 'adults') = (due_at is not null)", name="due"
        ),
        CheckConstraint("register = 'children' or concern_id is null", name="apart"),
        index("ix_incomplete_report_reporter", "reporter_id", "digest", where="ended_at is null"),
        index("ix_incomplete_report_newest", "received_at desc", "id desc"),
        index("ix_incomplete_report_open", "received_at desc", "id desc", where="ended_at is null"),
        index("ix_incomplete_report_concern", "concern_id"),
        index("ix_incomplete_report_adults", "received_at desc", "id", where="register = 'adults'"),
    )  # fmt: skip
