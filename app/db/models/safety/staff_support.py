"""Offers of support to colleagues."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class StaffSupportOffer(SchoolRow):
    """An offer of support to a colleague, between the two of them alone."""

    __tablename__ = "staff_support_offer"
    __changes__: ClassVar[tuple[str, ...]] = ("answer", "answered_at", "version")

    person_id: Mapped[uuid.UUID]
    offered_by: Mapped[uuid.UUID]
    words: Mapped[str | None]
    offered_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "person_id", "offered_by"),
        CheckConstraint("person_id <> offered_by", name="two"),
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
        index("ix_staff_support_offer_person", "person_id"),
        index("ix_staff_support_offer_offered_by", "offered_by"),
    )
