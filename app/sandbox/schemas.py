"""What developers send to a sandbox, and what it answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.api.schemas import recipient_sessions as recipients
from app.api.schemas.agency_referrals import AgencyOutcomeIn
from app.core.schemas import EmailAddress, In, Line, Moment, Out
from app.sandbox.faults import LONGEST_SECONDS, MOST_TIMES, Kind

LONGEST_MOVE = 366 * 86_400


def example(value: dict[str, Any]) -> ConfigDict:
    """What a schema shows; tests/api/test_sandbox.py holds each against its schema."""
    return ConfigDict(json_schema_extra={"examples": [value]})


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

    model_config = example(
        {
            "id": "01a22d5b-22c0-7735-ad0e-943c4b843b01", "name": "Hill Top School",
            "password": "harbour-lights-at-dusk",
            "accounts": [
                {"email": "noor.ali@school.example", "role": "dsl",
                 "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"},
            ],
            "service_keys": [
                {"name": "Roster", "client_id": "sk_01a22d5b", "client_secret": "shown-this-once",
                 "scopes": ["roster:sync"]},
            ],
            "children": [{"id": "01a22d5b-230a-7735-ad0e-943c4b843bae", "name": "Amy Pond"}],
            "concerns": 6,
        }
    )  # fmt: skip

    id: UUID = Field(description="ID of the school.")
    name: str = Field(description="Name of the school.")
    password: str = Field(description="Password of every account.")
    accounts: list[SandboxAccountOut] = Field(description="One for each role of each person.")
    service_keys: list[SandboxServiceKeyOut] = Field(description="Keys for programs.")
    children: list[SandboxPupilOut] = Field(description="Pupils.")
    concerns: int = Field(description="Concerns that are in the record already.")


class SandboxCodeIn(In):
    """Whose code is needed."""

    model_config = example(
        {"totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
    )  # fmt: skip

    totp_secret: str = Field(
        min_length=16, max_length=64, pattern="^[A-Z2-7]+$",
        description="Secret of the account, as the new school was answered.",
    )  # fmt: skip


class SandboxCodeOut(Out):
    """A code of a second factor."""

    model_config = example(
        {"code": "492039"}
    )  # fmt: skip

    code: str = Field(description="Code to send as `otp`. It works once.")


class SandboxClockIn(In):
    """How far the clock moves: one of the two."""

    model_config = example(
        {"by_seconds": 3600}
    )  # fmt: skip

    by_seconds: int | None = Field(
        default=None,
        ge=1,
        le=LONGEST_MOVE,
        description="Seconds to move forward, unless you send `to`.",
    )
    to: Moment | None = Field(
        default=None, description="Moment to move to, unless you send `by_seconds`."
    )


class SandboxClockOut(Out):
    """The sandbox's time."""

    model_config = example(
        {"now": "2026-11-25T11:00:00.000000Z", "ahead_seconds": 3600}
    )  # fmt: skip

    now: datetime = Field(description="The present moment in this sandbox.")
    ahead_seconds: int = Field(description="Seconds before the machine's own time.")


class SandboxMessageOut(Out):
    """A message that was not sent."""

    to: str = Field(description="Receiver.")
    subject: str = Field(description="Subject.")
    text: str = Field(description="Text.")


class SandboxMessagesOut(Out):
    """The newest messages."""

    model_config = example(
        {
            "items": [
                {"to": "noor.ali@school.example",
                 "subject": "Cairn: a safeguarding concern needs you",
                 "text": "Sign in to read it."},
            ],
        }
    )  # fmt: skip

    items: list[SandboxMessageOut] = Field(description="The newest first, 50 at most.")


class SandboxFaultIn(In):
    """What the next requests of a school meet."""

    model_config = example(
        {
            "school_id": "01a22d5b-22c0-7735-ad0e-943c4b843b01", "kind": "unavailable", "times": 2,
            "seconds": 1,
        }
    )  # fmt: skip

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

    model_config = example(
        {
            "school_id": "01a22d5b-22c0-7735-ad0e-943c4b843b01", "kind": "unavailable", "times": 2,
        }
    )  # fmt: skip

    school_id: UUID = Field(description="School whose access tokens meet it.")
    kind: Kind | None = Field(description="What happens; null: nothing.")
    times: int = Field(description="Requests that are still to meet it.")


class SandboxCounterpartIn(In):
    """What the receiver of a link does: opens it, then whatever is given, in this order."""

    model_config = example(
        {
            "address": "ros.pond@family.example", "code": "4821 9930", "acknowledge": {},
            "reply": {"kind": "reply", "text": "Thank you for telling me."},
        }
    )  # fmt: skip

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

    model_config = example(
        {
            "acts": [{"request": "POST /v1/shared/{token}/acknowledge", "status": 200, "body": {}}],
        }
    )  # fmt: skip

    acts: list[SandboxActOut] = Field(description="In the order they happened.")
