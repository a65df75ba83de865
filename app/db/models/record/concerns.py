"""Concerns as raised, and their later steps."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import ConcernStep, SchoolRow, Statement, Versioned, index, within_school


def kind_of_statement(alias: str) -> str:
    """SQL for whose words a statement is: as reported, or as the newest amendment says.

    Without a sort, so that a page of a chronology is read in the order of its index.
    """
    return f"""case when {alias}.kind <> 'not_said' then {alias}.kind else coalesce((
      select (max(array[rfc3339(sa.recorded_at), sa.id::text, sa.statement_kind]))[3]
      from amendment sa
      where sa.school_id = $1 and sa.concern_id = {alias}.concern_id
        and sa.statement_id = {alias}.id and sa.statement_kind is not null), 'not_said') end"""


ACCOUNT = f"""(
  select string_agg(x.text, E'\\n' order by x.position) filter (where x.kind <> 'child_said')
           as told,
         string_agg(x.text, E'\\n' order by x.position) filter (where x.kind = 'child_said')
           as child_said
  from (select s.text, s.position, {kind_of_statement("s")} as kind
        from account_statement s
        where p.kind = 'concern' and s.school_id = $1 and s.concern_id = p.thing_id) x
  ) t where p.kind = 'concern'"""
"""The chronology's columns of a concern's account; the page already has the concern's own."""


class Concern(Versioned, SchoolRow):
    """A worry about one or more children; the database makes the reporter's part immutable.

    Unless ended it has exactly one owner and one due time (also a check of the table).
    """

    __tablename__ = "concern"
    __clocked__: ClassVar[str] = "concern"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "open_when": "t.ended_at is null and t.frozen_at is null", "concern": "t.id",
        "owner_reads": "t.confidentiality",
        "urgent": "t.immediacy = 'immediate_danger' and t.acknowledged_at is null",
        "reference": "t.reference", "label": "t.immediacy", "since": "t.recorded_at",
    }  # fmt: skip
    __entry__ = {
        "often": True, "rows": ACCOUNT, "summary": "t.told", "outcome": "p.outcome",
        "child_said": "case when p.state <> 'entered_in_error' then t.child_said end",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "confidentiality", "level", "level_label", "primary_category", "categories",
        "owner_id", "due_at", "due_rule", "acknowledged_at", "acknowledged_by", "triaged_at",
        "triaged_by", "outcome", "ended_at", "duplicate_of", "pending", "version", "changed_at",
        "frozen_at", "immediacy", "told_reporter", "told_reporter_at", "occurred_at",
        "occurred_precision", "place", "own_categories",
    )  # fmt: skip
    __reported__: ClassVar[tuple[str, ...]] = (
        "place", "source", "context", "alleged_source_of_harm", "told_already", "parents_told",
        "also_named", "reported_own_categories",
    )  # fmt: skip
    """Columns kept as the reporter sent them, and shown so to readers of the concern."""

    reference: Mapped[str]
    reporter_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]
    occurred_at: Mapped[datetime]
    occurred_precision: Mapped[str]
    place: Mapped[str | None]
    source: Mapped[str]
    context: Mapped[str | None]
    alleged_source_of_harm: Mapped[str | None]
    immediacy: Mapped[str]
    """How urgent it is as now known; the pathway keeps the reported urgency."""
    reported_categories: Mapped[list[str]]
    reported_own_categories: Mapped[list[dict[str, Any]]] = mapped_column(
        server_default=sql("'[]'::jsonb")
    )
    """The school's own words among them, with their label and meaning of that day."""
    told_already: Mapped[list[dict[str, Any]]]
    parents_told: Mapped[dict[str, Any] | None]
    also_named: Mapped[list[dict[str, Any]]] = mapped_column(server_default=sql("'[]'::jsonb"))
    """Other children as the reporter named them, until a lead links their files."""

    state: Mapped[str]
    confidentiality: Mapped[str]
    level: Mapped[int | None]
    level_label: Mapped[str | None]
    primary_category: Mapped[str | None]
    categories: Mapped[list[str]]
    own_categories: Mapped[list[dict[str, Any]]] = mapped_column(server_default=sql("'[]'::jsonb"))
    """The school's own words for the present categories, in the same form."""
    owner_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime | None]
    due_rule: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[uuid.UUID | None]
    triaged_at: Mapped[datetime | None]
    triaged_by: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None]
    told_reporter: Mapped[str | None]
    """The last result given to its reporter; its history has each one."""
    told_reporter_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    duplicate_of: Mapped[uuid.UUID | None]
    pending: Mapped[dict[str, Any] | None]
    frozen_at: Mapped[datetime | None]
    """Since when it is frozen: every child it is about had died by then."""

    __table_args__ = (
        *within_school("staff", "reporter_id", "owner_id", "acknowledged_by", "triaged_by"),
        *within_school("concern", "duplicate_of"),
        CheckConstraint(
            "(ended_at is not null) = (state in "
            "('closed', 'duplicate_of', 'entered_in_error', 'moved_to_adults'))",
            name="ended",
        ),
        CheckConstraint(
            "ended_at is not null or (owner_id is not null and due_at is not null)",
            name="never_without_owner_or_due_time",
        ),
        CheckConstraint("confidentiality ~ '^K[2-6]$'", name="confidentiality"),
        CheckConstraint(
            "(confidentiality = 'K6') = (state = 'moved_to_adults')", name="moved"
        ),
        CheckConstraint("level between 1 and 4", name="level"),
        index("uq_concern_reference", "reference"),
        index("ix_concern_newest", "recorded_at desc", "id desc"),
        index("ix_concern_open_newest", "recorded_at desc", "id desc", where="ended_at is null"),
        index("ix_concern_due", "due_at", "id", where="ended_at is null"),
        index("ix_concern_pending", "id", where="pending is not null"),
        index("ix_concern_owner", "owner_id", "recorded_at desc"),
        index("ix_concern_reporter", "reporter_id", "recorded_at desc"),
        index("ix_concern_duplicate_of", "duplicate_of", where="duplicate_of is not null"),
    )  # fmt: skip


class ConcernChild(SchoolRow):
    """A child's part in a concern; `id` is the concern's.

    Only a `ConcernCorrection` puts another child in its place, and it keeps the first one.
    """

    __tablename__ = "concern_child"
    __changes__: ClassVar[tuple[str, ...]] = ("child_id",)

    child_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    position: Mapped[int]

    __table_args__ = (
        *within_school("concern", "id"),
        *within_school("child", "child_id"),
        index(None, "child_id", "id"),
    )


class AccountStatement(Statement, SchoolRow):
    """One typed statement of the account, exactly as submitted."""

    __tablename__ = "account_statement"

    __table_args__ = (
        *within_school("concern", "concern_id"),
        index(None, "concern_id"),
    )


class BodyMark(SchoolRow):
    """A mark on the body map: x and y from 0 to 1 within the named view."""

    __tablename__ = "body_mark"
    __changes__: ClassVar[tuple[str, ...]] = ("child_id",)

    concern_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID]
    position: Mapped[int]
    view: Mapped[str]
    x: Mapped[float]
    y: Mapped[float]
    region: Mapped[str]
    size_mm: Mapped[int | None]
    colour: Mapped[str | None]
    shape: Mapped[str | None]
    explanation: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("child", "child_id"),
        index(None, "concern_id"),
    )


class ConcernEvent(ConcernStep, SchoolRow):
    """One step in the life of a concern, with its reason; what `history` shows. Immutable."""

    __tablename__ = "concern_event"

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("staff", "by_id"),
        index(None, "concern_id"),
    )
