"""Webhooks: where a school's events are sent, and what became of each."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.api.schemas.known_words import (
    DisabledReasonsOut,
    MessageStatesOut,
    SendFaultsOut,
    WebhookStatesOut,
)
from app.core.codes import EventKindsIn, EventKindsOut, RolesOut
from app.core.schemas import EachOnce, In, Line, ListIn, Moment, Out, PersonOut, absent

Url = Annotated[
    str,
    StringConstraints(min_length=10, max_length=2_000),
    Field(
        description="Public `https` address on port 443, without user name, password or fragment."
    ),
]


Kinds = Annotated[
    list[EventKindsIn],
    Field(max_length=200, description="Types of events; empty: all."),
    EachOnce,
]
DeliveryState = Literal["pending", "delivered", "failed", "withheld"]


class WebhookListIn(ListIn):
    """Which endpoints."""

    state: Literal["open", "active", "paused", "disabled", "ended"] = Field(
        default="open",
        description="`open`: `active`, `paused` or `disabled`. `ended`: removed. Default: open.",
    )


class WebhookIn(In):
    """A new webhook."""

    url: Url
    kinds: Kinds = Field(default_factory=list)
    description: Line | None = Field(default=None, description="What the webhook is for.")
    owner_id: UUID | None = Field(
        default=None, description="Person Cairn alerts on failure. Default: you."
    )


class WebhookPatch(In):
    """A merge patch: absent fields stay."""

    url: Url = absent()
    kinds: Kinds = absent()
    description: Line | None = Field(
        default=None, description="What the webhook is for; null empties it."
    )
    owner_id: UUID = absent(description="Person Cairn alerts on failure.")
    state: Literal["active", "paused"] = Field(
        default_factory=lambda: None,  # type: ignore[arg-type]
        description="`active` also restarts a disabled webhook.",
    )
    resume: Literal["catch_up", "from_now"] = Field(
        default="catch_up",
        description="On restart: whether to send or skip the events in between.",
    )


class SeesAsOut(Out):
    """The person and role that decide what a webhook gets."""

    person: PersonOut = Field(description="Person whose role decides.")
    role: RolesOut = Field(description="Role that decides.")


class WebhookCard(Out):
    """A webhook in a list."""

    id: UUID = Field(description="Webhook ID.")
    url: str = Field(description="Address Cairn sends to.")
    description: str | None = Field(description="What the webhook is for; null: not said.")
    kinds: list[EventKindsOut] = Field(description="Types of events it gets.")
    state: WebhookStatesOut = Field(
        description="State of the webhook. `disabled`: Cairn stopped it after failures."
    )
    owner: PersonOut = Field(description="Person Cairn alerts on failure.")
    sees_as: SeesAsOut = Field(description="Person and role that decide what it gets.")
    former_until: datetime | None = Field(
        description="Until when Cairn also signs with the previous secret; null: it does not."
    )
    rotated_at: datetime | None = Field(
        description="When its secret was last changed; null: never."
    )
    disabled_at: datetime | None = Field(description="When Cairn disabled it; null: it works.")
    disabled_reason_code: DisabledReasonsOut | None = Field(
        description="Why it was disabled; null: it was not. `exhausted`: three days of failures. "
        "`gone`: it answered 410. `sponsor_left`: nobody is responsible for it."
    )
    due_at: datetime | None = Field(description="Deadline for fixing it; null: none.")
    failing_since: datetime | None = Field(
        description="When it started to fail; null: it does not."
    )
    answered_at: datetime | None = Field(
        description="When it last accepted a message; null: never."
    )
    last_code: SendFaultsOut | None = Field(description="Latest problem; null: none.")
    created_by: PersonOut = Field(description="Person who added it.")
    created_at: datetime = Field(description="When the webhook was added.")
    changed_at: datetime = Field(description="When the webhook last changed.")
    ended_at: datetime | None = Field(description="When it was removed; null while it is there.")


class WebhookOut(WebhookCard):
    """A webhook with all its settings."""

    waiting: int = Field(description="Number of messages to send.")
    hold_until: datetime | None = Field(
        description="When Cairn sends again, as the receiver asked; null: no wait."
    )
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class WebhookSecretOut(WebhookOut):
    """A webhook with its signing secret, shown only once."""

    secret: str = Field(description="`whsec_` and a key in Base64, as in Standard Webhooks.")


class WebhookDeliveryListIn(ListIn):
    """Which deliveries."""

    state: DeliveryState | None = Field(
        default=None, description="Only those in this state. Default: all."
    )


class WebhookDeliveryCard(Out):
    """A message to a webhook, in a list."""

    id: UUID = Field(description="Message ID.")
    event_id: UUID = Field(description="`webhook-id` of every attempt.")
    kind: EventKindsOut = Field(description="Type of the event.")
    state: MessageStatesOut = Field(
        description="State of the message. `failed`: given up. `withheld`: skipped, or the "
        "webhook may no longer get it."
    )
    attempts: int = Field(description="Number of attempts.")
    last_status: int | None = Field(description="HTTP status of the last attempt; null: no answer.")
    last_code: SendFaultsOut | None = Field(
        description="Latest problem, or why it was withheld; null: none."
    )
    next_at: datetime | None = Field(description="Next attempt; null: none.")
    created_at: datetime = Field(description="When it was queued.")
    ended_at: datetime | None = Field(
        description="When it was delivered or given up; null until then."
    )


class WebhookAttemptOut(Out):
    """One attempt. Cairn keeps no response bodies."""

    number: int = Field(description="Number of the attempt, from 1.")
    at: datetime = Field(description="When it was made.")
    status: int | None = Field(description="HTTP status of the answer; null: no answer.")
    milliseconds: int = Field(description="Duration in milliseconds.")
    code: SendFaultsOut | None = Field(description="What went wrong; null: nothing.")


class WebhookDeliveryOut(WebhookDeliveryCard):
    """A message with its attempts, newest first, at most 100."""

    attempt_log: list[WebhookAttemptOut] = Field(description="Attempts, newest first.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class ReplayWebhookIn(In):
    """Messages to send again. Receivers know them by ID."""

    since: Moment = Field(description="Earliest time, at most 90 days ago.")
    everything: bool = Field(
        default=False,
        description="`true`: delivered and withheld messages too. `false`: failed ones only.",
    )


class ReplayWebhookOut(Out):
    """Number of messages to send again."""

    replayed: int = Field(description="Number of messages, at most 10,000. Ask again for more.")
