"""What a school tells its trust of linked concerns: numbers alone."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index


class LinkedCount(SchoolRow):
    """What a trust sees for a month, by rule: words for a count and never the count itself.

    `school_id` is the trust's. Its schools' own counts are never stored here.
    """

    __tablename__ = "linked_count"
    __changes__: ClassVar[tuple[str, ...]] = ("schools", "linked_concerns", "speak", "counted_at")

    month: Mapped[date]
    rule_id: Mapped[str]
    schools: Mapped[str]
    linked_concerns: Mapped[str]
    speak: Mapped[bool]
    counted_at: Mapped[datetime]

    __table_args__ = (index("uq_linked_count_month", "month", "rule_id"),)
