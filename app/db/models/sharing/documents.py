"""The frozen content of documents."""

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class Document(SchoolRow):
    """The content of a typeset document, permanently, under the id of its job. Immutable."""

    __tablename__ = "document"

    reference: Mapped[str]
    kind: Mapped[str]
    child_id: Mapped[uuid.UUID]
    purpose: Mapped[str]
    content: Mapped[bytes]
    sha256: Mapped[str]
    template_version: Mapped[int]
    entry_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid(as_uuid=True)))
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]

    __table_args__ = (
        *within_school("document_job", "id"),
        *within_school("child", "child_id"),
        *within_school("staff", "made_by"),
        CheckConstraint("kind in ('chronology')", name="kind"),
        index("uq_document_reference", "reference"),
    )
