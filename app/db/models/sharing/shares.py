"""Shares with parents and professionals, referrals to agencies, and the frozen snapshots."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, SmallInteger
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class Agency(SchoolRow):
    """An agency this school refers to or shares with."""

    __tablename__ = "agency"
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "kind", "local_authority", "phone", "out_of_hours_phone", "email", "address",
        "route", "retired_at", "version", "changed_at", "webhook_url", "webhook_secret",
        "form_variants",
    )  # fmt: skip

    name: Mapped[str]
    kind: Mapped[str]
    local_authority: Mapped[str | None]
    phone: Mapped[str | None]
    out_of_hours_phone: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]
    route: Mapped[str]
    webhook_url: Mapped[str | None]
    webhook_secret: Mapped[bytes | None]
    """Sealed outside the database, bound to the agency."""
    form_variants: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    """The local form this agency wants for a kind of referral."""
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(webhook_url is null) = (webhook_secret is null)", name="signed"),
    )


class Snapshot(SchoolRow):
    """The exact bytes that were approved to leave the school, with their SHA-256. Immutable."""

    __tablename__ = "snapshot"

    kind: Mapped[str]
    child_id: Mapped[uuid.UUID]
    content: Mapped[bytes]
    sha256: Mapped[str]
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("made_by", "staff"),
        CheckConstraint("kind in ('share', 'referral')", name="kind"),
    )


class SnapshotFile(SchoolRow):
    """A file that was frozen with a snapshot, under the name the recipient is told. Immutable.

    `size` and `sha256` are of the bytes under `key`, which are given out as they are or not at all.
    """

    __tablename__ = "snapshot_file"

    snapshot_id: Mapped[uuid.UUID]
    number: Mapped[int] = mapped_column(SmallInteger)
    attachment_id: Mapped[uuid.UUID]
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    key: Mapped[str]

    __table_args__ = (
        within_school("snapshot_id", "snapshot"),
        within_school("attachment_id", "attachment"),
        CheckConstraint("number >= 1", name="number"),
        Index("uq_snapshot_file_number", "school_id", "snapshot_id", "number", unique=True),
        Index(None, "school_id", "attachment_id"),
    )


FROM_ITEMS = """
(select one.item->>'kind' as kind, (one.item->>'id')::uuid as id
 from jsonb_array_elements({items}) as one(item) offset 0) made
"""
"""The items of a share or a referral as rows: worked out before they are compared.

The planner does not know that comparing what looks into other tables leaks nothing. For the same
reason no `coalesce` stands in a comparison: of a `case` the planner knows enough.
"""
WITH_SOURCE = """
(t.items || case when t.concern_id is null then '[]'::jsonb
                 else jsonb_build_array(jsonb_build_object('kind', 'concern', 'id', t.concern_id))
            end)
"""
"""The items of a referral, and the concern that it comes from."""
TOLD = f"""
array(select case made.kind
               when 'concern' then made.id
               when 'record' then (select r.concern_id from safety_record r
                                   where r.school_id = $1 and r.id = made.id)
               else (select d.concern_id from decision d
                     where d.school_id = $1 and d.id = made.id) end
      from {FROM_ITEMS.format(items="t.items")}
      where made.kind in ('concern', 'decision', 'record'))
"""
"""The concerns that its items tell about."""
OWN_DUTY = "(case when t.duty_of = t.owner_id and t.sent_at is null then 'own_duty' end)"
"""In place of a class: a report that the law makes its owner's own, until it was made."""


