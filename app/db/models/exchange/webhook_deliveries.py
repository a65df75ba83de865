"""Events on their way to endpoints, and every attempt to send one."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school

PENDING = "state = 'pending'"


class WebhookDelivery(SchoolRow):
    """One event on its way to one endpoint; the event's id is that of every attempt.

    `attempts` counts claims, so that a worker which comes back late cannot overwrite another's
    attempt; `step` is its place in the schedule.
    """

    __tablename__ = "webhook_delivery"
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "attempts", "step", "next_at", "claimed_until", "ended_at", "last_status",
        "last_code",
    )  # fmt: skip
    __deletable__ = True

    webhook_id: Mapped[uuid.UUID]
    event_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    body: Mapped[str]
    """The message, the same bytes each time: ids, codes and times."""
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    step: Mapped[int] = mapped_column(server_default=text("0"))
    next_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_code: Mapped[str | None]

    __table_args__ = (
        *within_school("webhook", "webhook_id"),
        CheckConstraint("state in ('pending', 'delivered', 'failed', 'withheld')", name="state"),
        CheckConstraint("(state = 'pending') = (next_at is not null)", name="pending_is_due"),
        CheckConstraint("(state = 'pending') = (ended_at is null)", name="ended"),
        index("uq_webhook_delivery_event", "webhook_id", "event_id"),
        index("ix_webhook_delivery_newest", "webhook_id", "created_at desc", "id desc"),
        index("ix_webhook_delivery_due", "webhook_id", "next_at", where=PENDING),
        Index("ix_webhook_delivery_next", "next_at", postgresql_where=text(PENDING)),
        index("ix_webhook_delivery_age", "created_at"),
    )  # fmt: skip


class WebhookAttempt(SchoolRow):
    """One attempt: when, how long, and the status or the reason for having none."""

    __tablename__ = "webhook_attempt"
    __deletable__ = True

    delivery_id: Mapped[uuid.UUID]
    number: Mapped[int]
    at: Mapped[datetime]
    status: Mapped[int | None]
    milliseconds: Mapped[int]
    code: Mapped[str | None]

    __table_args__ = (
        *within_school("webhook_delivery", "delivery_id"),
        index("uq_webhook_attempt_number", "delivery_id", "number"),
    )
