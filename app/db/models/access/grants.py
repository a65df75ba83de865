"""Exceptions to what a role sees, and notices of unusual reading."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, SchoolRow, within_school
from app.db.models.trail import Xid8


class AccessGrant(SchoolRow):
    """Sight of one concern or one child's record, for a while: given, or taken by breaking glass.

    Ends by itself at `valid_to`. A break-glass waits for another person's review: it has an
    owner and a due time from the first second.
    """

    __tablename__ = "access_grant"
    __clocked__: ClassVar[str] = "break_glass"
    __timed__: ClassVar[tuple[str, ...]] = ("due_at", "reviewed_at")
    __kind__ = {
        "among": "t.kind = 'break_glass'",
        "open_when": "t.kind = 'break_glass' and t.reviewed_at is null",
        "barred": "array[t.staff_id]", "since": "t.created_at",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "ended_at", "ended_by", "reviewed_at", "reviewed_by", "review_outcome", "review_note",
        "owner_id", "due_at", "version",
    )  # fmt: skip

    kind: Mapped[str]
    staff_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    child_id: Mapped[uuid.UUID | None]
    classes: Mapped[list[str]]
    reason: Mapped[str]
    granted_by: Mapped[uuid.UUID]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[uuid.UUID | None]
    review_outcome: Mapped[str | None]
    review_note: Mapped[str | None]
    owner_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("staff_id", "staff"),
        within_school("concern_id", "concern"),
        within_school("child_id", "child"),
        within_school("owner_id", "staff"),
        CheckConstraint("kind in ('grant', 'break_glass')", name="kind"),
        CheckConstraint(
            "kind = 'grant' or (owner_id is not null and due_at is not null)",
            name="never_without_owner_or_due_time",
        ),
        CheckConstraint("num_nonnulls(concern_id, child_id) = 1", name="one_record"),
        CheckConstraint("valid_to > valid_from", name="interval"),
        Index(None, "school_id", "staff_id", "valid_to"),
        Index("ix_access_grant_list", "school_id", "kind", "created_at", "id"),
        Index(
            "ix_access_grant_unreviewed", "school_id", "due_at", "id",
            postgresql_where=text("kind = 'break_glass' and reviewed_at is null"),
        ),
    )  # fmt: skip


class Conflict(SchoolRow):
    """Why somebody is locked out from a child's record, or from one concern.

    `kind`: `roster_parent` and `roster_relative` come from the roster, `named` from a concern,
    `declared` from a person. Never deleted; one that is wrong is ended, with a reason.
    `state`: `to_confirm` locks out until a person ends it; `suggested` locks nobody out.
    `typed_by` wrote by hand what it rests on: another person confirms it. Since `ground_gone_at`
    the ground of a suggestion is gone; it stays until a person decides.
    """

    __tablename__ = "conflict"
    __changes__: ClassVar[tuple[str, ...]] = (
        "ended_at", "ended_by", "end_reason", "state", "ground_gone_at", "version",
    )  # fmt: skip

    staff_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID | None]
    concern_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    reason: Mapped[str | None]
    contact_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    end_reason: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'in_force'"))
    typed_by: Mapped[list[uuid.UUID]] = mapped_column(
        ARRAY(Uuid(as_uuid=True)), server_default=text("'{}'")
    )
    ground_gone_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("staff_id", "staff"),
        within_school("child_id", "child"),
        within_school("concern_id", "concern"),
        CheckConstraint(
            "kind in ('roster_parent', 'roster_relative', 'named', 'declared')", name="kind"
        ),
        CheckConstraint("state in ('in_force', 'to_confirm', 'suggested')", name="state"),
        CheckConstraint("num_nonnulls(concern_id, child_id) = 1", name="one_record"),
        Index(
            "ix_conflict_live", "school_id", "staff_id", postgresql_where=text("ended_at is null")
        ),
        Index("ix_conflict_child", "school_id", "child_id"),
        Index("ix_conflict_concern", "school_id", "concern_id"),
        Index(
            "uq_conflict_child_id", "school_id", "staff_id", "child_id", "kind", unique=True,
            postgresql_where=text("ended_at is null and child_id is not null"),
        ),
        Index(
            "uq_conflict_concern_id", "school_id", "staff_id", "concern_id", "kind", unique=True,
            postgresql_where=text("ended_at is null and concern_id is not null"),
        ),
    )  # fmt: skip


class ReadingNotice(SchoolRow):
    """A rule about unusual reading that fired, with the trail entries that made it fire.

    Asks another person to look and decides nothing. `dedupe` keeps one event to one notice.
    """

    __tablename__ = "reading_notice"
    __clocked__: ClassVar[str] = "reading_notice"
    __kind__ = {
        "open_when": "t.reviewed_at is null", "barred": "array[t.reader_id]", "label": "t.rule",
        "since": "t.created_at",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "child_id", "since", "until", "measured", "entries", "owner_id", "due_at", "reviewed_at",
        "reviewed_by", "review_outcome", "review_note", "version",
    )  # fmt: skip

    rule: Mapped[str]
    rule_version: Mapped[str]
    reader_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID | None]
    since: Mapped[datetime]
    until: Mapped[datetime]
    measured: Mapped[dict[str, Any]]
    entries: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid(as_uuid=True)))
    dedupe: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[uuid.UUID | None]
    review_outcome: Mapped[str | None]
    review_note: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("reader_id", "staff"),
        within_school("owner_id", "staff"),
        within_school("child_id", "child"),
        Index("uq_reading_notice_dedupe", "school_id", "rule", "dedupe", unique=True),
        Index("ix_reading_notice_list", "school_id", "created_at", "id"),
        Index(
            "ix_reading_notice_unreviewed",
            "school_id",
            "due_at",
            "id",
            postgresql_where=text("reviewed_at is null"),
        ),
    )


class ReadingScan(Base):
    """How far the search for unusual reading has read a school's trail."""

    __tablename__ = "reading_scan"
    __changes__: ClassVar[tuple[str, ...]] = ("xid", "seq")

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8)
    seq: Mapped[int] = mapped_column(BigInteger)
