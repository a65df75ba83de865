"""Child searches in progress; each becomes a trail entry when it ends."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, index


class ChildSearch(Base):
    """One person's search, from one keystroke to the next, and the children it showed.

    It becomes one entry of the trail with the same id, and its row here is deleted.
    """

    __tablename__ = "child_search"
    __changes__: ClassVar[tuple[str, ...]] = (
        "last_at", "request_id", "typed", "words_hash", "searches", "children",
    )  # fmt: skip
    __deletable__ = True

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[uuid.UUID]
    actor_role: Mapped[str]
    session_id: Mapped[uuid.UUID | None]
    request_id: Mapped[str | None]
    typed: Mapped[str]
    words_hash: Mapped[str | None]
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    searches: Mapped[int]
    children: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid(as_uuid=True)))
    began_at: Mapped[datetime]
    last_at: Mapped[datetime]

    __table_args__ = (index(None, "actor_id"),)
