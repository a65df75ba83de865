"""Sign-in with a school's identity provider: trusted providers, and linked accounts."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, SchoolRow, Versioned, index


class IdentityProvider(Versioned, SchoolRow):
    """An OpenID provider that a school trusts to identify its staff.

    It counts once approved by a person who may grant roles and neither made nor last changed it.
    `tenants` holds the accepted Google Workspace domains (`hd`) or Entra tenants (`tid`),
    `second_factor_values` the values of `amr`, `acr` or `acrs` that prove a second factor.
    """

    __tablename__ = "identity_provider"
    __changes__: ClassVar[tuple[str, ...]] = (
        "label", "client_id", "tenants", "second_factor_values", "enabled", "version",
        "changed_at", "changed_by", "approved_by", "approved_at",
    )  # fmt: skip

    kind: Mapped[str]
    label: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    tenants: Mapped[list[str]]
    second_factor_values: Mapped[list[str]]
    enabled: Mapped[bool]
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    changed_by: Mapped[uuid.UUID]
    approved_by: Mapped[uuid.UUID | None]
    approved_at: Mapped[datetime | None]

    __table_args__ = (index(None, "created_at", "id"),)


class AccountIdentity(Base):
    """An issuer's identity linked to an account here; like the account, it belongs to no school."""

    __tablename__ = "account_identity"
    __changes__: ClassVar[tuple[str, ...]] = ("last_used_at",)
    __deletable__ = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    linked_by: Mapped[str]
    """`email` (a verified address), `directory` (provisioned) or `person` (signed in)."""
    linked_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class SignInNonce(Base):
    """A nonce for one ID token, and the proof its requester must show with that token."""

    __tablename__ = "sign_in_nonce"
    __changes__: ClassVar[tuple[str, ...]] = ("used_at",)
    __deletable__ = True

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    verifier_hash: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class UsedIdToken(Base):
    """An ID token that has opened a session and cannot open another."""

    __tablename__ = "used_id_token"
    __deletable__ = True

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
