"""Accounts, which belong to a person and not to a school, and their mailed links."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Computed, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class Account(Base):
    """A person who can sign in; the same account may be staff of several schools."""

    __tablename__ = "account"
    __changes__: ClassVar[tuple[str, ...]] = (
        "email", "password_hash", "password_set_at", "disabled_at",
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(Computed("lower(email)", persisted=True), unique=True)
    password_hash: Mapped[str | None]
    password_set_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class AccountToken(Base):
    """A mailed one-time link (an invitation or a new password), kept as a hash."""

    __tablename__ = "account_token"
    __changes__: ClassVar[tuple[str, ...]] = ("used_at",)

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str]
    organisation_id: Mapped[uuid.UUID | None]
    """The inviting organisation: following the link accepts its invitation."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
