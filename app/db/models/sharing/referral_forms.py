"""Local referral forms of authorities."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index, within_school


class ReferralVariant(SchoolRow):
    """A version of a school's own local form for a kind of referral. Immutable."""

    __tablename__ = "referral_variant"

    variant: Mapped[str]
    number: Mapped[int]
    kind: Mapped[str]
    authority: Mapped[str]
    content: Mapped[dict[str, Any]]
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]

    __table_args__ = (
        *within_school("staff", "added_by"),
        CheckConstraint("number >= 1", name="number"),
        index("uq_referral_variant_number", "variant", "number"),
    )
