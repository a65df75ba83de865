"""The support list: the children on it, and its hand-overs."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.behind import class_of_support_list_entry, of_support_list_entry
from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school


class SupportListEntry(Ended, Versioned, SchoolRow):
    """One stated reason, with an end date, why a child is on the support list; never a score.

    It stays past its end date until somebody removes it.
    """

    __tablename__ = "support_list_entry"
    __kind__ = {
        "concern": of_support_list_entry("t"), "own_class": class_of_support_list_entry("t"),
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "reason_code", "until", "ended_at", "ended_by", "end_reason", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    reason_code: Mapped[str]
    source_noun: Mapped[str]
    source_id: Mapped[uuid.UUID]
    reason: Mapped[str | None]
    """The reason given by the lead who put the child on the list."""
    until: Mapped[datetime]
    put_at: Mapped[datetime]
    put_by: Mapped[uuid.UUID | None]
    """None if Cairn's rules put it there."""
    end_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "put_by", "ended_by"),
        index("ix_support_list_entry_child", "child_id"),
        index(
            "uq_support_list_entry_source", "source_noun", "source_id", "child_id",
            where="ended_at is null",
        ),
    )  # fmt: skip


class SupportListHandOver(SchoolRow):
    """A lead's note to another about who is in touch with which pupil, read and acknowledged."""

    __tablename__ = "support_list_hand_over"
    __changes__: ClassVar[tuple[str, ...]] = ("acknowledged_at", "version")

    to_id: Mapped[uuid.UUID]
    note: Mapped[str]
    content: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The entries handed over, as ids and times."""
    by_id: Mapped[uuid.UUID]
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "to_id", "by_id"),
        index("ix_support_list_hand_over_at", "at desc", "id desc"),
    )
