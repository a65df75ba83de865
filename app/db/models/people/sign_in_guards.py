"""Sign-in attempts, and guards against too many."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class SignInAttempt(Base):
    """Every sign-in attempt, by a known account or not; written once, never changed."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    outcome: Mapped[str]
    request_id: Mapped[str | None]

    __table_args__ = (Index(None, "account_id", "at"),)


class SignInGuard(Base):
    """Consecutive sign-in failures of one email address from one network.

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
