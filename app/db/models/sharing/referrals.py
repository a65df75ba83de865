"""Referrals to agencies."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school
from app.db.models.sharing.shares import MENTIONED

WITH_SOURCE = """
(t.items || case when t.concern_id is null then '[]'::jsonb
                 else jsonb_build_array(jsonb_build_object('kind', 'concern', 'id', t.concern_id))
            end)
"""
"""The items of a referral, and the concern it comes from."""


OWN_DUTY = "(case when t.duty_of = t.owner_id and t.sent_at is null then 'own_duty' end)"
"""In place of a class: a report that is its owner's own duty in law, until it is made."""


EVENT_OF_ENTRY = """left join lateral (
  select x.kind from referral_event x
  where x.school_id = $1 and x.referral_id = t.id and x.recorded_at = p.recorded_at
  limit 1) n on true"""


class Referral(Versioned, SchoolRow):
    """A referral of one child to one agency; `fields` follow the kind's schema."""

    __tablename__ = "referral"
    __clocked__: ClassVar[str] = "referral"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "items": WITH_SOURCE, "mentions": MENTIONED, "urgent": "t.urgency = 'emergency'",
        "own_class": OWN_DUTY, "owner_reads": OWN_DUTY, "reference": "t.reference",
        "label": "t.kind", "since": "t.drafted_at", "outside_at": "t.sent_at",
        "outside": "(select x.kind from agency x where x.school_id = $1 and x.id = t.agency_id)",
    }  # fmt: skip
    __entry__ = {
        "joins": EVENT_OF_ENTRY, "step": "n.kind", "reference": "t.reference", "state": "t.state",
        "summary": "t.kind", "outcome": "t.outcome",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "agency_id", "urgency", "fields", "consent", "items", "lawful_basis",
        "special_category_condition", "para18_limb", "state", "approvals", "snapshot_id",
        "decision_id", "outcome", "owner_id", "due_at", "due_rule", "sent_at", "ended_at",
        "agency_reference", "version", "changed_at", "sources", "chronology", "challenge",
        "delivery",
    )  # fmt: skip

    reference: Mapped[str]
    child_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    agency_id: Mapped[uuid.UUID]
    urgency: Mapped[str]
    fields: Mapped[dict[str, Any]]
    consent: Mapped[dict[str, Any] | None]
    items: Mapped[list[dict[str, Any]]]
    lawful_basis: Mapped[str | None]
    special_category_condition: Mapped[str | None]
    para18_limb: Mapped[str | None]
    state: Mapped[str]
    approvals: Mapped[list[dict[str, Any]]] = mapped_column(server_default=sql("'[]'::jsonb"))
    snapshot_id: Mapped[uuid.UUID | None]
    decision_id: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime | None]
    due_rule: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    agency_reference: Mapped[str | None]
    form_variant: Mapped[str | None]
    """The local form of the draft; None for the kind's own."""
    form_version: Mapped[str] = mapped_column(server_default="2026-09-01")
    sources: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    """The record behind each answer that nobody has changed since."""
    chronology: Mapped[dict[str, Any] | None]
    challenge: Mapped[dict[str, Any] | None]
    """The open disagreement: its subject and the stage it has reached."""
    delivery: Mapped[dict[str, Any] | None]
    """The result of the message to the agency's system."""
    duty_of: Mapped[uuid.UUID | None]
    """The person whose own duty in law this report is; nobody else can stop it."""
    drafted_by: Mapped[uuid.UUID]
    drafted_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("concern", "concern_id"),
        *within_school("agency", "agency_id"),
        *within_school("decision", "decision_id"),
        *within_school("snapshot", "snapshot_id"),
        *within_school("staff", "owner_id", "drafted_by", "duty_of"),
        CheckConstraint("ended_at is not null or due_at is not null", name="never_without_due"),
        index("uq_referral_reference", "reference"),
        index("ix_referral_child", "child_id", "drafted_at desc", "id desc"),
        index("ix_referral_duty_of", "duty_of", "drafted_at desc", where="duty_of is not null"),
        index(
            "ix_referral_agency", "agency_id", "sent_at desc", "id desc",
            where="sent_at is not null",
        ),
        index("ix_referral_newest", "drafted_at desc", "id desc"),
        index("ix_referral_open", "due_at", "id", where="ended_at is null"),
    )  # fmt: skip


class ReferralEvent(SchoolRow):
    """Approved, sent, acknowledged, asked, chased, outcome received, closed. Immutable.

    `by_kind` is `staff`, `agency` (behind its link or its key) or `system`.
    """

    __tablename__ = "referral_event"

    referral_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by_kind: Mapped[str] = mapped_column(server_default="staff")
    by_id: Mapped[uuid.UUID | None]
    route: Mapped[str | None]
    text: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))

    __table_args__ = (
        *within_school("referral", "referral_id"),
        *within_school("staff", "by_id"),
        CheckConstraint("by_kind in ('staff', 'agency', 'system')", name="by_kind"),
        CheckConstraint("(by_kind = 'staff') = (by_id is not null)", name="by"),
        index(None, "referral_id"),
    )
