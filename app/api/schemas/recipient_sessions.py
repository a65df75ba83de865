"""What a recipient sees behind a link, and sends back."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import (
    LanguagesOut,
    LinkStatesOut,
    OpenedHowOut,
    SaidByOut,
    SaidKindsOut,
    SharedNounsOut,
    SharedStatesOut,
    SharedStepsOut,
)
from app.api.schemas.shares import ShareOut
from app.api.schemas.snapshots import SnapshotOut
from app.core.codes import CodeRoutesOut, ReferralOutcomesOut
from app.core.schemas import In, Line, Narrative, Out, PersonOut


class SentShareOut(Out):
    """A link and its code, shown only once."""

    share: ShareOut = Field(description="The share after sending.")
    link_id: UUID = Field(description="ID of the link.")
    link: str | None = Field(description="Link to hand over; null: Cairn emails it.")
    mailed: bool = Field(description="Whether Cairn emails the link.")
    code: str = Field(description="Code of eight digits in two groups. Opens one session.")
    code_route: CodeRoutesOut = Field(description="How to give the recipient the code.")
    expires_at: datetime = Field(description="When the link expires.")


class OpeningOut(Out):
    """One time the recipient opened it."""

    at: datetime = Field(description="When it was opened.")
    how: OpenedHowOut = Field(description="Whether the link opened it, or staff recorded it.")
    link_id: UUID | None = Field(description="Link that opened it; null: recorded by staff.")
    network: str | None = Field(
        description="First part of the network address, never all of it; null: recorded by staff."
    )
    recorded_by: PersonOut | None = Field(
        description="Person who recorded it; null: the recipient opened the link."
    )
    attachment: int | None = Field(default=None, description="File that was opened; null: none.")


class SharedStateOut(Out):
    """What the link needs next, without its content."""

    state: LinkStatesOut = Field(description="What the link needs next.")
    kind: SharedNounsOut = Field(description="Whether a share or a referral is behind it.")
    school: str = Field(description="School that shared it.")
    code_route: CodeRoutesOut = Field(description="How the code reaches the recipient.")
    code_used: bool = Field(
        description="Whether the code has been entered. Another session needs a new code."
    )
    expires_at: datetime = Field(description="When the link expires.")
    language: LanguagesOut = Field(description="Language the school chose.")


class SharedCodeIn(In):
    """The code the school told you. Spaces and dashes do not matter."""

    code: str = Field(
        min_length=1, max_length=60, description="One-time code, with or without gaps."
    )


class CodeAskedOut(Out):
    """Confirms that the school was asked. It gives you the code by another route."""

    asked: bool = Field(description="Always `true`.")


class RecipientSessionOut(Out):
    """A session: send `session` as the header Cairn-Recipient-Session."""

    session: str = Field(description="Send it as the header Cairn-Recipient-Session.")
    expires_at: datetime = Field(
        description="Latest time it ends. Ends sooner after half an hour unused."
    )


class ShareMessageOut(Out):
    """A message between recipient and school since it was sent."""

    kind: SaidKindsOut = Field(description="Type of message.")
    at: datetime = Field(description="When it was sent.")
    by: SaidByOut = Field(description="Sender: the school or the recipient.")
    text: str | None = Field(description="What was written; null: nothing.")
    accepted: bool | None = Field(
        default=None, description="Whether the correction was accepted; null: not a correction."
    )
    outcome: ReferralOutcomesOut | None = Field(
        default=None, description="Outcome of the referral; null: none."
    )
    agency_reference: str | None = Field(
        default=None, description="The agency's own reference; null: none."
    )


class SchoolContactOut(Out):
    """The person at the school to ask."""

    name: str = Field(description="Full name.")
    job_title: str | None = Field(description="Job title; null: not known.")
    role: str | None = Field(
        description="Code of the role: built in, or the school's own; null: none."
    )
    phone: str | None = Field(description="The school's phone number; null: none.")


class SharedContentOut(Out):
    """The approved content, with the SHA-256 of the bytes in `snapshot`."""

    kind: SharedNounsOut = Field(description="Whether it is a share or a referral.")
    sha256: str = Field(description="SHA-256 of the approved bytes, in hex.")
    state: SharedStatesOut = Field(description="What the recipient has done so far.")
    school: str = Field(description="School that shared it.")
    ask: SchoolContactOut | None = Field(
        description="Person to ask; null: they no longer work there."
    )
    expires_at: datetime = Field(description="When the link expires.")
    session_expires_at: datetime = Field(description="When this session expires.")
    language: LanguagesOut = Field(description="Language the school chose.")
    said: list[ShareMessageOut] = Field(description="Messages since it was sent.")
    steps: list[SharedStepsOut] = Field(description="What can be done next.")
    snapshot: SnapshotOut = Field(description="The content as it was approved.")


class RecipientAcknowledgementIn(In):
    """Confirmation of receipt, by a named person."""

    by: Line | None = Field(default=None, description="Person who received it.")
    agency_reference: Line | None = Field(default=None, description="The agency's own reference.")


class ReplyIn(In):
    """A reply from the recipient."""

    kind: Literal["reply", "correction_requested", "question"] = Field(
        description="Type: a reply, a question or a request for correction."
    )
    text: Narrative = Field(description="Text to the school.")
    by: Line | None = Field(default=None, description="Person who writes.")


class AnsweredOut(Out):
    """Confirms that Cairn saved your answer."""

    kind: SharedNounsOut = Field(description="Whether it was a share or a referral.")
    state: SharedStatesOut = Field(description="What you have done so far.")
    at: datetime = Field(description="When the step was taken.")
