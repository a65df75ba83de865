"""Webhooks: endpoints for a school's events, and their progress."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school
from app.db.models.trail import Xid8


class Webhook(Versioned, SchoolRow):
    """An endpoint of another program.

    It receives what the role of `sponsor_id` sees, the person who last named its address. Secrets
    are sealed outside the database; after a rotation the former one also signs until
    `former_until`. A disabled one has an owner and a due time until somebody repairs or ends it.
    """

    __tablename__ = "webhook"
    __changes__: ClassVar[tuple[str, ...]] = (
        "url", "description", "kinds", "state", "owner_id", "sponsor_id", "sponsor_role", "secret",
        "former_secret", "former_until", "rotated_at", "disabled_at", "disabled_reason_code",
        "due_at", "due_rule", "ended_at", "version", "changed_at",
    )  # fmt: skip
    __clocked__: ClassVar[str] = "webhook"
    __kind__ = {
        "open_when": "t.state = 'disabled'", "owned_when": "t.ended_at is null",
        "label": "t.disabled_reason_code", "since": "t.disabled_at",
    }  # fmt: skip

    url: Mapped[str]
    description: Mapped[str | None]
    kinds: Mapped[list[str]]
    """Kinds of events; none means all that its sponsor's role sees."""
    state: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    """The person notified when it fails."""
    sponsor_id: Mapped[uuid.UUID]
    sponsor_role: Mapped[str]
    secret: Mapped[bytes | None]
    former_secret: Mapped[bytes | None]
    former_until: Mapped[datetime | None]
    rotated_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason_code: Mapped[str | None]
    due_at: Mapped[datetime | None]
    due_rule: Mapped[str | None]
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("staff", "owner_id", "sponsor_id"),
        CheckConstraint("state in ('active', 'paused', 'disabled', 'ended')", name="state"),
        CheckConstraint("(state = 'ended') = (ended_at is not null)", name="ended"),
        CheckConstraint("(state = 'ended') = (secret is null)", name="no_secret_once_ended"),
        CheckConstraint(
            "state <> 'disabled' or (due_at is not null and disabled_reason_code is not null)",
            name="disabled_is_due",
        ),
        index("ix_webhook_newest", "created_at desc", "id desc"),
    )  # fmt: skip


class WebhookProgress(SchoolRow):
    """The progress of one endpoint's events, and its recent answers.

    `xid`, `log` and `seq` are the place in the trails up to which every entry was read. The row's
    lock lets one worker at a time relay and claim for the endpoint.
    """

    __tablename__ = "webhook_progress"
    __changes__: ClassVar[tuple[str, ...]] = (
        "xid", "log", "seq", "failures", "failing_since", "answered_at", "last_code", "hold_until",
        "told_at",
    )  # fmt: skip

    xid: Mapped[int] = mapped_column(Xid8)
    log: Mapped[int] = mapped_column(SmallInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """Attempts that failed since the last that arrived."""
    failing_since: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    """When it last took an event."""
    last_code: Mapped[str | None]
    hold_until: Mapped[datetime | None]
    """When Cairn sends again, after the endpoint asked it to wait."""
    told_at: Mapped[datetime | None]
    """When its owner was notified that it is failing."""

    __table_args__ = (*within_school("webhook", "id"),)
