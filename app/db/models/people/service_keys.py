"""Service keys: sign-in for programs."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, CIDR
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school


class ServiceKey(Versioned, SchoolRow):
    """A program of one school: what it may do, from where, until when.

    `id` is its OAuth client id. Only hashes of its secrets are kept; after a rotation the former
    one works until `former_until`.
    """

    __tablename__ = "service_key"
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "scopes", "networks", "expires_at", "roster_sources", "secret_hash", "former_hash",
        "former_until", "rotated_at", "last_used_at", "last_used_from", "revoked_at", "revoked_by",
        "version", "changed_at", "expiry_told_at",
    )  # fmt: skip

    name: Mapped[str]
    scopes: Mapped[list[str]]
    networks: Mapped[list[str]] = mapped_column(ARRAY(CIDR), server_default=text("'{}'"))
    """Addresses it may come from; empty means from anywhere."""
    roster_sources: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    """Sources of rosters it is bound to; empty means those that it sends."""
    secret_hash: Mapped[bytes]
    former_hash: Mapped[bytes | None]
    former_until: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    rotated_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    last_used_from: Mapped[str | None]
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[uuid.UUID | None]
    expiry_told_at: Mapped[datetime | None]
    """When the administrators were notified that it ends soon."""
    agency_id: Mapped[uuid.UUID | None]
    """The agency whose referrals the key answers; it never changes."""

    __table_args__ = (
        *within_school("agency", "agency_id"),
        CheckConstraint(
            "(agency_id is not null) = ('referral:answer' = any(scopes))", name="of_agency"
        ),
        index(None, "created_at", "id"),
        Index("ix_service_key_client", "id"),
    )  # fmt: skip
