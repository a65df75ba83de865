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
from app.core.codes import CodeRoutesOut, ReferralOutcomesIn, ReferralOutcomesOut
from app.core.schemas import In, Line, Narrative, Out, PersonOut


class SentShareOut(Out):
    """A link and its code, shown this once."""

    share: ShareOut
    link_id: UUID
    link: str | None = Field(description="To hand over; null where it is mailed.")
    mailed: bool
    code: str = Field(description="Eight digits in two groups; it opens one session.")
    code_route: CodeRoutesOut
    expires_at: datetime


class OpeningOut(Out):
    """One time that the recipient opened it."""

    at: datetime
    how: OpenedHowOut = Field(description="By the link, or recorded by a member of staff.")
    link_id: UUID | None
    network: str | None = Field(description="The first part of the network, never an address.")
    recorded_by: PersonOut | None
    attachment: int | None = Field(default=None, description="The file, where one was opened.")


class SharedStateOut(Out):
    """What a link waits for; nothing of what is behind it."""

    state: LinkStatesOut
    noun: SharedNounsOut
    school: str
    code_route: CodeRoutesOut
    code_used: bool = Field(description="The code was entered: another session needs another code.")
    expires_at: datetime
    language: LanguagesOut


class SharedCodeIn(In):
    """The code as the school told it; what stands between its digits does not matter."""

    code: str = Field(min_length=1, max_length=60)


class CodeAskedOut(Out):
    """That the school is asked; it tells the code by its own way."""

    asked: bool


class RecipientSessionOut(Out):
    """A session: send `session` as the header Cairn-Recipient-Session."""

    session: str
    expires_at: datetime = Field(description="At the latest; half an hour unused ends it, too.")


class SaidOut(Out):
    """Something that passed between recipient and school since."""

    kind: SaidKindsOut
    at: datetime
    by: SaidByOut
    text: str | None
    accepted: bool | None = Field(default=None, description="Of an answer to a correction.")
    outcome: ReferralOutcomesOut | None = Field(default=None, description="Of a referral.")
    agency_reference: str | None = Field(default=None)


class AskOut(Out):
    """Who at the school answers questions about it now."""

    name: str
    job_title: str | None
    role: str | None = Field(description="Built in, or the name of a role the school defined.")
    phone: str | None = Field(description="The school's.")


class SharedContentOut(Out):
    """The frozen content, with its hash: that of the bytes in `snapshot` as they were approved."""

    noun: SharedNounsOut
    sha256: str
    state: SharedStatesOut
    school: str
    ask: AskOut | None = Field(description="Null where they no longer work there.")
    expires_at: datetime
    session_expires_at: datetime
    language: LanguagesOut
    said: list[SaidOut]
    steps: list[SharedStepsOut] = Field(description="What can be done next.")
    snapshot: SnapshotOut


class RecipientAcknowledgementIn(In):
    """That it was received, and by whom."""

    by: Line | None = None
    agency_reference: Line | None = None


class ReplyIn(In):
    """An answer of the recipient."""

    kind: Literal["reply", "correction_requested", "question"]
    text: Narrative
    by: Line | None = None


class RecipientOutcomeIn(In):
    """What an agency decided about a referral."""

    outcome: ReferralOutcomesIn
    by: Line
    reasons: Narrative | None = None


class AnsweredOut(Out):
    """That an answer was taken."""

    noun: SharedNounsOut
    state: SharedStatesOut
    at: datetime
