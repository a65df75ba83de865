"""Reasons why a person is locked out from a record."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, index, within_school


class Conflict(Ended, SchoolRow):
    """Why a person is locked out from a child's record, or from one concern.

    `kind`: `roster_parent` and `roster_relative` come from the roster, `named` from a concern,
    `declared` from a person. Never deleted; a wrong one is ended, with a reason. `state`:
    `to_confirm` locks out until a person ends it; `suggested` locks nobody out. `typed_by` typed
    or brought the facts it rests on, so another person confirms it; `import_id` is the import that
    caused it. Since `ground_gone_at` a suggestion has
    had no ground; it stays until a person decides.
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
    end_reason: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'in_force'"))
    typed_by: Mapped[list[uuid.UUID]] = mapped_column(
        ARRAY(Uuid(as_uuid=True)), server_default=text("'{}'")
    )
    import_id: Mapped[uuid.UUID | None]
    ground_gone_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "staff_id"),
        *within_school("child", "child_id"),
        *within_school("concern", "concern_id"),
        CheckConstraint(
            "kind in ('roster_parent', 'roster_relative', 'named', 'declared')", name="kind"
        ),
        CheckConstraint("state in ('in_force', 'to_confirm', 'suggested')", name="state"),
        CheckConstraint("num_nonnulls(concern_id, child_id) = 1", name="one_record"),
        index("ix_conflict_live", "staff_id", where="ended_at is null"),
        index("ix_conflict_child", "child_id"),
        index("ix_conflict_concern", "concern_id"),
        index(
            "uq_conflict_child_id", "staff_id", "child_id", "kind",
            where="ended_at is null and child_id is not null",
        ),
        index(
            "uq_conflict_concern_id", "staff_id", "concern_id", "kind", "created_by",
            where="ended_at is null and concern_id is not null",
        ),
    )  # fmt: skip
