"""Files received from other schools."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school

CAME = """cross join lateral (
  select coalesce(nullif(x.told -> 'recorded_by', 'null'), nullif(x.told -> 'decided_by', 'null'),
                  x.told -> 'events' -> 0 -> 'by') as by,
         x.told -> 'history' -> 0 ->> 'role' as role,
         case when x.told ->> 'level' ~ '^[1-9]$' then (x.told ->> 'level')::int end as level,
         coalesce(x.told -> 'categories' ->> 'primary',
                  case jsonb_typeof(x.told -> 'categories' -> 0)
                  when 'string' then x.told -> 'categories' ->> 0 end) as category,
         case t.kind when 'status' then x.told ->> 'status' end as status_kind,
         case t.kind when 'safety_record' then x.told ->> 'record' end as safety_record_kind,
         coalesce(x.told -> 'outcome' ->> 'outcome', case jsonb_typeof(x.told -> 'outcome')
                  when 'string' then x.told ->> 'outcome' end) as outcome,
         coalesce(x.told -> 'outcome' ->> 'state', x.told ->> 'state') as state
  from (select t.content as told) x) came"""
AUTHOR = """json_build_object(
  'id', null, 'name', coalesce(came.by ->> 'name', t.origin), 'role', null)"""
RECEIVED = """json_build_object(
  'school', t.origin, 'record_kind', t.kind, 'author_name', came.by ->> 'name',
  'author_job_title', came.by ->> 'job_title', 'author_role', came.role,
  'recorded_at', rfc3339(t.recorded_at), 'state', came.state,
  'accepted_by', json_build_object('id', p.author_id, 'name', author.name),
  'accepted_at', rfc3339(p.recorded_at))"""
"""The chronology's text of another school's record, and the person who accepted it here."""


class ReceivedFile(SchoolRow):
    """A file as another school sent it. Immutable."""

    __tablename__ = "received_file"

    child_id: Mapped[uuid.UUID]
    incoming_id: Mapped[uuid.UUID]
    format: Mapped[str]
    origin: Mapped[dict[str, Any]]
    manifest_sha256: Mapped[str]
    records: Mapped[int]
    attachments: Mapped[int]
    accepted_by: Mapped[uuid.UUID]
    received_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("incoming_transfer", "incoming_id"),
        *within_school("staff", "accepted_by"),
        index("uq_received_file_incoming", "incoming_id"),
        index(None, "child_id"),
    )


class ReceivedRecord(SchoolRow):
    """One dated record of a received file, exactly as sent. Immutable."""

    __tablename__ = "received_record"
    __kind__ = {}
    __entry__ = {
        "joins": CAME, "reference": "t.reference", "level": "came.level",
        "category": "came.category", "status_kind": "came.status_kind",
        "safety_record_kind": "came.safety_record_kind", "outcome": "came.outcome",
        "summary": "concat_ws(E'\\n', t.origin || ':', t.summary)", "recorded_at": "t.recorded_at",
        "author": AUTHOR, "received": RECEIVED,
    }  # fmt: skip

    file_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID]
    position: Mapped[int]
    number: Mapped[str]
    kind: Mapped[str]
    confidentiality: Mapped[str]
    occurred_at: Mapped[datetime]
    occurred_precision: Mapped[str]
    recorded_at: Mapped[datetime | None]
    origin: Mapped[str]
    reference: Mapped[str | None]
    summary: Mapped[str | None]
    content: Mapped[dict[str, Any]]

    __table_args__ = (
        *within_school("received_file", "file_id"),
        *within_school("child", "child_id"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        index("uq_received_record_position", "file_id", "position"),
        index(None, "child_id"),
    )


class ReceivedAttachment(SchoolRow):
    """A file sent with a received record, scanned before it was kept, and again later."""

    __tablename__ = "received_attachment"
    __changes__: ClassVar[tuple[str, ...]] = ("state", "scan_result", "signature")

    file_id: Mapped[uuid.UUID]
    record_id: Mapped[uuid.UUID]
    path: Mapped[str]
    file_name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    key: Mapped[str]
    description: Mapped[str | None]
    state: Mapped[str]
    scan_result: Mapped[str]
    signature: Mapped[str | None]
    """The scanner's name for what it found."""

    __table_args__ = (
        *within_school("received_file", "file_id"),
        *within_school("received_record", "record_id"),
        CheckConstraint(
            "(state = 'available') = (scan_result in ('not_scanned', 'clean'))",
            name="never_served_unless_clean",
        ),
        index("uq_received_attachment_path", "file_id", "path"),
        index(None, "record_id"),
    )  # fmt: skip
