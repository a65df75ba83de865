"""The adults around a child."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school


class Contact(Versioned, SchoolRow):
    """A parent, carer or professional of one child, and what they may do.

    `may_be_told` None means derived (see `app.domain.record.contacts.rules.may_be_told`).
    """

    __tablename__ = "contact"
    __kind__ = {}
    __history__ = True
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "kind", "organisation", "email", "phone", "address", "language",
        "parental_responsibility", "lives_with", "is_parent", "contact_allowed", "restriction",
        "court_orders", "may_be_told", "may_be_told_reason", "alleged_source_of_harm", "priority",
        "known_before", "typed_by", "confirmed", "valid_to", "merged_into", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    name: Mapped[str]
    organisation: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    language: Mapped[str | None]
    parental_responsibility: Mapped[str] = mapped_column(server_default="unknown")
    lives_with: Mapped[str] = mapped_column(server_default="unknown")
    is_parent: Mapped[bool] = mapped_column(server_default=text("false"))
    contact_allowed: Mapped[str] = mapped_column(server_default="unknown")
    restriction: Mapped[str | None]
    court_orders: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    may_be_told: Mapped[bool | None]
    may_be_told_reason: Mapped[str | None]
    alleged_source_of_harm: Mapped[bool] = mapped_column(server_default=text("false"))
    known_before: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    """Former names and addresses of a barred contact: the bar covers them, too."""
    typed_by: Mapped[uuid.UUID | None]
    """The person who last typed kind or email address; None if a roster gave them."""
    confirmed: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """Name, kind, email and phone as safeguarding staff last wrote or confirmed them.

    By field: `value`, `by` and `at`. A field that differs now was changed by others since.
    """
    priority: Mapped[int | None]
    source: Mapped[str]
    source_id: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    merged_into: Mapped[uuid.UUID | None]
    """The contact of the same child who is the same person and goes on."""
    created_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "typed_by"),
        *within_school("contact", "merged_into"),
        index(None, "child_id"),
        index(
            "uq_contact_source", "source", "source_id", "child_id",
            where="source_id is not null and merged_into is null",
        ),
    )  # fmt: skip