class Share(SchoolRow):
    """Chosen items about one child for one recipient, for one purpose."""

    __tablename__ = "share"
    __clocked__: ClassVar[str] = "share"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "items": "t.items", "mentions": TOLD, "reference": "t.reference", "label": "t.state",
        "since": "t.drafted_at",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "purpose", "purpose_detail", "lawful_basis", "special_category_condition", "para18_limb",
        "detriment_test", "agreement", "decision_id", "items", "recipient", "state", "approvals",
        "snapshot_id", "expires_at", "ended_at", "owner_id", "due_at", "due_rule", "version",
        "changed_at",
    )  # fmt: skip

    reference: Mapped[str]
    child_id: Mapped[uuid.UUID]
    recipient_kind: Mapped[str]
    contact_id: Mapped[uuid.UUID | None]
    agency_id: Mapped[uuid.UUID | None]
    recipient: Mapped[dict[str, Any]]
    purpose: Mapped[str]
    purpose_detail: Mapped[str | None]
    lawful_basis: Mapped[str | None]
    special_category_condition: Mapped[str | None]
    para18_limb: Mapped[str | None]
    detriment_test: Mapped[dict[str, Any] | None]
    agreement: Mapped[dict[str, Any] | None]
    decision_id: Mapped[uuid.UUID | None]
    items: Mapped[list[dict[str, Any]]]
    state: Mapped[str]
    approvals: Mapped[list[dict[str, Any]]] = mapped_column(server_default=sql("'[]'::jsonb"))
    snapshot_id: Mapped[uuid.UUID | None]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime | None]
    due_rule: Mapped[str | None]
    drafted_by: Mapped[uuid.UUID]
    drafted_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("contact_id", "contact"),
        within_school("agency_id", "agency"),
        within_school("decision_id", "decision"),
        within_school("snapshot_id", "snapshot"),
        within_school("owner_id", "staff"),
        within_school("drafted_by", "staff"),
        CheckConstraint("ended_at is not null or due_at is not null", name="never_without_due"),
        CheckConstraint(
            "state in ('draft', 'revoked', 'expired') or snapshot_id is not null",
            name="frozen_when_approved",
        ),
        Index("uq_share_reference", "school_id", "reference", unique=True),
        Index("ix_share_child", "school_id", "child_id", sql("drafted_at desc"), sql("id desc")),
        Index("ix_share_newest", "school_id", sql("drafted_at desc"), sql("id desc")),
        Index(
            "ix_share_open", "school_id", "due_at", "id", postgresql_where=sql("ended_at is null")
        ),
        Index(
            "ix_share_expires",
            "school_id",
            "expires_at",
            "id",
            postgresql_where=sql("ended_at is null"),
        ),
    )


class ShareEvent(SchoolRow):
    """Handed over, opened, acknowledged, replied, correction asked, revoked. Immutable."""

    __tablename__ = "share_event"

    share_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    route: Mapped[str | None]
    text: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))

    __table_args__ = (
        within_school("share_id", "share"),
        within_school("by_id", "staff"),
        Index(None, "school_id", "share_id"),
    )


class Referral(SchoolRow):
    """A referral of one child to one agency; `fields` follow the kind's schema."""

    __tablename__ = "referral"
    __clocked__: ClassVar[str] = "referral"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "items": WITH_SOURCE, "mentions": TOLD, "urgent": "t.urgency = 'emergency'",
        "own_class": OWN_DUTY, "owner_reads": OWN_DUTY, "reference": "t.reference",
        "label": "t.kind", "since": "t.drafted_at",
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
    """The local form it was drafted with; None for the kind's own."""
    form_version: Mapped[str] = mapped_column(server_default="2026-09-01")
    sources: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    """Where in the record the answers were taken from, for those nobody changed since."""
    chronology: Mapped[dict[str, Any] | None]
    challenge: Mapped[dict[str, Any] | None]
    """The disagreement that is open: what it is about and which stage it has reached."""
    delivery: Mapped[dict[str, Any] | None]
    """What became of the message to the agency's system."""
    duty_of: Mapped[uuid.UUID | None]
    """Whose own duty in law it is to make this report; nobody else can stop it."""
    drafted_by: Mapped[uuid.UUID]
    drafted_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("concern_id", "concern"),
        within_school("agency_id", "agency"),
        within_school("decision_id", "decision"),
        within_school("snapshot_id", "snapshot"),
        within_school("owner_id", "staff"),
        within_school("drafted_by", "staff"),
        within_school("duty_of", "staff"),
        CheckConstraint("ended_at is not null or due_at is not null", name="never_without_due"),
        Index("uq_referral_reference", "school_id", "reference", unique=True),
        Index("ix_referral_child", "school_id", "child_id", sql("drafted_at desc"), sql("id desc")),
        Index(
            "ix_referral_duty_of",
            "school_id",
            "duty_of",
            sql("drafted_at desc"),
            postgresql_where=sql("duty_of is not null"),
        ),
        Index(
            "ix_referral_agency",
            "school_id",
            "agency_id",
            sql("sent_at desc"),
            sql("id desc"),
            postgresql_where=sql("sent_at is not null"),
        ),
        Index("ix_referral_newest", "school_id", sql("drafted_at desc"), sql("id desc")),
        Index(
            "ix_referral_open",
            "school_id",
            "due_at",
            "id",
            postgresql_where=sql("ended_at is null"),
        ),
    )


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
        within_school("referral_id", "referral"),
        within_school("by_id", "staff"),
        CheckConstraint("by_kind in ('staff', 'agency', 'system')", name="by_kind"),
        CheckConstraint("(by_kind = 'staff') = (by_id is not null)", name="by"),
        Index(None, "school_id", "referral_id"),
    )


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
        within_school("added_by", "staff"),
        CheckConstraint("number >= 1", name="number"),
        Index("uq_referral_variant_number", "school_id", "variant", "number", unique=True),
    )
