"""Agencies a school refers to and shares with."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned


class Agency(Versioned, SchoolRow):
    """An agency this school refers to or shares with."""

    __tablename__ = "agency"
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "kind", "local_authority", "phone", "out_of_hours_phone", "email", "address",
        "route", "retired_at", "version", "changed_at", "webhook_url", "webhook_secret",
        "form_variants",
    )  # fmt: skip

    name: Mapped[str]
    kind: Mapped[str]
    local_authority: Mapped[str | None]
    phone: Mapped[str | None]
    out_of_hours_phone: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]
    route: Mapped[str]
    webhook_url: Mapped[str | None]
    webhook_secret: Mapped[bytes | None]
    """Sealed outside the database, bound to the agency."""
    form_variants: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    """The local form this agency wants for a kind of referral."""
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(webhook_url is null) = (webhook_secret is null)", name="signed"),
    )
