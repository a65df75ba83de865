"""Shares with parents and professionals."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school

LET_GO = """
cross join lateral (select x.id, x.child_id from decision x
                    where x.school_id = $1 and x.id = {of}.id and x.concern_id is null limit 1) d
cross join lateral unnest(array(
  select i.item from share s cross join jsonb_array_elements(s.items) as i (item)
  where s.school_id = $1 and s.child_id = d.child_id and s.decision_id = d.id
  union all
  select i.item from referral r cross join jsonb_array_elements(r.items) as i (item)
  where r.school_id = $1 and r.child_id = d.child_id and r.decision_id = d.id
  union all
  select jsonb_build_object('kind', 'concern', 'id', r.concern_id) from referral r
  where r.school_id = $1 and r.child_id = d.child_id and r.decision_id = d.id
    and r.concern_id is not null)) as behind (item)
where {of}.kind = 'decision'
"""
"""The items behind a decision made by approving: everything it approved."""
NAMED_BY = """(select true from {} x where x.school_id = $1 and x.child_id = d.child_id
                  and x.decision_id = d.id limit 1)"""
OF_DECISION = f"""
case when {NAMED_BY.format("transfer")} then 'K3'
     when {NAMED_BY.format("share")} then null
     when {NAMED_BY.format("referral")} then null else 'K5' end
"""
"""The class of such a decision (alias `d`): null if it is as strict as what it approved."""
FROM_ITEMS = f"""
(with recursive made as (
   select one.item->>'kind' as kind, (one.item->>'id')::uuid as id
   from jsonb_array_elements({{items}}) as one(item)
   union
   select behind.item->>'kind', (behind.item->>'id')::uuid from made m {LET_GO.format(of="m")})
 select kind, id from made offset 0) made
"""
"""The items of a share or a referral as rows, and the items behind each decision among them.

They are computed before they are compared: the planner does not know that comparing looked-up
values leaks nothing. So no comparison has a `coalesce`; about a `case` the planner knows enough.
"""


MENTIONED = f"""
array(select case made.kind
               when 'concern' then made.id
               when 'record' then (select r.concern_id from safety_record r
                                   where r.school_id = $1 and r.id = made.id)
               else (select d.concern_id from decision d
                     where d.school_id = $1 and d.id = made.id) end
      from {FROM_ITEMS.format(items="t.items")}
      where made.kind in ('concern', 'decision', 'record'))
"""
"""The concerns that its items mention."""


LEFT_AT = """
(select min(x.at) from share_event x where x.school_id = $1 and x.share_id = t.id
 and x.kind in ('sent', 'handed_over'))
"""


EVENT_OF_ENTRY = """left join lateral (
  select x.kind from share_event x
  where x.school_id = $1 and x.share_id = t.id and x.recorded_at = p.recorded_at
  limit 1) n on true"""


class Share(Versioned, SchoolRow):
    """Chosen items about one child for one recipient, for one purpose."""

    __tablename__ = "share"
    __clocked__: ClassVar[str] = "share"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "items": "t.items", "mentions": MENTIONED, "reference": "t.reference", "label": "t.state",
        "since": "t.drafted_at", "outside": "t.recipient_kind", "outside_at": LEFT_AT,
    }  # fmt: skip
    __entry__ = {
        "joins": EVENT_OF_ENTRY, "step": "n.kind", "reference": "t.reference", "state": "t.state",
        "summary": "t.purpose",
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

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("contact", "contact_id"),
        *within_school("agency", "agency_id"),
        *within_school("decision", "decision_id"),
        *within_school("snapshot", "snapshot_id"),
        *within_school("staff", "owner_id", "drafted_by"),
        CheckConstraint("ended_at is not null or due_at is not null", name="never_without_due"),
        CheckConstraint(
            "state in ('draft', 'revoked', 'expired') or snapshot_id is not null",
            name="frozen_when_approved",
        ),
        index("uq_share_reference", "reference"),
        index("ix_share_child", "child_id", "drafted_at desc", "id desc"),
        index("ix_share_newest", "drafted_at desc", "id desc"),
        index("ix_share_open", "due_at", "id", where="ended_at is null"),
        index("ix_share_expires", "expires_at", "id", where="ended_at is null"),
    )  # fmt: skip


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
        *within_school("share", "share_id"),
        *within_school("staff", "by_id"),
        index(None, "share_id"),
    )
