"""Places on the site that need something done."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index, within_school


class SiteRequest(SchoolRow):
    """A place on the site that needs something done; only leads see why, and it names no child."""

    __tablename__ = "site_request"

    place: Mapped[str]
    needs: Mapped[str]
    reason: Mapped[str | None]
    noted_by: Mapped[uuid.UUID]
    noted_at: Mapped[datetime]

    __table_args__ = (
        *within_school("staff", "noted_by"),
        index("ix_site_request_newest", "noted_at desc", "id desc"),
    )
