"""What a share is drafted from, and what is said of it afterwards."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    DeliveryRoutesIn,
    LawfulBasesIn,
    Para18LimbsIn,
    SharePurposesIn,
    SpecialCategoryConditionsIn,
)
from app.core.schemas import Day, In, Line, Moment, Narrative, NewId
from app.domain.sharing.share_recipients.schemas import RecipientIn


class HandOverIn(In):
    """How you handed over the share."""

    route: DeliveryRoutesIn = Field(description="How it was handed over.")
    at: Moment = Field(description="When it was handed over.")
    to: Line = Field(description="Person you handed it to.")
    by_id: UUID | None = Field(default=None, description="Person who handed it over. Default: you.")
    note: Narrative | None = Field(default=None, description="More about how it was handed over.")


class ResponseIn(In):
    """The recipient's response."""

    kind: Literal["opened", "acknowledged", "replied", "correction_requested", "question"] = Field(
        description="Type of response."
    )
    at: Moment = Field(description="When they responded.")
    text: Narrative | None = Field(default=None, description="What they wrote or said.")


ConcernPart = Literal[
    "account",
    "amendments",
    "place",
    "categories",
    "body_map",
    "decisions",
    "actions",
    "outcome",
    "self_harm",
]


def _account() -> list[ConcernPart]:
    return ["account", "amendments"]


LawfulBasisIn = Annotated[
    LawfulBasesIn | None,
    Field(description="Lawful basis for sharing; null empties it. Required before approval."),
]

ConditionIn = Annotated[
    SpecialCategoryConditionsIn | None,
    Field(
        description="Condition for special category data, optional; null empties it. "
        "`safeguarding_para_18` needs `para18_limb` before approval."
    ),
]

Para18LimbIn = Annotated[
    Para18LimbsIn | None,
    Field(
        description="Limb of paragraph 18; null empties it. Required before approval with "
        "`safeguarding_para_18`."
    ),
]


class RedactionIn(In):
    """Text to leave out, from character `start` to before `end` (Unicode code points)."""

    statement_id: UUID = Field(description="Statement or amendment of the concern.")
    start: int = Field(ge=0, le=1_000_000, description="First character left out, from 0.")
    end: int = Field(ge=1, le=1_000_000, description="Position after the last character left out.")
    reason: Line = Field(description="Why it is left out.")


class ChosenAttachmentIn(In):
    """A file of the concern to send. Only chosen files go."""

    id: UUID = Field(description="File of the concern.")
    name: Line | None = Field(
        default=None,
        description="File name for the recipient, without extension. Default: `file-1`.",
    )


class ConcernItemIn(In):
    """Parts of a concern to share. Comments are never shared."""

    kind: Literal["concern"]
    id: UUID = Field(description="Concern to share.")
    include: list[ConcernPart] = Field(
        default_factory=_account,
        min_length=1,
        max_length=9,
        description="Parts to share. Default: the account.",
    )
    redactions: list[RedactionIn] = Field(
        default_factory=list, max_length=200, description="Passages to leave out."
    )
    attachments: list[ChosenAttachmentIn] = Field(
        default_factory=list, max_length=20, description="Files to send. Default: none."
    )


class DecisionItemIn(In):
    """A decision about the child."""

    kind: Literal["decision"]
    id: UUID = Field(description="Decision to share.")


class StatusItemIn(In):
    """A status of the child."""

    kind: Literal["status"]
    id: UUID = Field(description="Status to share.")


class RecordItemIn(In):
    """A safety record, chosen on its own."""

    kind: Literal["record"]
    id: UUID = Field(description="Record to share.")
    reason: Line | None = Field(
        default=None,
        description="Why the family should have it. Required for families, and never shown to "
        "them.",
    )


ItemIn = Annotated[
    ConcernItemIn | DecisionItemIn | StatusItemIn | RecordItemIn, Field(discriminator="kind")
]

Items = Annotated[list[ItemIn], Field(max_length=100)]


class DetrimentTestIn(In):
    """Whether sharing would harm the child more than not sharing."""

    result: Literal["not_more_detrimental", "more_detrimental"] = Field(
        description="Whether sharing would harm the child more than not sharing."
    )
    reason: Narrative = Field(description="Reason for the conclusion.")


class AgreementIn(In):
    """An agreement. The three kinds are separate: none replaces another."""

    kind: Literal["service_agreement", "data_protection_consent", "medical_consent"] = Field(
        description="What was agreed to."
    )
    by: Line = Field(description="Person who agreed.")
    date: Day = Field(description="Day they agreed.")


class ShareIn(In):
    """A new share draft."""

    id: NewId
    child_id: UUID = Field(description="Child the share is about.")
    recipient: RecipientIn = Field(description="Recipient of the share.")
    purpose: SharePurposesIn = Field(description="Purpose.")
    purpose_detail: Narrative | None = Field(default=None, description="Purpose in words.")
    lawful_basis: LawfulBasisIn = None
    special_category_condition: ConditionIn = None
    para18_limb: Para18LimbIn = None
    detriment_test: DetrimentTestIn | None = Field(
        default=None,
        description="Whether sharing harms more than not sharing. For medical records.",
    )
    agreement: AgreementIn | None = Field(
        default=None, description="Agreement of the person concerned."
    )
    decision_id: UUID | None = Field(default=None, description="Decision it rests on.")
    items: Items = Field(
        default_factory=list, description="Records to share. Approval needs at least one."
    )
    expires_at: Moment | None = Field(default=None, description="When its link expires.")
