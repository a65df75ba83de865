"""Statuses of a child that hold for a while."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, Versioned, index, within_school


class ChildStatus(Versioned, SchoolRow):
    """A status such as a child protection plan: an interval with evidence, never a boolean."""

    __tablename__ = "child_status"
    __noun__: ClassVar[str] = "status"
    __kind__: ClassVar[Mapping[str, Any]] = {"open_when": "t.valid_to is null"}
    __entry__ = {"status_kind": "t.kind", "summary": "concat_ws(', ', t.kind, t.detail)"}
    __history__ = True
    __changes__: ClassVar[tuple[str, ...]] = (
        "valid_to", "end_reason", "review_due", "lead_agency", "worker", "evidence", "version",
        "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    detail: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    end_reason: Mapped[str | None]
    source: Mapped[str]
    evidence: Mapped[str | None]
    lead_agency: Mapped[str | None]
    worker: Mapped[dict[str, Any] | None]
    review_due: Mapped[date | None]
    confidentiality: Mapped[str]
    added_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "added_by"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="interval"),
        index(None, "child_id"),
    )
