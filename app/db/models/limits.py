"""Counters for rate limits."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class RateLimit(Base):
    """When a key's bucket is full again; worth nothing after a crash, hence unlogged."""

    __tablename__ = "rate_limit"
    __changes__: ClassVar[tuple[str, ...]] = ("full_at",)
    __deletable__ = True
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    key: Mapped[bytes] = mapped_column(primary_key=True)
    full_at: Mapped[datetime]
