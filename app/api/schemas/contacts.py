"""The adults around a child, and what they may do."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StrictInt

from app.api.schemas.known_words import MayBeToldReasonsOut
from app.core.codes import (
    ContactKindsIn,
    ContactKindsOut,
    ParentalResponsibilityIn,
    ParentalResponsibilityOut,
)
from app.core.schemas import (
    CHANGE_REASON,
    Address,
    BodyFault,
    Day,
    In,
    Line,
    NewId,
    Out,
    SeveralLines,
    Word,
    absent,
)
from app.domain.record.children.rules import plain_address, plain_number

YesNo = Literal["yes", "no", "unknown"]
ContactAllowed = Literal["yes", "no", "supervised", "unknown"]
OrderKind = Literal[
    "child_arrangements",
    "prohibited_steps",
    "specific_issue",
    "non_molestation",
    "occupation",
    "special_guardianship",
    "care",
    "emergency_protection",
    "other",
]


class CourtOrderIn(In):
    """A court order that the school has read itself."""

    kind: OrderKind = Field(description="Type of the order.")
    summary: SeveralLines = Field(description="What it says, in your words.")
    made_on: Day | None = Field(default=None, description="Day it was made.")
    ends_on: Day | None = Field(default=None, description="Last day it applies. Default: no end.")
    forbids_telling: StrictBool = Field(
        default=False, description="Whether it forbids telling this person about the child."
    )


def _as_kept(orders: list[CourtOrderIn]) -> list[dict[str, Any]]:
    return [order.model_dump(mode="json") for order in orders]


CourtOrders = Annotated[list[CourtOrderIn], Field(max_length=20), AfterValidator(_as_kept)]


def _address(text: str) -> str:
    result = plain_address(text)
    if result is None:
        raise BodyFault("this is not an email address")
    return result


def _number(text: str) -> str:
    result = plain_number(text)
    if result is None:
        raise BodyFault(
            "this is not a phone number: give digits, with an extension if there is one"
        )
    return result


ContactEmail = Annotated[
    Line,
    AfterValidator(_address),
    Field(description="One plain address. Kept without what is not seen, its domain in ASCII."),
]
ContactPhone = Annotated[
    Word,
    AfterValidator(_number),
    Field(
        description="Digits as they are dialled; `ext 4` and several with `/` between are taken."
    ),
]


class ContactFactsIn(In):
    """What is known of a contact, and what they may do."""

    kind: ContactKindsIn = absent(description="What the contact is to the child.")
    name: Line = absent(description="Full name.")
    organisation: Line | None = absent(description="Organisation they work for; null empties it.")
    email: ContactEmail | None = absent(description="Email address; null empties it.")
    phone: ContactPhone | None = absent(description="Phone number; null empties it.")
    address: Address | None = absent(description="Postal address; null empties it.")
    language: Word | None = absent(description="Language to write and speak in; null empties it.")
    parental_responsibility: ParentalResponsibilityIn = absent(
        description="Whether they have parental responsibility."
    )
    lives_with: YesNo = absent(description="Whether the child lives with them.")
    is_parent: StrictBool = absent(description="Whether they are a parent.")
    contact_allowed: ContactAllowed = absent(
        description="Whether the child may have contact with them."
    )
    restriction: SeveralLines | None = absent(
        description="What restricts contact; null empties it."
    )
    court_orders: CourtOrders = absent(description="Court orders about them. Send the whole list.")
    may_be_told: StrictBool | None = absent(
        description="Whether they may be told about the child; null: not decided."
    )
    may_be_told_reason: SeveralLines = absent(description="Why they may or may not be told.")
    alleged_source_of_harm: StrictBool = absent(
        description="Whether they are the alleged source of harm."
    )
    priority: Annotated[StrictInt, Field(ge=1, le=99)] | None = absent(
        description="Order in which to call, 1 first; null: last."
    )


class ContactPatch(ContactFactsIn):
    """A merge patch: absent fields stay, null empties.

    Restrictions, `alleged_source_of_harm`, `may_be_told` and a new `parental_responsibility`
    need the permission to safeguard. Send `may_be_told` with its reason, or null to go back to
    the derived value.
    """

    reason: SeveralLines = absent(description=CHANGE_REASON)


class ContactIn(ContactFactsIn):
    """A new contact of a child. Cairn never merges contacts by name."""

    id: NewId
    kind: ContactKindsIn = Field(description="What the contact is to the child.")
    name: Line = Field(description="Full name.")
    valid_from: Day | None = absent(description="First day they are a contact. Default: today.")


class CourtOrderOut(Out):
    """A court order."""

    kind: str = Field(description="Type of the order.")
    summary: str = Field(description="What it says.")
    made_on: date | None = Field(description="Day it was made; null: not known.")
    ends_on: date | None = Field(description="Last day it applies; null: no end.")
    forbids_telling: bool = Field(description="Whether it forbids telling this person.")


class MayBeToldOut(Out):
    """Whether this person may be told about the child, and why."""

    value: bool = Field(description="Whether they may be told about the child.")
    derived: bool = Field(description="`false`: a person set it.")
    reason_code: MayBeToldReasonsOut = Field(
        description="Why. `restricted_person`: shares a name, address or phone number with a "
        "contact who may not be told. `identity_changed`: name or kind changed since a "
        "safeguarding lead decided. Set `may_be_told` again to decide."
    )
    reason: str | None = Field(
        description="Reason given by the person who set it; null: derived, or not given."
    )


class ContactOut(Out):
    """A contact of a child. Safeguarding fields are absent if you may not read them."""

    id: UUID = Field(description="Contact ID.")
    child_id: UUID = Field(description="Child the contact is about.")
    kind: ContactKindsOut = Field(description="What the contact is to the child.")
    name: str = Field(description="Full name.")
    organisation: str | None = Field(description="Organisation they work for; null: none.")
    email: str | None = Field(description="Email address; null: not known.")
    phone: str | None = Field(description="Phone number; null: not known.")
    address: str | None = Field(description="Postal address; null: not known.")
    language: str | None = Field(description="Language to write and speak in; null: not known.")
    parental_responsibility: ParentalResponsibilityOut = Field(
        description="Whether they have parental responsibility."
    )
    lives_with: str = Field(description="Whether the child lives with them.")
    is_parent: bool = Field(
        description="Whether they are a parent under section 576, Education Act 1996."
    )
    contact_allowed: str = absent(description="Whether the child may have contact with them.")
    restriction: str | None = absent(description="What restricts contact; null: nothing.")
    court_orders: list[CourtOrderOut] = absent(description="Court orders about them.")
    alleged_source_of_harm: bool = absent(
        description="Whether they are the alleged source of harm."
    )
    may_be_told: MayBeToldOut = absent(
        description="Whether they may be told about the child, and why."
    )
    email_confirmed_at: datetime | None = absent(
        description="When safeguarding staff confirmed this email address; null: they have not."
    )
    phone_confirmed_at: datetime | None = absent(
        description="When safeguarding staff confirmed this phone number; null: they have not."
    )
    priority: int | None = Field(description="Order in which to call, 1 first; null: last.")
    source: str = Field(description="Roster it came from, or `staff`.")
    valid_from: date | None = Field(description="First day they were a contact; null: not known.")
    valid_to: date | None = Field(
        description="First day they were no longer one; null while they are."
    )
    merged_into: UUID | None = Field(
        description="Contact this one was merged into; null: not merged."
    )
    not_restored: list[str] = absent(
        description="After an unmerge: fields of the other contact that someone changed since. "
        "They stay.",
    )
    created_at: datetime = Field(description="When the contact was added.")
    changed_at: datetime = Field(description="When the contact last changed.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
