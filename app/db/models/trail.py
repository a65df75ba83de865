"""The trail, idempotency keys and reference counters: the unit of work's own tables."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Identity, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from app.db.models.base import Base, SchoolRow, index


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The column's type as DDL."""
        return "xid8"


class TrailRow(SchoolRow):
    """The columns of every trail: who, in which role and session, did what to what.

    Insert-only. `xid` and `seq` order entries for the sealer, which may read only those whose
    transaction is older than every running one (lower numbers can commit later).
    """

    __abstract__ = True

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    at: Mapped[datetime]
    actor_id: Mapped[uuid.UUID]
    actor_role: Mapped[str]
    session_id: Mapped[uuid.UUID | None]
    request_id: Mapped[str | None]
    verb: Mapped[str]
    noun: Mapped[str]
    noun_id: Mapped[uuid.UUID | None]
    child_id: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]
    before_hash: Mapped[str | None]
    after_hash: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class Trail(TrailRow):
    """Every look and every change, except those in the adult register."""

    __tablename__ = "trail"

    __table_args__ = (
        index(None, "noun_id", "seq"),
        index("ix_trail_order", "xid", "seq"),
        index("ix_trail_child", "child_id", "at desc", "id desc", where="child_id is not null"),
        index(
            "ix_trail_shown", "(details -> 'children')", postgresql_using="gin",
            where="verb = 'child.searched'",
        ),
    )  # fmt: skip


class RowTrail(TrailRow):
    """The hashes of rows after each work, in either register; sealed separately.

    `details` holds the hash of each row by table and key, null for a deleted row; no content.
    """

    __tablename__ = "row_trail"

    __table_args__ = (
        index("ix_row_trail_order", "xid", "seq"),
        index("ix_row_trail_seq", "seq"),
    )


class LateTrail(Base):
    """The turn at which readers of events reach the entries of a long transaction.

    It replaces the transaction's own number, which was given out when it began.
    """

    __tablename__ = "late_trail"

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(
        Xid8, primary_key=True, server_default=text("pg_current_xact_id()")
    )
    turn: Mapped[int] = mapped_column(Xid8)

    __table_args__ = (index("ix_late_trail_turn", "turn"),)


class IdempotencyKey(Base):
    """A key claimed by one actor for one request, and the answer a replay gets."""

    __tablename__ = "idempotency_key"
    __changes__: ClassVar[tuple[str, ...]] = ("status", "headers", "body")
    __deletable__ = True

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(BYTEA)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(BYTEA)
    created_at: Mapped[datetime]

    __table_args__ = (index(None, "created_at"),)


class ReferenceCounter(Base):
    """How many references a kind of record has in one school and year; locked last in a work.

    Numbers are given in an order that `secret` decides, so that no gap tells of a hidden record.
    """

    __tablename__ = "reference_counter"
    __changes__: ClassVar[tuple[str, ...]] = ("last",)

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
    secret: Mapped[uuid.UUID] = mapped_column(server_default=text("gen_random_uuid()"))
