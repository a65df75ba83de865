"""Alerts from tools that monitor devices and the web, in the inbox where people review them."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, LargeBinary, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.former import with_later
from app.db.models.base import SchoolRow, Versioned, index, within_school

MAY_BE_ABOUT = """
t.candidates || array(select x.id from monitoring_alert h, unnest(h.candidates || h.child_id) x(id)
                      where h.school_id = $1 and h.id = t.collapsed_into)
"""
"""The children that an alert, or the head of its burst, may be about."""
INTERESTED = f"""
array(select x.staff_id from conflict x
      where x.school_id = $1 and x.child_id in {with_later("t.candidates", "$1")}
        and x.ended_at is null and x.state <> 'suggested')
"""
"""People with a conflict of interest about a child that an alert may be about."""
BECAME = """
coalesce(t.concern_id, (select h.concern_id from monitoring_alert h
                        where h.school_id = $1 and h.id = t.collapsed_into))
"""
"""The concern that an alert, or the head of its burst, became part of."""


class MonitoringAlert(Versioned, SchoolRow):
    """One alert of a tool. It has an owner while open; in a burst only the first is open.

    `MonitoringBody` has each version of the tool's own words.
    """

    __tablename__ = "monitoring_alert"
    __changes__: ClassVar[tuple[str, ...]] = (
        "severity", "child_id", "confidence", "hits", "candidates", "matched_by", "state",
        "collapsed_into", "count", "last_at", "owner_id", "due_at", "due_rule", "concern_id",
        "outcome", "reason", "decided_by", "ended_at", "version", "changed_at",
    )  # fmt: skip
    __clocked__: ClassVar[str] = "monitoring_alert"
    __kind__ = {
        "open_when": "t.state = 'open'", "concern": BECAME, "urgent": "t.severity = 'critical'",
        "candidates": MAY_BE_ABOUT, "barred": INTERESTED, "label": "t.severity",
        "since": "t.received_at",
    }  # fmt: skip

    source_id: Mapped[uuid.UUID]
    external_id: Mapped[str]
    occurred_at: Mapped[datetime]
    detected_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    severity: Mapped[str]
    """The highest severity of the alert or its burst."""
    source_severity: Mapped[str | None]
    severity_known: Mapped[bool]
    category: Mapped[str | None]
    source_category: Mapped[str | None]
    own_category: Mapped[dict[str, Any] | None]
    """The school's own category for it, as it was then; `category` is its first meaning."""
    child_id: Mapped[uuid.UUID | None]
    confidence: Mapped[str]
    hits: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    """Each identifier's matching child: codes and ids only."""
    candidates: Mapped[list[uuid.UUID]] = mapped_column(
        ARRAY(Uuid(as_uuid=True)), server_default=text("'{}'")
    )
    """Children it may be about, until somebody decides."""
    matched_by: Mapped[uuid.UUID | None]
    """The person who said which child it is about, or that it is about none."""
    burst_key: Mapped[str | None]
    state: Mapped[str]
    collapsed_into: Mapped[uuid.UUID | None]
    count: Mapped[int] = mapped_column(server_default=text("1"))
    last_at: Mapped[datetime]
    confidentiality: Mapped[str] = mapped_column(server_default="K3")
    owner_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime | None]
    due_rule: Mapped[str | None]
    concern_id: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    decided_by: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("intake_source", "source_id"),
        *within_school("child", "child_id"),
        *within_school("staff", "owner_id", "matched_by", "decided_by"),
        *within_school("concern", "concern_id"),
        *within_school("monitoring_alert", "collapsed_into"),
        CheckConstraint(
            "state <> 'open' or (owner_id is not null and due_at is not null)", name="owned"
        ),
        CheckConstraint("(state = 'collapsed') = (collapsed_into is not null)", name="collapsed"),
        CheckConstraint(
            "(state in ('taken_up', 'dismissed')) = (ended_at is not null)", name="ended"
        ),
        index("uq_monitoring_alert_external", "source_id", "external_id"),
        index("ix_monitoring_alert_burst", "source_id", "burst_key", where="state = 'open'"),
        index("ix_monitoring_alert_inbox", "state", "received_at desc", "id desc"),
        index("ix_monitoring_alert_child", "child_id"),
        index("ix_monitoring_alert_owner", "owner_id"),
        index("ix_monitoring_alert_burst_of", "collapsed_into"),
        index("ix_monitoring_alert_ended", "ended_at", "id"),
        index("ix_monitoring_alert_concern", "concern_id"),
    )  # fmt: skip


class MonitoringBody(SchoolRow):
    """A tool's message, complete and as received, and Cairn's reading of it. Immutable."""

    __tablename__ = "monitoring_body"

    alert_id: Mapped[uuid.UUID]
    number: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[dict[str, Any]]
    """The readable parts: subject, device, words, links."""
    severity: Mapped[str]
    webhook_id: Mapped[str | None]
    received_by: Mapped[uuid.UUID]
    """The service key that sent it; null if it was signed."""
    received_at: Mapped[datetime]

    __table_args__ = (
        *within_school("monitoring_alert", "alert_id"),
        index("uq_monitoring_body_number", "alert_id", "number"),
    )
