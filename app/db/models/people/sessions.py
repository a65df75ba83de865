"""Sessions and refresh tokens."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


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
    """The program's own name, for the person's list; never its whole User-Agent."""
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
