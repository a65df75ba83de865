"""What developers send to a sandbox, and what it answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.api.schemas import recipient_sessions as recipients
from app.api.schemas.agency_referrals import AgencyOutcomeIn
from app.core.schemas import EmailAddress, In, Line, Moment, Out
from app.sandbox.faults import LONGEST_SECONDS, MOST_TIMES, Kind

LONGEST_MOVE = 366 * 86_400


class SandboxAccountOut(Out):
    """Somebody who can sign in."""

    email: str = Field(description="Email address, which is the user name.")
    role: str = Field(description="Role to sign in as.")
    totp_secret: str | None = Field(
        description="Secret of the second factor; null: a password is enough."
    )


class SandboxServiceKeyOut(Out):
    """A program that can sign in."""

    name: str = Field(description="What the key is for.")
    client_id: str = Field(description="Client ID.")
    client_secret: str = Field(description="Client secret.")
    scopes: list[str] = Field(description="What the key may do.")


class SandboxPupilOut(Out):
    """A pupil of the school."""

    id: UUID = Field(description="ID of the child.")
    name: str = Field(description="What the child is called.")


class SandboxSchoolOut(Out):
    """A new school, with everything needed to sign in. The secrets are shown this once."""

    id: UUID = Field(description="ID of the school.")
    name: str = Field(description="Name of the school.")
    password: str = Field(description="Password of every account.")
    accounts: list[SandboxAccountOut] = Field(description="One for each role of each person.")
    service_keys: list[SandboxServiceKeyOut] = Field(description="Keys for programs.")
    children: list[SandboxPupilOut] = Field(description="Pupils.")
    concerns: int = Field(description="Concerns that are in the record already.")


class SandboxCodeIn(In):
    """Whose code is needed."""

    totp_secret: str = Field(
        min_length=16, max_length=64, pattern="^[A-Z2-7]+$",
        description="Secret of the account, as the new school was answered.",
    )  # fmt: skip


class SandboxCodeOut(Out):
    """A code of a second factor."""

    code: str = Field(description="Code to send as `otp`. It works once.")


class SandboxClockIn(In):
    """How far the clock moves: one of the two."""

    by_seconds: int | None = Field(
        default=None, ge=1, le=LONGEST_MOVE, description="Seconds to move forward; null: see `to`."
    )
    to: Moment | None = Field(
        default=None, description="Moment to move to; null: see `by_seconds`."
    )


class SandboxClockOut(Out):
    """The sandbox's time."""

    now: datetime = Field(description="The present moment in this sandbox.")
    ahead_seconds: int = Field(description="Seconds before the machine's own time.")


class SandboxMessageOut(Out):
    """A message that was not sent."""

    to: str = Field(description="Receiver.")
    subject: str = Field(description="Subject.")
    text: str = Field(description="Text.")


class SandboxMessagesOut(Out):
    """The newest messages."""

    items: list[SandboxMessageOut] = Field(description="The newest first, 50 at most.")


class SandboxFaultIn(In):
    """What the next requests of a school meet."""

    school_id: UUID = Field(description="School whose access tokens meet it.")
    kind: Kind = Field(
        description="`unavailable`: 503 and nothing is done. `too_many_requests`: 429 and nothing "
        "is done. `cut`: it is done, and the connection is closed without an answer. `delay`: it "
        "is done later."
    )
    times: int = Field(default=1, ge=1, le=MOST_TIMES, description="Requests that meet it.")
    seconds: int = Field(
        default=2, ge=1, le=LONGEST_SECONDS, description="`Retry-After`, or how long a delay lasts."
    )


class SandboxFaultOut(Out):
    """What is left of a fault."""

    school_id: UUID = Field(description="School whose access tokens meet it.")
    kind: Kind | None = Field(description="What happens; null: nothing.")
    times: int = Field(description="Requests that are still to meet it.")


class SandboxCounterpartIn(In):
    """What the receiver of a link does: opens it, then whatever is given, in this order."""

    address: EmailAddress = Field(description="Where the link was mailed: a parent's or agency's.")
    code: Line = Field(description="One-time code, as sending it answered.")
    acknowledge: recipients.RecipientAcknowledgementIn | None = Field(
        default=None, description="Acknowledge it; null: do not."
    )
    reply: recipients.ReplyIn | None = Field(default=None, description="Reply; null: do not.")
    outcome: AgencyOutcomeIn | None = Field(
        default=None, description="Return an outcome, as an agency; null: do not."
    )


class SandboxActOut(Out):
    """One request of the counterpart, and what it was answered."""

    request: str = Field(description="Method and address of the operation.")
    status: int = Field(description="HTTP status of the answer.")
    body: dict[str, Any] = Field(description="The answer, as that operation describes it.")


class SandboxCounterpartOut(Out):
    """What the counterpart did, until something was refused."""

    acts: list[SandboxActOut] = Field(description="In the order they happened.")
