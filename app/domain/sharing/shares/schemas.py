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
    """How the share reached its recipient."""

    route: DeliveryRoutesIn = Field(description="How it was handed over.")
    at: Moment = Field(description="When it was handed over.")
    to: Line = Field(description="Who it was handed to.")
    by_id: UUID | None = Field(
        default=None, description="Who handed it over. Default: the person who records it."
    )
    note: Narrative | None = Field(default=None, description="How it was handed over.")


class ResponseIn(In):
    """What the recipient did."""

    kind: Literal["opened", "acknowledged", "replied", "correction_requested", "question"] = Field(
        description="What the recipient did."
    )
    at: Moment = Field(description="When they did it.")
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
    LawfulBasesIn | None, Field(description="Lawful basis for sharing; approval needs one.")
]

ConditionIn = Annotated[
    SpecialCategoryConditionsIn | None, Field(description="Condition for special category data.")
]

Para18LimbIn = Annotated[
    Para18LimbsIn | None,
    Field(description="Limb of paragraph 18; approval needs one with `safeguarding_para_18`."),
]


class RedactionIn(In):
    """A passage that is left out: characters (Unicode code points) `start` to before `end`."""

    statement_id: UUID = Field(description="A statement or an amendment of the concern.")
    start: int = Field(ge=0, le=1_000_000, description="First character left out, from 0.")
    end: int = Field(ge=1, le=1_000_000, description="First character kept again.")
    reason: Line = Field(description="Why it is left out.")


class ChosenAttachmentIn(In):
    """A file of the concern that is to go with it; none goes unless it is chosen."""

    id: UUID = Field(description="File of the concern.")
    name: Line | None = Field(
        default=None,
        description="Name that the recipient sees, without an ending. Default: `file-1`.",
    )


class ConcernItemIn(In):
    """Chosen parts of a concern; comments are never part of it."""

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
        default_factory=list, max_length=20, description="Files to send with it. Default: none."
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
    """A record of keeping the child safe, chosen by itself."""

    kind: Literal["record"]
    id: UUID = Field(description="Record to share.")
    reason: Line | None = Field(
        default=None,
        description="Why the family is to have this one; needed for them, and never told them.",
    )


ItemIn = Annotated[
    ConcernItemIn | DecisionItemIn | StatusItemIn | RecordItemIn, Field(discriminator="kind")
]

Items = Annotated[list[ItemIn], Field(max_length=100)]


class DetrimentTestIn(In):
    """Whether sharing is more detrimental to the child than not sharing."""

    result: Literal["not_more_detrimental", "more_detrimental"] = Field(
        description="Whether sharing harms the child more than not sharing."
    )
    reason: Narrative = Field(description="Why you conclude so.")


class AgreementIn(In):
    """An agreement; the three kinds of consent are never one another."""

    kind: Literal["service_agreement", "data_protection_consent", "medical_consent"] = Field(
        description="What was agreed to."
    )
    by: Line = Field(description="Person who agreed.")
    date: Day = Field(description="Day they agreed.")


class ShareIn(In):
    """A share to draft."""

    id: NewId
    child_id: UUID = Field(description="Child the share is about.")
    recipient: RecipientIn = Field(description="Recipient of the share.")
    purpose: SharePurposesIn = Field(description="What it is for.")
    purpose_detail: Narrative | None = Field(default=None, description="What it is for, in words.")
    lawful_basis: LawfulBasisIn = None
    special_category_condition: ConditionIn = None
    para18_limb: Para18LimbIn = None
    detriment_test: DetrimentTestIn | None = Field(
        default=None,
        description="Whether sharing harms more than not sharing; for medical records.",
    )
    agreement: AgreementIn | None = Field(
        default=None, description="Agreement of the person concerned."
    )
    decision_id: UUID | None = Field(default=None, description="Decision it rests on.")
    items: Items = Field(
        default_factory=list, description="Records to share; approval needs one at least."
    )
    expires_at: Moment | None = Field(default=None, description="When its link expires.")
