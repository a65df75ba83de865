"""Changes of what is dialled, and of how far a roster may go, that need a second person."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class ProposedChange(SchoolRow):
    """A change of one field of a thing: it holds once another person confirms it."""

    __tablename__ = "proposed_change"
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "decided_by", "decided_at", "reason", "version",
    )  # fmt: skip

    noun: Mapped[str]
    thing_id: Mapped[uuid.UUID]
    field: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """By field: what everyone reads until then."""
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str]
    proposed_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was refused."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "proposed_by", "decided_by"),
        CheckConstraint(
            "state in ('proposed', 'confirmed', 'refused', 'replaced')", name="state"
        ),
        CheckConstraint(
            "state <> 'confirmed' or coalesce(decided_by <> proposed_by, false)",
            name="second_person",
        ),
        index(
            "uq_proposed_change_open", "noun", "thing_id", "field", where="state = 'proposed'"
        ),
    )  # fmt: skip
