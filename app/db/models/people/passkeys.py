"""Passkeys and their challenges."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class Passkey(Base):
    """A WebAuthn credential: its public half, and its count of uses."""

    __tablename__ = "passkey"
    __changes__: ClassVar[tuple[str, ...]] = ("sign_count", "backed_up", "last_used_at")
    __deletable__ = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    backed_up: Mapped[bool]
    transports: Mapped[list[str]]
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """A challenge for an authenticator to sign, kept as a hash until it is used or too old.

    `account_id` is None until somebody has said who they are.
    """

    __tablename__ = "passkey_challenge"
    __deletable__ = True

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    account_id: Mapped[uuid.UUID | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
