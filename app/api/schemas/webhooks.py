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
from app.core.codes import EventKindsIn, EventKindsOut
from app.core.schemas import EachOnce, In, Line, ListIn, Moment, Out, PersonOut, absent

Url = Annotated[
    str,
    StringConstraints(min_length=10, max_length=2_000),
    Field(description="https, port 443, a public address; no user name, password or fragment."),
]


Kinds = Annotated[
    list[EventKindsIn],
    Field(max_length=200, description="Kinds of events; an empty list means all of them."),
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
    """A new endpoint."""

    url: Url
    kinds: Kinds = Field(default_factory=list)
    description: Line | None = Field(default=None, description="What the webhook is for.")
    owner_id: UUID | None = Field(
        default=None, description="Who is told when it fails; you, where it is left out."
    )


class WebhookPatch(In):
    """A merge patch: absent fields stay."""

    url: Url = absent()
    kinds: Kinds = absent()
    description: Line | None = Field(default=None, description="What the webhook is for.")
    owner_id: UUID = absent(description="Person Cairn alerts on failure.")
    state: Literal["active", "paused"] = Field(
        default_factory=lambda: None,  # type: ignore[arg-type]
        description="`active` also switches a disabled one on again.",
    )
    resume: Literal["catch_up", "from_now"] = Field(
        default="catch_up",
        description="When it becomes active: send what happened meanwhile, or leave that out.",
    )


class SeesAsOut(Out):
    """Whose role decides what an endpoint is told: who named its address."""

    person: PersonOut = Field(description="Person whose role decides.")
    role: str = Field(description="Role that decides.")


class WebhookCard(Out):
    """An endpoint in a list."""

    id: UUID = Field(description="Webhook ID.")
    url: str = Field(description="Address Cairn sends to.")
    description: str | None = Field(description="What the webhook is for; null: not said.")
    kinds: list[EventKindsOut] = Field(description="Events it gets.")
    state: WebhookStatesOut = Field(description="`disabled`: by Cairn, since it failed.")
    owner: PersonOut = Field(description="Person Cairn alerts on failure.")
    sees_as: SeesAsOut = Field(description="Person and role that decide what it gets.")
    former_until: datetime | None = Field(
        description="Until when messages are signed with the secret before this one as well."
    )
    rotated_at: datetime | None = Field(
        description="When its secret was last changed; null: never."
    )
    disabled_at: datetime | None = Field(description="When it was disabled; null while it works.")
    disabled_reason_code: DisabledReasonsOut | None = Field(
        description="`exhausted`: three days of failures. `gone`: it answered 410. `sponsor_left`: "
        "nobody stands for it any more."
    )
    due_at: datetime | None = Field(description="Until when somebody has to look at it.")
    failing_since: datetime | None = Field(description="When it began to fail; null: it does not.")
    answered_at: datetime | None = Field(description="When it last took a message.")
    last_code: SendFaultsOut | None = Field(description="What last went wrong; null: nothing.")
    created_by: PersonOut = Field(description="Person who added it.")
    created_at: datetime = Field(description="When the webhook was added.")
    changed_at: datetime = Field(description="When the webhook last changed.")
    ended_at: datetime | None = Field(description="When it was removed; null while it is there.")


class WebhookOut(WebhookCard):
    """All that is kept about an endpoint."""

    waiting: int = Field(description="How many messages wait to be sent.")
    hold_until: datetime | None = Field(
        description="When Cairn sends again: the endpoint asked it to wait."
    )
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


class WebhookSecretOut(WebhookOut):
    """An endpoint with the secret of its signatures, which is shown this once."""

    secret: str = Field(description="`whsec_` and a key in Base64, as Standard Webhooks has it.")


class WebhookDeliveryListIn(ListIn):
    """Which deliveries."""

    state: DeliveryState | None = Field(
        default=None, description="Only those in this state. Default: all."
    )


class WebhookDeliveryCard(Out):
    """A message to an endpoint, in a list."""

    id: UUID = Field(description="Message ID.")
    event_id: UUID = Field(description="The `webhook-id` of every attempt.")
    kind: EventKindsOut = Field(description="Type of the event.")
    state: MessageStatesOut = Field(
        description="`failed`: given up. `withheld`: the endpoint was not to be told of it any "
        "more, or it was left out."
    )
    attempts: int = Field(description="How often it was tried.")
    last_status: int | None = Field(description="The HTTP status that the last attempt got.")
    last_code: SendFaultsOut | None = Field(
        description="What last went wrong, or why it was withheld; null: nothing."
    )
    next_at: datetime | None = Field(description="When it is tried next; null: not again.")
    created_at: datetime = Field(description="When it was queued.")
    ended_at: datetime | None = Field(
        description="When it was delivered or given up; null until then."
    )


class WebhookAttemptOut(Out):
    """One attempt; what the receiver said is not kept."""

    number: int = Field(description="Number of the attempt, from 1.")
    at: datetime = Field(description="When it was made.")
    status: int | None = Field(description="HTTP status of the answer; null: no answer.")
    milliseconds: int = Field(description="How long it took.")
    code: SendFaultsOut | None = Field(description="What went wrong; null: nothing.")


class WebhookDeliveryOut(WebhookDeliveryCard):
    """A message with its attempts, the last one first, a hundred at most."""

    attempt_log: list[WebhookAttemptOut] = Field(description="Attempts, newest first.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


class ReplayWebhookIn(In):
    """Which messages to send again; receivers know them by their ids."""

    since: Moment = Field(description="Those that began then or later; at most 90 days ago.")
    everything: bool = Field(
        default=False, description="Also what was delivered or withheld, not only what failed."
    )


class ReplayWebhookOut(Out):
    """How much is sent again."""

    replayed: int = Field(description="At most 10,000; ask again for more.")
