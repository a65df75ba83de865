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
    """A link and its code, shown this once."""

    share: ShareOut = Field(description="The share after sending.")
    link_id: UUID = Field(description="ID of the link.")
    link: str | None = Field(description="To hand over; null where it is mailed.")
    mailed: bool = Field(description="Whether Cairn mails the link.")
    code: str = Field(description="Eight digits in two groups; it opens one session.")
    code_route: CodeRoutesOut = Field(description="How the code has to reach the recipient.")
    expires_at: datetime = Field(description="When the link expires.")


class OpeningOut(Out):
    """One time that the recipient opened it."""

    at: datetime = Field(description="When it was opened.")
    how: OpenedHowOut = Field(description="Opened by the link, or recorded by staff.")
    link_id: UUID | None = Field(description="Link it was opened by; null: by hand.")
    network: str | None = Field(description="The first part of the network, never an address.")
    recorded_by: PersonOut | None = Field(
        description="Person who recorded it; null: the recipient opened the link."
    )
    attachment: int | None = Field(default=None, description="The file, where one was opened.")


class SharedStateOut(Out):
    """What a link needs next; nothing of what is behind it."""

    state: LinkStatesOut = Field(description="What the link needs next.")
    kind: SharedNounsOut = Field(description="Whether a share or a referral is behind it.")
    school: str = Field(description="School that shared it.")
    code_route: CodeRoutesOut = Field(description="How the code reaches the recipient.")
    code_used: bool = Field(description="The code was entered: another session needs another code.")
    expires_at: datetime = Field(description="When the link expires.")
    language: LanguagesOut = Field(description="Language the school chose.")


class SharedCodeIn(In):
    """The code as the school told it; what stands between its digits does not matter."""

    code: str = Field(
        min_length=1, max_length=60, description="One-time code, with or without gaps."
    )


class CodeAskedOut(Out):
    """The school has been asked, and tells the code by another route."""

    asked: bool = Field(description="Always `true`.")


class RecipientSessionOut(Out):
    """A session: send `session` as the header Cairn-Recipient-Session."""

    session: str = Field(description="Send it as the header Cairn-Recipient-Session.")
    expires_at: datetime = Field(description="At the latest; half an hour unused ends it, too.")


class ShareMessageOut(Out):
    """Something that passed between recipient and school since."""

    kind: SaidKindsOut = Field(description="Type of message.")
    at: datetime = Field(description="When it was sent.")
    by: SaidByOut = Field(description="Whether the school or the recipient sent it.")
    text: str | None = Field(description="What was written; null: nothing.")
    accepted: bool | None = Field(default=None, description="Whether the correction was accepted.")
    outcome: ReferralOutcomesOut | None = Field(
        default=None, description="Outcome of the referral."
    )
    agency_reference: str | None = Field(
        default=None, description="The agency's own reference; null: none."
    )


class SchoolContactOut(Out):
    """Who at the school answers questions about it now."""

    name: str = Field(description="Full name.")
    job_title: str | None = Field(description="Job title; null: not known.")
    role: str | None = Field(description="Built in, or the name of a role the school defined.")
    phone: str | None = Field(description="The school's.")


class SharedContentOut(Out):
    """The frozen content, with its hash: that of the bytes in `snapshot` as they were approved."""

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
    """Receipt, with the person who received it."""

    by: Line | None = Field(default=None, description="Person who received it.")
    agency_reference: Line | None = Field(default=None, description="The agency's own reference.")


class ReplyIn(In):
    """An answer of the recipient."""

    kind: Literal["reply", "correction_requested", "question"] = Field(
        description="Whether it is a reply, a question or a request to correct something."
    )
    text: Narrative = Field(description="What you write to the school.")
    by: Line | None = Field(default=None, description="Person who writes.")


class AnsweredOut(Out):
    """The answer was taken."""

    kind: SharedNounsOut = Field(description="Whether it was a share or a referral.")
    state: SharedStatesOut = Field(description="What you have done so far.")
    at: datetime = Field(description="When it was taken.")
