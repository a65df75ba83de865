"""Additions to a concern beside its originals."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class Amendment(SchoolRow):
    """A correction or addition beside the original, with author, time and reason."""

    __tablename__ = "amendment"
    __kind__ = {}
    __entry__ = {"often": True, "summary": "t.text", "reason": "t.reason"}

    concern_id: Mapped[uuid.UUID]
    statement_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    text: Mapped[str]
    reason: Mapped[str]
    told_already: Mapped[list[dict[str, Any]]] = mapped_column(server_default=sql("'[]'::jsonb"))
    statement_kind: Mapped[str | None]
    """Whose words a statement is, if its reporter had not said so."""
    immediacy: Mapped[str | None]
    categories: Mapped[list[str]] = mapped_column(server_default=sql("'{}'::text[]"))
    """Further categories; with `immediacy`, it can only make the concern more urgent."""
    self_harm: Mapped[dict[str, Any] | None]
    """A later disclosure of self-harm or thoughts of suicide."""
    author_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]
    post_event: Mapped[bool] = mapped_column(server_default=sql("false"))
    """Whether it was added after the death of a child it is about."""

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("account_statement", "statement_id"),
        *within_school("staff", "author_id"),
        index(None, "concern_id"),
    )


class Comment(SchoolRow):
    """Discussion among staff about a concern; immutable."""

    __tablename__ = "comment"
    __kind__ = {}
    __entry__ = {"often": True, "summary": "t.text"}

    concern_id: Mapped[uuid.UUID]
    text: Mapped[str]
    author_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("staff", "author_id"),
        index(None, "concern_id"),
    )


class Decision(SchoolRow):
    """A decision about a concern or a child, with its author and reason; immutable."""

    __tablename__ = "decision"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "items": "jsonb_build_array(jsonb_build_object('kind', 'decision', 'id', t.id))",
    }
    __entry__ = {
        "often": True, "summary": "t.question", "decision": "t.decision", "reason": "t.reason",
    }  # fmt: skip

    concern_id: Mapped[uuid.UUID | None]
    child_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    question: Mapped[str]
    options: Mapped[list[str]]
    decision: Mapped[str]
    reason: Mapped[str]
    advice: Mapped[list[dict[str, Any]]]
    decided_by: Mapped[uuid.UUID]
    decided_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    review_on: Mapped[datetime | None]

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("child", "child_id"),
        *within_school("staff", "decided_by"),
        CheckConstraint("concern_id is not null or child_id is not null", name="about_something"),
        index(None, "concern_id"),
        index(None, "child_id"),
    )
