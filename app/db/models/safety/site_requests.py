"""Places on the site that need something done."""

import uuid
from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, within_school


class SiteRequest(SchoolRow):
    """A place on the site that needs something done; why is for leads, and no child is named."""

    __tablename__ = "site_request"

    place: Mapped[str]
    needs: Mapped[str]
    reason: Mapped[str | None]
    noted_by: Mapped[uuid.UUID]
    noted_at: Mapped[datetime]

    __table_args__ = (
        within_school("noted_by", "staff"),
        Index("ix_site_request_newest", "school_id", text("noted_at desc"), text("id desc")),
    )
