"""Tools that send alerts, and how Cairn reads their words."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school


class IntakeSource(Ended, Versioned, SchoolRow):
    """A tool that sends alerts: how Cairn reads its words, and its sealed signing secrets."""

    __tablename__ = "intake_source"
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "kind", "severities", "categories", "identifiers", "sealed", "former_sealed",
        "former_until", "rotated_at", "ended_at", "ended_by", "version", "changed_at",
        "service_key_id",
    )  # fmt: skip

    name: Mapped[str]
    kind: Mapped[str]
    severities: Mapped[dict[str, Any]]
    """The tool's words, in lower case, each with ours."""
    categories: Mapped[dict[str, Any]]
    identifiers: Mapped[list[str]]
    """The parts of a subject to match."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    former_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_until: Mapped[datetime | None]
    rotated_at: Mapped[datetime | None]
    service_key_id: Mapped[uuid.UUID | None]
    """The only key that speaks for it; null until a first key does."""
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]

    __table_args__ = (
        *within_school("staff", "created_by"),
        *within_school("service_key", "service_key_id"),
        index("uq_intake_source_name", "lower(name)", where="ended_at is null"),
        index("ix_intake_source_newest", "created_at desc", "id desc"),
        Index("ix_intake_source_claimed", "id"),
    )  # fmt: skip
