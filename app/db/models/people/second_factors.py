"""Authenticator apps and recovery codes."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class TotpSecret(Base):
    """The secret of an authenticator app (RFC 6238), sealed with a key outside the database.

    An account has one active, and at most one that needs its first code.
    """

    __tablename__ = "totp_secret"
    __changes__: ClassVar[tuple[str, ...]] = ("sealed", "confirmed_at", "last_step")
    __deletable__ = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    sealed: Mapped[bytes]
    """Names its own key; the account's id is bound to it."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """The latest accepted time step: neither it nor an earlier one is accepted again."""

    __table_args__ = (
        Index(
            "uq_totp_secret_active", "account_id", unique=True,
            postgresql_where=text("confirmed_at is not null"),
        ),
        Index(
            "uq_totp_secret_waiting", "account_id", unique=True,
            postgresql_where=text("confirmed_at is null"),
        ),
    )  # fmt: skip


class RecoveryCode(Base):
    """One of ten codes for a lost second factor, kept as a hash; each works once."""

    __tablename__ = "recovery_code"
    __changes__: ClassVar[tuple[str, ...]] = ("used_at",)
    __deletable__ = True

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
