"""Sign-in: accounts, sessions and refresh tokens, which belong to a person and no school."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Computed, ForeignKey, Index, text
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


class AuthSession(Base):
    """One sign-in, scoped to one organisation and one role; revoking it ends its tokens."""

    __tablename__ = "auth_session"
    __changes__: ClassVar[tuple[str, ...]] = (
        "revoked_at", "revoked_because", "seen_at", "amr", "auth_time",
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[str]
    amr: Mapped[list[str]]
    auth_time: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    device: Mapped[str | None]
    """What the program calls itself, for the person's own list; never its whole User-Agent."""
    network: Mapped[str | None]
    """The kind of network: `local`, `private` or `public`; addresses are not kept."""
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None]


class RefreshToken(Base):
    """One refresh token, kept as a hash; each is used once and replaced."""

    __tablename__ = "refresh_token"
    __changes__: ClassVar[tuple[str, ...]] = ("used_at",)

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("auth_session.id"), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AccountToken(Base):
    """A mailed one-time link (an invitation or a new password), kept as a hash."""

    __tablename__ = "account_token"
    __changes__: ClassVar[tuple[str, ...]] = ("used_at",)

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str]
    organisation_id: Mapped[uuid.UUID | None]
    """Who invited: following the link accepts the entry there."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """Every try to sign in, known account or not; written once, never changed."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    outcome: Mapped[str]
    request_id: Mapped[str | None]

    __table_args__ = (Index(None, "account_id", "at"),)


class SignInGuard(Base):
    """Tries in a row of one e-mail address from one network that proved nobody.

    `key` is a hash of both, `proved_at` when this address last signed in from there.
    """

    __tablename__ = "sign_in_guard"
    __changes__: ClassVar[tuple[str, ...]] = (
        "failed_count", "locked_until", "changed_at", "proved_at",
    )  # fmt: skip
    __deletable__ = True

    key: Mapped[bytes] = mapped_column(primary_key=True)
    failed_count: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]
