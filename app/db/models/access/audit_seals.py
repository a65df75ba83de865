"""The sealed log over the trail: leaves, the hashes of complete blocks, signed checkpoints."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.models.trail import Xid8


class TrailLeaf(Base):
    """The index of one entry in its school's log, and the hash it was sealed with."""

    __tablename__ = "trail_leaf"

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    log: Mapped[str] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[uuid.UUID]
    hash: Mapped[bytes] = mapped_column(BYTEA)

    __table_args__ = (UniqueConstraint("school_id", "log", "entry_id"),)


class TrailNode(Base):
    """The hash of a complete block of 256, 65,536 or 16,777,216 leaves; keeps proofs cheap."""

    __tablename__ = "trail_node"

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    log: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(BYTEA)


class TrailCheckpoint(Base):
    """The signed state of a log after one batch; `note` is the signed text itself.

    `peaks` are the roots of the complete parts of the tree, from which sealing continues.
    """

    __tablename__ = "trail_checkpoint"

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    log: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes] = mapped_column(BYTEA)
    previous: Mapped[bytes] = mapped_column(BYTEA)
    peaks: Mapped[list[bytes]] = mapped_column(ARRAY(BYTEA))
    sealed_at: Mapped[datetime]
    epoch: Mapped[int] = mapped_column(BigInteger)
    horizon: Mapped[int] = mapped_column(Xid8)
    next_xid: Mapped[int] = mapped_column(Xid8)
    not_before: Mapped[datetime | None]
    key_name: Mapped[str]
    note: Mapped[str]

    __table_args__ = (UniqueConstraint("school_id", "log", "size"),)
